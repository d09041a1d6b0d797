"""One search's view of the store: the matches of one snapshot in commit order, tested where they must be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from heapq import merge
from itertools import islice

import orjson
from sqlalchemy import Connection

from gateway.store.model import Version
from gateway.store.search import visible
from gateway.store.search.budget import Budget
from gateway.store.search.driver import scan_of
from gateway.store.search.filters import Filter
from gateway.store.search.others import Others
from gateway.store.search.plan import Plan
from gateway.store.search.planner import Planner
from gateway.store.tables import TENANT_SHIFT

_CHUNK = 256
_MAX_CHUNK = 4096
_READ = 128
"""Resources that are read at once."""


class Sight:
    """What one search sees.

    Attributes:
        connection: inside one transaction, or the writer's.
        tenant: the tenant's number.
        snapshot: newest sequence number that the search sees.
        budget: what the search may still do.
        others: answers about other resources.
    """

    def __init__(
        self, connection: Connection, tenant: int, snapshot: int, budget: Budget | None = None
    ) -> None:
        self.connection = connection
        self.tenant = tenant
        self.snapshot = snapshot
        self.budget = budget or Budget()
        self.others = Others(connection, tenant, snapshot, self.some)

    def plan(self, filters: Mapping[str, Sequence[Filter]]) -> dict[str, Plan]:
        """Return type → its plan."""
        return {
            type_: Planner(self.connection, self.tenant, type_, self.snapshot, self.budget, self.others).run(
                each
            )
            for type_, each in filters.items()
        }

    def some(self, type_: str, filters: Sequence[Filter], limit: int) -> list[Version]:
        """Return the newest matches of one type, at most ``limit``."""
        plans = self.plan({type_: filters})
        return list(islice(self.matches(plans, self.end(), limit), limit))

    def fetch(self, seqs: Sequence[int]) -> list[Version]:
        """Return those of the versions that the snapshot sees, in the order of ``seqs``."""
        return visible.fetch(self.connection, seqs, self.snapshot)

    def end(self, *, ascending: bool = False) -> int:
        """Return the position before the first match."""
        return self.tenant << TENANT_SHIFT if ascending else self.snapshot + 1

    def matches(
        self, plans: Mapping[str, Plan], position: int, wanted: int, *, ascending: bool = False
    ) -> Iterator[Version]:
        """Yield the matches beyond a position in commit order, newest first unless ``ascending``.

        Postings are tested first: each version is a page of its own to read, so only ``wanted`` ones are.
        """
        runs = [
            self.candidates(type_, plan, position, max(wanted, _CHUNK), ascending=ascending)
            for type_, plan in plans.items()
        ]
        seqs = iter(merge(*runs, reverse=not ascending)) if len(runs) > 1 else iter(runs[0] if runs else ())
        size = _READ if any(plan.tests for plan in plans.values()) else max(1, min(wanted, _READ))
        while slice_ := list(islice(seqs, size)):
            versions = visible.fetch(self.connection, slice_, self.snapshot)
            self.budget.spend(0, len(versions))
            yield from (each for each in versions if self.fulfils(plans[each.type], each))

    def fulfils(self, plan: Plan, version: Version) -> bool:
        """Tell whether a version passes what must be tested on the resource itself."""
        if not plan.tests:
            return True
        resource = orjson.loads(version.body)
        return all(test.holds(resource, self.others) for test in plan.tests)

    def candidates(
        self, type_: str, plan: Plan, position: int, size: int, *, ascending: bool = False
    ) -> Iterator[int]:
        """Yield the sequence numbers that postings cannot rule out, in growing chunks."""
        lowest, highest = plan.bounds
        position = max(position, lowest - 1) if ascending else min(position, highest + 1)
        scan = scan_of(self.tenant, type_)
        while not plan.empty and (
            position <= min(highest, self.snapshot) if ascending else position > lowest
        ):
            chunk = plan.driver.chunk(self.connection, scan, position, size, ascending=ascending)
            self.budget.spend(len(chunk))
            yield from plan.passing(self.connection, chunk)
            if len(chunk) < size:
                return
            position, size = chunk[-1], min(size * 2, _MAX_CHUNK)

    def count(self, plans: Mapping[str, Plan], sample: int | None = None) -> int:
        """Count the matches; with ``sample``, extrapolate from so many candidates (``_total=estimate``)."""
        return sum(self._count(type_, plan, sample) for type_, plan in plans.items())

    def _count(self, type_: str, plan: Plan, sample: int | None) -> int:
        seen = matched = 0
        seqs = self.candidates(type_, plan, self.end(), _CHUNK)
        while chunk := list(islice(seqs, _MAX_CHUNK)):
            if plan.tests:
                versions = visible.fetch(self.connection, chunk, self.snapshot)
                self.budget.spend(0, len(versions))
                matched += sum(self.fulfils(plan, each) for each in versions)
            else:
                matched += visible.count(self.connection, chunk, self.snapshot)
            seen += len(chunk)
            if sample is not None and seen >= sample:
                share = (self.snapshot - chunk[-1]) / (self.snapshot - (self.tenant << TENANT_SHIFT))
                return round(matched / share)
        return matched
