"""Plan: what belongs to a document alone, and so goes with it: versions, entries, bytes of messages."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from gateway.errors import Rejected
from gateway.feed.purging.belongings import Belongings, gathered
from gateway.store import Entered, Store, Version
from gateway.store.ledger.entry import PURGED


@dataclass(slots=True, frozen=True)
class Plan:
    """What is to be purged.

    Attributes:
        asked: the serial or ``"Type/id"`` that was given.
        serial: of the document, ``""`` for none.
        entries: of the ledger that are about it, those that were purged before left out.
        versions: of its resources, all of them, oldest first, by ``"Type/id"``; the asked one is the first.
        kept: resources of its entries that stay, since entries of other documents have them too.
        messages: (number, id) in the inbox of messages that say nothing else.
        upto: up to which entry of the ledger that was looked at.
    """

    tenant: str
    asked: str
    serial: str
    entries: tuple[Entered, ...]
    versions: Mapping[str, tuple[Version, ...]]
    kept: tuple[str, ...]
    messages: tuple[tuple[int, str], ...]
    upto: int

    @property
    def erased(self) -> list[Version]:
        """The versions whose bodies go."""
        return [one for own in self.versions.values() for one in own if one.body]

    @property
    def size(self) -> int:
        """Bytes of those bodies."""
        return sum(len(one.body) for one in self.erased)


def draw(store: Store, tenant: str, asked: str) -> Plan:
    """Return what goes with one document. Raises ``Rejected``: see :func:`draw_all`."""
    (found,) = draw_all(store, tenant, [asked])
    if isinstance(found, Rejected):
        raise found
    return found


def draw_all(store: Store, tenant: str, asked: Sequence[str]) -> list[Plan | Rejected]:
    """Return what goes with each of several documents, or why there is no telling.

    The ledger is read through for all of them together, from the time of the oldest version on: no index
    leads from a version to the entries that have it. It belongs in no write transaction.

    Args:
        asked: serials, or ``"Type/id"``.

    Returns:
        in that order a Plan, or the error: ``not-found``, or ``value`` for what is no document.
    """
    known = [_gathered(store, tenant, name) for name in asked]
    seqs = {seq for one in known if isinstance(one, Belongings) for seq in one.seqs}
    first = min((v.ts_us for one in known if isinstance(one, Belongings) for own in one.versions.values()
                 for v in own), default=0)  # fmt: skip
    naming, upto = store.ledger.naming(tenant, seqs, store.reconciliation.last_before(tenant, first))
    living = _living(store, tenant, naming.keys())
    return [
        _planned(store, tenant, one, {n: naming[n] for n in living}, upto)
        if isinstance(one, Belongings)
        else one
        for one in known
    ]


def _gathered(store: Store, tenant: str, asked: str) -> Belongings | Rejected:
    try:
        return gathered(store, tenant, asked)
    except Rejected as error:
        return error


def _planned(
    store: Store, tenant: str, own: Belongings, naming: Mapping[int, Collection[int]], upto: int
) -> Plan:
    """Leave out what entries of other documents have too.

    Args:
        naming: number of an entry that was not purged → versions that it has.
    """
    seqs, mine = own.seqs, {one.n for one in own.entries}
    shared = {seqs[seq] for n in naming.keys() - mine for seq in naming[n] if seq in seqs} | own.strange
    versions = {name: found for name, found in own.versions.items() if name not in shared}
    gone = {one.seq for found in versions.values() for one in found}
    left = tuple(one for one in own.entries if one.n in naming and not gone.isdisjoint(one.members))
    return Plan(
        tenant, own.asked, next((one.serial for one in own.entries if one.serial), ""), left, versions,
        tuple(sorted(shared)), tuple(store.messages_of(tenant, gone)), upto,
    )  # fmt: skip


def _living(store: Store, tenant: str, numbers: Collection[int]) -> set[int]:
    """Return those of the entries that were not purged."""
    found = [one for n in sorted(numbers) if (one := store.ledger.entry(tenant, n)) is not None]
    purged = {one.back for one in found if one.event == PURGED}
    return {one.n for one in found if one.event != PURGED and one.n not in purged}
