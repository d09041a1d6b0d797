"""Sheet: Excel workbooks (.xlsx, ECMA-376), row by row; none is unpacked that would be too large."""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from adapters.his.files.formats.cell import bare
from adapters.his.files.lines import Broken, Line, Source, Table, headed
from gateway.wire.rows import Faulty

UNSAVED = "=…"
"""A formula that its program has not worked out: what it would show, nobody knows."""

_FORMULA = re.compile(rb"<(?:\w{1,16}:)?f[\s/>]")
_CHUNK, _OVERLAP = 1 << 20, 32
_PROLOG = 65_536
_EXACT = 1e15
"""From here on a number has lost digits: Excel keeps fifteen."""


def read_sheet(source: Source) -> Table:
    """Open a sheet.

    Raises:
        Broken: it is no workbook, would be too large when unpacked, or has no such sheet.
    """
    _check(source)
    from openpyxl import load_workbook

    try:
        book = load_workbook(source.path, read_only=True, data_only=True, keep_links=False)
    except Exception:  # noqa: BLE001 -- openpyxl raises whatever a broken part makes it
        raise Broken(Faulty("not-xlsx")) from None
    try:
        return _table(source, book)
    except Broken:
        book.close()
        raise


def _table(source: Source, book: Any) -> Table:
    rows = enumerate(_cells(source, book), start=1)
    pattern, beside = source.pattern, Counter[str]()
    if not pattern.heading:
        keys = list(pattern.columns)
        lines = _and_beside(_rows(rows, keys, pattern.skip, pattern.ignore), source, book, beside)
        return Table(keys, lines, close=book.close, beside=beside)
    headings = _headings(rows, pattern.skip + pattern.heading)
    keys, doubled = headed(headings, source.bounds.columns)
    lines = _and_beside(_rows(rows, keys, 0, pattern.ignore), source, book, beside)
    return Table(keys, lines, doubled, "\t".join(headings), book.close, beside)


def _and_beside(
    lines: Iterator[Line | Faulty], source: Source, book: Any, beside: Counter[str]
) -> Iterator[Line | Faulty]:
    """Yield the lines, then count the rows of the sheets that nobody has chosen; a title may be a name."""
    yield from lines
    if source.pattern.sheet != "":
        return
    for number, sheet in enumerate(book.worksheets[1:], start=2):
        sheet.reset_dimensions()
        rows = enumerate(sheet.iter_rows(max_col=source.bounds.columns, values_only=True))
        if count := sum(any(cell not in (None, "") for cell in cells) for _, cells in _read(rows)):
            beside[f"sheet {number}"] = count


def _cells(source: Source, book: Any) -> Iterator[Sequence[Any]]:
    """Yield the values of each row; that of a formula is what was saved beside it, else :data:`UNSAVED`."""
    sheet = _sheet(book, source.pattern.sheet)
    sheet.reset_dimensions()
    most = source.bounds.columns + 1
    if not _has_formulas(source.path):
        yield from sheet.iter_rows(max_col=most, values_only=True)
        return
    from openpyxl import load_workbook

    written = load_workbook(source.path, read_only=True, data_only=False, keep_links=False)
    try:
        other = _sheet(written, source.pattern.sheet)
        other.reset_dimensions()
        for shown, said in zip(sheet.iter_rows(max_col=most), other.iter_rows(max_col=most), strict=False):
            yield tuple(map(_saved, shown, said))
    finally:
        written.close()


def _saved(shown: Any, said: Any) -> Any:
    """Return the value of a cell. A formula that makes an empty text is saved as such (``t="str"``)."""
    formula = shown.value is None and shown.data_type != "str" and said.data_type == "f"
    return UNSAVED if formula else shown.value


def _has_formulas(path: Path) -> bool:
    """Tell whether any sheet has a formula; then it is read twice."""
    with zipfile.ZipFile(path) as packed:
        for name in packed.namelist():
            if not name.startswith("xl/worksheets/"):
                continue
            with packed.open(name) as part:
                before = b""
                while chunk := part.read(_CHUNK):
                    if _FORMULA.search(before + chunk):
                        return True
                    before = chunk[-_OVERLAP:]
    return False


def _check(source: Source) -> None:
    limit = source.bounds.unpacked
    try:
        with zipfile.ZipFile(source.path) as packed:
            parts = packed.infolist()
            size = sum(one.file_size for one in parts)
            strings = sum(one.file_size for one in parts if one.filename.endswith("sharedStrings.xml"))
            if size > limit or strings > limit // 8 or len(parts) > 10_000:
                said = {"size": str(max(size, strings)), "limit": str(limit if size > limit else limit // 8)}
                raise Broken(Faulty("xlsx-bomb", 0, said))
            for one in parts:
                if one.filename.endswith((".xml", ".rels")):
                    with packed.open(one) as part:
                        begin = part.read(_PROLOG).replace(b"\0", b"").upper()
                    if b"<!DOCTYPE" in begin or b"<!ENTITY" in begin:
                        raise Broken(Faulty("has-doctype"))
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError, ValueError, EOFError):
        raise Broken(Faulty("not-xlsx")) from None


def _sheet(book: Any, wanted: str | int) -> Any:
    sheets = book.worksheets
    named = [one for one in sheets if one.title.strip() == str(wanted).strip()]
    if named:
        return named[0]
    if isinstance(wanted, int) and 0 < wanted <= len(sheets):
        return sheets[wanted - 1]
    if wanted == "" and sheets:
        return sheets[0]
    raise Broken(Faulty("no-sheet"))


def _headings(rows: Iterator[tuple[int, Sequence[Any]]], number: int) -> list[str]:
    seen = 0
    for _, cells in _read(rows):
        if any(cell not in (None, "") for cell in cells):
            seen += 1
            if seen == number:
                found = ["" if cell is None else str(cell).strip() for cell in cells]
                while found and not found[-1]:
                    found.pop()
                return found
    raise Broken(Faulty("no-heading"))


def _rows(
    rows: Iterator[tuple[int, Sequence[Any]]], keys: Sequence[str], skip: int, ignore: Sequence[str]
) -> Iterator[Line | Faulty]:
    width = len(keys)
    for number, cells in _read(rows):
        if number <= skip or all(cell in (None, "") for cell in cells):
            continue
        shown = tuple("" if cell is None else str(cell) for cell in cells[: width + 8])
        text = "\t".join(shown)
        if ignore and any(fnmatchcase(text.strip(), one) for one in ignore):
            continue
        beyond = [at for at, cell in enumerate(cells[width:], start=width + 1) if cell not in (None, "")]
        if beyond:
            said = {"cells": str(beyond[-1]), "wanted": str(width)}
            yield Faulty("shifted-columns", number, said, text, shown)
            continue
        wrong = next((cell for cell in cells if isinstance(cell, str) and cell in _ERRORS), None)
        if wrong is not None:
            yield Faulty("damaged-cell", number, {"said": wrong}, text, shown)
            continue
        values, rounded = {}, list[str]()
        for key, cell in zip(keys, [*cells, *[None] * (width - len(cells))], strict=False):
            if isinstance(cell, int | float) and not isinstance(cell, bool) and abs(cell) >= _EXACT:
                rounded.append(key)  # its last digits are not those that were typed: nothing is said of it
                continue
            values[key] = _text(cell)
        yield Line(number, values, {}, text, tuple(rounded))


_ERRORS = frozenset({"#N/A", "#REF!", "#NAME?", "#NULL!", "#VALUE!", "#DIV/0!", "#NUM!", UNSAVED})


def _read(rows: Iterator[tuple[int, Sequence[Any]]]) -> Iterator[tuple[int, Sequence[Any]]]:
    """Yield the rows; a sheet that breaks off is told."""
    try:
        yield from rows
    except Broken:
        raise
    except Exception:  # noqa: BLE001 -- as in read_sheet
        raise Broken(Faulty("not-xlsx")) from None


def _text(cell: Any) -> str | None:
    """Return what a cell shows, without inventing a time for a date or digits for a number."""
    if cell is None:
        return None
    if isinstance(cell, bool):
        return "1" if cell else "0"
    if isinstance(cell, datetime):
        whole = cell.replace(microsecond=0)
        return whole.date().isoformat() if whole.time() == time() else whole.isoformat(" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return str(cell)
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    return bare(str(cell))
