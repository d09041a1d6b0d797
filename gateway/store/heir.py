"""Heir: what else has an identifier when the resource ends that it belonged to, so that messages go there."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection

from gateway.store.changes import Changes
from gateway.store.direct import execute
from gateway.store.index import parameters, token_keys
from gateway.store.keys import system_key
from gateway.store.lookup import IdentKey
from gateway.store.types import NAME

MOST = 16
"""Resources with one identifier that are looked at."""

_HOLDERS = (
    "SELECT v.fhir_id, v.seq, v.body FROM sx CROSS JOIN version v "
    "WHERE sx.k = ? AND sx.type = ? AND sx.sys = ? AND v.seq = sx.seq "
    "AND NOT EXISTS (SELECT 1 FROM superseded s WHERE s.seq = sx.seq) "
    "ORDER BY sx.seq LIMIT ?"
)


def holders(connection: Connection, ident: IdentKey, changes: Changes) -> Iterator[tuple[str, int, bytes]]:
    """Yield (id, ``seq``, body) of resources that are filed under an identifier, the oldest first.

    Codes are filed without their case; of ``changes``, which wait to be inserted, also what is not current.
    """
    tenant, type_no, system, value = ident
    parameter = parameters(NAME[type_no]).get("identifier")
    for key in token_keys(parameter, tenant, value) if parameter else ():
        found = execute(connection, _HOLDERS, (key, type_no, system_key(system), MOST)).fetchall()
        yield from ((row[0], row[1], bytes(row[2])) for row in found)
        yield from ((id_, seq, body) for seq, id_, body in changes.waiting_of(key, type_no))
