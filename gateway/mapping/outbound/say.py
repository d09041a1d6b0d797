"""Say: a map and the resources that it is about → segments, rows of tables, or the body of a document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from gateway.errors import Rejected
from gateway.mapping.outbound.files import OutMap, Segments
from gateway.mapping.outbound.path import Pool
from gateway.mapping.outbound.sayable import Sayable
from gateway.mapping.outbound.speech import Dialect, Record, Said, Speech, substantial
from gateway.mapping.outbound.told import Told
from gateway.mapping.outbound.unsaid import ENDS, check

Segment = tuple[str, Record]


@dataclass(slots=True, frozen=True)
class TableRow:
    """One row of a table.

    Attributes:
        key: the columns that say whether it is there already.
    """

    table: str
    key: tuple[str, ...]
    values: Mapping[str, str]


def said_segments(map_: OutMap, pool: Pool, dialect: Dialect, facts: Mapping[str, str]) -> list[Segment]:
    """Return the segments of an HL7 v2 message, without MSH.

    Raises:
        Rejected: what it must be about is not there, something that must be said is not known, or
            something that must not be left out has no place.
    """
    speech = _speech(map_, pool, dialect, facts)
    found = list(_segments(speech, map_.segments, None))
    speech.check()
    return found


def said_rows(map_: OutMap, pool: Pool, dialect: Dialect, facts: Mapping[str, str]) -> list[TableRow]:
    """Return rows for tables of a database. Raises as :func:`said_segments`."""
    speech = _speech(map_, pool, dialect, facts)
    found = [
        TableRow(one.table, one.key, {name: _only(values) for name, values in record.items()})
        for one in map_.tables
        for record in speech.values(one.row)
        if isinstance(record, dict)
    ]
    keys: set[tuple[str, ...]] = set()
    for row in found:
        key = (row.table, *(row.values.get(name, "") for name in row.key))
        if key in keys:
            columns = ", ".join(row.key)
            told = f"several rows of {row.table} have one key ({columns}): give each line a number of its own"
            raise Rejected(told, code="several", where=row.table)
        keys.add(key)
        if lacking := [name for name in row.key if not row.values.get(name)]:
            speech.missing += [f"{row.table}.{name}" for name in lacking]
    speech.check()
    return found


def said_body(map_: OutMap, pool: Pool, dialect: Dialect, facts: Mapping[str, str]) -> Record:
    """Return the body of a document. Raises as :func:`said_segments`."""
    speech = _speech(map_, pool, dialect, facts, constants=map_.form in ("xml", "cda"))
    found = speech.record(map_.body)
    speech.check()
    return found


def as_json(value: Said, *, top: bool = True) -> object:
    """Return a body as JSON has it: ``name`` holds one value, ``name[]`` a list of all."""
    if isinstance(value, str):
        return str(value)
    made: dict[str, object] = {}
    for name, values in value.items():
        said = [as_json(one, top=False) for one in values]
        made[name.removesuffix("[]")] = said if name.endswith("[]") else said[0]
    return made


def _speech(
    map_: OutMap, pool: Pool, dialect: Dialect, facts: Mapping[str, str], *, constants: bool = False
) -> Speech:
    if map_.about and next(iter(pool.of_type(map_.about)), None) is None:
        raise Rejected(f"there is no {map_.about} to say this of", code="missing", where=map_.name)
    happened = facts.get("happened", "")
    every = happened in ENDS or (happened == "corrected" and "cancelled" in map_.says)
    pool = Sayable(pool, every=every) if map_.unsaid else pool
    if map_.form == "cda":
        pool = Told(pool, map_.about, facts.get("organization", ""))
    speech = Speech(pool, dialect, {**map_.facts, **facts}, map_.labels, constants=constants)
    if map_.unsaid:
        check(speech, map_.about, map_.unsaid, map_.says)
    if map_.day is not None and "day" not in facts:
        said = [one for one in speech.values(map_.day) if isinstance(one, str)]
        speech.facts = {**speech.facts, "day": said[0] if said else facts.get("today", "")}
    return speech


def _segments(speech: Speech, wanted: Sequence[Segments], here: object) -> Iterator[Segment]:
    for one in wanted:
        assert one.row is not None
        if one.row.when is not None and not one.row.when(speech.pool, here, speech.facts):
            continue
        if not one.name:
            for element in speech.elements(one.row, here):
                yield from _segments(speech, one.inner, element)
            continue
        for number, element in enumerate(speech.elements(one.row, here), 1):
            speech.facts = {**speech.facts, "n": str(number)}
            record = speech.record(one.row.inside or {}, element)
            if substantial(record) or one.row.each is not None:
                yield one.name, record


def _only(values: Sequence[Said]) -> str:
    return str(values[0]) if isinstance(values[0], str) else ""
