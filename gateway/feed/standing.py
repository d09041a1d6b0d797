"""Standing: how the entries of one document stand with everybody who is owed them (docs/writeback.md)."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.store import Entered, Store
from gateway.store.clock import instant
from gateway.store.deliveries import Delivery

MOST = 200
"""Entries of a document that are told at most: the newest."""


@dataclass(slots=True, frozen=True)
class Told:
    """How one entry stands at one receiver.

    Attributes:
        receiver: its name; that of a HIS begins with ``writeback:``.
    """

    receiver: str
    delivery: Delivery

    def row(self) -> dict[str, str | int]:
        """Return the same as names and texts: what the command line and the API say of it."""
        one, entry = self.delivery, self.delivery.entry
        return {
            "receiver": self.receiver, "entry": entry.n, "kind": entry.kind, "event": entry.event,
            "serial": entry.serial, "about": entry.reference, "state": one.state, "attempts": one.attempts,
            "at": instant(one.at_us), "receipt": one.receipt, "reason": one.reason,
        }  # fmt: skip


def standing(store: Store, tenant: str, name: str) -> list[Told]:
    """Return how the entries of a document stand, oldest first; whoever is not owed one is left out.

    Args:
        name: ``"Type/id"`` of a resource, or a serial. Of one drug the entries of its prescription are told.
    """
    receivers = store.deliveries.receivers(tenant)
    found = (
        (one.name, store.deliveries.delivery(tenant, one, entry.n))
        for entry in _entries(store, tenant, name)[-MOST:]
        for one in receivers
    )
    return [Told(receiver, delivery) for receiver, delivery in found if delivery is not None]


def _entries(store: Store, tenant: str, name: str) -> list[Entered]:
    type_, slash, id_ = name.partition("/")
    if not slash:
        return store.ledger.of_serial(tenant, name)
    if found := store.ledger.about(tenant, type_, id_):
        return found
    seqs = {one.seq for one in store.versions(tenant, type_, id_)}
    named = store.ledger.naming(tenant, seqs)[0] if seqs else {}
    entries = (store.ledger.entry(tenant, n) for n in sorted(named))
    return [one for one in entries if one is not None]
