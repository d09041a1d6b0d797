"""Counters of what a tenant's store holds, kept in the transactions that change it."""

from __future__ import annotations

from sqlalchemy import Connection

from gateway.store.direct import execute
from gateway.store.model import Counts


def counts(connection: Connection, tenant: str) -> Counts:
    """Return the tenant's counters; what has gone back to zero is left out."""
    result = Counts()
    kinds = {"inbox": result.inbox, "quarantine": result.quarantine, "resource": result.resources}
    found = execute(
        connection,
        "SELECT kind, name, n FROM tally WHERE tenant = ? AND n > 0 ORDER BY kind, name",
        (tenant,),
    )
    for kind, name, n in found:
        kinds[kind][name] = n
    return result
