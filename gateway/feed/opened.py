"""Opened: the orders of a document as a receiver came to know them, with its effect or in a correction."""

from __future__ import annotations

from collections.abc import Callable

from gateway.canonical import Resource
from gateway.canonical.elements import name_of
from gateway.canonical.json import loads
from gateway.feed.kinds import ORDERS
from gateway.store import Entered, Store

OPENING = "effective"
"""The event with which a receiver comes to know a document."""


def opened(store: Store, entry: Entered, told: Callable[[Entered], bool]) -> dict[str, Resource]:
    """Return what belonged to an order before an entry, by ``"Type/id"``, each as it first did.

    Nothing of one that takes effect with this entry, of another document, or of versions that were purged.

    Args:
        told: whether the receiver has an earlier entry from us; what it said itself it knows as it is now.
    """
    if entry.event == OPENING or entry.type not in ORDERS:
        return {}
    before = [
        one for one in store.ledger.about(entry.tenant, entry.type, entry.id)
        if one.kind == entry.kind and one.n < entry.n and told(one)
    ]  # fmt: skip
    start = next((at for at, one in enumerate(before) if one.event == OPENING), len(before))
    found: dict[str, Resource] = {}
    for versions in store.ledger.members_of(before[start:]):
        for one in versions:
            if one.body and not one.deleted:
                resource = loads(one.body)
                found.setdefault(name_of(resource), resource)
    return found
