"""Delimited: CSV and TSV (RFC 4180, and what HIS exports make of it), line by line in bounded memory."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from fnmatch import fnmatchcase

from adapters.his.files.formats.cell import bare
from adapters.his.files.formats.numbered import Lines, Numbered
from adapters.his.files.lines import Broken, Line, Source, Table, headed
from gateway.wire.rows import Faulty

_DELIMITERS = (",", "\t", "|", ";", "，", "^")
_SAMPLE = 100
"""Lines that tell whether rows end with a delimiter."""


def read_table(source: Source) -> Table:
    """Open a table.

    Raises:
        Broken: it has no heading, or is no text.
    """
    if source.look.binary:
        raise Broken(Faulty("not-text"))
    lines = Lines(source)
    try:
        return _table(source, lines)
    except Broken:
        lines.close()
        raise


def _table(source: Source, lines: Lines) -> Table:
    pattern = source.pattern
    for _ in range(pattern.skip):
        lines.next()
    if not pattern.heading:
        keys = list(pattern.columns)
        delimiter = pattern.delimiter or _parting(_first(lines), source.path.suffix.lower())
        empty = _empty(lines, delimiter, len(keys), 0)
        return Table(keys, _rows(source, lines, keys, delimiter, empty), close=lines.close)
    found: Numbered | None = None
    for _ in range(pattern.heading):
        found = lines.next()
        while isinstance(found, tuple) and not found[1].strip():
            found = lines.next()
    if not isinstance(found, tuple):
        raise Broken(found or Faulty("no-heading"))
    text = found[1]
    delimiter = pattern.delimiter or _parting(text, source.path.suffix.lower())
    headings = [one.strip() for one in _split(text, delimiter) or text.split(delimiter)]
    wide = len(headings)
    while headings and not headings[-1]:
        headings.pop()
    keys, doubled = headed(headings, source.bounds.columns)
    empty = _empty(lines, delimiter, len(keys), wide - len(keys))
    return Table(keys, _rows(source, lines, keys, delimiter, empty), doubled, text, lines.close)


def _first(lines: Lines) -> str:
    """Return the next line without taking it."""
    found = lines.next()
    if found is None:
        return ""
    lines.back([found])
    return "" if isinstance(found, Faulty) else found[1]


def _empty(lines: Lines, delimiter: str, width: int, heading: int) -> int:
    """Return how many empty cells end each row: as in the heading, unless most rows have it otherwise.

    It cannot be told of one row alone: a row that is shifted into an empty last cell looks the same.
    """
    ahead: list[Numbered] = []
    seen: Counter[int] = Counter()
    while len(ahead) < _SAMPLE and (found := lines.next()) is not None:
        ahead.append(found)
        cells = _split(found[1], delimiter) if isinstance(found, tuple) and found[1].strip() else None
        if cells and len(cells) >= width and not any(one.strip() for one in cells[width:]):
            seen[len(cells) - width] += 1
    lines.back(ahead)
    (most, count), *_ = seen.most_common(1) or [(heading, 0)]
    return most if count > 1 and 2 * count > len(ahead) else heading


def _rows(
    source: Source, lines: Lines, keys: list[str], delimiter: str, empty: int
) -> Iterator[Line | Faulty]:
    ignore, width = source.pattern.ignore, len(keys) + empty
    while (found := lines.next()) is not None:
        if isinstance(found, Faulty):
            yield found
            continue
        number, text = found
        if not text.strip() or (ignore and any(fnmatchcase(text.strip(), one) for one in ignore)):
            continue
        cells, text = _cells(lines, number, text, delimiter, width, source.bounds.joined)
        if cells is None:
            yield Faulty("unclosed-quote", number, {}, text, tuple(text.split(delimiter)))
        elif not any(one.strip() for one in cells):
            continue
        elif len(cells) != width or any(one.strip() for one in cells[len(keys) :]):
            said = {"cells": str(len(cells)), "wanted": str(width)}
            yield Faulty("shifted-columns", number, said, text, tuple(one.strip() for one in cells))
        else:
            yield Line(number, dict(zip(keys, map(bare, cells), strict=False)), {}, text)


def _cells(
    lines: Lines, number: int, text: str, delimiter: str, width: int, most: int
) -> tuple[list[str] | None, str]:
    """Return the cells of a row and its text; a cell in quotation marks may go over several lines."""
    if '"' not in text or len(delimiter) > 1:
        return text.split(delimiter), text
    cells = _split(text, delimiter)
    if cells is not None:
        return cells, text
    if not _is_open(text, delimiter):
        return None, text
    more: list[Numbered] = []
    whole = text
    while len(more) < most and (found := lines.next()) is not None:
        more.append(found)
        if isinstance(found, Faulty):
            break
        whole += "\n" + found[1]
        cells = _split(whole, delimiter)
        if cells is not None and len(cells) == width:
            return cells, whole
    lines.back(more)
    return None, text


def _split(text: str, delimiter: str) -> list[str] | None:
    """Return the cells of a text, None where its quotation marks do not fit."""
    if len(delimiter) != 1:
        return text.split(delimiter)
    try:
        return next(csv.reader([text], delimiter=delimiter, strict=True), [])
    except csv.Error:
        return None


def _is_open(text: str, delimiter: str) -> bool:
    """Tell whether a row ends within a cell in quotation marks."""
    return _split(text + '"', delimiter) is not None


def _parting(heading: str, suffix: str) -> str:
    """Return what parts the cells of a heading."""
    if suffix in (".tsv", ".tab") and "\t" in heading:
        return "\t"
    return max(_DELIMITERS, key=heading.count) if any(one in heading for one in _DELIMITERS) else ","
