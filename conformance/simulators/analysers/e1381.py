"""An instrument's end of an ASTM line: E1394 records in E1381 frames over TCP (CLSI LIS1-A, LIS2-A2)."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Sequence

from conformance.simulators.analysers.reach import Line

STX, ETX, EOT, ENQ, ACK, NAK, ETB = b"\x02", b"\x03", b"\x04", b"\x05", b"\x06", b"\x15", b"\x17"
TRIES = 6
"""A frame is sent so often before the sender gives up (LIS1-A §8.3.2)."""
CONTENTION = 1.0
"""Seconds after which an instrument that met ENQ with ENQ asks again; the host waits 20 (LIS1-A §8.2.7)."""
_LONGEST = 1 << 20
"""Bytes of a frame that a host may send us."""


class NotTaken(ConnectionError):
    """The other end does not take a frame."""


def frame(number: int, text: bytes, end: bytes = ETX) -> bytes:
    """Return a frame: STX, number modulo 8, text, ETX or ETB, checksum, CR LF (LIS1-A §8.1)."""
    inside = str(number % 8).encode() + text + end
    return STX + inside + f"{sum(inside) % 256:02X}".encode() + b"\r\n"


def frames(records: Iterable[str], charset: str = "utf-8", size: int = 0) -> list[bytes]:
    """Return one frame for each record; of one longer than ``size`` bytes several, the last with ETX.

    Args:
        size: bytes of text in a frame, 0: whole records. 240 is the oldest bound (E1381-91).
    """
    found: list[bytes] = []
    for one in records:
        text = one.encode(charset) + b"\r"
        step = size or len(text)
        pieces = [text[start : start + step] for start in range(0, len(text), step)]
        ends = [ETB] * (len(pieces) - 1) + [ETX]
        for piece, end in zip(pieces, ends, strict=True):
            found.append(frame(len(found) + 1, piece, end))
    return found


def records_of(message: str) -> list[str]:
    """Return the records of a message, without their CR."""
    return [one for one in message.split("\r") if one]


class AstmLine(Line):
    """A line to a host over which ASTM is spoken."""

    def put(self, piece: bytes) -> None:
        """Write bytes as they are."""
        self._spoken(True, piece)
        self.wire.sendall(piece)

    def take(self) -> bytes:
        """Return one byte, ``b""`` where the other end has closed. Raises ``OSError``: none in time."""
        found = self.wire.recv(1)
        if found:
            self._spoken(False, found)
        return found

    def send(self, records: Sequence[str], size: int = 0) -> None:
        """Send a message; ``size`` as of :func:`frames`.

        Raises:
            NotTaken: the other end refuses a frame again and again, or closes.
            OSError: there is no line, or no answer in time.
        """
        self.enquire()
        for one in frames(records, self._charset, size):
            self.taken(one)
        self.put(EOT)

    def enquire(self) -> None:
        """Ask for the line until it is ours. Raises as :meth:`send`."""
        for _ in range(TRIES):
            self.put(ENQ)
            answer = self.take()
            if answer == ACK:
                return
            if answer not in (ENQ, NAK):
                break
            time.sleep(CONTENTION)
        raise NotTaken("the line is not given")

    def taken(self, piece: bytes) -> None:
        """Send a frame until it is taken. Raises as :meth:`send`."""
        for _ in range(TRIES):
            self.put(piece)
            answer = self.take()
            if answer in (ACK, EOT):
                return
            if answer != NAK:
                break
        raise NotTaken("a frame was not taken")

    def receive(self) -> str:
        """Return the message that the host sends, each record with its CR; each frame is acknowledged.

        Raises:
            OSError: it sends none in time, or closes.
        """
        until = time.monotonic() + self._patience
        while (sign := self.take()) != ENQ:
            if not sign or time.monotonic() > until:
                raise ConnectionError("the host sends no message")
        self.put(ACK)
        found = b""
        while (piece := self._piece()) != EOT:
            inside = re.fullmatch(rb"\x02[0-7](.*)[\x03\x17]([0-9A-Fa-f]{2})\r\n", piece, re.DOTALL)
            right = inside and int(inside[2], 16) == sum(piece[1:-4]) % 256
            self.put(ACK if right else NAK)
            found += inside[1] if inside and right else b""
        return found.decode(self._charset, "replace").replace("\n", "")

    def _piece(self) -> bytes:
        """Return a frame, or EOT."""
        found = self.wire.recv(1)
        while found and found != EOT and not found.endswith(b"\r\n") and len(found) < _LONGEST:
            more = self.wire.recv(1)
            if not more:
                found = b""
                break
            found += more
        if not found:
            raise ConnectionError("the host closed in the middle of a message")
        self._spoken(False, found)
        return found
