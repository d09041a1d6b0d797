"""Referrers: which current resources refer to one, with what the batch has written and not yet inserted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache

from sqlalchemy import Connection

from gateway.store.direct import execute
from gateway.store.filings import Key, Sought
from gateway.store.index import parameters, reference_key, token_keys
from gateway.store.interaction import Interactions
from gateway.store.keys import system_key
from gateway.store.lookup import Entry
from gateway.store.types import NUMBER

_REFERRING = (
    "SELECT DISTINCT s.seq, v.fhir_id FROM sx s CROSS JOIN version v WHERE s.k = ? AND s.type = ? {}"
    "AND NOT EXISTS (SELECT 1 FROM superseded x WHERE x.seq = s.seq) AND v.seq = s.seq "
    "ORDER BY s.seq DESC LIMIT ?"
)
_BODIES = "SELECT v.seq, v.body FROM EACH(?) q CROSS JOIN version v WHERE v.seq = q.value"


Lists = tuple[int, ...]

Filed = tuple[int, bytes | None]
"""(``seq``, body); None: ask for it, somebody may know it already."""


def referrers(
    interactions: Interactions, tenant: int, type_no: int, reference: str, most: int, lists: Lists = ()
) -> list[Filed]:
    """Return the current resources of a type that refer to ``"Type/id"``, oldest first.

    Args:
        most: of more the newest.
        lists: posting lists (``sx.sys``) that count, () for all. What the batch has written and not yet
            inserted counts whatever its list.
    """
    key = reference_key(tenant, reference), type_no
    return filed(interactions, tenant, key, Sought(lists, reference.encode()), most)


def bearers(
    interactions: Interactions, tenant: int, type_: str, parameter: str, value: str, most: int
) -> list[Filed]:
    """Return the same of those that have a code or identifier in what a token parameter selects.

    Of whatever system; letters count without case.
    """
    found = dict[int, bytes | None]()
    for k in token_keys(parameters(type_)[parameter], tenant, value):
        found.update(filed(interactions, tenant, (k, NUMBER[type_]), Sought(), most))
    return sorted(found.items())[-most:]


def filed(interactions: Interactions, tenant: int, key: Key, sought: Sought, most: int) -> list[Filed]:
    """Return the current resources of a type that are filed under a key, oldest first."""
    changes, type_no = interactions.changes, key[1]
    found = dict[int, bytes | None]()
    for seq, id_, body in _inserted(interactions, tenant, key, sought, most):
        if _stands(changes.entry((tenant, type_no, id_)), seq):
            found[seq] = body
    for seq, id_, body in changes.waiting_of(*key):
        if sought.name in body and _stands(changes.entry((tenant, type_no, id_)), seq):
            found[seq] = body
    return sorted(found.items())[-most:]


@lru_cache(maxsize=256)
def lists_of(type_: str, name: str) -> Lists:
    """Return the posting lists of a search parameter. Raises ``KeyError``: the type has none of this name."""
    return tuple(system_key(one) for one in parameters(type_)[name].postings)


def _inserted(
    interactions: Interactions, tenant: int, key: Key, sought: Sought, most: int
) -> list[tuple[int, str, bytes | None]]:
    """Return what the tables say; asked once in a batch, as long as nothing is inserted meanwhile."""
    reading, flushes = interactions.reading, interactions.changes.bottom.flushes
    known = None if flushes else reading.filings.get(key, sought)
    if known is not None:
        return [
            (seq, id_, None)
            for id_, seq in known.items()
            if _stands(interactions.entry((tenant, key[1], id_)), seq)
        ]
    asked = reading.filed.get((key, sought, most))
    if asked is None or asked[0] != flushes:
        asked = reading.filed[key, sought, most] = flushes, _asked(interactions.connection, key, sought, most)
    return list(asked[1])


def _asked(connection: Connection, key: Key, sought: Sought, most: int) -> list[tuple[int, str, bytes]]:
    among = ", ".join("?" * len(sought.lists))
    sql = _REFERRING.format(f"AND s.sys IN ({among}) " if among else "")
    rows = execute(connection, sql, (*key, *sought.lists, most)).fetchall()
    bodies = dict(_bodies(connection, [seq for seq, _ in rows]))
    return [(seq, id_, bodies[seq]) for seq, id_ in rows if sought.name in bodies[seq]]


def _stands(entry: Entry | None, seq: int) -> bool:
    """Tell whether a version is the current one at this point of the batch."""
    return entry is None or (entry.seq == seq and not entry.deleted)


def _bodies(connection: Connection, seqs: list[int]) -> Iterator[tuple[int, bytes]]:
    if seqs:
        for seq, body in execute(connection, _BODIES, (json.dumps(seqs),)):
            yield seq, bytes(body)
