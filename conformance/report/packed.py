"""Owns how small a PDF is: its small objects packed into streams, as PDF 1.5 allows (ISO 32000-1 §7.5.7).

A browser writes each element of the structure that screen readers need as an object of its own, unpacked,
with twenty bytes in the table of offsets: most of a long report. Packed, nothing is lost.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

_TABLE = re.compile(
    rb"xref\n0 \d+\n((?:\d{10} \d{5} [nf] ?\r?\n)+)"
    rb"trailer\s*<<(.*?)>>\s*startxref\n(\d+)\n%%EOF\n?\Z",
    re.DOTALL,
)
_USED = re.compile(rb"(\d{10}) 00000 n")
_OBJECT = re.compile(rb"(\d+) 0 obj\s+(.*?)\s*endobj\s*", re.DOTALL)
_SIZE = re.compile(rb"\s*/Size \d+\s*")
_VERSION = re.compile(rb"\A%PDF-1\.[0-7]")
_TOGETHER = 200
"""Objects in a stream: a reader unpacks all of them for one."""

_FREE, _PLAIN, _PACKED = 0, 1, 2
"""Types of a row of the table of offsets (§7.5.8.3)."""

Rows = dict[int, tuple[int, int, int]]


@dataclass(slots=True, frozen=True)
class _Object:
    """``body``: what stands between ``obj`` and ``endobj``."""

    number: int
    body: bytes

    @property
    def packs(self) -> bool:
        """A stream cannot stand in a stream."""
        return not self.body.endswith(b"endstream")


def packed(pdf: bytes) -> bytes:
    """Return the same document, smaller; one of a build that is not known here stays as it is."""
    table = _TABLE.search(pdf)
    if table is None or int(table[3]) != table.start() or re.search(rb"/(Prev|Encrypt)\b", table[2]):
        return pdf
    offsets = sorted(int(row[1]) for row in _USED.finditer(table[1]))
    read = [_OBJECT.fullmatch(pdf, *ends) for ends in pairwise([*offsets, table.start()])]
    objects = [_Object(int(one[1]), one[2]) for one in read if one is not None]
    if not objects or len(objects) < len(read):
        return pdf
    return _written(_VERSION.sub(b"%PDF-1.5", pdf[: offsets[0]]), objects, _SIZE.sub(b"\n", table[2]))


def _written(head: bytes, objects: Sequence[_Object], trailer: bytes) -> bytes:
    """The file: streams as they are, streams of the rest, and the table of offsets, a stream as well."""
    alone, small = [one for one in objects if not one.packs], [one for one in objects if one.packs]
    free = max(one.number for one in objects) + 1
    rows: Rows = {0: (_FREE, 0, 0xFFFF)}
    for at in range(0, len(small), _TOGETHER):
        together = small[at : at + _TOGETHER]
        rows |= {one.number: (_PACKED, free, place) for place, one in enumerate(together)}
        alone.append(_Object(free, _stream_of(together)))
        free += 1
    parts, length = [head], len(head)
    for one in alone:
        rows[one.number] = (_PLAIN, length, 0)
        parts.append(b"%d 0 obj\n%s\nendobj\n" % (one.number, one.body))
        length += len(parts[-1])
    rows[free] = (_PLAIN, length, 0)
    return b"".join([*parts, _table(free, rows, trailer), b"startxref\n%d\n%%%%EOF\n" % length])


def _stream_of(objects: Sequence[_Object]) -> bytes:
    index, bodies, at = [], [], 0
    for one in objects:
        index.append(b"%d %d" % (one.number, at))
        bodies.append(one.body)
        at += len(one.body) + 1
    first = b" ".join(index) + b"\n"
    said = b"/Type /ObjStm /N %d /First %d" % (len(objects), len(first))
    return _stream(said, first + b"\n".join(bodies))


def _table(number: int, rows: Rows, trailer: bytes) -> bytes:
    """Rows of one byte, four, two: type, offset or stream, place (§7.5.8); numbers not in use are free."""
    said = b"/Type /XRef /W [1 4 2] /Size %d%s" % (number + 1, trailer)
    every = (rows.get(one, (_FREE, 0, 0xFFFF)) for one in range(number + 1))
    data = b"".join(
        kind.to_bytes(1, "big") + where.to_bytes(4, "big") + place.to_bytes(2, "big")
        for kind, where, place in every
    )
    return b"%d 0 obj\n%s\nendobj\n" % (number, _stream(said, data))


def _stream(said: bytes, data: bytes) -> bytes:
    short = zlib.compress(data, 9)
    return b"<<%s /Filter /FlateDecode /Length %d>>\nstream\n%s\nendstream" % (said, len(short), short)
