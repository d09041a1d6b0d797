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
_SEEN = "NOT EXISTS (SELECT 1 FROM superseded s WHERE s.seq = q.value AND s.next_seq <= ?)"


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
            page = _page(connection, asked, plan, place)
            if asked.total != "none":
                known = place.total >= 0
                page.total = place.total if known else _total(connection, tenant, number, asked, plan, place)
            if page.more:
                on = Cursor(place.snapshot, page.matches[-1].seq, -1 if page.total is None else page.total)
                page.cursor = cursor.seal(on, search, self._session.secret)
            page.included = include.follow(connection, number, page.matches, asked.includes)
            return page


def _page(connection: Connection, asked: Query, plan: Plan, place: Cursor) -> Page:
    """Return the matches; one more than asked for tells whether there is a next page."""
    if not asked.count:
        return Page([])
    wanted = asked.count + 1
    found = list(islice(_visible(connection, plan, place, wanted), wanted))
    return Page(found[: asked.count], more=len(found) > asked.count)


def _visible(connection: Connection, plan: Plan, place: Cursor, wanted: int) -> Iterator[Version]:
    """Yield the matches below the cursor, newest first.

    Postings are tested first: each version is a page of its own to read, so only ``wanted`` ones are.
    """
    for candidates in _candidates(connection, plan, place.position, max(wanted, _CHUNK)):
        matching = _matching(connection, plan, candidates)
        for start in range(0, len(matching), wanted):
            yield from _fetch(connection, matching[start : start + wanted], place.snapshot)


def _candidates(connection: Connection, plan: Plan, position: int, size: int) -> Iterator[list[int]]:
    """Yield the driver's sequence numbers in growing chunks."""
    lowest, highest = plan.bounds
    position = min(position, highest + 1)
    while not plan.empty and position > lowest:
        values = plan.driver.values(position, size)
        chunk = list(connection.exec_driver_sql(plan.driver.sql, values).scalars())
        if chunk:
            yield [seq for seq in chunk if plan.allows(seq)]
        if len(chunk) < size:
            return
        position, size = chunk[-1], min(size * 2, _MAX_CHUNK)


def _matching(connection: Connection, plan: Plan, candidates: list[int]) -> list[int]:
    """Return the candidates that fulfil the other filters, newest first."""
    left = plan.left
    if not left or not candidates:
        return candidates
    where = " AND ".join(each.sql for each in left)
    sql = f"SELECT q.value FROM json_each(?) q WHERE {where} ORDER BY q.value DESC"  # noqa: S608
    values = (json.dumps(candidates), *(value for each in left for value in each.values))
    return list(connection.exec_driver_sql(sql, values).scalars())


def _fetch(connection: Connection, seqs: Sequence[int], snapshot: int) -> Iterator[Version]:
    """Yield those of the versions that the snapshot sees."""
    sql = (
        f"SELECT {versions.COLUMNS} FROM json_each(?) q CROSS JOIN version v WHERE v.seq = q.value "  # noqa: S608
        f"AND {_SEEN} ORDER BY v.seq DESC"
    )
    return map(versions.of, connection.exec_driver_sql(sql, (json.dumps(list(seqs)), snapshot)).all())


def _total(connection: Connection, tenant: str, number: int, asked: Query, plan: Plan, place: Cursor) -> int:
    """Count the matches of the whole snapshot; an estimate counts a sample and extrapolates."""
    if not asked.filters:
        return tally.counts(connection, tenant).resources.get(asked.type, 0)
    seen = matched = 0
    lowest = place.snapshot
    for candidates in _candidates(connection, plan, place.snapshot + 1, _CHUNK):
        matched += _count(connection, _matching(connection, plan, candidates), place.snapshot)
        seen += len(candidates)
        lowest = min(candidates, default=lowest)
        if asked.total == "estimate" and seen >= _ESTIMATE_SAMPLE:
            share = (place.snapshot - lowest) / (place.snapshot - (number << TENANT_SHIFT))
            return round(matched / share)
    return matched


def _count(connection: Connection, seqs: Sequence[int], snapshot: int) -> int:
    sql = f"SELECT COUNT(*) FROM json_each(?) q WHERE {_SEEN}"  # noqa: S608
    return int(connection.exec_driver_sql(sql, (json.dumps(list(seqs)), snapshot)).scalar_one())
