"""Handed: what comes of a file as the bytes that are handed over, and a file without a folder around it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from adapters.his.files.claim import shown
from adapters.his.files.group import Record
from adapters.his.files.lines import Bounds, Broken
from adapters.his.files.look import look
from adapters.his.files.parse import XML
from adapters.his.files.pattern import DOCUMENT, KNOWN, Pattern, load_patterns, pattern_of
from adapters.his.files.reader import Document, open_file
from adapters.his.files.view import View, load_views
from gateway.canonical import Envelope
from gateway.errors import Misconfigured
from gateway.wire.rows import CONTENT_TYPE, Faulty, written
from gateway.wire.rows.faulty import CONTENT_TYPE as FAULTY

Item = Record | Document | Faulty


def handed(item: Item, view: str, system: str, file: str, control: str) -> tuple[str, bytes, dict[str, str]]:
    """Return content type, bytes and what is remembered of an item.

    Args:
        file: as it may be shown, with what tells it from others of its name.
        control: number of the delivery.
    """
    if isinstance(item, Record):
        raw = written(view, system, [{"row": item.row, **item.details}], control)
        return CONTENT_TYPE, raw, {"line": str(item.line)}
    if isinstance(item, Faulty):
        return FAULTY, item.written(file, view), {"line": str(item.line)}
    return XML, item.raw, {}


def read(path: Path, settings: Mapping[str, str | int | float | bool], view: str = "") -> Iterator[Envelope]:
    """Yield what a file holds as the door hands it over; what cannot be read of it, too.

    Args:
        settings: those of the door.
        view: what its rows are; ``""``: as a pattern, its name or its headings say.

    Raises:
        Misconfigured: a pattern or layout is wrong.
        OSError: it cannot be read.
    """
    views = load_views(str(settings["layouts"]))
    if view and view not in (*views, DOCUMENT):
        known = ", ".join([*sorted(views), DOCUMENT])
        raise Misconfigured(
            f"no layout in mappings/rows is called {view!r}; there are: {known}", where="--view"
        )
    patterns = load_patterns(str(settings["files"]), views)
    pattern = pattern_of(path.name, patterns, views) or (Pattern() if view else None)
    pattern = replace(pattern, view=view) if pattern and view else pattern
    system = (pattern.system if pattern else "") or str(settings["system"])
    bounds = Bounds(file=int(settings["max_file"]), line=int(settings["max_record"]))
    for number, (name, item) in enumerate(_items(path, pattern, views, bounds), start=1):
        content, raw, meta = handed(item, name, system, shown(path.name), f"{shown(path.name)}-{number}")
        yield Envelope("", str(settings["tenant"]), "", "", 0, content, "", raw, meta)


def _items(
    path: Path, pattern: Pattern | None, views: Mapping[str, View], bounds: Bounds
) -> Iterator[tuple[str, Item]]:
    view = ""
    try:
        if pattern is None:
            raise Broken(Faulty("unknown-format", 0, {"known": KNOWN}))
        opened = open_file(path, pattern, look(path, pattern.charset), views, bounds)
        view = opened.view
        try:
            for item in opened.items:
                yield view, item
        finally:
            opened.close()
    except Broken as error:
        yield view, error.faulty
