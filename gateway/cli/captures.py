"""Captures: what was recorded of an analyser's line: framed or bare, noisy, spelled out (``<STX>``)."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from gateway.cli.output import notice
from gateway.cli.words import say
from gateway.errors import Rejected

_HL7 = re.compile(rb"(?:^|[\r\n\x0b\x1c])[ \t]*(?:\xef\xbb\xbf)?(?:MSH|FHS|BHS)")
_ASTM = re.compile(
    rb"\x02(?:\x1emt[a-z]{3}\||[0-7]?[A-Z][!-/:-@\[-`{-~])"
    rb"|(?:\A|[\r\n\x05>\]])[ \t]*(?:\xef\xbb\xbf)?[ \t]*[0-7]?[Hh]([!-/:-@\[-`{-~])"
    rb"[^A-Za-z0-9\s]{2,6}(?:\1|\r|\n)"
)
_SIGNS = {
    b"STX": b"\x02", b"ETX": b"\x03", b"EOT": b"\x04", b"ENQ": b"\x05", b"ACK": b"\x06",
    b"NAK": b"\x15", b"ETB": b"\x17", b"CR": b"\r", b"LF": b"\n",
}  # fmt: skip
_SPELLED = re.compile(rb"[<\[{](STX|ETX|EOT|ENQ|ACK|NAK|ETB|CR|LF)[>\]}]", re.IGNORECASE)
_MARK = b"\xef\xbb\xbf"
_LINE_ENDS = re.compile(rb"[\r\n]+")
_NUMBERED = re.compile(
    rb"(?:\A|[\r\n])[0-7]H([!-/:-@\[-`{-~])[^\r\n]*[\r\n]+(?:[0-9A-F]{2}[\r\n]+)?[0-7][A-Z]\1"
)
_NUMBER = re.compile(rb"(?<![^\r\n])[0-7](?=[A-Z][!-/:-@\[-`{-~])")
_CHECKSUM = re.compile(rb"(?<![^\r\n])[0-9A-F]{2}(?![^\r\n])")
"""What is left of a frame where a log has dropped the control characters: its number, and its checksum."""

MOST = 64 * 1024 * 1024
"""Bytes of a recording that is spelled out."""


def is_one(head: bytes) -> bool:
    """Tell whether what begins so is such a recording; what comes behind HL7 v2 is none."""
    found, other = _ASTM.search(_signs(head)), _HL7.search(head)
    return found is not None and (other is None or found.start() < other.start())


def messages(file: str, stream: BinaryIO) -> Iterator[tuple[bytes, bool]]:
    """Yield the bytes of each message, and whether its end was there.

    Where no frame has the right checksum, somebody wrote or changed the recording by hand: then none is asked
    for. Frames that are bad among good ones were not acknowledged, and are passed over.

    Args:
        file: its name, to read it once more; ``"-"`` for standard input.
    """
    from gateway.wire.astm import Counters, Profile, messages_in

    counters = Counters()
    source = _written(stream)
    found = 0
    for received in messages_in(source, counters=counters):
        found += 1
        yield received.text, received.whole
    if counters.bad and not counters.frames and not found and file != "-":
        with Path(file).open("rb") as again:
            told = Profile(checksum="ignored")
            yield from ((one.text, one.whole) for one in messages_in(_written(again), told))
        notice(say("captures.checksums", file=file))
    elif counters.bad:
        notice(say("captures.bad", file=file, count=counters.bad))
    if counters.noise:
        notice(say("captures.noise", file=file, count=counters.noise))


def samples_in(raw: bytes) -> list[bytes]:
    """Return a message for each sample; what cannot be read stays as it is."""
    from gateway.wire.astm.records import parse, samples

    try:
        return samples(parse(raw))
    except Rejected:
        return [raw]


def roles_in(raw: bytes) -> list[bytes]:
    """Return an HL7 v2 message, cut by samples where they are not all a patient's or all controls."""
    if raw.count(b"SPM") < 2:
        return [raw]
    from gateway.wire import er7

    return er7.apart(raw) if len(er7.roles(raw)) > 1 else [raw]


def _written(stream: BinaryIO) -> BinaryIO:
    """Return a recording as it went over the line; where ``<CR>`` is spelled out, line ends are nothing."""
    head = stream.read(4096).removeprefix(_MARK)
    rest = _Joined(head, stream)
    if b"\x02" not in head and _NUMBERED.search(head):
        return io.BytesIO(_CHECKSUM.sub(b"", _NUMBER.sub(b"", head + stream.read(MOST))))
    if not _SPELLED.search(head) or b"\x02" in head:
        return rest
    whole = head + stream.read(MOST)
    if re.search(rb"[<\[{]CR[>\]}]", whole, re.IGNORECASE):
        whole = _LINE_ENDS.sub(b"", whole)
    return io.BytesIO(_signs(whole))


def _signs(data: bytes) -> bytes:
    return _SPELLED.sub(lambda found: _SIGNS[found[1].upper()], data) if b"\x02" not in data else data


class _Joined(io.BytesIO):
    """A stream behind the bytes that were read of it."""

    def __init__(self, head: bytes, stream: BinaryIO) -> None:
        super().__init__()
        self._head, self._stream = head, stream

    def read(self, size: int | None = -1, /) -> bytes:
        """Return the next bytes."""
        if self._head:
            head, self._head = self._head, b""
            return head
        return self._stream.read(-1 if size is None else size)
