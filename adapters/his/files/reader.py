"""Reader: a claimed file → its records in their order, the same ones at every try."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from adapters.his.files.columns import columns_of, view_of
from adapters.his.files.formats import READERS
from adapters.his.files.group import Record, keys_apart, records
from adapters.his.files.lines import Bounds, Broken, Line, Source, Table
from adapters.his.files.look import Look
from adapters.his.files.pattern import DOCUMENT, EXCEL, FORMATS, KNOWN, Pattern
from adapters.his.files.shift import unshifted
from adapters.his.files.view import View
from gateway.wire import xml
from gateway.wire.rows import Faulty

_OLE = bytes.fromhex("d0cf11e0")
"""How workbooks before 2007 begin, and those that a password protects."""


@dataclass(slots=True, frozen=True)
class Document:
    """An XML file that is one document."""

    raw: bytes


@dataclass(slots=True)
class Opened:
    """A file that is being read.

    Attributes:
        view: name of its layout, ``"document"`` for a document.
        items: what comes of it; raises ``Broken``.
        heading: the line of its headings, for the file with the lines that have to be mended.
        plan: digest of what decides which record is which; another one counts them anew.
        close: lets go of the file.
    """

    view: str
    items: Iterator[Record | Document | Faulty]
    heading: str = ""
    plan: str = ""
    close: Callable[[], None] = lambda: None


def open_file(path: Path, pattern: Pattern, look: Look, views: Mapping[str, View], bounds: Bounds) -> Opened:
    """Open a claimed file.

    Raises:
        Broken: it can be read no further; says why.
        OSError: it cannot be read.
    """
    if not look.size:
        raise Broken(Faulty("empty-file"))
    if look.size > bounds.file:
        raise Broken(Faulty("too-large", 0, {"limit": str(bounds.file)}))
    if pattern.view == DOCUMENT:
        return _document(path, look)
    format_ = pattern.format or FORMATS.get(path.suffix.lower().lstrip("."), "")
    if not format_:
        raise Broken(Faulty("unknown-format", 0, {"known": KNOWN}))
    if format_ in (EXCEL, "sheet"):
        format_ = _excel(path, format_)
    source = Source(path, pattern, look, bounds)
    table = READERS[format_](source)
    try:
        return _opened(source, table, format_, views)
    except BaseException:
        table.close()
        raise


def _opened(source: Source, table: Table, format_: str, views: Mapping[str, View]) -> Opened:
    pattern = source.pattern
    view = views.get(pattern.view) or view_of(table.headings or _names(source, format_), views.values())
    if view is None:
        raise Broken(Faulty("unknown-file"))
    columns = columns_of(pattern, view, table)
    apart: frozenset[int] = frozenset()
    if columns.group:
        with _again(source, format_) as ahead:
            apart = keys_apart(unshifted(ahead, columns, table.headings), columns)
    plan = hashlib.sha256(repr((pattern, view)).encode()).hexdigest()[:16]
    lines = unshifted(table.lines, columns, table.headings)
    return Opened(view.name, records(lines, columns, apart), table.heading_text, plan, table.close)


def _excel(path: Path, format_: str) -> str:
    """Return what a file that Excel opens really is: HIS exports call many things ``.xls``.

    Raises:
        Broken: ``old-excel``, ``html-table``.
    """
    with path.open("rb") as file:
        begin = file.read(1024)
    if begin.startswith(_OLE):
        raise Broken(Faulty("old-excel"))
    if begin.startswith(b"PK") or format_ != EXCEL:
        return "sheet"
    if begin.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \r\n\t").startswith(b"<"):
        raise Broken(Faulty("html-table"))
    return "table"


@contextmanager
def _again(source: Source, format_: str) -> Iterator[Iterator[Line | Faulty]]:
    """Open a file once more, to look ahead."""
    table = READERS[format_](source)
    try:
        yield table.lines
    finally:
        table.close()


def _document(path: Path, look: Look) -> Opened:
    if look.size > xml.LIMITS.size:
        raise Broken(Faulty("too-large", 0, {"limit": str(xml.LIMITS.size)}))
    return Opened(DOCUMENT, iter([Document(path.read_bytes())]))


def _names(source: Source, format_: str) -> list[str]:
    """Return what the first record names, of a format without headings."""
    with _again(source, format_) as lines:
        first = next((one for one in lines if isinstance(one, Line)), None)
    if first is None:
        raise Broken(Faulty("no-records"))
    return [*first.values, *(name for rows in first.nested.values() for row in rows[:1] for name in row)]
