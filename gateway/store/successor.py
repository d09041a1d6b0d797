"""Successor: what goes on for a Patient, Encounter or Account that was merged, as stored."""

from __future__ import annotations

import re
from collections.abc import Callable

from gateway.canonical import Resource
from gateway.canonical.json import dumps
from gateway.store import identity
from gateway.store.body import resource
from gateway.store.changes import Changes
from gateway.store.lookup import Entry, ResourceKey
from gateway.store.reading import Reading
from gateway.store.referring import MERGED
from gateway.store.types import NAME

HOPS = 32
"""Merges that follow each other and are followed."""

_NAMED = re.compile(rb'"reference":"([^"?#]*?)((?:%s)/[A-Za-z0-9.-]{1,64})"' % "|".join(MERGED).encode())

Next = Callable[[str], str]
"""id → the id of what goes on for it, ``""`` for none"""


def end_of(id_: str, after: Next) -> str:
    """Return the id of the resource that goes on for ``id_``: itself unless it was merged."""
    for _ in range(HOPS):
        found = after(id_)
        if not found:
            break
        id_ = found
    return id_


def successor(key: ResourceKey, entry: Entry, reading: Reading, changes: Changes) -> str:
    """Return what a resource was merged into, ``""`` for none; remembered in ``entry``."""
    if entry.survivor is None:
        entry.survivor = _looked_up(key, entry, reading, changes)
    return entry.survivor


def _looked_up(key: ResourceKey, entry: Entry, reading: Reading, changes: Changes) -> str:
    if not entry.ver or entry.deleted:
        return ""
    body = reading.body(entry)
    if NAME[key[1]] == "Patient":
        return identity.survivor_of(resource(body)) if b'"replaced-by"' in body else ""
    row = (*key[:2], identity.SUCCESSOR, key[2])
    ended = identity.may_have_ended(NAME[key[1]], body)
    return (reading.owner(row, changes) or "") if ended else ""


def named(body: Resource, base: str = "") -> dict[str, str]:
    """Return how a resource names Patients, Encounters and Accounts: reference as it stands → ``"Type/id"``.

    Args:
        base: the server's own, with a slash at its end: references below it are its own, too.
    """
    try:
        said = _NAMED.findall(dumps(body))
    except TypeError:  # no JSON: it will be refused
        return {}
    own = {b"", base.encode()}
    return {(before + name).decode(): name.decode() for before, name in said if before in own}
