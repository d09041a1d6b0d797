"""Look: finds the events in new versions, in commit order, and gives them their numbers.

A tenant's versions are read from where the last look ended. Where nothing was found, only the memory moves
on: a look that is done again after a restart finds nothing again. What is found is written with the place.
"""

from __future__ import annotations

import logging

from gateway.feed.subscription.bounds import Bounds
from gateway.feed.subscription.roll import Entry, Roll
from gateway.feed.subscription.watch import Move
from gateway.store.subscriptions import Look, Step, Subscriptions
from gateway.store.tables import TENANT_SHIFT

_LOG = logging.getLogger("qiao.subscriptions")

CHUNK = 500
"""Versions that are looked at before what was found is written."""

FORGET = 100_000
"""Versions after which the place is written although nothing was found: a restart looks at few again."""


class Looker:
    """Looks through the versions of one store; belongs to one thread."""

    def __init__(self, tables: Subscriptions, roll: Roll, bounds: Bounds | None = None) -> None:
        self._tables = tables
        self._roll = roll
        self._bounds = bounds
        self._places: dict[int, int] = {}
        self._recorded: dict[int, int] = {}

    def look(self) -> None:
        """Look at everything that is committed."""
        for _, tenant, newest in self._tables.clocks():
            while self._place(tenant) < newest:
                self._step(tenant, newest)

    def rest(self) -> None:
        """Write down how far everything was looked at."""
        for tenant, place in self._places.items():
            if place > self._recorded[tenant]:
                self._record(Look(tenant, self._recorded[tenant], place, {}, [], [], []), [])

    def load(self) -> None:
        """Go on from what is written.

        The places are read first: what is newer than they are is met again, and then the place in the store
        says that somebody else was there.
        """
        tenants = [tenant for _, tenant, _ in self._tables.clocks()]
        self._recorded = {tenant: self._tables.looked(tenant) for tenant in tenants}
        self._places = dict(self._recorded)
        self._roll.load()

    def _place(self, tenant: int) -> int:
        if tenant not in self._places:  # it has begun to write since
            self._places[tenant] = self._recorded[tenant] = tenant << TENANT_SHIFT
        return self._places[tenant]

    def _step(self, tenant: int, newest: int) -> None:
        """Look at some versions; one of a Subscription ends the step: it changes what is looked for."""
        place = self._places[tenant]
        stop = self._tables.definition_after(place, newest)
        look = Look(tenant, self._recorded[tenant], newest if stop is None else stop, {}, [], [], [])
        made: list[Entry] = []
        live = self._roll.live(tenant)
        types = {type_ for entry in live if entry.watch for type_ in entry.watch.types}
        last = look.upto if stop is None else stop - 1
        steps = self._tables.steps(types, place, last, CHUNK) if types and last > place else []
        if len(steps) == CHUNK:
            look.upto = steps[-1].version.seq
        self._find(steps, live, look)
        if stop is not None and look.upto == stop:
            entry = self._roll.meet(self._tables.versions([stop])[stop], look)
            made = [entry] if entry else []
        self._places[tenant] = look.upto
        if not look.empty or look.upto - look.before > FORGET:
            self._record(look, made)

    def _find(self, steps: list[Step], live: list[Entry], look: Look) -> None:
        before = self._tables.versions(step.previous for step in steps if step.previous is not None)
        seen = self._bounds.seen(steps, live) if self._bounds else None
        for step in steps:
            move = Move(step, lambda at=step.previous: before.get(at))  # type: ignore[misc]
            for entry in live:
                if seen is not None and not seen(entry, step):
                    continue
                if entry.watch is not None and step.version.type in entry.watch.types and _tells(entry, move):
                    look.events.setdefault(entry.standing.n, []).append(step.version.seq)

    def _record(self, look: Look, made: list[Entry]) -> None:
        numbers = self._tables.record(look)
        if numbers is None:  # somebody else was quicker: all that is remembered may be old
            self.load()
            return
        self._recorded[look.tenant] = look.upto
        self._roll.committed(look, made)
        for n, number in numbers.items():
            entry = self._roll.get(n)
            if entry is not None:
                entry.standing.number = number


def _tells(entry: Entry, move: Move) -> bool:
    """Tell whether a change is an event; where a test fails it is none: it might be another one's patient."""
    assert entry.watch is not None
    try:
        return entry.watch.tells(move)
    except Exception as error:  # noqa: BLE001 -- one resource must not stop the look at all others
        _LOG.error("Subscription/%s: a criteria failed (%s)", entry.standing.id, type(error).__name__)
        return False
