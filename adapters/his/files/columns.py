"""Columns: which heading of a file is which column of a layout, and what a line says by them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from adapters.his.files.lines import Broken, Line, Table
from adapters.his.files.pattern import Pattern
from adapters.his.files.view import Place, View, plain
from gateway.wire.rows import Faulty
from gateway.wire.rows.objects import Values, joined, put

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
    _inner: dict[str, frozenset[Place]] = field(default_factory=dict)
    _other: str = ""

    def __post_init__(self) -> None:
        self._known = frozenset(self.view.places.values())
        self._inner = {name: frozenset(inner.values()) for name, inner in self.view.inner.items()}
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
        """Return the row that a line says, and the rows that belong to it.

        Lists that have no place in the layout stand in columns of the row (:func:`~.lines.joined`).

        Raises:
            Twice: two headings are one column, and say two things.
        """
        row: Row = {}
        details: dict[str, list[Row]] = {}
        inside: dict[str, Row] = {}
        lists, single = self.lists(line), self.single(line)
        for heading, value in line.values.items():
            detail, column = self.placed(heading, single) if single else self.place(heading)
            if detail or (self.group and ("", column) not in self._known):
                detail = detail or self._other
                inside.setdefault(detail, {})[column] = value
            elif column not in row:
                row[column] = value
            else:
                put(row, column, value)
        for detail, one in inside.items():
            if any(value is not None for value in one.values()):
                details[detail] = [one]
        for name, detail in lists.items():
            rows = line.nested[name]
            if detail:
                details.setdefault(detail, []).extend(self._inside(detail, one) for one in rows)
                continue
            for heading, value in joined(name, rows).items():
                place = self.place(heading)
                put(row, heading if place[0] else place[1], value)
        return row, details

    def lists(self, line: Line) -> dict[str, str]:
        """Return for each list of a record the detail that it is, ``""`` for none.

        It is known by its name; where none is called so, by its columns, if there is only one detail.
        """
        named = {name: name.rpartition(".")[2] for name in line.nested}
        found = {name: last if last in self.view.details else "" for name, last in named.items()}
        if len(self.view.details) != 1 or any(found.values()):
            return found
        detail = self.view.details[0]
        for name, rows in line.nested.items():
            headings = dict.fromkeys(heading for row in rows for heading in row)
            if any(self.inner(detail, heading) in self._inner[detail] for heading in headings):
                found[name] = detail
        return found

    def single(self, line: Line) -> str:
        """Return the path, with its point, of the one element that has what a list has, ``""`` for none.

        XML does not tell a list of one from an element: ``<item><drug_code>…`` where others come twice.
        """
        if self.group or len(self.view.details) != 1 or any(self.lists(line).values()):
            return ""
        detail, counts = self.view.details[0], Counter[str]()
        for heading in line.values:
            path, point, last = heading.rpartition(".")
            if not point or plain(heading) in self.given:
                continue
            found = self.inner(detail, last)  # what the row says of itself, too, makes nothing a list
            if found in self._inner[detail] and ("", found[1]) not in self._known:
                counts[path + point] += 1
        several = [path for path, count in counts.items() if count > 1]
        return several[0] if len(several) == 1 else ""

    def placed(self, heading: str, single: str) -> Place:
        """Return the column of a heading in a record with a :meth:`single` element."""
        if single and heading.startswith(single) and plain(heading) not in self.given:
            return self.inner(self.view.details[0], heading.removeprefix(single))
        return self.place(heading)

    def inner(self, detail: str, heading: str) -> Place:
        """Return the column of a heading in rows that belong to the row."""
        found = self._places.get((detail, heading))
        if found is None:
            given = (detail, self.given[plain(heading)][1]) if plain(heading) in self.given else None
            known = given if given in self._inner[detail] else self.view.inside(detail, heading)
            found = known or (detail, heading)
            if len(self._places) < 10_000:
                self._places[detail, heading] = found
        return found

    def _inside(self, detail: str, values: Values) -> Row:
        made: Row = {}
        for heading, value in values.items():
            put(made, self.inner(detail, heading)[1], value)
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
