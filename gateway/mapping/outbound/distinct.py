"""Distinct: a set tells an end as one, and a later event as another than the one before it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gateway.errors import Misconfigured
from gateway.mapping.outbound.ending import ENDS
from gateway.mapping.outbound.outmap import OutMap, Saying, Segments, TableRows
from gateway.mapping.outbound.rows import Inside, Row

_OF_ENTRY = frozenset(("key", "number"))
"""Facts that no other entry has."""

_AGAIN = "corrected"
"""The event that a document may have more than once."""


def check(kinds: Mapping[str, Mapping[str, Saying]], where: str) -> None:
    """Refuse a set that would not tell an end, or tell it as what it ends.

    Raises:
        Misconfigured: names kind and event, or the table.
    """
    for kind, events in kinds.items():
        for event in sorted(ENDS & set(events)):
            _check_end(events, event, f"{where} kinds.{kind}.{event}")
        told: dict[str, dict[str, _Filled]] = {}  # also where two maps fill one table
        for event, saying in events.items():
            for one in saying.map.tables:
                facts = {**saying.map.facts, **saying.facts, "happened": event}
                told.setdefault(one.table, {})[event] = _Filled(one, facts)
        for table, filled in told.items():
            _check_keys(filled, table)


def _check_end(events: Mapping[str, Saying], event: str, where: str) -> None:
    end, begun = events[event], events.get("effective")
    if end.map.form == "cda":
        raise Misconfigured("a document of WS/T 500 has no place for an end", where=where)
    if begun is None or begun.map is not end.map:
        return
    other = {name for name in {*end.facts, *begun.facts} if end.facts.get(name) != begun.facts.get(name)}
    if not (other | {"happened"}) & _facts_of(end.map):
        told = "it would be told as if it took effect: name $happened, or a fact of its own, in the map"
        raise Misconfigured(told, where=where)


@dataclass(slots=True)
class _Filled:
    """A table as one event fills it.

    Attributes:
        facts: what its rows may name with ``$`` and are the same of all entries of this event.
    """

    rows: TableRows
    facts: Mapping[str, str]

    @property
    def named(self) -> set[str]:
        """Names of the facts in the columns of its key."""
        return {name for column in self.rows.key for row in self.rows.columns[column] for name in _facts(row)}

    def constant(self, column: str) -> str | None:
        """Return what a column always says, ``""`` where there is none; None: it depends."""
        rows = self.rows.columns.get(column, ())
        if not rows:
            return ""
        paths = rows[0].paths
        if len(rows) > 1 or rows[0].when is not None or rows[0].codes is not None or len(paths) > 1:
            return None
        return self.facts.get(paths[0].fact) if paths else rows[0].value

    def differs(self, other: _Filled) -> bool:
        """Tell whether no row of it has the key of one of another event."""
        said = [(self.constant(name), other.constant(name)) for name in self.rows.key]
        said += [(self.facts.get(name), other.facts.get(name)) for name in self.named & other.named]
        return any(None not in pair and pair[0] != pair[1] for pair in said)


def _check_keys(told: Mapping[str, _Filled], table: str) -> None:
    for event, one in told.items():
        others = (other for name, other in told.items() if name != event)
        if not _OF_ENTRY & one.named and (event == _AGAIN or not all(map(one.differs, others))):
            why = "a second event would pass for a row that is there: key needs a column that is $key"
            raise Misconfigured(why, where=table)


def _facts_of(map_: OutMap) -> set[str]:
    own = {one[1:] for one in map_.message if one.startswith("$")}
    rows = (*_within(map_.body), *(one.row for one in map_.tables), *_rows(map_.segments))
    return own.union(*map(_facts, rows))


def _rows(segments: tuple[Segments, ...]) -> Iterator[Row]:
    for one in segments:
        if one.row is not None:
            yield one.row
        yield from _rows(one.inner)


def _within(inside: Inside) -> Iterator[Row]:
    return (row for rows in inside.values() for row in rows)


def _facts(row: Row) -> Iterator[str]:
    """Yield the facts that a row names, and those inside it."""
    yield from (one.fact for one in (*row.paths, *([row.each] if row.each else ())) if one.fact)
    yield from row.when.facts if row.when is not None else ()
    for one in _within(row.inside or {}):
        yield from _facts(one)
