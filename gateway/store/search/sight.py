"""One search's view of the store: the matches of one snapshot in commit order, tested where they must be."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from heapq import merge
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection

from gateway.canonical.json import glance
from gateway.store.index import parameters
from gateway.store.model import Version
from gateway.store.search import visible
from gateway.store.search.budget import Budget, too_costly
from gateway.store.search.driver import Driver, scan_of
from gateway.store.search.filters import Business, Filter, Ids, Tagged, Values
from gateway.store.search.lately import Lately
from gateway.store.search.others import Others
from gateway.store.search.plan import Plan
from gateway.store.search.planner import Planner
from gateway.store.search.token import Token
from gateway.store.tables import TENANT_SHIFT
from gateway.store.view import ALL, Supervised, View

Held = TypeVar("Held")

_CHUNK = 256
_MAX_CHUNK = 4096
_READ = 128
"""Resources that are read at once."""
_PATIENCE, _PATIENCE_TESTED = 8192, 1024
"""Candidates, told by postings alone or tested, after which another driver is looked for."""
_READ_INSTEAD, _READ_INSTEAD_TESTED = 4, 20
"""Postings of another driver that are read in the time which one candidate takes."""


class Sight:
    """What one search sees.

    Attributes:
        connection: inside one transaction, or the writer's.
        tenant: the tenant's number.
        snapshot: newest sequence number that the search sees.
        budget: what the search may still do.
        view: what its caller may know of.
        others: answers about other resources.
        lately: keeps what pages share; None: the snapshot is not one that stays.
    """

    def __init__(
        self,
        connection: Connection,
        tenant: int,
        snapshot: int,
        budget: Budget | None = None,
        view: View = ALL,
        lately: Lately[Any] | None = None,
    ) -> None:
        self.connection = connection
        self.tenant = tenant
        self.snapshot = snapshot
        self.budget = budget or Budget()
        self.view = view
        self.others = Others(self)
        self._lately = lately
        self._kept = tenant, snapshot, tuple(self.view.items())

    def keep(self, key: tuple[str, ...], work: Callable[[], Held]) -> Held:
        """Return what ``work`` finds in the snapshot, or found when a page before this one needed it.

        What is inside the transaction of a writer is not kept.
        """
        if self._lately is None:
            return work()
        found: Held = self._lately.get((*self._kept, *key), work)
        return found

    def plan(self, filters: Mapping[str, Sequence[Filter]]) -> dict[str, Plan]:
        """Return type → its plan, for what the caller may know of."""
        return {type_: self._planned(type_, each) for type_, each in filters.items()}

    def sees(self, version: Version) -> bool:
        """Tell whether the caller may know of a version that no plan has found."""
        limits = self._limits(version.type)
        return not limits or all(each.holds(glance(version.body), self.others) for each in limits)

    def some(self, type_: str, filters: Sequence[Filter], limit: int) -> list[Version]:
        """Return the newest matches of one type, at most ``limit``."""
        plans = self.plan({type_: filters})
        return list(islice(self.matches(plans, self.end(), limit), limit))

    def fetch(self, seqs: Sequence[int]) -> list[Version]:
        """Return those of the versions that the snapshot sees, in the order of ``seqs``."""
        return visible.fetch(self.connection, seqs, self.snapshot)

    def resources(self, keys: Sequence[tuple[str, str]]) -> Iterator[Version]:
        """Yield the resources (type, id) as the snapshot sees them, deleted ones left out, some at a time."""
        for at in range(0, len(keys), _READ):
            found = visible.resources(self.connection, self.tenant, keys[at : at + _READ], self.snapshot)
            self.budget.spend(len(found))
            yield from found

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
        tested = any(plan.tests for plan in plans.values())
        size = _READ if tested else max(1, min(wanted, _READ))
        while slice_ := list(islice(seqs, size)):
            versions = visible.fetch(self.connection, slice_, self.snapshot)
            self.budget.spend(0, len(versions) if tested else 0)
            yield from (each for each in versions if self.fulfils(plans[each.type], each))

    def fulfils(self, plan: Plan, version: Version) -> bool:
        """Tell whether a version passes what must be tested on the resource itself."""
        if not plan.tests:
            return True
        resource = glance(version.body)
        return all(test.holds(resource, self.others) for test in plan.tests)

    def candidates(
        self, type_: str, plan: Plan, position: int, size: int, *, ascending: bool = False
    ) -> Iterator[int]:
        """Yield the sequence numbers that postings cannot rule out, in growing chunks."""
        lowest, highest = plan.bounds
        position = max(position, lowest - 1) if ascending else min(position, highest + 1)
        scan, driver, seen = scan_of(self.tenant, type_), plan.driver, 0
        patience = _PATIENCE_TESTED if plan.tests else _PATIENCE
        while not plan.empty and (
            position <= min(highest, self.snapshot) if ascending else position > lowest
        ):
            chunk = driver.chunk(self.connection, scan, position, size, ascending=ascending)
            self.budget.spend(len(chunk))
            yield from plan.passing(self.connection, chunk, driver)
            if len(chunk) < size:
                return
            position, size, seen = chunk[-1], min(size * 2, _MAX_CHUNK), seen + len(chunk)
            if plan.aside and seen >= patience:
                driver, patience = self._turn(plan, seen), seen * 2

    def count(self, plans: Mapping[str, Plan], sample: int | None = None) -> int:
        """Count the matches; with ``sample``, extrapolate from so many candidates (``_total=estimate``)."""
        return sum(self._count(type_, plan, sample) for type_, plan in plans.items())

    def count_few(self, plans: Mapping[str, Plan], most: int) -> int | None:
        """Count the matches among at most ``most`` candidates; None where there are more."""
        matched = 0
        for type_, plan in plans.items():
            if plan.empty:
                continue
            if plan.driver.sources and plan.driver.size > most:
                return None
            scan = scan_of(self.tenant, type_)
            chunk = plan.driver.chunk(self.connection, scan, self.end(), most + 1, ascending=False)
            if len(chunk) > most:
                return None
            most -= len(chunk)
            passing = plan.passing(self.connection, chunk, plan.driver)
            if not plan.tests:
                matched += visible.count(self.connection, passing, self.snapshot)
                continue
            for at in range(0, len(passing), _READ):
                versions = self.fetch(passing[at : at + _READ])
                self.budget.spend(0, len(versions))
                matched += sum(self.fulfils(plan, each) for each in versions)
        return matched

    def _turn(self, plan: Plan, seen: int) -> Driver:
        """Return what drives a search from now on: less than has been seen, where there is such."""
        ratio = _READ_INSTEAD_TESTED if plan.tests else _READ_INSTEAD
        driver = plan.turn(self.connection, seen * ratio)
        self.budget.spend(len(driver.known or ()))
        return driver

    def _planned(self, type_: str, filters: Sequence[Filter]) -> Plan:
        planner = Planner(self.connection, self.tenant, type_, self.snapshot, self.budget, self.others)
        plan = planner.run([*filters, *self._limits(type_)])
        if self.budget.indexed and (plan.tests or plan.joins) and not plan.empty and not plan.driver.narrow:
            raise too_costly("must look at each resource of the type")
        return plan

    def _limits(self, type_: str) -> list[Filter]:
        """Return what a resource of a type must fulfil so that the caller may know of it."""
        if type_ not in self.view:
            return []
        tag = self.view[type_]
        if tag is None:
            return [Ids(frozenset())]
        if isinstance(tag, Supervised):
            return [Business()]
        parameter = parameters(type_)["_tag"]
        token = Token(parameter, tag.system, tag.code.casefold())  # has postings
        return [Values(parameter, (token,)), Tagged(tag)]

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
