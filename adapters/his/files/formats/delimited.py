"""Delimited: CSV and TSV (RFC 4180, and what HIS exports make of it), line by line in bounded memory."""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterator
from fnmatch import fnmatchcase
from io import TextIOWrapper
from typing import BinaryIO

from adapters.his.files.lines import Broken, Line, Source, Table, headed
from gateway.errors import Rejected
from gateway.wire.rows import Faulty

_DELIMITERS = (",", "\t", "|", ";", "，", "^")
_FORMULA = re.compile(r'="([^"]*)"')
"""How exports keep Excel from making a number of ``00123``."""
_TEXT = re.compile(r"'\d+[\dXx]*")
"""The same with the apostrophe that Excel hides."""


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
        return Table(keys, _rows(source, lines, keys, pattern.delimiter), close=lines.close)
    found: tuple[int, str] | Faulty | None = None
    for _ in range(pattern.heading):
        found = lines.next()
        while isinstance(found, tuple) and not found[1].strip():
            found = lines.next()
    if not isinstance(found, tuple):
        raise Broken(found or Faulty("no-heading"))
    text = found[1]
    delimiter = pattern.delimiter or _parting(text, source.path.suffix.lower())
    headings = [one.strip() for one in _split(text, delimiter) or text.split(delimiter)]
    while headings and not headings[-1]:
        headings.pop()
    keys, doubled = headed(headings, source.bounds.columns)
    return Table(keys, _rows(source, lines, keys, delimiter), doubled, text, lines.close)


class Lines:
    """The lines of a file with their numbers; some may be put back."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._back: deque[tuple[int, str] | Faulty] = deque()
        self._number = 0
        self._file = _opened(source)
        self._over = False

    def close(self) -> None:
        """Let go of the file."""
        self._over = True
        self._file.close()

    def back(self, lines: list[tuple[int, str] | Faulty]) -> None:
        self._back.extendleft(reversed(lines))

    def next(self) -> tuple[int, str] | Faulty | None:
        """Return the next line and its number, None at the end."""
        if self._back:
            return self._back.popleft()
        limit = self._source.bounds.line
        raw = b"" if self._over else self._file.readline(limit + 1)
        if not raw:
            self.close()
            return None
        self._number += 1
        if len(raw) > limit and not raw.endswith(b"\n"):
            return self._too_long(raw)
        raw = raw.rstrip(b"\r\n")
        try:
            plain = raw.isascii() or self._source.look.charset == "utf-16"
            text = raw.decode() if plain else self._source.look.text(raw)
        except Rejected:
            return Faulty("undecodable", self._number, {}, raw.decode("ascii", "replace"))
        return self._number, text

    def _too_long(self, begin: bytes) -> Faulty:
        number, limit = self._number, self._source.bounds.line
        while (more := self._file.readline(limit)) and not more.endswith(b"\n"):
            pass
        return Faulty("line-too-long", number, {"limit": str(limit)}, begin[:1000].decode("ascii", "replace"))


class _Utf8:
    """A file in UTF-16, line by line as UTF-8: bytes that are no line feed may hold one."""

    def __init__(self, file: TextIOWrapper) -> None:
        self._file = file

    def readline(self, limit: int) -> bytes:
        return self._file.readline(limit).encode("utf-8", "replace")

    def close(self) -> None:
        self._file.close()


def _opened(source: Source) -> BinaryIO | _Utf8:
    look = source.look
    if look.charset == "utf-16":
        return _Utf8(source.path.open(encoding="utf-16", newline="", errors="replace"))
    file = source.path.open("rb")
    if look.charset == "utf-8-sig":
        file.seek(3)
    return file


def _rows(source: Source, lines: Lines, keys: list[str], delimiter: str) -> Iterator[Line | Faulty]:
    ignore, width = source.pattern.ignore, len(keys)
    while (found := lines.next()) is not None:
        if isinstance(found, Faulty):
            yield found
            continue
        number, text = found
        if not text.strip() or (ignore and any(fnmatchcase(text.strip(), one) for one in ignore)):
            continue
        delimiter = delimiter or _parting(text, source.path.suffix.lower())
        cells, text = _cells(lines, number, text, delimiter, width, source.bounds.joined)
        if cells is None:
            yield Faulty("unclosed-quote", number, {}, text, tuple(text.split(delimiter)))
            continue
        if len(cells) != width:
            while len(cells) > width and not cells[-1].strip():
                cells.pop()
            if not any(cells):
                continue
            if len(cells) != width:
                said = {"cells": str(len(cells)), "wanted": str(width)}
                yield Faulty("shifted-columns", number, said, text, tuple(one.strip() for one in cells))
                continue
        yield Line(number, dict(zip(keys, map(_value, cells), strict=True)), {}, text)


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
    more: list[tuple[int, str] | Faulty] = []
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


def _value(cell: str) -> str | None:
    text = cell.strip()
    if text.startswith("=") and (found := _FORMULA.fullmatch(text)):
        text = found[1].strip()
    elif text.startswith("'") and _TEXT.fullmatch(text):
        text = text[1:]
    return text or None
