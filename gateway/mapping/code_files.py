"""Code files: the three forms of a code table as one: YAML, CSV, and ConceptMap or CodeSystem JSON.

A file gives a table, or with ``extends: NAME`` adds codes to another one (docs/add-a-mapping.md).
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import yaml

from gateway.errors import Misconfigured
from gateway.mapping.codes import Entry
from gateway.mapping.marked import plain, read

FORMS = (".yaml", ".csv", ".json")
"""What a code table may be written in, by the ending of its file."""

ENTRY_KEYS = frozenset(
    {"code", "display", "system", "equivalence", "timing", "specimen", "unit", "needs", "note"}
)
COLUMNS = (
    "code",
    "target",
    "display",
    "system",
    "equivalence",
    "timing",
    "specimen",
    "unit",
    "needs",
    "note",
)
NEEDS = "specimen"
"""What a test may need to be known (``needs``): its code is used for other specimens, too."""
HEAD_KEYS = frozenset(
    {"table", "extends", "target", "source", "note", "exact", "several", "source_system", "source_systems"}
) | {"equivalence", "guide", "codes", "__line__"}

EQUIVALENCES = frozenset(
    {"relatedto", "equivalent", "equal", "wider", "subsumes", "narrower", "specializes", "inexact"}
)
"""Codes of ConceptMapEquivalence (R4) that are a translation; ``unmatched`` and ``disjoint`` are none."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,62}")
_CODE = re.compile(r"\S+( \S+)*")


@dataclass(slots=True, frozen=True)
class TableFile:
    """One file.

    Attributes:
        where: its name, for messages.
        name: of the table that it gives or extends.
        target: system of its entries where they name none, ``""`` for that of the table it extends.
        lines: source code → line or row of the file, as far as they are known.
    """

    where: str
    name: str
    entries: Mapping[str, Entry]
    extends: bool = False
    target: str = ""
    exact: bool = False
    source_system: str = ""
    source_systems: tuple[str, ...] = ()
    guide: tuple[str, ...] = ()
    url: str = ""
    lines: Mapping[str, int] = field(default_factory=dict)

    def at(self, code: str) -> str:
        """Return the place of a source code, ``"ward.csv:12"``."""
        return f"{self.where}:{self.lines[code]}" if code in self.lines else self.where


def table_file(path: Path | Traversable) -> TableFile:
    """Return one code table as its file says it.

    Raises:
        Misconfigured: it cannot be read as what its ending says, an unknown key or column, a code twice, an
            entry without a target; names file and line.
    """
    try:
        if path.name.endswith(".csv"):
            return _csv(path.name, path.read_bytes())
        if path.name.endswith(".json"):
            return _json(path)
        return _yaml(path)
    except UnicodeDecodeError:
        said = "not UTF-8; in a spreadsheet save it as 'CSV UTF-8'"
        raise Misconfigured(said, where=path.name) from None
    except OSError as error:
        raise Misconfigured(f"cannot be read: {error.strerror}", where=path.name) from None


def entry(value: Any, target: str, where: Callable[[], str], equivalence: str = "") -> Entry:
    """Return what a code becomes, from ``male``, ``[male, Male]`` or ``{code: male, …}``.

    Raises:
        Misconfigured: it has no target, or a part that is none; ``where`` tells the place.
    """
    if isinstance(value, list):
        value = dict(zip(("code", "display"), value, strict=False))
    elif not isinstance(value, dict):
        value = {"code": str(value).lower() if isinstance(value, bool) else value}
    if unknown := sorted(set(value) - ENTRY_KEYS):
        known = ", ".join(sorted(ENTRY_KEYS))
        raise Misconfigured(f"unknown key {unknown[0]!r}; known are {known}", where=where())
    code, timing = _text(value.get("code")), value.get("timing")
    if not code and timing is None:
        raise Misconfigured("a code without a target; leave it out instead", where=where())
    if timing is not None and not isinstance(timing, dict):
        raise Misconfigured("timing is Timing.repeat: an object", where=where())
    system = _text(value.get("system")) or target
    if (code and not _CODE.fullmatch(code)) or re.search(r"\s", system):
        raise Misconfigured("a code or system with white space that FHIR does not allow", where=where())
    close = _text(value.get("equivalence")) or equivalence
    if close and close not in EQUIVALENCES:
        known = ", ".join(sorted(EQUIVALENCES))
        raise Misconfigured(f"equivalence {close!r} is none of {known}", where=where())
    extra: dict[str, Any] = {} if timing is None else {"timing": timing}
    extra |= {name: _among(value[name]) for name in ("specimen", "unit") if value.get(name) is not None}
    if needs := _text(value.get("needs")):
        if needs != NEEDS:
            raise Misconfigured(f"needs is {NEEDS}, or nothing", where=where())
        extra["needs"] = needs
    return Entry(code, _text(value.get("display")), system, extra, close)


def _entries(value: Any, target: str, where: Callable[[], str], equivalence: str) -> Entry:
    """Return what a code of a table with ``several`` becomes: the first, with the others in its ``also``."""
    parts = [
        entry(one, target, where, equivalence) for one in (value if isinstance(value, list) else [value])
    ]
    if not parts:
        raise Misconfigured("a code without a target; leave it out instead", where=where())
    return replace(parts[0], also=tuple(parts[1:]))


def _among(value: Any) -> tuple[str, ...]:
    """Return the specimens or units of a test; several stand in a list, or between ``|``."""
    return tuple(str(one) for one in value) if isinstance(value, list) else tuple(str(value).split("|"))


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _made(
    where: str, head: Mapping[str, Any], codes: Mapping[str, Any], lines: Callable[[], Mapping[str, int]]
) -> TableFile:
    """Return the table of a YAML or CSV file; ``lines`` is asked where something is wrong, or said twice."""
    for key in head:
        if key not in HEAD_KEYS:
            known = ", ".join(sorted(HEAD_KEYS - {"__line__"}))
            raise Misconfigured(f"unknown key {key!r}; known are {known}", where=where)
    name = named(where, _text(head.get("table")), _text(head.get("extends")))
    target = _text(head.get("target"))
    close = _text(head.get("equivalence"))

    several = _text(head.get("several")).lower() == "true"

    def at(code: str) -> Callable[[], str]:
        return lambda: f"{where}:{lines().get(code, '?')}"

    entries = {
        code: _entries(value, target, at(code), close) if several else entry(value, target, at(code), close)
        for code, value in codes.items()
    }
    if "" in entries:
        raise Misconfigured("an empty code", where=at("")())
    extends = bool(head.get("extends"))
    return TableFile(
        where, name, entries, extends=extends, target=target,
        exact=_text(head.get("exact")).lower() == "true",
        source_system=_text(head.get("source_system")),
        source_systems=_several(head.get("source_systems")), guide=_several(head.get("guide")),
        lines=lines() if extends else {},
    )  # fmt: skip


def named(where: str, name: str, extends: str) -> str:
    """Return the name of the table that a file gives or extends.

    Raises:
        Misconfigured: it is none, or the file says two.
    """
    if extends and name and name != extends:
        raise Misconfigured(f"it is table {name!r} or extends {extends!r}, not both", where=where)
    found = extends or name or where.rpartition(".")[0]
    if not _NAME.fullmatch(found):
        raise Misconfigured(f"{found!r} is no name of a table: letters, digits and -", where=where)
    return found


def _several(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        value = value.split()
    return tuple(str(one) for one in value or ())


def _yaml(path: Path | Traversable) -> TableFile:
    data = read(path)
    codes = data.get("codes") or {}
    if not isinstance(codes, dict):
        raise Misconfigured("codes is a mapping: code: target", where=path.name)
    rows = {str(code): value for code, value in plain(codes).items()}
    return _made(path.name, data, rows, lambda: _yaml_lines(path))


def _yaml_lines(path: Path | Traversable) -> dict[str, int]:
    root: Any = yaml.compose(path.read_text(encoding="utf-8"), yaml.CSafeLoader)
    found = [inner for key, inner in root.value if key.value == "codes" and inner.value]
    return {key.value: key.start_mark.line + 1 for inner in found for key, _ in inner.value}


def _csv(where: str, data: bytes) -> TableFile:
    """Lines ``# key: value`` first, then a row of column names, then a row for each code."""
    text = data.decode("utf-8-sig")
    head, start = _csv_head(where, text)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    columns: list[str] = []
    codes: dict[str, Any] = {}
    lines: dict[str, int] = {}
    try:
        for row in reader:
            if reader.line_num <= start or not any(cell.strip() for cell in row):
                continue
            at = f"{where}:{reader.line_num}"
            if not columns:
                columns = _csv_columns(row, at)
                continue
            code, value = _csv_row(columns, row, at)
            if code in codes and head.get("several", "").lower() == "true":
                codes[code] = [*(codes[code] if isinstance(codes[code], list) else [codes[code]]), value]
                continue
            if code in codes:
                raise Misconfigured(f"duplicate code {code!r}, also in line {lines[code]}", where=at)
            codes[code], lines[code] = value, reader.line_num
    except csv.Error as error:
        raise Misconfigured(f"not CSV: {error}", where=f"{where}:{reader.line_num}") from None
    if not columns:
        raise Misconfigured("no row of column names: code,target,display,system", where=where)
    return _made(where, head, codes, lambda: lines)


def _csv_head(where: str, text: str) -> tuple[dict[str, str], int]:
    head: dict[str, str] = {}
    number = 0
    for number, line in enumerate(text.splitlines(), 1):
        # A spreadsheet pads the lines with empty cells.
        key, colon, value = line.rstrip(", \t").strip('"').removeprefix("#").partition(":")
        if not line.lstrip('"').startswith("#"):
            return head, number - 1
        if not colon or key.strip() in ("codes", *head):
            raise Misconfigured("lines with # say 'key: value', each key once", where=f"{where}:{number}")
        head[key.strip()] = value.strip()
    return head, number


def _csv_columns(row: list[str], at: str) -> list[str]:
    columns = [cell.strip().lower() for cell in row]
    while columns and not columns[-1]:
        columns.pop()
    for name in columns:
        if name not in COLUMNS or columns.count(name) > 1:
            raise Misconfigured(
                f"column {name!r} is unknown or there twice; known are {', '.join(COLUMNS)}", where=at
            )
    if missing := {"code", "target"} - set(columns):
        raise Misconfigured(f"the column {min(missing)!r} is missing", where=at)
    return columns


def _csv_row(columns: list[str], row: list[str], at: str) -> tuple[str, dict[str, Any]]:
    if any(cell.strip() for cell in row[len(columns) :]):
        raise Misconfigured("more cells than columns; a text with a comma needs quotes", where=at)
    cells: dict[str, Any] = {
        name: text for name, cell in zip(columns, row, strict=False) if (text := cell.strip())
    }
    code = cells.pop("code", "")
    if "target" in cells:
        cells["code"] = cells.pop("target")
    if "timing" in cells:
        try:
            cells["timing"] = json.loads(cells["timing"])
        except ValueError:
            raise Misconfigured("timing is not JSON", where=at) from None
    return code, cells


def _json(path: Path | Traversable) -> TableFile:
    from gateway.mapping.code_fhir import READERS

    try:
        data = json.loads(path.read_bytes())
    except ValueError as error:
        line = getattr(error, "lineno", 0)
        said = f"not JSON: {getattr(error, 'msg', 'not UTF-8')}"
        raise Misconfigured(said, where=f"{path.name}:{line}" if line else path.name) from None
    if not isinstance(data, dict) or data.get("resourceType") not in READERS:
        raise Misconfigured(f"expected a resource: {' or '.join(READERS)}", where=path.name)
    try:
        data = read(path)  # the same again with its lines; YAML cannot read every JSON
    except Misconfigured as error:
        if "duplicate" in error.reason:
            raise
    return READERS[data["resourceType"]](path.name, data)
