"""Reads of single versions: the current one, or one of the chain behind it (R4 §3.1.0.1, §3.1.0.2)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection

from gateway.store.direct import execute, pipelined
from gateway.store.method import METHODS
from gateway.store.model import Version
from gateway.store.types import NAME, NUMBER

COLUMNS = "v.type, v.fhir_id, v.ver, v.seq, v.ts_us, v.method, v.body"

_CURRENT = (
    f"SELECT {COLUMNS} FROM current c CROSS JOIN version v "  # noqa: S608
    "WHERE c.tenant = ? AND c.type = ? AND c.fhir_id = ? AND v.seq = c.seq"
)
_CHAIN = (
    "WITH RECURSIVE chain(seq) AS ("  # noqa: S608
    " SELECT seq FROM current WHERE tenant = ? AND type = ? AND fhir_id = ? AND ver >= ?"
    " UNION ALL SELECT v.prev_seq FROM chain CROSS JOIN version v WHERE v.seq = chain.seq AND v.ver > ?"
    f") SELECT {COLUMNS} FROM chain CROSS JOIN version v WHERE v.seq = chain.seq AND v.ver = ?"
)
_SOME = (
    "WITH RECURSIVE chain(seq) AS ("  # noqa: S608
    " SELECT seq FROM current WHERE tenant = ? AND type = ? AND fhir_id = ? AND ver >= ?"
    " UNION ALL SELECT v.prev_seq FROM chain CROSS JOIN version v WHERE v.seq = chain.seq AND v.ver > ?)"
    f" SELECT {COLUMNS} FROM chain CROSS JOIN version v WHERE v.seq = chain.seq"
    " AND v.ver IN (SELECT q.value FROM EACH(?) q) ORDER BY v.seq DESC"
)
_ALL = (
    "WITH RECURSIVE chain(seq) AS ("  # noqa: S608
    " SELECT seq FROM current WHERE tenant = ? AND type = ? AND fhir_id = ?"
    " UNION ALL SELECT v.prev_seq FROM chain CROSS JOIN version v WHERE v.seq = chain.seq"
    " AND v.prev_seq IS NOT NULL)"
    f" SELECT {COLUMNS} FROM chain CROSS JOIN version v WHERE v.seq = chain.seq ORDER BY v.seq"
)
_BETWEEN = (
    f"SELECT {COLUMNS} FROM version v WHERE v.seq > ? AND v.seq <= ? AND "  # noqa: S608
    "(SELECT SUM(LENGTH(w.body)) FROM version w WHERE w.seq > ? AND w.seq <= ?) <= ? ORDER BY v.seq"
)


def of(row: Any) -> Version:
    """Return the Version of a row of :data:`COLUMNS`."""
    return Version(NAME[row[0]], row[1], row[2], row[3], row[4], METHODS[row[5]], row[6])


def current(connection: Connection, tenant: int, type_: str, id_: str) -> Version | None:
    """Return the current version, a tombstone too, or None."""
    row = execute(connection, _CURRENT, (tenant, NUMBER.get(type_, 0), id_)).fetchone()
    return None if row is None else of(row)


def current_many(connection: Connection, keys: Sequence[tuple[int | None, str, str]]) -> list[Version | None]:
    """Return the current version of each (tenant number, type, id), in one round trip."""
    with pipelined(connection):
        asked = [
            execute(connection, _CURRENT, (tenant or 0, NUMBER.get(type_, 0), id_))
            for tenant, type_, id_ in keys
        ]
        rows = [cursor.fetchone() for cursor in asked]
    return [None if row is None else of(row) for row in rows]


def of_seqs(connection: Connection, seqs: Sequence[int]) -> list[Version]:
    """Return the versions of these sequence numbers, in their order."""
    sql = f"SELECT {COLUMNS} FROM EACH(?) q CROSS JOIN version v WHERE v.seq = q.value"  # noqa: S608
    found = {row[3]: of(row) for row in execute(connection, sql, (json.dumps(list(seqs)),))} if seqs else {}
    return [found[seq] for seq in seqs]


def between(connection: Connection, low: int, high: int, most: int) -> list[Version]:
    """Return the versions after ``low`` up to ``high``; none where they are more than ``most`` bytes."""
    return [of(row) for row in execute(connection, _BETWEEN, (low, high, low, high, most))]


def version(connection: Connection, tenant: int, type_: str, id_: str, ver: int) -> Version | None:
    """Return one version, found by walking back from the current one: versions need no index of their own."""
    key = (tenant, NUMBER.get(type_, 0), id_)
    row = execute(connection, _CHAIN, (*key, ver, ver, ver)).fetchone()
    return None if row is None else of(row)


def every(connection: Connection, tenant: int, type_: str, id_: str) -> list[Version]:
    """Return all versions of a resource, tombstones too, oldest first."""
    key = (tenant, NUMBER.get(type_, 0), id_)
    return [of(row) for row in execute(connection, _ALL, key).fetchall()]


def distance(connection: Connection, tenant: int, type_: str, id_: str, ver: int) -> int:
    """Return how many versions a version is behind the current one, 0 where there is none."""
    sql = "SELECT ver FROM current WHERE tenant = ? AND type = ? AND fhir_id = ?"
    row = execute(connection, sql, (tenant, NUMBER.get(type_, 0), id_)).fetchone()
    return 0 if row is None else max(row[0] - ver, 0)


def some(connection: Connection, tenant: int, type_: str, id_: str, vers: Sequence[int]) -> Iterator[Version]:
    """Yield those versions of one resource that there are, newest first, found by one walk."""
    key, lowest = (tenant, NUMBER.get(type_, 0), id_), min(vers)
    for row in execute(connection, _SOME, (*key, lowest, lowest, json.dumps(list(vers)))):
        yield of(row)
