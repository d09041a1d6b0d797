"""Split: the messages in a file or stream of HL7 v2 (batch protocol: HL7 v2.8 §2.10.3).

A message begins with MSH at the start of a line and ends before the next one, at an FS (0x1C), or
with the stream. MLLP framing and batch envelopes (FHS, BHS, BTS, FTS) are left out. Anything else that is
not blank is handed on as it stands: whoever reads it says that it is no message, and nothing is lost unseen.
"""

from __future__ import annotations

import codecs
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import BinaryIO

MAX_MESSAGE = 10 * 1024 * 1024
"""Bytes; longer messages are dropped and counted, so that memory stays bounded."""

_CHUNK = 1 << 16
_BLANK = b"\xef\xbb\xbf\x00\x0b\x0c\x1a\x1c \t\r\n"
_KEPT = 16  # bytes that may hold the first half of a beginning
_BEGIN = re.compile(rb"(?<![^\r\n\x0b\x1c])[ \t]{0,4}(?:\xef\xbb\xbf)?(MSH|FHS|BHS|BTS|FTS)[^A-Za-z0-9\s]")
_LINE_END = re.compile(rb"\r\n|\r|\n")


def split_messages(
    source: BinaryIO | bytes, *, limit: int = MAX_MESSAGE, skipped: Counter[str] | None = None
) -> Iterator[bytes]:
    """Yield the messages of ``source`` one by one, each with its own last line end, and what is between them.

    Args:
        source: bytes, or a binary stream of any length; memory stays near ``limit``.
        limit: longest message, in bytes.
        skipped: counts what was left out: ``"envelope"`` (batch segments), ``"too-large"``.
    """
    stream = io.BytesIO(source) if isinstance(source, bytes) else source
    counter: Counter[str] = Counter() if skipped is None else skipped
    chunks = iter(lambda: stream.read(_CHUNK), b"")
    first = next(chunks, b"")
    codec = _utf16(first)
    if not codec:
        yield from _messages(_chain(first, chunks), limit, counter)
        return
    for message in _messages(_as_utf8(_chain(first, chunks), codec), limit, counter):
        yield message.decode("utf-8", "surrogatepass").lstrip("\ufeff").encode(codec, "surrogatepass")


def _messages(chunks: Iterable[bytes], limit: int, skipped: Counter[str]) -> Iterator[bytes]:
    buffer = bytearray()
    too_large = False
    for chunk in chunks:
        searched = max(1, len(buffer) - _KEPT)
        buffer += chunk
        begin = 0
        for found in _BEGIN.finditer(buffer, searched):
            yield from _unit(bytes(buffer[begin : found.start()]), too_large, limit, skipped)
            begin, too_large = found.start(), False
        del buffer[:begin]
        if len(buffer) > limit + _KEPT:
            too_large = True
            # What is left must not look like a beginning: it is the rest of something.
            buffer[:-_KEPT] = b"-"
    yield from _unit(bytes(buffer), too_large, limit, skipped)


def _unit(unit: bytes, too_large: bool, limit: int, skipped: Counter[str]) -> Iterator[bytes]:
    """Yield the message in ``unit``, which runs from one beginning to the next, and what follows its end."""
    begins = _BEGIN.match(unit)
    text, _, rest = unit.partition(b"\x1c") if begins else (unit, b"", b"")
    body = text.rstrip(b"\r\n\x0b\x1a\x00 \t")
    if too_large or len(body) > limit:
        skipped["too-large"] += 1
    elif begins is None:
        if body.strip(_BLANK):
            yield text
    elif begins.group(1) == b"MSH":
        end = _LINE_END.match(text, len(body))
        yield body + (end.group() if end else b"")
    else:
        skipped["envelope"] += 1
    if rest.strip(_BLANK):
        yield rest


def _chain(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _utf16(first: bytes) -> str:
    head = first[:16].lstrip(b"\x0b")
    if head.startswith(b"\xff\xfe") or re.match(rb"[A-Z]\x00[A-Z]\x00[A-Z]\x00", head):
        return "utf-16-le"
    return "utf-16-be" if re.match(rb"\xfe\xff|\x00[A-Z]\x00[A-Z]\x00[A-Z]", head) else ""


def _as_utf8(chunks: Iterable[bytes], codec: str) -> Iterator[bytes]:
    # UTF-16 lines end in two bytes; the search above works on single ones.
    decoder = codecs.getincrementaldecoder(codec)("surrogatepass")
    for chunk in chunks:
        yield decoder.decode(chunk).encode("utf-8", "surrogatepass")
