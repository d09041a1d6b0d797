"""Choosing: which entries of the ledger a HIS is owed, and what is kept in order with what.

A document that came from the HIS does not go back to it. What changes or ends a document is told only where
the HIS knows the document: where an earlier entry of it took effect.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

from gateway.canonical.elements import first, reference
from gateway.canonical.json import loads
from gateway.store import Entered, Store
from gateway.store.deliveries import Receiver

STEP = 500
"""Entries that one step passes at most."""

OPENING = "effective"
"""The event with which a HIS comes to know a document."""

Filling = Callable[[Receiver], bool]


@dataclass(slots=True, frozen=True)
class Wanted:
    """What a HIS is told.

    Attributes:
        events: kind → events.
        not_from: adapter ids, as shell patterns, whose documents do not go back.
        order: what is kept in order.
    """

    events: Mapping[str, Collection[str]]
    not_from: Sequence[str]
    order: Literal["patient", "document"]


def filling(store: Store, tenant: str, wanted: Wanted) -> Filling:
    """Return what gives a HIS its next rows of deliveries, a step of the ledger at a time."""

    def fill(receiver: Receiver) -> bool:
        entries = store.ledger.entries(tenant, receiver.upto, STEP)
        if not entries:
            return False
        chosen = [one for one in entries if one.event in wanted.events.get(one.kind, ())]
        chosen = [one for one in chosen if one.event == OPENING or _is_known(store, one)]
        doors = store.deliveries.doors(chosen) if chosen else []
        own = [not any(fnmatchcase(door, one) for one in wanted.not_from) for door in doors]
        owed = [one for one, ours in zip(chosen, own, strict=True) if ours]
        lanes = _lanes(store, owed, wanted.order)
        rows = [(one.n, one.ts_us, lane) for one, lane in zip(owed, lanes, strict=True)]
        store.deliveries.pass_over(receiver, entries[-1].n, rows)
        return True

    return fill


def _is_known(store: Store, entry: Entered) -> bool:
    """Tell whether a document took effect before."""
    before = store.ledger.about(entry.tenant, entry.type, entry.id)
    return any(one.event == OPENING and one.kind == entry.kind and one.n < entry.n for one in before)


def _lanes(store: Store, entries: Sequence[Entered], order: str) -> list[str]:
    """Return what each entry is kept in order with: its patient, or its document."""
    documents = [f"{one.type}/{one.id}" for one in entries]
    if order == "document" or not entries:
        return documents
    members = store.ledger.members_of(entries)
    return [
        _patient(found[0].body if found else b"") or document
        for document, found in zip(documents, members, strict=True)
    ]


def _patient(body: bytes) -> str:
    """Return ``"Patient/id"`` of what a document is of, ``""`` where it does not say."""
    if not body:
        return ""
    resource = loads(body)
    name = reference(first(resource, "subject") or first(resource, "patient"))
    return name if name.startswith("Patient/") else ""
