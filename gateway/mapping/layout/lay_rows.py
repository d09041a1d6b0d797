"""Rows → segments: a row of a view and those that belong to it, laid out as a layout says."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from gateway.canonical import Issue
from gateway.canonical.placeholders import is_no_moment
from gateway.mapping.layout.columns import Column, Columns
from gateway.mapping.layout.file import LayoutFile
from gateway.mapping.layout.laid import Laid, LaidSegment
from gateway.mapping.layout.moments import normal, of_column
from gateway.mapping.layout.place import ROOT, Place
from gateway.mapping.layout.rules import EMPTY, NOTHING, Rules
from gateway.wire.rows import Row, RowRecord

NULL = '""'
"""The v2 null: the element is deleted, for a column says all that there is."""

_SPECIAL = re.compile(r"[|^~&\\]")
_ESCAPES = {"|": "\\F\\", "^": "\\S\\", "&": "\\T\\", "~": "\\R\\", "\\": "\\E\\"}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def escaped(text: str) -> str:
    """Return a text as it stands in a field."""
    return _SPECIAL.sub(_escape, text) if text and _SPECIAL.search(text) else text


def _escape(found: re.Match[str]) -> str:
    return _ESCAPES[found[0]]


_MOMENTS = ("date", "datetime")
"""Types of columns that are moments."""

_ABOVE = f"{ROOT}."
"""Before a column of the row itself, in what is laid out of a row that belongs to it."""

Read = Callable[[Row], str]


STANDS = "stands"
"""Type of a column whose ``-`` and ``无`` are values."""


def _read_part(name: str, kinds: Mapping[str, str]) -> Read:
    """Return what reads one column as a part of a field: nothing for NULL."""
    moment = kinds.get(name) in _MOMENTS
    nothing = EMPTY if kinds.get(name) == STANDS else NOTHING

    def read(row: Row) -> str:
        value = row.get(name)
        if value is None:
            return ""
        value = value.strip()
        if value in nothing:
            return ""
        if moment:
            value = normal(value)
        return escaped(value)

    return read


def _read_alone(name: str, kinds: Mapping[str, str]) -> Read:
    """Return what reads one column as a field: the v2 null for NULL, nothing where there is no column."""
    part = _read_part(name, kinds)

    def read(row: Row) -> str:
        return part(row) or NULL if name in row else ""

    return read


def _read_composed(column: Column, kinds: Mapping[str, str]) -> Read:
    """Return what puts a field together; constants alone make none."""
    components = [
        [(_read_part(part.path, kinds) if part.path else None, escaped(part.constant)) for part in component]
        for component in column.components
    ]

    def read(row: Row) -> str:
        valued = False
        made = []
        for component in components:
            parts = []
            for part, constant in component:
                text = part(row) if part is not None else constant
                valued = valued or (part is not None and text != "")
                parts.append(text)
            made.append("&".join(parts).rstrip("&"))
        return "^".join(made).rstrip("^") if valued else ""

    return read


def _constant(column: Column) -> str:
    """Return a field that is the same in every row; it stands where the segment says something else."""
    return "^".join("&".join(escaped(part.constant) for part in component) for component in column.components)


class _Laying:
    """What lays out the columns of one segment."""

    def __init__(self, columns: Columns, kinds: Mapping[str, str]) -> None:
        self.columns, self.kinds = columns, kinds
        self.count = -1
        self.reads: list[tuple[int, Read]] = []
        self.constants: list[tuple[int, str]] = []

    def fields(self, row: Row) -> list[str] | None:
        """Return the fields of the segment, None where all are empty."""
        if self.count != len(self.columns.known):
            self._prepare()
        fields = [""] * (self.size + 1)
        fields[0] = self.columns.segment
        some = False
        for number, read in self.reads:
            text = read(row)
            if text:
                fields[number] = text
                some = some or text != NULL
        if not some:
            return None
        for number, constant in self.constants:
            fields[number] = constant
        return fields

    def _prepare(self) -> None:
        known = self.columns.known
        self.count, self.size = len(known), max(known, default=0)
        said = sorted(known.items())
        self.reads = [
            (number, _read_alone(one.plain, self.kinds) if one.plain else _read_composed(one, self.kinds))
            for number, one in said
            if any(one.paths())
        ]
        self.constants = [(number, _constant(one)) for number, one in said if not any(one.paths())]


class RowsLayout:
    """Lays out the rows of one view."""

    def __init__(self, file: LayoutFile) -> None:
        self._file = file
        self._rules = _rules(file)
        kinds = _kinds(file, self._rules)
        self._header = _Laying(file.header, kinds)
        self._laying = {
            id(columns): _Laying(columns, kinds)
            for place in file.root.all()
            for columns in (*place.segments, place.own)
        }
        self._details = {place.at for place in file.root.all()}
        self._read = {place.name: _columns_of(place) for place in file.root.all()}
        self._read[file.root.name] |= {path for one in file.header.known.values() for path in one.paths()}
        self._places = {
            place.name: f"{place.name}." if place is not file.root else "" for place in file.root.all()
        }
        self._above = {
            name: {path: path.removeprefix(_ABOVE) for path in read if path.startswith(_ABOVE)}
            for name, read in self._read.items()
        }
        for above in self._above.values():
            self._read[file.root.name] |= set(above.values())
        self._moments: dict[str, list[str]] = {}
        for place in file.root.all():
            found = [name for name in sorted(self._read[place.name]) if kinds.get(name) in _MOMENTS]
            self._moments.setdefault(place.at if place is not file.root else "", []).extend(found)

    def lay(self, record: RowRecord, system: str, raw: bytes, control: str) -> Laid:
        """Return the message that a row becomes."""
        left: dict[str, int] = {}
        remarks: list[Issue] = []
        record = self._stated(record, left, remarks)
        head = self._header.fields(record.row) or ["MSH"]
        head += [""] * (13 - len(head))
        head[1:3] = ["|", "^~\\&"]
        head[3] = head[3] if head[3] not in ("", NULL) else escaped(system)
        head[7] = "" if head[7] == NULL else head[7]
        head[9], head[11], head[12] = self._file.event, "P", "2.5.1"
        head[10] = (
            (record.control and escaped(record.control)) or head[10].replace(NULL, "") or escaped(control)
        )
        segments = [LaidSegment("MSH", head)]
        self._place(self._file.root, record.row, record, segments, left)
        for name, rows in record.details.items():
            if rows and name not in self._details:
                left[name] = left.get(name, 0) + len(rows)
        text = "".join([field for one in segments[1:] for field in one.fields])
        made = Laid(raw, segments, escaped="\\" in text, control=_CONTROL.search(text) is not None)
        made.left, made.remarks = left, remarks
        return made

    def _stated(self, record: RowRecord, left: dict[str, int], remarks: list[Issue]) -> RowRecord:
        """Return a record without what stands in a column of moments and is none; each is told."""
        row = _moments_of(record.row, self._moments[""], "", left, remarks)
        details = {
            name: [_moments_of(one, self._moments.get(name, ()), f"{name}.", left, remarks) for one in rows]
            for name, rows in record.details.items()
        }
        return RowRecord(record.view, row, details, record.control)

    def _place(
        self,
        place: Place,
        row: Row,
        record: RowRecord,
        segments: list[LaidSegment],
        left: dict[str, int],
    ) -> None:
        row = self._rules[place.name].worked(row)
        above = self._above[place.name]
        seen = (
            {**row, **{path: record.row[name] for path, name in above.items() if name in record.row}}
            if above
            else row
        )
        for columns in (*place.segments, place.own):
            fields = self._laying[id(columns)].fields(seen)
            if fields is not None:
                segments.append(LaidSegment(columns.segment, fields))
        read, prefix = self._read[place.name], self._places[place.name]
        for name, value in row.items():
            if name not in read and value and value.strip() not in NOTHING:
                left[prefix + name] = left.get(prefix + name, 0) + 1
        for inside in place.inside:
            for one in record.details.get(inside.at, ()):
                self._place(inside, one, record, segments, left)


def _moments_of(
    row: Row, columns: Sequence[str], before: str, left: dict[str, int], remarks: list[Issue]
) -> Row:
    """Return a row without what is no moment: what stands for none is NULL, of the others nothing is said."""
    made: dict[str, str | None] = {}
    gone = set[str]()
    for name in columns:
        value = (row.get(name) or "").strip()
        if value in NOTHING:
            continue
        said = of_column(value)
        path = before + name
        if said is None:
            gone.add(name)
            remarks.append(_malformed(path))
        elif is_no_moment(said):
            made[name] = None
            remarks.append(no_moment(path))
        else:
            continue
        left[path] = left.get(path, 0) + 1
    if not made and not gone:
        return row
    return {name: value for name, value in {**row, **made}.items() if name not in gone}


def no_moment(path: str) -> Issue:
    """Return the remark on a moment that stands for none."""
    text = f"{path} is a date that stands for none; it was left out"
    return Issue("warning", "value", path, "", text, f"{path} 为表示“无”的占位日期，未写入")


def _malformed(path: str) -> Issue:
    text = f"{path} is malformed; the element was left out"
    return Issue("warning", "value", path, "", text, f"{path} 的值格式不正确，该元素未写入")


def _columns_of(place: Place) -> set[str]:
    """Return the columns that are laid out at a place, with those that rows look up from other places."""
    return {
        path
        for columns in (*place.segments, place.own)
        for one in columns.known.values()
        for path in one.paths()
    }


def _rules(file: LayoutFile) -> dict[str, Rules]:
    """Return place → the rules of its columns."""
    details = file.data.get("details") or {}
    return {
        place.name: Rules(
            file.columns if place is file.root else (details.get(place.at) or {}).get("columns") or {},
            file.where,
        )
        for place in file.root.all()
    }


def _kinds(file: LayoutFile, rules: Mapping[str, Rules]) -> dict[str, str]:
    """Return column → type, of the row and of those that belong to it."""
    own = {name: str(said.get("type", "text")) for name, said in file.columns.items()}
    inside = {
        name: str(said.get("type", "text"))
        for detail in (file.data.get("details") or {}).values()
        for name, said in (detail.get("columns") or {}).items()
    }
    for place in file.root.all():
        (own if place is file.root else inside).update(dict.fromkeys(rules[place.name].as_it_stands, STANDS))
    return {**inside, **own, **{f"{_ABOVE}{name}": kind for name, kind in own.items()}}
