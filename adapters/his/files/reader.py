"""Reader: a claimed file → its records in their order, the same ones at every try."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from itertools import chain, islice
from pathlib import Path

from adapters.his.files.columns import Columns, columns_of, view_of
from adapters.his.files.formats import READERS
from adapters.his.files.group import Record, keys_apart, records
from adapters.his.files.lines import Bounds, Broken, Line, Source, Table
from adapters.his.files.look import Look
from adapters.his.files.pattern import DOCUMENT, EXCEL, FORMATS, KNOWN, Pattern
from adapters.his.files.shift import unshifted
from adapters.his.files.sift import sifted
from adapters.his.files.view import View
from gateway.wire import xml
from gateway.wire.rows import Faulty
from gateway.wire.xml.v3 import REGISTERS, document_in

_OLE = bytes.fromhex("d0cf11e0")
"""How workbooks before 2007 begin, and those that a password protects."""

AHEAD = 100
"""Records without headings that are looked at before anything is said of their columns."""


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
        plan: digest of what decides which record is which and what it says; another one counts them anew.
        close: lets go of the file.
        left_out: columns of which nothing is said, for their numbers have lost digits, and how often.
        beside: what stands beside the records, and how often.
    """

    view: str
    items: Iterator[Record | Document | Faulty]
    heading: str = ""
    plan: str = ""
    close: Callable[[], None] = lambda: None
    left_out: Counter[str] = field(default_factory=Counter)
    beside: Counter[str] = field(default_factory=Counter)


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
        return _document(path, pattern, look)
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
    first, all_ = ([], table.lines) if table.headings else _ahead(table.lines)
    view = views.get(pattern.view) or view_of(table.headings or _names(first, all_), views.values())
    if view is None:
        raise Broken(Faulty("unknown-file"))
    columns = columns_of(pattern, view, table)
    _check(first, columns)
    apart: frozenset[int] = frozenset()
    if columns.group:
        with _again(source, format_) as ahead:
            sound = sifted(unshifted(ahead, columns, table.headings), columns, Counter())
            apart = keys_apart(sound, columns)
    left_out = Counter[str]()
    lines = sifted(unshifted(all_, columns, table.headings), columns, left_out)
    items, plan = records(lines, columns, apart), _plan(pattern, view)
    return Opened(view.name, items, table.heading_text, plan, table.close, left_out, table.beside)


def _plan(*said: Pattern | View) -> str:
    """Return a digest that is the same in every process: a set has no order that lasts."""
    told = json.dumps([asdict(one) for one in said], default=sorted, ensure_ascii=False)
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def _ahead(lines: Iterator[Line | Faulty]) -> tuple[list[Line], Iterator[Line | Faulty]]:
    """Return the first records of a file without headings, and all of it; what breaks it off comes last."""
    first: list[Line | Faulty] = []
    try:
        for one in islice(lines, AHEAD):
            first.append(one)  # noqa: PERF402 -- what came before it broke off must stay
    except Broken as error:
        lines = _breaking(error)
    return [one for one in first if isinstance(one, Line)], chain(first, lines)


def _breaking(error: Broken) -> Iterator[Line | Faulty]:
    yield from ()
    raise error


def _check(first: Sequence[Line], columns: Columns) -> None:
    """Refuse records of which none says anything that a row must have: they are not the records."""
    needed = {("", one) for one in columns.view.required}
    said = {columns.place(heading) for one in first for heading in one.values}
    if first and needed and not needed & said:
        raise Broken(Faulty("not-the-records", 0, {"columns": ", ".join(columns.view.required)}))


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


def _document(path: Path, pattern: Pattern, look: Look) -> Opened:
    if look.size > xml.LIMITS.size:
        raise Broken(Faulty("too-large", 0, {"limit": str(xml.LIMITS.size)}))
    raw = path.read_bytes()
    inner = document_in(raw)
    if inner is None:
        return Opened(DOCUMENT, iter([Document(raw)]), plan=_plan(pattern))
    return Opened(DOCUMENT, iter([Document(raw), Document(inner)]), plan=f"{_plan(pattern)}+{REGISTERS}")


def _names(first: Sequence[Line], all_: Iterator[Line | Faulty]) -> list[str]:
    """Return what the first record names, of a format without headings."""
    if not first:
        for _ in all_:
            pass  # why it breaks off says more than that there is nothing
        raise Broken(Faulty("no-records"))
    nested = first[0].nested.values()
    return [*first[0].values, *(name for rows in nested for row in rows[:1] for name in row)]
