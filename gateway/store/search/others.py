"""What a search asks of other resources: chains, ``_has`` and ``_list`` (R4 §3.1.1.4.4, §3.1.1.4.5)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import Connection

from gateway.canonical.json import glance
from gateway.store.direct import execute
from gateway.store.index import Parameter, references, unversioned, values
from gateway.store.model import Version
from gateway.store.search import visible
from gateway.store.search.filters import Chain, Filter, Has, Ids, Json, Listed, Values
from gateway.store.search.reference import Target
from gateway.store.tables import TENANT_SHIFT
from gateway.store.types import NUMBER

MAX_FAR = 2000
"""Matches at the far end of a chain that are turned into references; with more, each candidate is tested."""
_CACHE = 2000

Some = Callable[[str, Sequence[Filter], int], list[Version]]


class Others:
    """Answers for one search, on its snapshot."""

    def __init__(
        self, connection: Connection, tenant: int, snapshot: int, some: Some, sees: Callable[[Version], bool]
    ) -> None:
        """Take what is asked of the search.

        Args:
            some: searches a type and returns the newest matches, at most so many.
            sees: tells whether its caller may know of a version.
        """
        self._connection = connection
        self._tenant = tenant
        self._snapshot = snapshot
        self._some = some
        self._sees = sees
        self._fetched: dict[tuple[str, str], Json | None] = {}
        self._lists: dict[str, frozenset[str]] = {}

    def fetch(self, type_: str, id_: str) -> Json | None:
        """Return a resource as the search sees it, or None."""
        key = (type_, id_)
        if key not in self._fetched:
            if len(self._fetched) >= _CACHE:
                self._fetched.clear()
            found = visible.resources(self._connection, self._tenant, [key], self._snapshot)
            self._fetched[key] = glance(found[0].body) if found and self._sees(found[0]) else None
        return self._fetched[key]

    def refers(self, type_: str, parameter: Parameter, target: str, inner: Filter) -> bool:
        """Tell whether a resource of a type that fulfils ``inner`` refers to ``target``."""
        to_it = Values(parameter, (Target(frozenset((target,))),))
        return bool(self._some(type_, [to_it, inner], 1))

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

    def nearer(self, each: Chain | Has, type_: str) -> Filter | None:
        """Return a filter on the type itself that means the same; None: the far end has too many matches."""
        return self._chain(each) if isinstance(each, Chain) else self._has(each, type_)

    def _chain(self, each: Chain) -> Filter | None:
        targets: set[str] = set()
        for type_, inner in each.links:
            if len(each.links) > 1 and not self._held(type_):
                continue
            found = self._some(type_, [inner], MAX_FAR + 1 - len(targets))
            targets.update(f"{type_}/{version.id}" for version in found)
            if len(targets) > MAX_FAR:
                return None
        return Values(each.parameter, (Target(frozenset(targets)),))

    def _held(self, type_: str) -> bool:
        """Tell whether there was ever a resource of a type: most that a chain may mean are not there."""
        sql = "SELECT 1 FROM version WHERE type = ? AND seq > ? AND seq <= ? LIMIT 1"
        values = NUMBER[type_], self._tenant << TENANT_SHIFT, self._snapshot
        return execute(self._connection, sql, values).fetchone() is not None

    def _has(self, each: Has, type_: str) -> Filter | None:
        found = self._some(each.type, [each.inner], MAX_FAR + 1)
        if len(found) > MAX_FAR:
            return None
        names = (
            unversioned(name).partition("/") for version in found for name in targets(each.parameter, version)
        )
        return Ids(frozenset(id_ for of, _, id_ in names if of == type_))


def targets(parameter: Parameter, version: Version) -> list[str]:
    """Return the literal references of a version that a parameter selects, as they stand."""
    resource = glance(version.body)
    return [name for each in values(parameter, resource) for name in references(*each)]


def typed(reference: str) -> tuple[str, str, str]:
    """Return (type, id, versionId) of a literal reference; ``("", "", "")`` for any other."""
    parts = reference.split("/")
    if len(parts) not in (2, 4) or parts[0] not in NUMBER or (len(parts) == 4 and parts[2] != "_history"):
        return "", "", ""
    return parts[0], parts[1], parts[3] if len(parts) == 4 else ""
