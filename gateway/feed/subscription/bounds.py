"""Bounds: a regulator is notified of the supervised business only (``store/supervised_business.py``)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gateway.feed.subscription.roll import Entry
from gateway.store.subscriptions import Step
from gateway.store.supervised_business import SupervisedBusiness

Seen = Callable[[Entry, Step], bool]
"""Tells whether the client of a Subscription may know of a version."""


class Bounds:
    """Tells what the clients of Subscriptions may know of.

    Args:
        limited: (client, number of the tenant) → whether it sees only the supervised business.
    """

    def __init__(self, supervision: SupervisedBusiness, limited: Callable[[str, int], bool]) -> None:
        self._supervision, self._limited = supervision, limited

    def seen(self, steps: Sequence[Step], live: Sequence[Entry]) -> Seen | None:
        """Return what decides on some versions of one tenant; None: everybody may know of them."""
        bound = {
            one.standing.n for one in live if one.owner and self._limited(one.owner, one.standing.tenant)
        }
        if not bound or not steps:
            return None
        mine = {one.seq for one in self._supervision.of([step.version for step in steps])}
        return lambda entry, step: entry.standing.n not in bound or step.version.seq in mine
