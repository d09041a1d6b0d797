"""Reindex: the postings of all current resources are made anew, in short transactions, resumable."""

from __future__ import annotations

import json
from collections.abc import Callable

from sqlalchemy import Connection

from gateway.store import schema
from gateway.store.body import resource
from gateway.store.changes import Changes
from gateway.store.direct import execute, is_postgresql
from gateway.store.index import Index
from gateway.store.session import Session
from gateway.store.tables import TENANT_SHIFT

POSTINGS = ("sx", "sx_range", "sx_str", "sx_number")

CHUNK = 500
"""Resources of one transaction."""

_NEXT = (
    "SELECT v.seq, v.body FROM version v WHERE v.seq > ? "
    "AND NOT EXISTS (SELECT 1 FROM superseded s WHERE s.seq = v.seq) ORDER BY v.seq LIMIT ?"
)


def begin(connection: Connection, zone: str) -> None:
    """Take the postings away; write down that they are to be made for ``zone``, from the beginning."""
    for name in POSTINGS:
        execute(connection, f"TRUNCATE {name}" if is_postgresql(connection) else f"DELETE FROM {name}")  # noqa: S608
    if (days := schema.ledger_zone(connection)) is not None:
        schema.put(connection, schema.DAYS, days)  # the heads of its days are there already
    schema.put(connection, schema.ZONE, zone)
    schema.put(connection, schema.UNFINISHED, json.dumps({"after": 0, "done": 0}))


def total(connection: Connection) -> int:
    """Return how many resources there are."""
    return int(execute(connection, "SELECT COUNT(*) FROM current").fetchone()[0])


def run(session: Session, progress: Callable[[int, int], object]) -> int:
    """Do what is left to do; returns how many resources were done in all.

    Raises:
        Retry: the store cannot be written now.
    """
    with session.reading() as connection:
        begun = schema.get(connection, schema.UNFINISHED)
        zone = schema.get(connection, schema.ZONE)
        of = total(connection) if begun else 0
    if begun is None or zone is None:
        return 0
    postings, at = Index(zone), json.loads(begun)
    while True:
        progress(at["done"], of)
        with session.transaction() as connection:
            rows = execute(connection, _NEXT, (at["after"], CHUNK)).fetchall()
            if not rows:
                schema.drop(connection, schema.UNFINISHED)
                return int(at["done"])
            changes = Changes()
            for seq, body in rows:
                postings.extract(resource(body), seq >> TENANT_SHIFT, seq, changes.postings)
            changes.flush(connection)
            at = {"after": rows[-1][0], "done": at["done"] + len(rows)}
            schema.put(connection, schema.UNFINISHED, json.dumps(at))
