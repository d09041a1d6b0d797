"""Distinct: a set tells an end as one, and a later event as another than the one before it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gateway.errors import Misconfigured
from gateway.mapping.outbound.ending import ENDS
from gateway.mapping.outbound.outmap import OutMap, Saying, Segments, TableRows
from gateway.mapping.outbound.rows import Inside, Row

_OF_ENTRY = frozenset(("key", "number"))
"""Facts that no other entry has."""


def check(kinds: Mapping[str, Mapping[str, Saying]], where: str) -> None:
    """Refuse a set that would not tell an end, or tell it as what it ends.

    Raises:
        Misconfigured: names kind and event, or the table.
    """
    for kind, events in kinds.items():
        for event in sorted(ENDS & set(events)):
            _check_end(events, event, f"{where} kinds.{kind}.{event}")
        told: dict[str, set[str]] = {}  # also where two maps fill one table
        for event, saying in events.items():
            for one in saying.map.tables:
                told.setdefault(one.table, set()).add(event)
        for saying in events.values():
            for one in saying.map.tables:
                if len(told[one.table]) > 1:
                    _check_key(one, told[one.table])


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


def _check_key(table: TableRows, events: set[str]) -> None:
    facts = {name for column in table.key for row in (table.row.inside or {})[column] for name in _facts(row)}
    if not _OF_ENTRY & facts and not ("happened" in facts and "corrected" not in events):
        told = "a second event would pass for a row that is there: key needs a column that is $key"
        raise Misconfigured(told, where=table.table)


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
