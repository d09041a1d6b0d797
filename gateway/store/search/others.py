"""What a search asks of other resources: chains, ``_has`` and ``_list`` (R4 §3.1.1.4.4, §3.1.1.4.5)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from gateway.canonical.json import glance
from gateway.store import supervised_business
from gateway.store.index import unversioned
from gateway.store.model import Version
from gateway.store.search import canonical, visible
from gateway.store.search.far import Far, Names
from gateway.store.search.filters import Chain, Filter, Has, Ids, Json, Listed, Values
from gateway.store.search.joined import Join
from gateway.store.search.reference import Target
from gateway.store.search.uri import Uri
from gateway.store.types import NUMBER

if TYPE_CHECKING:
    from gateway.store.search.sight import Sight

MAX_NAMED = 1000
"""Resources that one canonical URL names."""
_CACHE = 2000


class Others:
    """Answers for one search, on its snapshot."""

    def __init__(self, sight: Sight) -> None:
        """Take the search, which is asked for what it sees."""
        self._sight = sight
        self._far = Far(sight)
        self._fetched: dict[tuple[str, str], Json | None] = {}
        self._named: dict[tuple[str, str], list[Version]] = {}
        self._lists: dict[str, frozenset[str]] = {}

    def fetch(self, type_: str, id_: str) -> Json | None:
        """Return a resource as the search sees it, or None."""
        key = (type_, id_)
        if key not in self._fetched:
            if len(self._fetched) >= _CACHE:
                self._fetched.clear()
            sight = self._sight
            found = visible.resources(sight.connection, sight.tenant, [key], sight.snapshot)
            self._fetched[key] = glance(found[0].body) if found and sight.sees(found[0]) else None
        return self._fetched[key]

    def supervised(self, type_: str, id_: str) -> bool:
        """Tell whether a resource belongs to the supervised business."""
        return supervised_business.has(self._sight.connection, self._sight.tenant, type_, id_)

    def leads(self, chain: Chain, kind: str, reference: str) -> bool:
        """Tell whether a reference or canonical leads to a resource that fulfils the chain's filter on it."""
        of, _, id_ = unversioned(reference).partition("/")
        for type_, inner in chain.links:
            if type_ == of and self._fulfils(chain, type_, id_, inner):
                return True
            if kind in canonical.KINDS and any(
                inner.holds(glance(each.body), self) for each in self.named(type_, reference)
            ):
                return True
        return False

    def _fulfils(self, chain: Chain, type_: str, id_: str, inner: Filter) -> bool:
        all_ = self._far.all_ids(chain, type_, inner)
        if all_ is not None:
            return id_ in all_
        found = self.fetch(type_, id_)
        return found is not None and inner.holds(found, self)

    def refers(self, has: Has, resource: Json) -> bool:
        """Tell whether what ``has`` asks for refers to a resource."""
        type_, id_ = str(resource.get("resourceType")), str(resource.get("id"))
        if not canonical.by_url(has.parameter):
            known = self._far.all_referred(has, type_)
            if known is not None:
                joined = known.among(self._sight.connection, (id_,)) if isinstance(known, Join) else ()
                return bool(joined) or (isinstance(known, Names) and f"{type_}/{id_}" in known.literals)
        return bool(self._sight.some(has.type, [has.to(resource), has.inner], 1))

    def named(self, type_: str, reference: str) -> list[Version]:
        """Return the resources of a type that a canonical names, as the search sees them."""
        key = (type_, reference)
        parameter = canonical.url_of(type_)
        if parameter is None:
            return []
        if key not in self._named:
            if len(self._named) >= _CACHE:
                self._named.clear()
            by_url = Values(parameter, (Uri(canonical.split(reference)[0], ""),))
            found = self._sight.some(type_, [by_url], MAX_NAMED)
            self._named[key] = [each for each in found if reference in canonical.names(glance(each.body))]
        return self._named[key]

    def canonicals(self, resources: tuple[tuple[str, str], ...]) -> frozenset[str]:
        """Return the canonicals that name the resources (type, id), those that are there."""
        sight = self._sight
        found = visible.resources(sight.connection, sight.tenant, resources, sight.snapshot)
        seen = (glance(each.body) for each in found if sight.sees(each))
        return frozenset(name for each in seen for name in canonical.names(each))

    def listed(self, list_: str) -> frozenset[str]:
        """Return the references of a List's items, those marked deleted left out (R4 List.entry)."""
        if list_ not in self._lists:
            found = self.fetch("List", list_) or {}
            entries = found.get("entry")
            items = [each for each in entries if isinstance(each, dict)] if isinstance(entries, list) else []
            self._lists[list_] = frozenset(
                unversioned(str(each["item"].get("reference", "")))
                for each in items
                if isinstance(each.get("item"), dict) and each.get("deleted") is not True
            )
        return self._lists[list_]

    def items(self, each: Listed, type_: str) -> Ids:
        """Return ``_list`` as the ids of the Lists' items of a type."""
        names = (name.partition("/") for list_ in each.lists for name in self.listed(list_))
        return Ids(frozenset(id_ for of, _, id_ in names if of == type_))

    def nearer(self, each: Chain | Has, type_: str, among: Callable[[int], int]) -> Filter | Join | None:
        """Return what means the same of the type itself; None: the far end has too many matches.

        Args:
            among: counts the resources of the type that may be matches, as far as it is told.
        """
        return self._chain(each) if isinstance(each, Chain) else self._has(each, type_, among)

    def _chain(self, each: Chain) -> Filter | None:
        found = self._far.ends(each)
        if found is None:
            return None
        return Values(each.parameter, (Target(found.literals, found.canonicals),))

    def _has(self, each: Has, type_: str, among: Callable[[int], int]) -> Filter | Join | None:
        found = self._far.referred(each, type_, among)
        return Ids(self._ids(found, type_)) if isinstance(found, Names) else found

    def _ids(self, names: Names, type_: str) -> frozenset[str]:
        """Return the ids of the resources of a type that are among the names."""
        found = {id_ for of, _, id_ in (name.partition("/") for name in names.literals) if of == type_}
        for each in names.canonicals if canonical.url_of(type_) else ():
            found.update(version.id for version in self.named(type_, each))
        return frozenset(found)


def typed(reference: str) -> tuple[str, str, str]:
    """Return (type, id, versionId) of a literal reference; ``("", "", "")`` for any other."""
    parts = reference.split("/")
    if len(parts) not in (2, 4) or parts[0] not in NUMBER or (len(parts) == 4 and parts[2] != "_history"):
        return "", "", ""
    return parts[0], parts[1], parts[3] if len(parts) == 4 else ""
