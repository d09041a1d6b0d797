"""Reads slices of a snapshot: which versions of a type it sees, and their bytes, in short statements.

No transaction is left open between two of them: what a snapshot sees never changes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from gateway.store.direct import execute
from gateway.store.method import DELETED
from gateway.store.types import NUMBER

BYTES = 1 << 20
"""Bytes of the bodies that are read at once; a single larger one is read alone."""
ROWS = 1000
"""Bodies that are read at once at most."""

_SEEN = (
    "SELECT q.seq, s.seq FROM (SELECT seq FROM version WHERE type = ? AND seq > ? AND seq < ? "
    "ORDER BY seq DESC LIMIT ?) q LEFT JOIN superseded s ON s.seq = q.seq AND s.next_seq <= ? "
    "ORDER BY q.seq DESC"
)
_DELETED = (
    f"SELECT v.seq, {DELETED} FROM (SELECT seq FROM version "  # noqa: S608
    "WHERE type = ? AND seq > ? AND seq < ? ORDER BY seq DESC LIMIT ?) q CROSS JOIN version v "
    "WHERE v.seq = q.seq ORDER BY v.seq DESC"
)
_LENGTHS = (
    "SELECT q.seq, LENGTH(v.body), s.seq FROM (SELECT seq FROM version WHERE type = ? AND seq >= ? "
    "AND seq <= ? ORDER BY seq LIMIT ?) q CROSS JOIN version v LEFT JOIN superseded s "
    "ON s.seq = v.seq AND s.next_seq <= ? WHERE v.seq = q.seq ORDER BY q.seq"
)
_LENGTHS_OF = "SELECT v.seq, LENGTH(v.body), NULL FROM EACH(?) q CROSS JOIN version v WHERE v.seq = q.value"
_BODIES = "SELECT v.seq, v.body FROM EACH(?) q CROSS JOIN version v WHERE v.seq = q.value ORDER BY v.seq"
_AS_OF = (
    "WITH RECURSIVE chain(seq) AS ("  # noqa: S608
    "SELECT seq FROM current WHERE tenant = ? AND type = ? AND fhir_id = ? UNION ALL "
    "SELECT v.prev_seq FROM chain CROSS JOIN version v WHERE v.seq = chain.seq AND v.seq > ? "
    f"AND v.prev_seq IS NOT NULL) SELECT v.seq, {DELETED}, v.body FROM chain CROSS JOIN version v "
    "WHERE v.seq = chain.seq AND v.seq <= ?"
)
_TOMBS = (
    "SELECT v.seq, v.fhir_id, p.body FROM EACH(?) q CROSS JOIN version v LEFT JOIN version p "
    "ON p.seq = v.prev_seq WHERE v.seq = q.value ORDER BY v.seq"
)
_AT = "SELECT seq, ts_us FROM version WHERE seq >= ? AND seq <= ? ORDER BY seq LIMIT 1"


class Tombstone(NamedTuple):
    """A deletion: its sequence number, the id that is gone, and the last body of the resource."""

    seq: int
    id: str
    before: bytes


def seen(
    connection: Connection, type_: str, low: int, below: int, snapshot: int, limit: int
) -> tuple[list[int], int]:
    """Return what the snapshot sees of the next ``limit`` versions, newest first, and where to go on.

    Args:
        low: sequence numbers up to this one are not of interest.
        below: the versions are older than this one; so is the place that is returned, ``low`` at the end.
    """
    rows = execute(connection, _SEEN, (NUMBER[type_], low, below, limit, snapshot)).fetchall()
    place = rows[-1][0] if len(rows) == limit else low
    return [seq for seq, gone in rows if gone is None], place


def deleted(connection: Connection, type_: str, low: int, below: int, limit: int) -> tuple[list[int], int]:
    """Return the tombstones among the next ``limit`` versions; arguments as of :func:`seen`."""
    rows = execute(connection, _DELETED, (NUMBER[type_], low, below, limit)).fetchall()
    place = rows[-1][0] if len(rows) == limit else low
    return [seq for seq, gone in rows if gone], place


def tombstones(connection: Connection, seqs: Sequence[int]) -> list[Tombstone]:
    """Return the deletions with these sequence numbers, in commit order."""
    rows = execute(connection, _TOMBS, (json.dumps(list(seqs)),)).fetchall()
    return [Tombstone(seq, id_, bytes(body or b"")) for seq, id_, body in rows]


def as_of(
    connection: Connection, tenant: int, type_: str, id_: str, snapshot: int
) -> tuple[int, bytes | None] | None:
    """Return the version that a snapshot sees, as (seq, body), the body None where it is deleted; or None."""
    values = (tenant, NUMBER[type_], id_, snapshot, snapshot)
    row = execute(connection, _AS_OF, values).fetchone()
    return None if row is None else (row[0], None if row[1] else bytes(row[2]))


def until(connection: Connection, low: int, high: int, ts_us: int) -> int:
    """Return the newest sequence number in ``low < seq <= high`` that was committed by a time, else ``low``.

    Found by halving: commit order and ``lastUpdated`` agree.
    """
    while low < high:
        middle = (low + high + 1) // 2
        row = execute(connection, _AT, (middle, high)).fetchone()
        if row is None or row[1] > ts_us:
            high = middle - 1
        else:
            low = row[0]
    return low


def lengths(
    connection: Connection, type_: str, low: int, high: int, snapshot: int, limit: int
) -> tuple[list[tuple[int, int]], int]:
    """Return (seq, bytes) of what the snapshot sees of the next ``limit`` versions, oldest first.

    Args:
        low: the first sequence number that counts; with it the place to go on at is returned, above
            ``high`` at the end.
    """
    rows = execute(connection, _LENGTHS, (NUMBER[type_], low, high, limit, snapshot)).fetchall()
    place = rows[-1][0] + 1 if len(rows) == limit else high + 1
    return [(seq, size) for seq, size, gone in rows if gone is None and size], place


def lengths_of(connection: Connection, seqs: Sequence[int]) -> list[tuple[int, int]]:
    """Return (seq, bytes) of these versions, oldest first."""
    rows = execute(connection, _LENGTHS_OF, (json.dumps(list(seqs)),)).fetchall()
    return sorted((seq, size) for seq, size, _ in rows)


def bodies(connection: Connection, seqs: Sequence[int]) -> list[tuple[int, bytes]]:
    """Return (seq, body) of these versions, oldest first."""
    rows = execute(connection, _BODIES, (json.dumps(list(seqs)),)).fetchall()
    return [(seq, bytes(body)) for seq, body in rows]


def groups(sizes: Sequence[tuple[int, int]]) -> Iterator[list[int]]:
    """Yield the sequence numbers of (seq, bytes) in runs that may be read at once."""
    run: list[int] = []
    total = 0
    for seq, size in sizes:
        if run and (total + size > BYTES or len(run) == ROWS):
            yield run
            run, total = [], 0
        run.append(seq)
        total += size
    if run:
        yield run
