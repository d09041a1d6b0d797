"""Frame: the text of a message cut into numbered frames with checksums (ASTM E1381 §6.3, CLSI LIS1-A §8.3).

``STX number text ETX|ETB checksum CR LF``. ETX ends a frame with which a record is complete, ETB one whose
record goes on in the next frame.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

STX, ETX, EOT, ENQ, ACK, NAK, ETB = b"\x02", b"\x03", b"\x04", b"\x05", b"\x06", b"\x15", b"\x17"
CR, LF = b"\r", b"\n"

SIZE = 240
"""Bytes of text that a frame of E1381 takes; LIS1-A takes 63 993."""

LAST = re.compile(rb"[ \t]*[Ll][ \t]*(?:[\r\n]|\Z|[!-&*+/;-@\[-`{-~])")
"""Begins like the record that ends a message; ``L. monocytogenes`` in a remark of several lines does not."""

_RECORD = re.compile(rb"[^\r]*\r|[^\r]+\Z")


def checksum(inside: bytes) -> bytes:
    """Return the two digits for what stands between STX and the checksum: number, text, ETX or ETB."""
    return b"%02X" % (sum(inside) & 0xFF)


def frame(number: int, text: bytes, *, more: bool = False) -> bytes:
    """Return one frame.

    Args:
        number: of the frame; it is written modulo 8.
        text: of one record, or of a part of it.
        more: the record goes on in the next frame (ETB).
    """
    inside = b"%d%b%b" % (number % 8, text, ETB if more else ETX)
    return STX + inside + checksum(inside) + CR + LF


def frames(message: bytes, size: int = SIZE, *, packed: bool = False) -> list[bytes]:
    """Return a message as frames, numbered from 1.

    Args:
        message: records, each with its CR.
        size: bytes of text in a frame.
        packed: fill the frames; else each record begins a frame of its own, as most instruments do.
    """
    texts = _cut(message, size) if packed else _each_cut(message, size)
    return [frame(number, text, more=more) for number, (text, more) in enumerate(texts, start=1)]


def _each_cut(message: bytes, size: int) -> Iterator[tuple[bytes, bool]]:
    for record in _RECORD.findall(message):
        yield from _cut(record, size)


def _cut(text: bytes, size: int) -> Iterator[tuple[bytes, bool]]:
    size = max(1, size)
    for at in range(0, len(text), size):
        yield text[at : at + size], at + size < len(text)
