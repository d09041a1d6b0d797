"""Owns what is searched and copied in a PDF: the characters that were written, not radicals that look alike.

Fonts draw 自 and the radical U+2F83 with one glyph, and a browser that prints remembers the lowest code of a
glyph: who then searches the PDF for 自 finds nothing. The maps back to Unicode are corrected (ISO 32000-1
§9.10.3), and the table of offsets with them (§7.5.4).
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from bisect import bisect_right
from collections.abc import Callable

Change = Callable[[re.Match[bytes]], bytes]

_STREAM = re.compile(rb"/Length (\d+)>> stream\r?\n")
_TABLE = re.compile(
    rb"(xref\n0 \d+\n(?:\d{10} \d{5} [nf] ?\r?\n)+)"
    rb"(trailer.*?)startxref\n(\d+)\n%%EOF\n?\Z",
    re.DOTALL,
)
_OFFSET = re.compile(rb"(\d{10})( \d{5} n)")
_RANGE = re.compile(rb"<([0-9A-F]{2,4})> <([0-9A-F]{2,4})> <([0-9A-F]{4})>")
_CHARACTER = re.compile(rb"(<[0-9A-F]{2,4}>) <([0-9A-F]{4})>")

_PAIRS = (
    "⺠民⻅见⻆角⻈讠⻉贝⻋车⻑長⻓长⻔门⻘青⻙韦⻚页⻛风⻜飞⻝食⻢马"
    "⻣骨⻤鬼⻥鱼⻦鸟⻧卤⻨麦⻩黄⻬齐⻮齿⻰龙⼾户"
)
_WRITTEN = {
    **{code: ord(unicodedata.normalize("NFKC", chr(code))) for code in range(0x2F00, 0x2FD6)},
    **{ord(radical): ord(written) for radical, written in zip(_PAIRS[::2], _PAIRS[1::2], strict=True)},
}
"""Radical → what was written. Unicode gives no such mapping for simplified forms (U+2E80 on), fonts do."""


def searchable(pdf: bytes) -> bytes:
    """Return a PDF in which radicals are characters again; one of a build that is not known here stays."""
    table = _TABLE.search(pdf)
    if table is None or int(table[3]) != table.start() or b"/Prev" in table[2]:
        return pdf
    parts, moved, at = [], [(0, 0)], 0
    for found in _STREAM.finditer(pdf, 0, table.start()):
        end = found.end() + int(found[1])
        corrected = _corrected(pdf[found.end() : end])
        if corrected is None or found.start() < at:
            continue
        parts += [pdf[at : found.start()], b"/Length %d>> stream\n" % len(corrected), corrected]
        at = end
        moved.append((end, sum(map(len, parts)) - end))
    parts += [pdf[at : table.start()], *_offsets(table, moved)]
    return b"".join(parts)


def _offsets(table: re.Match[bytes], moved: list[tuple[int, int]]) -> tuple[bytes, ...]:
    """The table of offsets and what follows it, for objects that moved."""

    def now(offset: int) -> int:
        return offset + moved[bisect_right(moved, offset, key=lambda one: one[0]) - 1][1]

    rows = _OFFSET.sub(lambda row: b"%010d%s" % (now(int(row[1])), row[2]), table[1])
    return rows, table[2], b"startxref\n%d\n%%%%EOF\n" % now(table.start())


def _corrected(stream: bytes) -> bytes | None:
    """Return a map as it must be, packed; None where a stream is no map or a right one."""
    try:
        told = zlib.decompress(stream)
    except zlib.error:
        return None
    if b"begincmap" not in told:
        return None
    said = _each(told, b"bfrange", _RANGE, _range)
    said = _each(said, b"bfchar", _CHARACTER, _character)
    return zlib.compress(said, 9) if said != told else None


def _each(told: bytes, kind: bytes, row: re.Pattern[bytes], change: Change) -> bytes:
    block = re.compile(rb"begin" + kind + rb".*?end" + kind, re.DOTALL)
    return block.sub(lambda found: row.sub(change, found[0]), told)


def _character(row: re.Match[bytes]) -> bytes:
    return row[1] + b"<%04X>" % _written(int(row[2], 16)) if int(row[2], 16) in _WRITTEN else row[0]


def _range(row: re.Match[bytes]) -> bytes:
    first, last, to = (int(number, 16) for number in row.groups())
    codes = range(to, to + last - first + 1)
    if not any(code in _WRITTEN for code in codes):
        return row[0]
    targets = b"".join(b"<%04X>" % _written(code) for code in codes)
    return b"<%s><%s>[%s]" % (row[1], row[2], targets)


def _written(code: int) -> int:
    return _WRITTEN.get(code, code)
