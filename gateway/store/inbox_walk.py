"""The inbox in the order in which it was filled, page by page: what replays and comparisons walk through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from gateway.store.direct import execute
from gateway.store.erase import PURGED
from gateway.store.inbox_view import envelope_of
from gateway.store.model import Kept, State

_COLUMNS = (
    "i.id, i.tenant, i.adapter, i.sender, i.received_us, i.content_type, i.charset, r.raw, r.meta, "
    "i.state, i.reason"
)


@dataclass(slots=True, frozen=True)
class Walk:
    """Which messages, and where to begin.

    Attributes:
        since_us: received at or after, microseconds since 1970-01-01T00:00:00Z.
        first: inbox id to begin with, ``""`` for the first one.
        after: inbox id after which to go on, ``""`` for none.
        until: inbox id that is the last one, ``""`` for none.
        sender: only of this sender profile, ``""`` for all.
        states: only in one of these.
    """

    since_us: int = 0
    first: str = ""
    after: str = ""
    until: str = ""
    sender: str = ""
    states: Sequence[State] = ("stored", "quarantined")


def _where(walk: Walk) -> tuple[str, list[Any]]:
    parts = [f"i.state IN ({','.join('?' * len(walk.states))})", "i.map_version <> ?"]
    values: list[Any] = [*walk.states, PURGED]
    if walk.since_us:
        # An id begins with the time (UUID version 7), and its index leads to the first message at once.
        parts += ["i.received_us >= ?", "i.n >= COALESCE((SELECT MIN(n) FROM inbox WHERE id >= ?), 0)"]
        values += [walk.since_us, f"{(walk.since_us // 1000) << 16:016x}"]
    for compare, id_ in ((">=", walk.first), (">", walk.after), ("<=", walk.until)):
        if id_:
            parts.append(f"i.n {compare} (SELECT n FROM inbox WHERE id = ?)")  # noqa: S608
            values.append(id_)
    if walk.sender:
        parts.append("i.sender = ?")
        values.append(walk.sender)
    return " AND ".join(parts), values


def page(connection: Connection, walk: Walk, limit: int) -> list[Kept]:
    """Return the next messages, oldest first, with their bytes."""
    where, values = _where(walk)
    tables = "inbox i JOIN inbox_raw r ON r.n = i.n"
    sql = f"SELECT {_COLUMNS} FROM {tables} WHERE {where} ORDER BY i.n LIMIT ?"  # noqa: S608
    rows = execute(connection, sql, (*values, limit))
    return [Kept(envelope_of(*row[:9]), row[9], row[10]) for row in rows]


def extent(connection: Connection, walk: Walk) -> tuple[int, str]:
    """Return how many messages there are, and the id of the last one (``""`` for none)."""
    where, values = _where(walk)
    count, last = execute(
        connection,
        f"SELECT COUNT(*), MAX(i.n) FROM inbox i WHERE {where}",  # noqa: S608
        tuple(values),
    ).fetchone()
    if not count:
        return 0, ""
    found = execute(connection, "SELECT id FROM inbox WHERE n = ?", (last,)).fetchone()
    return int(count), str(found[0])
