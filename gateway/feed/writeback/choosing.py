"""Choosing: which entries of the ledger a HIS is owed, and what is kept in order with what.

A document that came from the HIS does not go back to it. What changes or ends a document is told only where
the HIS knows the document: it was told, or said itself, that it took effect. An end does not wait for a
correction of the same document that the HIS refused.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

from gateway.canonical import now_us
from gateway.canonical.elements import patient_of
from gateway.canonical.json import loads
from gateway.feed.opened import OPENING
from gateway.mapping.outbound.ending import ENDS
from gateway.store import Entered, Store
from gateway.store.deliveries import Receiver

STEP = 500
"""Entries that one step passes at most."""

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
            _give_up_ended(store, tenant, receiver)
            return False
        chosen = [one for one in entries if one.event in wanted.events.get(one.kind, ())]
        owed: list[Entered] = []
        for one, his in zip(chosen, _from_it(store, chosen, wanted), strict=True):
            if not his and (one.event == OPENING or _is_known(store, receiver, wanted, one, owed)):
                owed.append(one)
        lanes = _lanes(store, owed, wanted.order)
        rows = [(one.n, lane) for one, lane in zip(owed, lanes, strict=True)]
        store.deliveries.pass_over(receiver, entries[-1].n, rows)
        return True

    return fill


def _is_known(
    store: Store, receiver: Receiver, wanted: Wanted, entry: Entered, owed: Sequence[Entered]
) -> bool:
    """Tell whether a HIS knows a document: it was told that it took effect, or will be before, or said it.

    What was given up counts as told: somebody may have entered it by hand, and an end that the HIS has no
    use for is refused where everybody sees it.

    Args:
        owed: what it will be told of this step.
    """
    opened = [
        one for one in store.ledger.about(entry.tenant, entry.type, entry.id)
        if one.event == OPENING and one.kind == entry.kind and one.n < entry.n
    ]  # fmt: skip
    if OPENING not in wanted.events.get(entry.kind, ()):  # this map leaves that to somebody else
        return bool(opened)
    told = {one.n for one in owed}
    return (
        any(one.n in told or store.deliveries.delivery(entry.tenant, receiver, one.n) for one in opened)
        or any(_from_it(store, opened, wanted))
    )  # fmt: skip


def _give_up_ended(store: Store, tenant: str, receiver: Receiver) -> None:
    """Give up refused corrections of documents whose end the HIS is owed: nothing is left to correct.

    That a document takes effect is not given up: somebody must say whether the HIS knows it.
    """
    refused = [
        one for one in store.deliveries.find(tenant, receiver, ("refused",))
        if one.entry.event != OPENING and one.entry.event not in ENDS
    ]  # fmt: skip
    if not refused:
        return
    held = store.deliveries.find(tenant, receiver, ("held",))
    ends = {_document(one.entry): one.entry.n for one in held if one.entry.event in ENDS}
    for one in refused:
        end = ends.get(_document(one.entry), 0)
        if end > one.entry.n:
            why = f"ended by entry {end}; refused before: {one.reason}"
            store.deliveries.drop(receiver, [one.entry.n], why, now_us())


def _document(entry: Entered) -> tuple[str, str, str]:
    return entry.kind, entry.type, entry.id


def _from_it(store: Store, entries: Sequence[Entered], wanted: Wanted) -> list[bool]:
    """Tell of each entry whether it came through a door of the HIS."""
    doors = store.deliveries.doors(entries) if entries else []
    return [any(fnmatchcase(door, one) for one in wanted.not_from) for door in doors]


def _lanes(store: Store, entries: Sequence[Entered], order: str) -> list[str]:
    """Return what each entry is kept in order with: its patient, or its document."""
    documents = [f"{one.type}/{one.id}" for one in entries]
    if order == "document" or not entries:
        return documents
    members = store.ledger.members_of(entries)
    return [
        (patient_of(loads(found[0].body)) if found and found[0].body else "") or document
        for document, found in zip(documents, members, strict=True)
    ]
