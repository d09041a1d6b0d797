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
from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO

MAX_MESSAGE = 10 * 1024 * 1024
"""Bytes; longer messages are dropped and counted, so that memory stays bounded."""

_CHUNK = 1 << 16
_BLANK = b"\xef\xbb\xbf\x00\x0b\x0c\x1a\x1c \t\r\n"
_KEPT = 16  # bytes that may hold the first half of a beginning
_BEGIN = re.compile(rb"(?<![^\r\n\x0b\x1c])[ \t]{0,4}(?:\xef\xbb\xbf)?(MSH|FHS|BHS|BTS|FTS)[^A-Za-z0-9\s]")
_NAME = re.compile(rb"(?:MSH|FHS|BHS|BTS|FTS)[^A-Za-z0-9\s]")
"""Where a beginning may be: found four times faster than ``_BEGIN``, which is then tried there."""
_BEFORE = 7
"""Bytes of a beginning before its name: blanks and the byte order mark."""
_LINE_END = re.compile(rb"\r\n|\r|\n")

Stray = Callable[[bytes, int], bool]
"""Told of text that is no message and the line in which it begins; True: it need not be handed on."""


def split_messages(
    source: BinaryIO | bytes,
    *,
    limit: int = MAX_MESSAGE,
    skipped: Counter[str] | None = None,
    stray: Stray | None = None,
) -> Iterator[bytes]:
    """Yield the messages of ``source`` one by one, each with its own last line end, and what is between them.

    Args:
        source: bytes, or a binary stream of any length; memory stays near ``limit``.
        limit: longest message, in bytes.
        skipped: counts what was left out: ``"envelope"`` (batch segments), ``"too-large"``.
        stray: asked about what is between the messages; None: all of it is handed on. Where it is given,
            lines that are no segments, at the end of a message without MLLP frame, count as such.
    """
    stream = io.BytesIO(source) if isinstance(source, bytes) else source
    counter: Counter[str] = Counter() if skipped is None else skipped
    chunks = iter(lambda: stream.read(_CHUNK), b"")
    first = next(chunks, b"")
    codec = _utf16(first)
    if not codec:
        yield from _messages(_chain(first, chunks), limit, counter, stray)
        return
    for message in _messages(_as_utf8(_chain(first, chunks), codec), limit, counter, stray):
        yield message.decode("utf-8", "surrogatepass").lstrip("\ufeff").encode(codec, "surrogatepass")


def _messages(
    chunks: Iterable[bytes], limit: int, skipped: Counter[str], stray: Stray | None
) -> Iterator[bytes]:
    buffer = bytearray()
    too_large = False
    line = 1
    for chunk in chunks:
        searched = max(1, len(buffer) - _KEPT)
        buffer += chunk
        begin = 0
        for found in _beginnings(buffer, searched):
            unit = bytes(buffer[begin:found])
            yield from _handed_on(
                unit, line, _unit(unit, too_large, limit, skipped, cut=stray is not None), stray
            )
            line += _line_ends(unit) if stray else 0
            begin, too_large = found, False
        del buffer[:begin]
        if len(buffer) > limit + _KEPT:
            too_large = True
            line += _line_ends(bytes(buffer[:-_KEPT])) if stray else 0
            # What is left must not look like a beginning: it is the rest of something.
            buffer[:-_KEPT] = b"-"
    unit = bytes(buffer)
    yield from _handed_on(unit, line, _unit(unit, too_large, limit, skipped, cut=stray is not None), stray)


def _beginnings(buffer: bytearray, start: int) -> Iterator[int]:
    """Yield where messages and envelope segments begin, from ``start`` (at least 1) on."""
    for name in _NAME.finditer(buffer, start):
        at = name.start()
        if buffer[at - 1] in b"\r\n\x0b\x1c":
            yield at
            continue
        for first in range(max(start, at - _BEFORE), at + 1):
            found = _BEGIN.match(buffer, first)
            if found and found.start(1) == at:
                yield first
                break


def _handed_on(
    unit: bytes, line: int, parts: Iterable[tuple[bytes, bool]], stray: Stray | None
) -> Iterator[bytes]:
    for text, is_message in parts:
        if is_message or stray is None or not stray(text, line + _line_of(unit, text)):
            yield text


def _unit(
    unit: bytes, too_large: bool, limit: int, skipped: Counter[str], *, cut: bool
) -> Iterator[tuple[bytes, bool]]:
    """Yield the message in ``unit``, which runs from one beginning to the next, and what follows its end.

    Each with whether it is the message.
    """
    begins = _BEGIN.match(unit)
    text, framed, rest = unit.partition(b"\x1c") if begins else (unit, b"", b"")
    body = text.rstrip(b"\r\n\x0b\x1a\x00 \t")
    if too_large or len(body) > limit:
        skipped["too-large"] += 1
    elif begins is None:
        if body.strip(_BLANK):
            yield text, False
    elif begins.group(1) == b"MSH":
        if cut and not framed:
            kept = _segments_end(body, unit[begins.end() - 1 : begins.end()])
            if kept < len(body):
                rest, text, body = unit[kept:], text[:kept], body[:kept].rstrip(b"\r\n")
        end = _LINE_END.match(text, len(body))
        yield body + (end.group() if end else b""), True
    else:
        skipped["envelope"] += 1
    if rest.strip(_BLANK):
        yield rest, False


def _segments_end(body: bytes, separator: bytes) -> int:
    """Return where the lines begin with which ``body`` ends and which are no segments; its length for none.

    A line break that somebody typed into a text is none, see ``lines.py``.
    """
    mark = re.escape(separator)
    begins = re.compile(
        rb"[\x00-\x20\xef\xbb\xbf\xc2\xa0\"]{0,8}"
        rb"(?:[A-Za-z][A-Za-z0-9]{2}[ \t]*" + mark + rb"|[A-Z][A-Z0-9]{2}\s*\Z)"
    ).match
    typed = b"\r" in body
    kept = stop = len(body)
    while (stop := max(body.rfind(b"\r", 0, stop), body.rfind(b"\n", 0, stop))) >= 0:
        line = body[stop + 1 : kept]
        if begins(line):
            break
        if line.strip() and not (typed and b"\r" not in body[stop - 1 : stop + 1]):
            kept = stop + 1
    return kept


def _line_of(unit: bytes, text: bytes) -> int:
    """Return how many lines of ``unit`` end before the first word of ``text``, with which it ends."""
    return _line_ends(unit[: len(unit) - len(text.lstrip(_BLANK))])


def _line_ends(text: bytes) -> int:
    return text.count(b"\n") + text.count(b"\r") - text.count(b"\r\n")


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
