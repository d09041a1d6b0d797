"""Referrers: which current resources refer to one, with what the batch has written and not yet inserted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache

from gateway.store.direct import execute
from gateway.store.index import parameters, reference_key
from gateway.store.interaction import Interactions
from gateway.store.keys import system_key

_REFERRING = (
    "SELECT DISTINCT s.seq, v.fhir_id FROM sx s CROSS JOIN version v WHERE s.k = ? AND s.type = ? {}"
    "AND NOT EXISTS (SELECT 1 FROM superseded x WHERE x.seq = s.seq) AND v.seq = s.seq "
    "ORDER BY s.seq DESC LIMIT ?"
)
_BODIES = "SELECT v.seq, v.body FROM EACH(?) q CROSS JOIN version v WHERE v.seq = q.value"


Lists = tuple[int, ...]


def referrers(
    interactions: Interactions, tenant: int, type_no: int, reference: str, most: int, lists: Lists = ()
) -> list[tuple[int, bytes]]:
    """Return (``seq``, body) of current resources of a type, oldest first; at most ``most``, the newest.

    Args:
        lists: posting lists (``sx.sys``) that count, () for all. What the batch has written and not yet
            inserted counts whatever its list.
    """
    changes = interactions.changes
    k = reference_key(tenant, reference)
    inserted = _inserted(interactions, (k, type_no, *lists), most)
    waiting = list(changes.waiting_of(k, type_no))
    if waiting or changes.touched():
        inserted = [row for row in inserted if _stands(interactions, (tenant, type_no, row[1]), row[0])]
    found = {seq: body for seq, id_, body in waiting if _stands(interactions, (tenant, type_no, id_), seq)}
    found.update((seq, body) for seq, _, body in inserted if seq not in found)
    return sorted(found.items())[-most:]


@lru_cache(maxsize=256)
def lists_of(type_: str, name: str) -> Lists:
    """Return the posting lists of a search parameter. Raises ``KeyError``: the type has none of this name."""
    return tuple(system_key(one) for one in parameters(type_)[name].postings)


def _inserted(interactions: Interactions, sought: Lists, most: int) -> list[tuple[int, str, bytes]]:
    """Return what the tables say; asked once in a batch, as long as nothing is inserted meanwhile."""
    flushes, known = interactions.changes.bottom.flushes, interactions.reading.referring
    found = known.get((most, *sought))
    if found is not None and found[0] == flushes:
        return found[1]
    among = ", ".join("?" * len(sought[2:]))
    sql = _REFERRING.format(f"AND s.sys IN ({among}) " if among else "")
    rows = execute(interactions.connection, sql, (*sought, most)).fetchall()
    bodies = dict(_bodies(interactions, [seq for seq, _ in rows]))
    inserted = [(seq, id_, bodies[seq]) for seq, id_ in rows]
    known[most, *sought] = flushes, inserted
    return inserted


def _stands(interactions: Interactions, key: tuple[int, int, str], seq: int) -> bool:
    """Tell whether a version is the current one at this point of the batch."""
    entry = interactions.changes.entry(key)
    return entry is None or (entry.seq == seq and not entry.deleted)


def _bodies(interactions: Interactions, seqs: list[int]) -> Iterator[tuple[int, bytes]]:
    if seqs:
        for seq, body in execute(interactions.connection, _BODIES, (json.dumps(seqs),)):
            yield seq, bytes(body)
