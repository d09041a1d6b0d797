"""Transact: changes that are made together or not at all (R4 §3.1.0.11.2).

Everything that a condition depends on is searched inside the write transaction, so that of any number of
clients that ask for the same thing one makes it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from gateway.canonical import Resource
from gateway.canonical.logical_id import is_id, new_id
from gateway.errors import Rejected
from gateway.store.body import content
from gateway.store.changes import Changes
from gateway.store.clock import Ticks
from gateway.store.direct import execute, pipelined
from gateway.store.interaction import Interactions, identifiers
from gateway.store.links import Condition, Links
from gateway.store.lookup import IdentKey, ResourceKey
from gateway.store.model import Change, Result, Transact
from gateway.store.referring import MERGED, may_follow, pointed
from gateway.store.search import Allowance, find
from gateway.store.successor import HOPS, named
from gateway.store.types import NAME, NUMBER

MOST_DELETED = 1000
"""How many resources one conditional delete may take."""

_ORDER = {"delete": 0, "create": 1, "update": 2, "patch": 2}


def expected(transact: Transact, tenant: int) -> Iterator[tuple[ResourceKey | None, list[IdentKey]]]:
    """Yield what each change will ask the store for: a resource's state, and whose its identifiers are."""
    for change in transact.changes:
        type_no = NUMBER.get(change.type, 0)
        given = change.method != "create" and is_id(change.id)
        about = (tenant, type_no, change.id) if given else None
        yield about, list(identifiers((tenant, type_no, ""), change.body)) if change.body else []
        for name in named(change.body).values() if change.body and may_follow(change.type) else ():
            other, _, id_ = name.partition("/")
            yield (tenant, NUMBER[other], id_), []


class Transaction:
    """One Transact on its way into the store.

    Args:
        zone: in which dates without a zone are read.
        linked: see ``conditions.Needs``.

    Attributes:
        at: index of the change that is being worked on.
    """

    def __init__(
        self, transact: Transact, interactions: Interactions, ticks: Ticks, zone: str, *, linked: bool
    ) -> None:
        self.at = 0
        self._transact, self._ticks, self._zone, self._linked = transact, ticks, zone, linked
        self._do = interactions
        self._links = Links(transact.base)
        self._allowance = Allowance()
        self._keys: dict[int, ResourceKey] = {}
        self._written: set[ResourceKey] = set()
        self._searched: dict[tuple[str, Condition], int] = {}
        self._bodies: dict[int, Resource] = {}
        self._base = f"{transact.base.rstrip('/')}/" if transact.base else ""
        self._later: dict[int, dict[str, str]] = {}

    def run(self) -> list[Result]:
        """Make every change; returns their results in the order of the request.

        Raises:
            Rejected: a change cannot be made (``at`` tells which); what is done until then is to be undone.
        """
        changes = self._transact.changes
        if not changes:
            return []
        order = sorted(range(len(changes)), key=lambda at: _ORDER[changes[at].method])
        deletes = [at for at in order if changes[at].method == "delete"]
        results = {at: self._delete(changes[at]) for at in self._each(deletes)}
        rest = order[len(deletes) :]
        kept = {at for at in self._each(rest) if self._identify(at, changes[at])}
        self._link(rest, kept)
        for at in self._each(rest):
            results[at] = self._do.unchanged(self._keys[at]) if at in kept else self._write(at)
        return [results[at] for at in range(len(changes))]

    def follow(self, results: Sequence[Result]) -> bool:
        """Let what was written as it was said (governed types) refer to who goes on, as a merge would.

        Tells whether there was any.
        """
        for at, ends in self._later.items():
            if results[at].status in ("created", "updated"):
                results[at].version = self._do.point(self._keys[at], ends)
        return bool(self._later)

    def _each(self, order: Sequence[int]) -> Iterator[int]:
        for self.at in order:
            yield self.at

    def _delete(self, change: Change) -> Result:
        if change.condition is None:
            key = self._key(change.type, change.id)
            self._take(key)
            return self._do.delete(change, key)
        ids = self._find(change.type, change.condition, MOST_DELETED + 1 if change.many else 2)
        if len(ids) > 1 and not change.many:
            raise several()
        if len(ids) > MOST_DELETED:
            raise Rejected(f"more than {MOST_DELETED} resources match: narrow it", code="too-costly")
        result = Result("none")
        for id_ in ids:
            key = self._key(change.type, id_)
            self._take(key)
            result = self._do.delete(change, key)
        result.deleted = len(ids)
        return result

    def _identify(self, at: int, change: Change) -> bool:
        """Find out which resource a change is about; tells whether that one stays as it is."""
        body = change.body
        if body is not None and body.get("resourceType") != change.type:
            raise Rejected("the resource is of another type than the request", code="value")
        if change.condition is not None:
            key, kept = self._conditional(at, change, change.condition)
        else:
            key, kept = self._key(change.type, new_id() if change.method == "create" else change.id), False
        self._keys[at] = key
        if not kept:
            self._take(key)
        if body is not None and change.method == "update" and body.get("id", key[2]) != key[2]:
            raise Rejected("the id of the resource is another one than that of the request", code="value",
                           where=f"{change.type}.id")  # fmt: skip
        if change.full_url:
            fresh = change.method == "create" or not self._do.entry(key).ver
            self._links.add(change.full_url, f"{change.type}/{key[2]}", created=fresh and not kept)
        return kept

    def _conditional(
        self, at: int, change: Change, condition: tuple[tuple[str, str], ...]
    ) -> tuple[ResourceKey, bool]:
        """Return the resource that a condition finds or makes, and whether a create found it."""
        asked = (change.method, (change.type, condition))
        first = self._searched.setdefault(asked, at)
        if first != at and change.method == "create":  # the same thing twice is one
            return self._keys[first], True
        fresh = change.method == "create"
        ids = self._living(change.type, condition) if fresh else self._find(change.type, condition, 2)
        if len(ids) > 1:
            raise several()
        if fresh:
            return self._key(change.type, ids[0] if ids else new_id()), bool(ids)
        if ids:
            return self._key(change.type, ids[0]), False
        if change.method == "patch":
            raise Rejected("no resource matches the condition", code="not-found")
        if first != at:
            raise Rejected("another entry has the same condition", code="invalid")
        said = (change.body or {}).get("id") or ""
        key = self._key(change.type, said or new_id())
        if said and self._do.lives(key):
            raise Rejected("the id belongs to a resource that the condition does not match", code="conflict")
        return key, False

    def _key(self, type_: str, id_: str) -> ResourceKey:
        if type_ not in NUMBER:
            raise Rejected("R4 has no such resource type", code="not-supported")
        if not is_id(id_):
            raise Rejected("an id is 1 to 64 letters, digits, - and .", code="value", where=f"{type_}.id")
        return self._ticks.no, NUMBER[type_], id_

    def _take(self, key: ResourceKey) -> None:
        if key in self._written:
            raise Rejected("another entry changes the same resource", code="invalid", where=NAME[key[1]])
        self._written.add(key)

    def _find(self, type_: str, condition: Sequence[tuple[str, str]], limit: int) -> list[str]:
        if not condition:
            raise Rejected("a condition needs a search parameter", code="precondition")
        if self._do.changes.waiting():
            with pipelined(self._do.connection):
                self._do.changes.flush(self._do.connection)
        asked, base = self._transact, self._transact.base
        return find(
            self._do.connection,
            asked.tenant,
            type_,
            condition,
            limit,
            zone=self._zone,
            base=base,
            view=asked.view,
            allowance=self._allowance,
        )

    def _living(self, type_: str, condition: Sequence[tuple[str, str]]) -> list[str]:
        """Return what a condition finds, of what was merged what goes on for it."""
        ids = self._find(type_, condition, 2)
        if type_ not in MERGED or not ids:
            return ids
        if len(ids) > 1:  # the merged one may have the same number
            ids = self._find(type_, condition, HOPS)
        return list(dict.fromkeys(self._do.goes_on(self._ticks.no, type_, id_) for id_ in ids))

    def _link(self, order: Sequence[int], kept: set[int]) -> None:
        """Make every resource ready to be written: its id, and what its links mean."""
        changes = self._transact.changes
        wanted: dict[str, int] = {}
        for at in self._each(order):
            said = changes[at].body
            if said is None or at in kept:
                continue
            body = self._bodies[at] = {"resourceType": changes[at].type, "id": "", **said}
            body["id"] = self._keys[at][2]
            if self._linked:
                wanted.update(dict.fromkeys(self._links.conditional(said) - wanted.keys(), at))
        if wanted:
            self._resolve(wanted, [at for at in order if at not in kept])
        if self._links:
            for at in self._each(list(self._bodies)):
                self._bodies[at] = self._links.rewritten(self._bodies[at], changes[at].full_url)
        for at in self._each(list(self._bodies)):
            self._bodies[at] = self._followed(at, self._bodies[at])

    def _followed(self, at: int, body: Resource) -> Resource:
        """Return a resource that refers to what goes on for what was merged, as those of messages do.

        What a governor sees may be signed and is entered as it was said: see :meth:`follow`.
        """
        key = self._keys[at]
        ends = self._ends(body) if may_follow(NAME[key[1]]) else {}
        if not ends:
            return body
        followed: Resource = pointed(body, ends)
        if key[1] not in self._do.governed or self._do.entry(key).sha == content(followed).sha:
            return followed
        self._later[at] = ends
        return body

    def _ends(self, body: Resource) -> dict[str, str]:
        result = {}
        for said, name in named(body, self._base).items():
            type_, _, id_ = name.partition("/")
            end = self._do.goes_on(self._ticks.no, type_, id_)
            if end != id_:
                result[said] = f"{type_}/{end}"
        return result

    def _resolve(self, wanted: Mapping[str, int], order: Sequence[int]) -> None:
        """Search what conditional references mean; each must mean one resource."""
        conditions = {said: found for said in wanted if (found := self._links.condition(said))}
        types = {type_ for type_, _ in conditions.values()}
        names = {name for _, pairs in conditions.values() for name, _ in pairs}
        chained = any("." in name or name.startswith("_has") for name in names)
        changes = self._transact.changes
        with self._probing([at for at in order if chained or changes[at].type in types]):
            for said, self.at in wanted.items():
                ids = self._living(*conditions[said])
                if len(ids) > 1:
                    raise several()
                if not ids:
                    raise Rejected("a conditional reference matches nothing", code="unprocessable",
                                   where=conditions[said][0])  # fmt: skip
                self._links.found[said] = f"{conditions[said][0]}/{ids[0]}"

    @contextmanager
    def _probing(self, order: Sequence[int]) -> Iterator[None]:
        """Write some of the changes for a while: conditional references may mean what this Transact makes."""
        if not order:
            yield
            return
        own, seq, ts_us = self._do.changes, self._ticks.seq, self._ticks.ts_us
        own.flush(self._do.connection)
        execute(self._do.connection, "SAVEPOINT probe")
        self._do.changes = Changes(own)
        for at in self._each(order):
            self._write(at)
        yield
        execute(self._do.connection, "ROLLBACK TO probe")
        execute(self._do.connection, "RELEASE probe")
        self._do.changes, self._ticks.seq, self._ticks.ts_us = own, seq, ts_us

    def _write(self, at: int) -> Result:
        change, key = self._transact.changes[at], self._keys[at]
        if change.method == "create":
            return self._do.create(key, self._bodies[at])
        if change.patch is None:
            return self._do.update(change, key, self._bodies[at])
        return self._do.patch(
            change, key, lambda body: self._followed(at, self._links.rewritten(body, change.full_url))
        )


def several() -> Rejected:
    """Return the fault of a condition that does not tell which resource is meant."""
    return Rejected("several resources match the condition", code="multiple-matches")
