"""Runs a search of one type: pages of one snapshot, newest first (R4 §3.1.1).

A version is visible in a snapshot if it was committed by then and not superseded by then, so pages
neither repeat nor skip while writers write.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import islice

from sqlalchemy import Connection

from gateway.store import cursor, include, query, tally, versions
from gateway.store.clock import last_seq, tenant_number
from gateway.store.cursor import Cursor
from gateway.store.model import Page, Version
from gateway.store.plan import Plan, Planner
from gateway.store.query import Query
from gateway.store.session import Session
from gateway.store.tables import TENANT_SHIFT

_CHUNK = 256
_MAX_CHUNK = 4096
_ESTIMATE_SAMPLE = 5000


class Search:
    """Searches one store."""

    def __init__(self, session: Session, zone: str) -> None:
        self._session = session
        self._zone = zone

    def run(self, tenant: str, type_: str, pairs: Sequence[tuple[str, str]], base: str) -> Page:
        """Return one page; see ``Store.search``."""
        asked = query.parse(type_, pairs, zone=self._zone, base=base)
        search = cursor.fingerprint(tenant, type_, pairs)
        place = cursor.unseal(asked.cursor, search, self._session.secret) if asked.cursor else None
        with self._session.snapshot() as connection:
            number = tenant_number(connection, tenant)
            if number is None:
                return Page([], total=None if asked.total == "none" else 0)
            newest = last_seq(connection, tenant) or 0
            place = place or Cursor(newest, newest + 1, -1)
            plan = Planner(connection, number, asked, place.snapshot).run()
            page = self._page(connection, asked, plan, place, search)
            if asked.total != "none":
                page.total = (
                    place.total
                    if place.total >= 0
                    else _total(connection, tenant, number, asked, plan, place)
                )
                page.cursor = self._next(page, place, search, page.total)
            page.included = include.follow(connection, number, page.matches, asked.includes)
            return page

    def _page(self, connection: Connection, asked: Query, plan: Plan, place: Cursor, search: bytes) -> Page:
        found = list(islice(_visible(connection, plan, place), asked.count + 1)) if asked.count else []
        matches = _fetch(connection, found[: asked.count])
        page = Page(matches)
        if len(found) > asked.count:
            page.cursor = cursor.seal(
                Cursor(place.snapshot, matches[-1].seq, place.total), search, self._session.secret
            )
        return page

    def _next(self, page: Page, place: Cursor, search: bytes, total: int) -> str | None:
        if page.cursor is None:
            return None
        on = Cursor(place.snapshot, page.matches[-1].seq, total)
        return cursor.seal(on, search, self._session.secret)


def _visible(connection: Connection, plan: Plan, place: Cursor) -> Iterator[int]:
    """Yield the sequence numbers of the matches below the cursor, newest first."""
    for candidates in _candidates(connection, plan, place.position):
        yield from _matching(connection, plan, place.snapshot, candidates)


def _candidates(connection: Connection, plan: Plan, position: int) -> Iterator[list[int]]:
    """Yield the driver's sequence numbers in growing chunks."""
    size, driver = _CHUNK, plan.driver
    while not plan.empty:
        if driver.repeats > 1 or (driver.values and isinstance(driver.values[0], tuple)):
            values = tuple(value for part in driver.values for value in (*part, position))
        else:
            values = (*driver.values, position)
        chunk = list(connection.exec_driver_sql(driver.sql, (*values, size)).scalars())
        if chunk:
            yield [seq for seq in chunk if _allowed(seq, plan)]
        if len(chunk) < size:
            return
        position, size = chunk[-1], min(size * 2, _MAX_CHUNK)


def _allowed(seq: int, plan: Plan) -> bool:
    return all(any(low <= seq <= high for low, high in spans) for spans in plan.spans)


def _matching(connection: Connection, plan: Plan, snapshot: int, candidates: list[int]) -> list[int]:
    if not candidates:
        return []
    where = "".join(f" AND {condition}" for condition in plan.conditions)
    sql = (
        "SELECT v.seq FROM json_each(?) q CROSS JOIN version v WHERE v.seq = q.value "  # noqa: S608
        f"AND (v.next_seq IS NULL OR v.next_seq > ?) AND v.deleted = 0{where} ORDER BY v.seq DESC"
    )
    values = (json.dumps(candidates), snapshot, *plan.values)
    return list(connection.exec_driver_sql(sql, values).scalars())


def _fetch(connection: Connection, seqs: Sequence[int]) -> list[Version]:
    sql = (
        f"SELECT {versions.COLUMNS} FROM json_each(?) q CROSS JOIN version v WHERE v.seq = q.value "  # noqa: S608
        "ORDER BY v.seq DESC"
    )
    return [versions.of(row) for row in connection.exec_driver_sql(sql, (json.dumps(list(seqs)),))]


def _total(connection: Connection, tenant: str, number: int, asked: Query, plan: Plan, place: Cursor) -> int:
    """Count the matches of the whole snapshot; an estimate counts a sample and extrapolates."""
    if not asked.filters:
        return tally.counts(connection, tenant).resources.get(asked.type, 0)
    whole = Cursor(place.snapshot, place.snapshot + 1, -1)
    if asked.total == "accurate":
        return sum(1 for _ in _visible(connection, plan, whole))
    seen = matched = 0
    lowest = whole.position
    for candidates in _candidates(connection, plan, whole.position):
        matched += len(_matching(connection, plan, place.snapshot, candidates))
        seen += len(candidates)
        lowest = candidates[-1] if candidates else lowest
        if seen >= _ESTIMATE_SAMPLE:
            span = max(1, place.snapshot - lowest)
            return round(matched * max(span, place.snapshot - (number << TENANT_SHIFT)) / span)
    return matched
