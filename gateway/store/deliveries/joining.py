"""Joining: what is open in the lane of a patient who was merged goes on in that of who goes on.

Runs in the transaction of the merge: what is entered afterwards is kept in order with what was open before.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection

from gateway.store.direct import execute

_OF_TENANT = "receiver IN (SELECT no FROM receiver WHERE tenant = ?)"
_JOINED = f"UPDATE delivery SET doc = ? WHERE {_OF_TENANT} AND doc = ? AND state <> 2"  # noqa: S608
_BLOCKED = (
    f"UPDATE delivery SET state = 4 WHERE {_OF_TENANT} AND doc = ? AND state <> 2 AND state = 0 "  # noqa: S608
    "AND EXISTS (SELECT 1 FROM delivery e WHERE e.receiver = delivery.receiver AND e.doc = delivery.doc "
    "AND e.n < delivery.n AND e.state <> 2 AND e.state IN (3, 4))"
)


def join(connection: Connection, tenant: int, ends: Mapping[str, str]) -> None:
    """Let what is open in the lanes of those who ended (``ends``: old → new, ``"Type/id"``) go on.

    What waits behind a refused entry now is held.
    """
    for old, new in ends.items():
        if execute(connection, _JOINED, (new, tenant, old)).rowcount:
            execute(connection, _BLOCKED, (tenant, new))
