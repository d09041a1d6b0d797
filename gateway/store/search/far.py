"""The far end of a chain or of ``_has`` as a whole: its matches, or what they refer to, read in one go.

Where that is more work than the candidates which a page is likely to need, those are tested one by one
first: what has been spent on them tells when the whole is worth reading.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from gateway.canonical.json import glance
from gateway.store.index import references, unversioned, values
from gateway.store.model import Version
from gateway.store.search import canonical, visible
from gateway.store.search.driver import scan_of
from gateway.store.search.filters import Chain, Filter, Has
from gateway.store.search.joined import Join
from gateway.store.search.plan import Plan

if TYPE_CHECKING:
    from gateway.store.search.sight import Sight

MAX_FAR = 2000
"""Matches whose references are read before any candidate is looked at."""
MAX_READ = 20_000
"""The same, where what they may refer to is ``SPARSE`` times as much."""
MAX_JOINED = 50_000
"""Matches that are held before any candidate is looked at, to be found by the references to each."""
MAX_HELD = 200_000
"""Matches that are held once as much has been spent on candidates."""
PATIENCE = 50
"""Candidates that are tested one by one in any case."""
SPARSE = 3

_CHUNK = 4096
_READ = 256
_FOLLOWED, _FOLLOWED_TESTED, _ASKED, _ASKED_TESTED = 40, 5, 100, 20
"""Matches that are read in the time in which one candidate is tested."""


@dataclass(slots=True, frozen=True)
class Names:
    """What matches refer to: ``Type/id`` without a version, and canonicals."""

    literals: frozenset[str]
    canonicals: frozenset[str]

    def __len__(self) -> int:
        return len(self.literals) + len(self.canonicals)


class Far:
    """Reads far ends, for one search on its snapshot."""

    def __init__(self, sight: Sight) -> None:
        self._sight = sight
        self._tested: dict[tuple[str, str], int] = {}
        self._worth: dict[tuple[str, str], float] = {}
        self._plans: dict[int, tuple[Filter, Plan]] = {}
        self._all: dict[tuple[str, str], Names | Join] = {}
        self._all_ids: dict[tuple[str, str], frozenset[str]] = {}

    def ends(self, chain: Chain) -> Names | None:
        """Return what a chain may lead to, before any candidate is looked at; None: too many."""
        return self._sight.keep(("ends", chain.parameter.base, chain.asked), lambda: self._ends(chain))

    def referred(self, has: Has, near: str, among: Callable[[int], int]) -> Names | Join | None:
        """Return what the matches of ``_has`` refer to, before any candidate is looked at; None: too many.

        Args:
            near: the type of what is referred to.
            among: counts what may be referred to, as far as it is told.
        """
        found = self._sight.keep(("found", has.asked), lambda: self._found(has))
        if isinstance(found, Names | None):
            return found
        if len(found) > MAX_READ or among(len(found) * SPARSE) <= len(found) * SPARSE:
            return self._join(has, near, found)
        return self._sight.keep(("read", has.asked), lambda: self._read(has, sorted(found)))

    def all_referred(self, has: Has, near: str) -> Names | Join | None:
        """Return it once testing candidates has cost as much; None: not yet, or never."""
        key = (near, has.asked)
        if key not in self._all:
            if not self._is_worth(key, has.type, has.inner, _ASKED, _ASKED_TESTED):
                return None
            found = self._sight.keep(("all", has.asked), lambda: self._all_referred(has))
            self._all[key] = found if isinstance(found, Names) else self._join(has, near, found)
        return self._all[key]

    def all_ids(self, chain: Chain, type_: str, inner: Filter) -> frozenset[str] | None:
        """Return the ids of all that a chain may lead to in one type, once that is worth while; else None."""
        key = (type_, chain.asked)
        if key not in self._all_ids:
            if not self._is_worth(key, type_, inner, _FOLLOWED, _FOLLOWED_TESTED):
                return None
            self._all_ids[key] = self._sight.keep(("ids", *key), lambda: self._ids(type_, inner))
        return self._all_ids[key]

    def _ends(self, chain: Chain) -> Names | None:
        sight, by_url = self._sight, canonical.by_url(chain.parameter)
        literals, canonicals = set[str](), set[str]()
        for type_, inner in chain.links:
            if len(chain.links) > 1 and not visible.held(
                sight.connection, sight.tenant, type_, sight.snapshot
            ):
                continue
            plan, most = self._plan(type_, inner), MAX_FAR + 1 - len(literals)
            if plan.tests or by_url:
                found = list(islice(self._matches(type_, plan), most))
                ids = [each.id for each in found]
                canonicals.update(name for one in found for name in canonical.names(glance(one.body)))
            else:
                seqs = list(islice(self._seqs(type_, plan), most))
                ids = list(visible.ids(sight.connection, seqs).values())
            literals.update(f"{type_}/{id_}" for id_ in ids)
            if len(literals) > MAX_FAR:
                return None
        return Names(frozenset(literals), frozenset(canonicals) if by_url else frozenset())

    def _found(self, has: Has) -> Names | frozenset[int] | None:
        plan, sight = self._plan(has.type, has.inner), self._sight
        most = MAX_FAR
        if self._joins(has, plan) and not sight.budget.indexed:
            counted = plan.driver.count(sight.connection, scan_of(sight.tenant, has.type), MAX_JOINED)
            most = MAX_FAR if counted > MAX_JOINED else MAX_JOINED
        if plan.tests:
            versions = list(islice(self._matches(has.type, plan), MAX_FAR + 1))
            return self._named(has, versions) if len(versions) <= MAX_FAR else None
        seqs = list(islice(self._seqs(has.type, plan), most + 1))
        if len(seqs) <= MAX_FAR:
            return self._read(has, seqs)
        return frozenset(seqs) if len(seqs) <= most else None

    def _all_referred(self, has: Has) -> Names | frozenset[int]:
        plan = self._plan(has.type, has.inner)
        if self._joins(has, plan):
            return frozenset(self._seqs(has.type, plan))
        return self._named(has, self._matches(has.type, plan))

    def _ids(self, type_: str, inner: Filter) -> frozenset[str]:
        plan = self._plan(type_, inner)
        if plan.tests:
            return frozenset(each.id for each in self._matches(type_, plan))
        seqs, found = self._seqs(type_, plan), set[str]()
        while chunk := list(islice(seqs, _CHUNK)):
            found.update(visible.ids(self._sight.connection, chunk).values())
        return frozenset(found)

    def _is_worth(
        self, key: tuple[str, str], type_: str, inner: Filter, by_postings: int, by_bodies: int
    ) -> bool:
        """Count a candidate; tell whether reading the whole costs no more than what was tested so far."""
        tested = self._tested[key] = self._tested.get(key, 0) + 1
        if tested <= PATIENCE:
            return False
        if key not in self._worth:
            plan, sight = self._plan(type_, inner), self._sight
            counted = plan.driver.count(sight.connection, scan_of(sight.tenant, type_), MAX_HELD)
            ratio = by_bodies if plan.tests else by_postings
            self._worth[key] = counted / ratio if counted <= MAX_HELD else float("inf")
        return tested >= self._worth[key]

    def _plan(self, type_: str, inner: Filter) -> Plan:
        if id(inner) not in self._plans:
            self._plans[id(inner)] = inner, self._sight.plan({type_: [inner]})[type_]
        return self._plans[id(inner)][1]

    def _joins(self, has: Has, plan: Plan) -> bool:
        """Tell whether postings alone say what the matches refer to."""
        parameter = has.parameter
        by_postings = parameter.exact and bool(parameter.postings) and not canonical.by_url(parameter)
        return by_postings and not plan.tests

    def _join(self, has: Has, near: str, seqs: frozenset[int]) -> Join:
        sight = self._sight
        span = min(seqs, default=0), max(seqs, default=0)
        return Join(sight.tenant, near, has.type, has.parameter, seqs, span, sight.budget.spend)

    def _seqs(self, type_: str, plan: Plan) -> Iterator[int]:
        """Yield the matches that postings tell, newest first."""
        sight = self._sight
        seqs = sight.candidates(type_, plan, sight.end(), _CHUNK)
        while chunk := list(islice(seqs, _CHUNK)):
            yield from visible.seen(sight.connection, chunk, sight.snapshot)

    def _matches(self, type_: str, plan: Plan) -> Iterator[Version]:
        return self._sight.matches({type_: plan}, self._sight.end(), _CHUNK)

    def _read(self, has: Has, seqs: Sequence[int]) -> Names:
        return self._named(has, self._versions(seqs))

    def _named(self, has: Has, versions: Iterable[Version]) -> Names:
        """Return what versions refer to."""
        literals, canonicals = set[str](), set[str]()
        for version in versions:
            for kind, value in values(has.parameter, glance(version.body)):
                found = references(kind, value)
                literals.update(map(unversioned, found))
                canonicals.update(found if kind in canonical.KINDS else ())
        return Names(frozenset(literals), frozenset(canonicals))

    def _versions(self, seqs: Sequence[int]) -> Iterator[Version]:
        for at in range(0, len(seqs), _READ):
            chunk = seqs[at : at + _READ]
            self._sight.budget.spend(0, len(chunk))
            yield from self._sight.fetch(chunk)
