"""Say: a map and the resources that it is about → segments, rows of tables, or the body of a document."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from gateway.errors import Rejected
from gateway.mapping.outbound.dialect import Dialect
from gateway.mapping.outbound.ending import DETAILS, ENDS, is_over
from gateway.mapping.outbound.one import OfOne
from gateway.mapping.outbound.outmap import OutMap, Segments, TableRows
from gateway.mapping.outbound.path import Pool
from gateway.mapping.outbound.said import Record, Said, substantial
from gateway.mapping.outbound.sayable import Sayable
from gateway.mapping.outbound.speech import Speech, Writable
from gateway.mapping.outbound.told import Told
from gateway.mapping.outbound.unsaid import check

Segment = tuple[str, Record]


@dataclass(slots=True, frozen=True)
class TableRow:
    """One row of a table.

    Attributes:
        key: the columns that say whether it is there already.
        needs: columns without which it says nothing; the values of others may be left out where they do not
            fit. None: all.
        zone: in which its times stand, ``"+08:00"``.
    """

    table: str
    key: tuple[str, ...]
    values: Mapping[str, str]
    needs: frozenset[str] | None = None
    zone: str = "+08:00"


def said_segments(
    map_: OutMap, pool: Pool, dialect: Dialect, facts: Mapping[str, str], writable: Writable | None = None
) -> list[Segment]:
    """Return the segments of an HL7 v2 message, without MSH.

    Args:
        writable: tells whether the charset has a text; of an end another is left out, unless it is a number.

    Raises:
        Rejected: what it must be about is not there, something that must be said is not known, or
            something that must not be left out has no place.
    """
    speech = _speech(map_, pool, dialect, facts, writable=writable)
    if map_.unsaid and next(iter(speech.pool.of_type("Patient")), None) is None:
        raise Rejected("there is no Patient to say this of", code="missing", where=map_.name)
    found = _order(speech, map_.segments, None)
    _check(speech, found)
    return found


def said_rows(map_: OutMap, pool: Pool, dialect: Dialect, facts: Mapping[str, str]) -> list[TableRow]:
    """Return rows for tables of a database. Raises as :func:`said_segments`."""
    speech = _speech(map_, pool, dialect, facts)
    found: dict[tuple[str, ...], TableRow] = {}
    for one in map_.tables:
        for row in _rows_of(speech, one):
            key = (row.table, *(row.values.get(name, "") for name in row.key))
            if key in found and not (speech.ends and _names_lines(one)):
                raise _several(row)
            found.setdefault(key, row)
            speech.missing += [f"{row.table}.{name}" for name in row.key if not row.values.get(name)]
    _check(speech, found)
    return list(found.values())


def _several(row: TableRow) -> Rejected:
    columns = ", ".join(row.key)
    told = f"several rows of {row.table} have one key ({columns}): give each line a number of its own"
    return Rejected(told, code="several", where=row.table)


def _rows_of(speech: Speech, table: TableRows) -> Iterator[TableRow]:
    needs = frozenset(table.key) | _needed(table) if speech.ends else None
    for record in speech.values(table.row):
        if isinstance(record, dict):
            values = {name: _only(values) for name, values in record.items()}
            yield TableRow(table.table, table.key, values, needs, speech.zone)


def _needed(table: TableRows) -> set[str]:
    """Return the columns that say which order it is, and what happens to it."""
    columns = table.columns.items()
    return {name for name, rows in columns if any(one.is_key or one.value is not None for one in rows)}


def _names_lines(table: TableRows) -> bool:
    """Tell whether the key of a row says which line it is: two with one key are one line."""
    rows = [row for name in table.key for row in (table.row.inside or {})[name]]
    return any(not path.fact for row in rows for path in row.paths)


def said_body(map_: OutMap, pool: Pool, dialect: Dialect, facts: Mapping[str, str]) -> Record:
    """Return the body of a document. Raises as :func:`said_segments`."""
    speech = _speech(map_, pool, dialect, facts, constants=map_.form in ("xml", "cda"))
    found = speech.record(map_.body)
    _check(speech, found)
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
    map_: OutMap,
    pool: Pool,
    dialect: Dialect,
    facts: Mapping[str, str],
    *,
    constants: bool = False,
    writable: Writable | None = None,
) -> Speech:
    if map_.about and next(iter(pool.of_type(map_.about)), None) is None:
        raise Rejected(f"there is no {map_.about} to say this of", code="missing", where=map_.name)
    happened = facts.get("happened", "")
    ends = happened in ENDS
    every = ends or not map_.unsaid or (happened == "corrected" and "cancelled" in map_.says)
    pool = OfOne(Sayable(pool, every=every, ends=ends), map_.about, dialect)
    if map_.form == "cda":
        pool = Told(pool, map_.about, facts.get("organization", ""))
    speech = Speech(
        pool, dialect, {**map_.facts, **facts}, map_.labels, constants=constants, writable=writable
    )
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
                yield from speech.line(partial(_order, speech, one.inner, element)) or ()
            continue
        for number, element in enumerate(speech.elements(one.row, here), 1):
            speech.facts = {**speech.facts, "n": str(number)}
            record = speech.record(one.row.inside or {}, element)
            if record and (substantial(record) or one.row.each is not None):
                yield one.name, record


def _order(speech: Speech, wanted: Sequence[Segments], here: object) -> list[Segment]:
    """Return the segments of one order; of an end that is not whole its ORC alone, without the details."""
    outer, ends, speech.broken = speech.broken, speech.ends, False
    speech.ends = ends or is_over(here)
    found = list(_segments(speech, wanted, here))
    speech.ends = ends
    if speech.broken:
        found = [one for one in found if one[0] not in DETAILS]
    speech.broken = outer
    return found


def _check(speech: Speech, found: Collection[object]) -> None:
    """Refuse what lacks something, and an end of which nothing is left."""
    speech.missing += () if found else speech.left
    speech.check()


def _only(values: Sequence[Said]) -> str:
    return str(values[0]) if isinstance(values[0], str) else ""
