"""Reads of histories: of a resource, a type or all; pages of a snapshot, or in commit order (R4 §3.1.0.13).

Versions are never changed nor taken away, so a page is a range of sequence numbers and a cursor never ages.
In commit order nothing can appear below a position that was read: sequence numbers are given out and
committed by one writer at a time.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from gateway.store import clock, cursor, light, versions
from gateway.store.cursor import Cursor
from gateway.store.direct import execute
from gateway.store.model import HistoryPage, Version
from gateway.store.tables import TENANT_SHIFT
from gateway.store.types import NUMBER

COUNT_CAP = 10_000
"""Versions of a type that are counted for a total; where there are more, none is given."""

_LIVED = "NOT EXISTS (SELECT 1 FROM superseded s WHERE s.seq = v.seq AND s.next_seq <= ?)"
_CHAIN = (
    "WITH RECURSIVE chain(seq, n) AS ({start}"
    " UNION ALL SELECT v.prev_seq, chain.n + 1 FROM chain CROSS JOIN version v"
    " WHERE v.seq = chain.seq AND v.prev_seq > ? AND chain.n < ?) "
    "SELECT {columns} FROM chain CROSS JOIN version v WHERE v.seq = chain.seq AND "
)
_NEWEST = "SELECT seq, 1 FROM current WHERE tenant = ? AND type = ? AND fhir_id = ?"
_NEXT_OLDER = "SELECT prev_seq, 1 FROM version WHERE seq = ? AND prev_seq IS NOT NULL"
_ENDLESS = 1 << 40
_WEIGHED = "v.seq, LENGTH(v.body)"  # bodies are read only of what fits on the page
_REVIVED = (  # a tombstone supersedes itself
    "SELECT v.seq FROM EACH(?) q CROSS JOIN version v CROSS JOIN superseded s "
    "WHERE v.seq = q.value AND s.seq = v.prev_seq AND s.next_seq = v.prev_seq"
)
_BISECTION = (
    "WITH RECURSIVE b(low, high) AS (SELECT CAST(? AS BIGINT), CAST(? AS BIGINT) UNION ALL "
    "SELECT CASE WHEN v.ts_us < ? THEN (b.low + b.high) / 2 + 1 ELSE b.low END, "
    "CASE WHEN v.ts_us < ? THEN b.high ELSE (b.low + b.high) / 2 END "
    "FROM b LEFT JOIN version v ON v.seq = (b.low + b.high) / 2 WHERE b.low < b.high) "
    "SELECT low FROM b WHERE low >= high LIMIT 1"
)


@dataclass(slots=True, frozen=True)
class Asked:
    """One request for a history, see ``Store.history``."""

    tenant: str
    type: str | None
    id: str | None
    count: int
    since_us: int | None
    at: tuple[int, int] | None
    cursor: str | None
    ascending: bool

    @property
    def fingerprint(self) -> bytes:
        """What a cursor must have been made for; a poll may leave out the moment it began with."""
        of = f"{self.type or ''}/{self.id or ''}/_history{'/ascending' if self.ascending else ''}"
        bounds = [] if self.ascending else [("_since", str(self.since_us)), ("_at", str(self.at))]
        return cursor.fingerprint(self.tenant, of, bounds)


@dataclass(slots=True, frozen=True)
class _Span:
    """What is looked through: ``low < seq <= high``; up to ``lived`` only what was current then."""

    low: int
    high: int
    lived: int


def page(connection: Connection, asked: Asked, secret: bytes) -> HistoryPage:
    """Return one page; see ``Store.history``."""
    place = cursor.unseal(asked.cursor, asked.fingerprint, secret) if asked.cursor else None
    newest = clock.newest(connection, asked.tenant)
    if place is None:
        seq = newest.seq if newest else 0
        place = Cursor(seq, (0 if asked.ascending else seq + 1,))
    elif asked.ascending and newest:
        place = Cursor(newest.seq, place.place)
    if newest is None:
        result = HistoryPage([], total=None if asked.ascending else 0)
    else:
        span = _span(connection, asked, newest.no, place)
        result = _all(connection, asked, span) or _some(connection, asked, newest.no, place, span)
        result.total = _total(connection, asked, place, span, result)
        same = place.snapshot == newest.seq
        result.ts_us = newest.ts_us if same else clock.moment(connection, place.snapshot)
        result.created = _created(connection, result.versions)
    if result.more or asked.ascending:
        last = result.versions[-1].seq if result.versions else place.position
        on = Cursor(place.snapshot, (last,), -1 if result.total is None else result.total)
        result.cursor = cursor.seal(on, asked.fingerprint, secret)
    return result


def _all(connection: Connection, asked: Asked, span: _Span) -> HistoryPage | None:
    """Return a page of everything's history, which has no holes; None where it must be weighed first."""
    if asked.type is not None or span.lived or not asked.count or span.low >= span.high:
        return None
    if asked.ascending:
        low, high = span.low, min(span.high, span.low + asked.count)
    else:
        low, high = max(span.low, span.high - asked.count), span.high
    found = versions.between(connection, low, high, light.MAX_BYTES)
    if len(found) != high - low:
        return None
    return HistoryPage(found if asked.ascending else found[::-1], more=span.high - span.low > asked.count)


def _some(connection: Connection, asked: Asked, number: int, place: Cursor, span: _Span) -> HistoryPage:
    """Return a page of any history; no more of it than memory should hold."""
    found = _found(connection, asked, number, place, span)
    shown = [seq for seq, _ in found[: min(asked.count, light.fitting(size for _, size in found))]]
    return HistoryPage(versions.of_seqs(connection, shown), more=len(found) > len(shown))


def _span(connection: Connection, asked: Asked, number: int, place: Cursor) -> _Span:
    low, high = number << TENANT_SHIFT, place.snapshot
    first, lived = low, 0
    if asked.since_us is not None:
        low = first_at(connection, first, place.snapshot, asked.since_us) - 1
    if asked.at is not None:
        lived = first_at(connection, first, place.snapshot, asked.at[0] + 1) - 1
        high = first_at(connection, first, place.snapshot, asked.at[1] + 1) - 1
    if asked.ascending:
        return _Span(max(low, place.position), high, lived)
    return _Span(low, min(high, place.position - 1), lived)


def first_at(connection: Connection, first: int, snapshot: int, ts_us: int) -> int:
    """Return the first sequence number of a tenant at or after a moment, by bisection (they agree in order).

    Args:
        first: the number below the tenant's lowest one.
        snapshot: its newest one; where all is older the answer is the one after that.
    """
    return int(execute(connection, _BISECTION, (first + 1, snapshot + 1, ts_us, ts_us)).fetchone()[0])


def _found(
    connection: Connection, asked: Asked, number: int, place: Cursor, span: _Span
) -> list[tuple[int, int]]:
    """Return (seq, bytes) of the page's versions in its order, and one more where there is a next page."""
    if span.low >= span.high or not asked.count:
        return []
    where, values = "v.seq > ? AND v.seq <= ?", [span.low, span.high]
    if span.lived:
        where += f" AND (v.seq > ? OR {_LIVED})"
        values += [span.lived, span.lived]
    text, before = _source(asked, number, place, span)
    order = "ASC" if asked.ascending else "DESC"
    sql = f"{text}{where} ORDER BY v.seq {order} LIMIT ?"
    rows = execute(connection, sql, (*before, *values, asked.count + 1)).fetchall()
    return [(row[0], row[1] or 0) for row in rows]


def _source(asked: Asked, number: int, place: Cursor, span: _Span) -> tuple[str, tuple[Any, ...]]:
    """Return where the versions come from: the whole order, that of a type, or the chain of one resource."""
    if asked.type is None:
        return f"SELECT {_WEIGHED} FROM version v WHERE ", ()  # noqa: S608
    type_no = NUMBER.get(asked.type, -1)
    if asked.id is None:
        return f"SELECT {_WEIGHED} FROM version v WHERE v.type = ? AND ", (type_no,)  # noqa: S608
    begun = asked.cursor is not None and not asked.ascending
    start = _NEXT_OLDER if begun else _NEWEST
    key = (place.position,) if begun else (number, type_no, asked.id)
    most = _ENDLESS if asked.ascending or asked.at else asked.count + 1
    return _CHAIN.format(start=start, columns=_WEIGHED), (*key, span.low, most)


def _created(connection: Connection, found: Sequence[Version]) -> frozenset[int]:
    """Return the ``seq`` of the versions before which there was nothing, or a tombstone."""
    later = [one.seq for one in found if one.ver > 1 and not one.deleted]
    revived = execute(connection, _REVIVED, (json.dumps(later),)).fetchall() if later else []
    return frozenset((*(one.seq for one in found if one.ver == 1), *(row[0] for row in revived)))


def _total(
    connection: Connection, asked: Asked, place: Cursor, span: _Span, result: HistoryPage
) -> int | None:
    """Return how many versions the whole history has, where that costs little."""
    if asked.cursor is not None:
        return place.total if place.total >= 0 else None
    if asked.at is not None or asked.ascending:
        return None
    if asked.type is None:  # the order has no holes
        return max(span.high - span.low, 0)
    if asked.id is None:
        inner = "SELECT 1 FROM version WHERE type = ? AND seq > ? AND seq <= ? LIMIT ?"
        values = (NUMBER.get(asked.type, -1), span.low, span.high, COUNT_CAP + 1)
        counted = execute(connection, f"SELECT COUNT(*) FROM ({inner}) q", values).fetchone()[0]  # noqa: S608
        return int(counted) if counted <= COUNT_CAP else None
    if asked.count and not result.more:
        return len(result.versions)
    return result.versions[0].ver if result.versions and asked.since_us is None else None
