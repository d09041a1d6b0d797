"""Which versions a snapshot sees: committed by then and not superseded by then."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence

from sqlalchemy import Connection

from gateway.canonical.logical_id import is_id
from gateway.store import versions
from gateway.store.direct import execute
from gateway.store.model import Version
from gateway.store.tables import TENANT_SHIFT
from gateway.store.types import NUMBER

_SEEN = "q.value <= ? AND NOT EXISTS (SELECT 1 FROM superseded s WHERE s.seq = q.value AND s.next_seq <= ?)"
_FETCH = f"SELECT {versions.COLUMNS} FROM EACH(?) q CROSS JOIN version v WHERE v.seq = q.value AND {_SEEN}"  # noqa: S608
_IDS = "SELECT v.seq, v.fhir_id FROM EACH(?) q CROSS JOIN version v WHERE v.seq = q.value"
_SEQS = f"SELECT q.value FROM EACH(?) q WHERE {_SEEN}"  # noqa: S608
_COUNT = f"SELECT COUNT(*) FROM EACH(?) q WHERE {_SEEN}"  # noqa: S608
_SIZES = (1, 4, 16, 64, 256)  # few statement texts, so that the driver keeps them all prepared


def fetch(connection: Connection, seqs: Sequence[int], snapshot: int) -> list[Version]:
    """Return those of the versions that the snapshot sees, in the order of ``seqs``."""
    if not seqs:
        return []
    found = {row[3]: row for row in execute(connection, _FETCH, (json.dumps(list(seqs)), snapshot, snapshot))}
    return [versions.of(found[seq]) for seq in seqs if seq in found]


def seen(connection: Connection, seqs: Sequence[int], snapshot: int) -> list[int]:
    """Return those of the versions that the snapshot sees, in the order of ``seqs``, without reading them."""
    rows = execute(connection, _SEQS, (json.dumps(list(seqs)), snapshot, snapshot))
    found = {row[0] for row in rows}
    return [seq for seq in seqs if seq in found]


def ids(connection: Connection, seqs: Sequence[int]) -> dict[int, str]:
    """Return the logical id of each of the versions, whether or not a snapshot sees it."""
    return dict(execute(connection, _IDS, (json.dumps(list(seqs)),)).fetchall())


def held(connection: Connection, tenant: int, type_: str, snapshot: int) -> bool:
    """Tell whether there was ever a resource of a type: most that a reference may name are not there."""
    sql = "SELECT 1 FROM version WHERE type = ? AND seq > ? AND seq <= ? LIMIT 1"
    values = NUMBER[type_], tenant << TENANT_SHIFT, snapshot
    return execute(connection, sql, values).fetchone() is not None


def count(connection: Connection, seqs: Sequence[int], snapshot: int) -> int:
    """Count those of the versions that the snapshot sees."""
    return int(execute(connection, _COUNT, (json.dumps(list(seqs)), snapshot, snapshot)).fetchone()[0])


def seqs_of(
    connection: Connection, tenant: int, type_: str, ids: Collection[str], snapshot: int
) -> list[int]:
    """Return the versions of resources that were the newest ones at the snapshot, tombstones too."""
    rest, found = [id_ for id_ in ids if is_id(id_)], list[int]()
    while rest:
        size = next((size for size in _SIZES if size >= len(rest)), _SIZES[-1])
        chunk, rest = rest[:size], rest[size:]
        chunk += [chunk[-1]] * (size - len(chunk))
        sql = (
            "WITH RECURSIVE chain(seq) AS ("  # noqa: S608
            f" SELECT seq FROM current WHERE tenant = ? AND type = ? AND fhir_id IN ({','.join('?' * size)})"
            " UNION ALL SELECT x.prev_seq FROM chain CROSS JOIN version x WHERE x.seq = chain.seq"
            " AND x.seq > ? AND x.prev_seq IS NOT NULL"
            ") SELECT seq FROM chain WHERE seq <= ?"
        )
        values = (tenant, NUMBER[type_], *chunk, snapshot, snapshot)
        found += [row[0] for row in execute(connection, sql, values)]
    return found


def resources(
    connection: Connection, tenant: int, keys: Collection[tuple[str, str]], snapshot: int
) -> list[Version]:
    """Return the resources (type, id) as the snapshot sees them, deleted ones left out."""
    by_type: dict[str, list[str]] = {}
    for type_, id_ in keys:
        by_type.setdefault(type_, []).append(id_)
    return [
        version
        for type_, ids in by_type.items()
        for version in fetch(connection, seqs_of(connection, tenant, type_, ids, snapshot), snapshot)
    ]
