"""Runs a search: pages of one snapshot, newest first or sorted (R4 §3.1.1).

A version is visible in a snapshot if it was committed by then and not superseded by then, so pages
neither repeat nor skip while writers write.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from gateway.errors import Rejected
from gateway.store import cursor, light, tally
from gateway.store.clock import last_seq, moment, tenant_number
from gateway.store.cursor import Cursor, Place, Placed
from gateway.store.model import Page
from gateway.store.search import (
    compartment,
    everything,
    include,
    lastn,
    order,
    query,
    scan,
    system,
)
from gateway.store.search.lately import MOST_FAR, Lately
from gateway.store.search.parse import Reader
from gateway.store.search.plan import Plan
from gateway.store.search.query import Query
from gateway.store.search.sight import Sight
from gateway.store.search.token import Terms
from gateway.store.session import Session
from gateway.store.types import NUMBER
from gateway.store.view import ALL, View

_ESTIMATE_SAMPLE = 5000
_FEW = 1000
"""So few candidates are counted unasked."""

Pairs = Sequence[tuple[str, str]]


class Search:
    """Searches one store; ``terms`` may be set once terminology is at hand."""

    def __init__(self, session: Session, zone: str, terms: Terms | None = None) -> None:
        self._session = session
        self._zone = zone
        self.terms = terms
        self._lately: Lately[array[int]] = Lately()
        self._far: Lately[Any] = Lately(MOST_FAR)

    def run(
        self, tenant: str, type_: str, pairs: Pairs, base: str, *, lenient: bool = False, view: View = ALL
    ) -> Page:
        """Return one page; see ``Store.search``."""
        if type_ and type_ not in NUMBER:
            raise Rejected("is no resource type of R4", code="not-supported", where=type_[:64])
        types = [type_] if type_ else system.types(pairs)
        asked = query.read(types, pairs, self._reader(base), lenient=lenient)
        return self._answer(tenant, type_, asked, view)

    def compartment(
        self,
        tenant: str,
        of: str,
        id_: str,
        type_: str,
        pairs: Pairs,
        base: str,
        *,
        lenient: bool = False,
        view: View = ALL,
    ) -> Page:
        """Return one page; see ``Store.compartment``."""
        types = compartment.types(of, type_, pairs)
        asked = query.read(types, pairs, self._reader(base), lenient=lenient)
        for member in types:
            asked.filters[member].append(compartment.belongs(of, id_, member))
        return self._answer(tenant, f"{of}/{id_}/{type_}", asked, view)

    def everything(
        self, tenant: str, type_: str, id_: str, pairs: Pairs, base: str, view: View = ALL
    ) -> Page:
        """Return one page; see ``Store.everything``."""
        asked = everything.read(type_, id_, pairs, self._reader(base))
        scope = f"{type_}/{id_}/$everything"
        place, search = self._place(tenant, scope, asked)
        with self._session.snapshot() as connection:
            number = tenant_number(connection, tenant)
            if number is None:
                raise Rejected("there is no such resource", code="not-found", where=type_)
            held = system.held(connection, tenant)
            asked = system.present(asked, held)
            place = place or Cursor(last_seq(connection, tenant) or 0)
            sight = Sight(connection, number, place.snapshot, view=view)
            members = everything.page(sight, asked, f"{type_}/{id_}", held, place.place)
            found = light.page(members, asked.count)
            return self._page(asked, found, place, search)

    def lastn(self, tenant: str, pairs: Pairs, base: str, view: View = ALL) -> Page:
        """Return one page; see ``Store.lastn``."""
        most, rest = lastn.most(pairs)
        asked = query.read(["Observation"], rest, self._reader(base))
        with self._session.snapshot() as connection:
            number = tenant_number(connection, tenant)
            if number is None:
                return Page([], total=0, used=list(pairs))
            sight = Sight(connection, number, last_seq(connection, tenant) or 0, view=view, lately=self._far)
            found = lastn.newest(sight, sight.plan(asked.filters), most, self._zone)
            included = include.follow(sight, found, asked.includes)
            return Page(found, included=included, total=len(found), used=list(pairs))

    def _reader(self, base: str) -> Reader:
        return Reader(self._zone, base, self.terms)

    def _answer(self, tenant: str, scope: str, asked: Query, view: View) -> Page:
        place, search = self._place(tenant, scope, asked)
        with self._session.snapshot() as connection:
            number = tenant_number(connection, tenant)
            if number is None:
                return Page([], total=0, warnings=asked.warnings, used=asked.used)
            if len(asked.types) > 1:
                asked = system.present(asked, system.held(connection, tenant))
            place = place or Cursor(last_seq(connection, tenant) or 0)
            sight = Sight(connection, number, place.snapshot, view=view, lately=self._far)
            plans = sight.plan(asked.filters)
            matches = self._found(sight, asked, plans, place.place, search) if asked.count else ()
            found = light.page(matches, asked.count)
            total = self._total(sight, tenant, asked, plans, place, found)
            page = self._page(asked, found, replace(place, total=-1 if total is None else total), search)
            page.included = include.follow(sight, page.matches, asked.includes)
            page.ts_us = moment(connection, place.snapshot)
            return page

    def _place(self, tenant: str, scope: str, asked: Query) -> tuple[Cursor | None, bytes]:
        """Return where the search goes on, None at its beginning, and what its cursors are sealed for."""
        search = cursor.fingerprint(tenant, scope, asked.used)
        if asked.cursor is None:
            return None, search
        return cursor.unseal(asked.cursor, search, self._session.secret), search

    def _page(self, asked: Query, found: list[Placed], place: Cursor, search: bytes) -> Page:
        """Return the page of matches with their places; one more than it shows tells of a next page."""
        shown = found[: _shown(asked, found)]
        page = Page([version for version, _ in shown], more=0 < len(shown) < len(found))
        page.total = None if place.total < 0 else place.total
        page.warnings, page.used = asked.warnings, asked.used
        if page.more:
            page.cursor = cursor.seal(replace(place, place=shown[-1][1]), search, self._session.secret)
        return page

    def _found(
        self, sight: Sight, asked: Query, plans: dict[str, Plan], place: Place, search: bytes
    ) -> Iterator[Placed]:
        wanted = asked.count + 1
        if order.is_native(asked.orders):
            ascending = bool(asked.orders) and not asked.orders[0].descending
            position = int(place[0]) if place else sight.end(ascending=ascending)
            matches = sight.matches(plans, position, wanted, ascending=ascending)
            return ((version, (version.seq,)) for version in matches)
        if (len(place) > 1 and place[0] == scan.MARK) or (not place and scan.fits(plans, asked.orders)):
            ((type_, plan),) = plans.items()
            return scan.Scan(sight, type_, plan, asked.orders[0]).page(place[1:], wanted)
        by = tuple((each.name, each.descending) for each in asked.orders)
        same = (search, by, sight.snapshot, asked.base, tuple(sight.view.items()))
        seqs = self._lately.get(same, lambda: order.in_order(sight, plans, asked.orders, self._zone))
        versions = order.page(sight, seqs, place, wanted)
        return ((version, (version.seq,)) for version in versions)

    def _total(
        self,
        sight: Sight,
        tenant: str,
        asked: Query,
        plans: dict[str, Plan],
        place: Cursor,
        found: Sequence[Placed],
    ) -> int | None:
        """Return the total where it was asked for, or costs little: a page shows all, few candidates."""
        if place.total >= 0 or asked.total == "none":
            return None if asked.total == "none" else place.total
        if not place.place and asked.count and len(found) == _shown(asked, found):
            return len(found)
        if not asked.filtered and place.snapshot == last_seq(sight.connection, tenant):
            resources = tally.counts(sight.connection, tenant).resources
            known = sum(resources.get(type_, 0) for type_ in asked.types if type_ not in sight.view)
            return known + sight.count({type_: plans[type_] for type_ in asked.types if type_ in sight.view})
        if not asked.total:
            with suppress(Rejected):  # what nobody asked for is no reason to fail
                return None if place.place else sight.count_few(plans, _FEW)
            return None
        return sight.count(plans, _ESTIMATE_SAMPLE if asked.total == "estimate" else None)


def _shown(asked: Query, found: Sequence[Placed]) -> int:
    """Return how many of the matches the page shows, by their number and their size."""
    fitting = light.fitting(len(version.body) for version, _ in found)
    return min(asked.count, len(found), fitting)
