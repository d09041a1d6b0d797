"""Extract: the stretch of a ledger that a measure is computed from, up to a named head."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from gateway.canonical import Resource
from gateway.canonical.json import loads
from gateway.feed.calendar import begin_us
from gateway.feed.measure.periods import Period
from gateway.store import Entered, Store
from gateway.store.ledger.proof import Head

_AT_ONCE = 500


@dataclass(slots=True)
class Extract:
    """One tenant's ledger up to a head, and what of it lies in a period.

    Attributes:
        head: entries after it do not exist.
        entries: of the period, in order.
        begin_us, end_us: first moment of the period, and first moment after it.
    """

    store: Store
    tenant: str
    period: Period
    head: Head
    begin_us: int
    end_us: int
    entries: list[Entered]
    _others: dict[int, Entered | None] = field(default_factory=dict)

    def of(self, kind: str, event: str = "") -> Iterator[Entered]:
        """Yield the entries of a kind, of some events (``"a,b"``) where they are named."""
        events = event.split(",") if event else ()
        for one in self.entries:
            if one.kind == kind and (not events or one.event in events):
                yield one

    def bodies(self, entries: list[Entered]) -> Iterator[tuple[Entered, Resource]]:
        """Yield entries with the resource that each is about, as it was; not those that were purged."""
        for at in range(0, len(entries), _AT_ONCE):
            some = entries[at : at + _AT_ONCE]
            for entry, versions in zip(some, self.store.ledger.members_of(some), strict=True):
                about = next((one for one in versions if (one.type, one.id) == (entry.type, entry.id)), None)
                if about is not None and about.body:
                    yield entry, loads(about.body)

    def before(self, entry: Entered) -> Entered | None:
        """Return the entry that one goes back to, None for none."""
        if not entry.back:
            return None
        if entry.back not in self._others:
            self._others[entry.back] = self.store.ledger.entry(self.tenant, entry.back)
        return self._others[entry.back]

    def whole(self, *kinds: str) -> list[Entered]:
        """Return all entries of some kinds from the first one to the head, whatever the period."""
        return self.store.reconciliation.of_kinds(self.tenant, kinds, self.head.size)


def extract(store: Store, tenant: str, period: Period, size: int | None = None) -> Extract:
    """Return what a period's figures are computed from.

    Args:
        size: of the ledger, see ``Ledger.head``; None: as it is now.

    Raises:
        Rejected: it has not so many entries.
    """
    head = store.ledger.head(tenant, size)
    begin = begin_us(period.first.isoformat(), store.zone)
    end = begin_us(period.last.isoformat(), store.zone) + 86_400_000_000
    after = store.reconciliation.last_before(tenant, begin)
    upto = min(head.size, store.reconciliation.last_before(tenant, end))
    entries = list(store.reconciliation.entries(tenant, after, upto))
    return Extract(store, tenant, period, head, begin, end, entries)
