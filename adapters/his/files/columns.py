"""Columns: which heading of a file is which column of a layout, and what a line says by them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from adapters.his.files.lines import Broken, Line, Table, Values
from adapters.his.files.pattern import Pattern
from adapters.his.files.view import Place, View, plain
from gateway.wire.rows import Faulty

Row = dict[str, str | None]


@dataclass(slots=True)
class Columns:
    """What the headings of one file name.

    Attributes:
        view: its layout.
        given: heading as compared → place, as the pattern says.
        group: headings of the columns that make several lines one record; of none each is one.
    """

    view: View
    given: Mapping[str, Place]
    group: tuple[str, ...] = ()
    _places: dict[tuple[str, str], Place] = field(default_factory=dict)
    _known: frozenset[Place] = frozenset()
    _other: str = ""

    def __post_init__(self) -> None:
        self._known = frozenset(self.view.places.values())
        self._other = next(iter(self.view.details), "rows")

    def place(self, heading: str) -> Place:
        """Return the column of a heading; one that nobody knows keeps its own name."""
        found = self._places.get(("", heading))
        if found is None:
            found = self.given.get(plain(heading)) or self.view.place(heading) or ("", heading)
            if len(self._places) < 10_000:
                self._places["", heading] = found
        return found

    def told(self, line: Line) -> tuple[Row, dict[str, list[Row]]]:
        """Return the row that a line says, and the rows that belong to it."""
        row: Row = {}
        details: dict[str, list[Row]] = {}
        inside: dict[str, Row] = {}
        for heading, value in line.values.items():
            detail, column = self.place(heading)
            if detail or (self.group and ("", column) not in self._known):
                detail = detail or self._other
                inside.setdefault(detail, {})[column] = value
            elif column not in row or value is not None:
                row[column] = value
        for detail, one in inside.items():
            if any(value is not None for value in one.values()):
                details[detail] = [one]
        for name, rows in line.nested.items():
            detail = self._detail(name)
            details.setdefault(detail, []).extend(self._inside(detail, one) for one in rows)
        return row, details

    def _detail(self, name: str) -> str:
        """Return the detail that a list is: by its name, else the only one that there is."""
        last = name.rpartition(".")[2]
        if last in self.view.details or len(self.view.details) != 1:
            return last
        return self.view.details[0]

    def _inside(self, detail: str, values: Values) -> Row:
        made: Row = {}
        for heading, value in values.items():
            found = self._places.get((detail, heading))
            if found is None:
                known = self.given.get(plain(heading)) or self.view.inside(detail, heading)
                found = self._places[detail, heading] = known or (detail, heading)
            made[found[1]] = value
        return made


def columns_of(pattern: Pattern, view: View, table: Table) -> Columns:
    """Return what the headings of a table name.

    Raises:
        Broken: ``duplicate-heading``, ``missing-columns``.
    """
    given = {
        plain(heading): view.places.get(column, ("", column)) for column, heading in pattern.columns.items()
    }
    if not pattern.heading:
        given |= {plain(column): view.places.get(column, ("", column)) for column in pattern.columns}
    made = Columns(view, given)
    if table.headings:
        _check(made, table)
    made.group = _group(made, pattern, table.headings)
    return made


def _check(columns: Columns, table: Table) -> None:
    """Refuse a table in which two headings are one column, or that lacks a column that a row must have."""
    known = columns.view.places.values()
    seen: dict[Place, str] = {}
    for heading in table.headings:
        place = columns.place(heading)
        if (place in seen or heading in table.doubled) and place in known:
            said = f"{seen.get(place, heading)}, {heading}"
            raise Broken(Faulty("duplicate-heading", 0, {"columns": said}))
        seen[place] = heading
    missing = [one for one in columns.view.required if ("", one) not in seen]
    if missing:
        raise Broken(_missing(columns, missing, table.headings))


def _missing(columns: Columns, missing: Sequence[str], headings: Sequence[str]) -> Faulty:
    """Return what is said of columns that are not there: which they are, and which ones are.

    A heading that nobody knows is counted, not told: in a file without headings it is somebody's name.
    """
    known = set(columns.view.places.values())
    found = [heading for heading in headings if columns.place(heading) in known]
    said = {"columns": ", ".join(missing), "found": ", ".join(found) or "none"}
    return Faulty("missing-columns", 0, {**said, "unknown": str(len(headings) - len(found))})


def _group(columns: Columns, pattern: Pattern, headings: Sequence[str]) -> tuple[str, ...]:
    """Return the headings by which lines are one record: as the pattern says, else the key of the layout."""
    places = {columns.place(heading): heading for heading in headings}
    said = {plain(heading): heading for heading in headings}
    if pattern.group:
        named = [one.strip() for one in pattern.group.split(",")]
        found = [places.get(("", one)) or said.get(plain(one)) for one in named]
        missing = [one for one, heading in zip(named, found, strict=True) if heading is None]
        if missing and headings:
            raise Broken(_missing(columns, missing, headings))
        return tuple(one for one in found if one is not None)
    keys = tuple(places[("", one)] for one in columns.view.key if ("", one) in places)
    flat = any(detail for detail, _ in places)
    return keys if flat and len(keys) == len(columns.view.key) else ()


def view_of(headings: Iterable[str], views: Iterable[View]) -> View | None:
    """Return the layout that knows the most headings; None where none has all it must, or two fit alike."""
    listed = list(headings)
    found = sorted(((view.known(listed), view.name, view) for view in views), reverse=True)
    best = [one for one in found if one[0] == found[0][0] and one[0] > 1]
    return best[0][2] if len(best) == 1 else None
