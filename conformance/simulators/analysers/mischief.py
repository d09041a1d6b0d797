"""How an analyser's line misbehaves: wrong checksums and numbers, endless frames, storms, noise, two at once.

What goes wrong with *contents* (last year's memory, a clock that is wrong, a sample that nobody knows) are
results with other words in them.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from random import Random
from ssl import SSLWantReadError

from conformance.simulators.analysers import e1381
from conformance.simulators.analysers.bench import AstmBench, Bench, Hl7Bench
from conformance.simulators.analysers.e1381 import ACK, ENQ, EOT, NAK, STX, frames, records_of
from conformance.simulators.analysers.reach import Where, Wire
from conformance.simulators.mllp import frame

ENDLESS = 12 << 20
"""Bytes of a frame without an end: more than any host should keep."""
ENQUIRIES = 2000
NOISE = 128 * 1024
"""Bytes of noise."""
_CHUNK = 1 << 16
_BORED = 5.0
"""Seconds after which a host that takes no more, or does not close, is left alone."""


def spoilt_checksum(piece: bytes) -> bytes:
    """Return a frame whose checksum is another one."""
    wrong = (int(piece[-4:-2], 16) + 1) % 256
    return piece[:-4] + f"{wrong:02X}".encode() + piece[-2:]


def wrong_number(piece: bytes) -> bytes:
    """Return a frame with a number that is not its turn, its checksum right."""
    inside = str((int(piece[1:2]) + 3) % 8).encode() + piece[2:-4]
    return STX + inside + f"{sum(inside) % 256:02X}".encode() + b"\r\n"


SPOILT: dict[str, Callable[[bytes], bytes]] = {
    "bad-checksum": spoilt_checksum,
    "wrong-number": wrong_number,
}
"""What may be wrong with a frame that must be refused, and be taken when it comes again as it should."""


def sent_spoilt(bench: AstmBench, message: str, how: str) -> list[bytes]:
    """Send each frame of a message wrong first, then right; return the answers to the wrong ones."""
    answers = []
    with bench.line() as line:
        line.enquire()
        for one in frames(records_of(message), bench.charset):
            line.put(SPOILT[how](one))
            answers.append(line.take())
            if answers[-1] not in (ACK, NAK):
                return answers
            if answers[-1] == NAK:
                line.taken(one)
        line.put(EOT)
    return answers


def sent_twice(bench: AstmBench, message: str) -> list[bytes]:
    """Send each frame again after it was taken, as where its ACK got lost; return the answers to the repeats.

    A frame with the number of the one before is that one again, and is taken (LIS1-A §8.3.2).
    """
    answers = []
    with bench.line() as line:
        line.enquire()
        for one in frames(records_of(message), bench.charset):
            line.taken(one)
            line.put(one)
            answers.append(line.take())
            if answers[-1] != ACK:
                return answers
        line.put(EOT)
    return answers


def sent_in_pieces(bench: AstmBench, messages: Sequence[str], size: int) -> None:
    """Send messages in frames of so many bytes of text. Raises as :meth:`AstmLine.send`."""
    with bench.line() as line:
        for one in messages:
            line.send(records_of(one), size)


def contended(bench: AstmBench, query: str, messages: Sequence[str]) -> bytes:
    """Ask; as the host begins to answer, insist on the line, and tell results: the instrument goes first.

    Returns:
        What the host answered to the second ENQ (LIS1-A §8.2.7: ACK).

    Raises:
        OSError: the host does not begin, or does not take the results.
    """
    with bench.line() as line:
        line.send(records_of(query))
        while (sign := line.take()) != ENQ:
            if not sign:
                raise ConnectionError("the host sends no message")
        line.put(ENQ)
        time.sleep(e1381.CONTENTION)
        line.put(ENQ)
        answer = line.take()
        if answer == ACK:
            for one in frames(records_of(messages[0]), bench.charset):
                line.taken(one)
            line.put(EOT)
    return answer


def endless(bench: Bench, seed: int = 0) -> None:
    """Begin a frame and never end it; returns when the other end has had enough, or it has got all."""
    start = STX + b"1R|1|^^^WBC|" if isinstance(bench, AstmBench) else b"\x0bMSH|^~\\&|"
    _poured(bench, ENQ if isinstance(bench, AstmBench) else b"", start, ENDLESS, b"9" * _CHUNK)


def storm(bench: Bench, seed: int = 0) -> None:
    """Ask for the line again and again, and send nothing."""
    piece = ENQ if isinstance(bench, AstmBench) else b"\x0b"
    _poured(bench, b"", b"", ENQUIRIES, piece * 50)


def noise(bench: Bench, seed: int = 0) -> None:
    """Send bytes that mean nothing, as a line without its other device does."""
    rng = Random(seed)  # noqa: S311 -- the same again, not a secret
    _poured(bench, b"", b"", NOISE, rng.randbytes(_CHUNK))


FLOODS: dict[str, Callable[[Bench, int], None]] = {
    "endless-frame": endless,
    "enq-storm": storm,
    "noise": noise,
}
"""What a host must outlive, on the line on which it comes and on all others."""


def broken_off(bench: Bench, message: str) -> None:
    """Send the beginning of a message, then pull the cable."""
    if isinstance(bench, AstmBench):
        with bench.line() as line:
            line.enquire()
            listed = frames(records_of(message), bench.charset)
            for one in listed[:-2]:
                line.taken(one)
            line.put(listed[-2][: len(listed[-2]) // 2])
    elif isinstance(bench, Hl7Bench):
        with bench.line() as half:
            half.wire.sendall(b"\x0b" + message.encode(bench.charset)[: len(message) // 2])


def spoken_plainly(bench: Bench, message: str) -> bytes:
    """Say a message without TLS where TLS is spoken, whatever is answered; return all that was heard.

    Raises:
        OSError: there is no line.
    """
    assert isinstance(bench.where, Where)
    if isinstance(bench, AstmBench):
        said = ENQ + b"".join(frames(records_of(message), bench.charset)) + EOT
    else:
        said = frame(message.encode(bench.charset))
    patience, heard = min(bench.patience, _BORED), b""
    line = replace(bench.where, tls=None)(patience)
    with closing(line), suppress(OSError):
        bench.spoken(True, said)
        line.sendall(said)
        while piece := line.recv(_CHUNK):
            heard += piece
    bench.spoken(False, heard)
    return heard


def at_once(benches: Sequence[Bench], messages: Sequence[Sequence[str]]) -> list[list[str]]:
    """Let several analysers tell their results on one port at the same time; return what each heard."""
    heard: list[list[str]] = [[] for _ in benches]
    start = threading.Barrier(len(benches))

    def work(number: int) -> None:
        start.wait()
        with suppress(OSError):
            heard[number] = benches[number].tell(messages[number])

    threads = [threading.Thread(target=work, args=(number,)) for number in range(len(benches))]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return heard


def _poured(bench: Bench, first: bytes, start: bytes, size: int, chunk: bytes) -> None:
    """Write until all is written or the other end closes; what it answers is thrown away."""
    assert isinstance(bench, AstmBench | Hl7Bench)
    with bench.line() as line, suppress(OSError):
        line.wire.sendall(first + start)
        written = 0
        while written < size:
            line.wire.settimeout(min(bench.patience, _BORED))
            line.wire.sendall(chunk)
            written += len(chunk)
            with suppress(TimeoutError, BlockingIOError, SSLWantReadError):
                line.wire.settimeout(0.0)
                if not line.wire.recv(_CHUNK):
                    return
        _swallowed(line.wire, min(bench.patience, _BORED))


def _swallowed(wire: Wire, patience: float) -> None:
    """Say that nothing more comes; wait until the other end has read all and closes. Raises ``OSError``."""
    wire.settimeout(patience)
    if isinstance(wire, socket.socket):
        wire.shutdown(socket.SHUT_WR)
    while wire.recv(_CHUNK):
        continue
