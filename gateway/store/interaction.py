"""Interaction: what a create, update, patch or delete does to one resource (R4 §3.1.0.4 to §3.1.0.8)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice

from sqlalchemy import Connection

from gateway.canonical import Resource
from gateway.canonical.json import glance, loads
from gateway.errors import Rejected
from gateway.patch import same_resource
from gateway.store.body import Content, content, render, resource
from gateway.store.changes import Changes
from gateway.store.clock import Ticks
from gateway.store.emission import Emission
from gateway.store.heir import holders
from gateway.store.identity import subject_of
from gateway.store.lookup import Entry, IdentKey, ResourceKey
from gateway.store.method import Method
from gateway.store.model import ANY_VERSION, Change, Result, Version
from gateway.store.moving import Moved, moves
from gateway.store.reading import Reading
from gateway.store.referring import pointed
from gateway.store.successor import end_of, successor
from gateway.store.types import NAME, NUMBER

MOST_LEFT = 64
"""Identifiers of a deleted resource for which another owner is looked for."""

LONGEST_KEY = 2048
"""Bytes of an identifier that gets an owner (an index row of PostgreSQL holds 2704); longer ones get none."""


class Interactions:
    """Does the changes of one Transact, one after the other; the rows go into ``changes``.

    Args:
        beside: what is written stands beside a message: the resource goes on to say what its sender said
            last, and when. Else the sender's next event would come too late.
    """

    def __init__(
        self,
        source: str,
        ticks: Ticks,
        reading: Reading,
        emission: Emission,
        changes: Changes,
        *,
        beside: bool = False,
    ) -> None:
        self._source, self._ticks, self._beside = source, ticks, beside
        self._reading, self._emission = reading, emission
        self.changes = changes

    @property
    def reading(self) -> Reading:
        """What the batch has looked up."""
        return self._reading

    @property
    def governed(self) -> frozenset[int]:
        """Types whose versions a governor sees."""
        return self._emission.governed

    @property
    def connection(self) -> Connection:
        """The writer's, inside its transaction."""
        return self._reading.connection

    def entry(self, key: ResourceKey) -> Entry:
        """Return how a resource stands at this point of the batch."""
        return self.changes.entry(key) or self._reading.entry(key)

    def owner(self, key: IdentKey) -> str | None:
        """Return the resource that an identifier belongs to at this point of the batch."""
        return self._reading.owner(key, self.changes)

    def body(self, key: ResourceKey) -> bytes:
        """Return the stored bytes of a resource as it stands, none of one that does not live."""
        return self._body(self.entry(key)) if self.lives(key) else b""

    def lives(self, key: ResourceKey) -> bool:
        """Tell whether a resource exists and is not deleted."""
        entry = self.entry(key)
        return bool(entry.ver) and not entry.deleted

    def goes_on(self, tenant: int, type_: str, id_: str) -> str:
        """Return the id of the Patient, Encounter or Account that goes on for one: itself unless merged."""

        def after(each: str) -> str:
            key = tenant, NUMBER[type_], each
            return successor(key, self.entry(key), self._reading, self.changes)

        return end_of(id_, after)

    def point(self, key: ResourceKey, ends: Mapping[str, str]) -> Version:
        """Let a resource refer to what goes on instead of what ended, in a version of its own (a merge's)."""
        entry = self.entry(key)
        body = pointed(resource(self._body(entry)), ends)
        after = self._emission.version(
            key, entry, body, content(body), entry.event_us, self._source, self._ticks, self.changes
        )
        return self._version(key, after)

    def create(self, key: ResourceKey, body: Resource) -> Result:
        """Make a new resource; ``body`` begins with its type and id."""
        return Result("created", self._made(key, Entry(), body, _taken_apart(body), "create"))

    def update(self, change: Change, key: ResourceKey, body: Resource) -> Result:
        """Make the next version, or the first one; content that is there already makes none.

        With If-Match it does: of all who hold a version, and may want to write the same, one wins. A patch
        whose result is known (``Change.body``) is written like this, too.

        Raises:
            Rejected: ``precondition``: If-Match or If-None-Match does not hold.
        """
        entry = self.entry(key)
        _check_match(change, entry)
        return self._next(key, entry, body, change.method, always=bool(change.if_match))

    def patch(self, change: Change, key: ResourceKey, linked: Callable[[Resource], Resource]) -> Result:
        """Make the next version from the current one; ``linked`` resolves the links of the result.

        Raises:
            Rejected: there is nothing to patch, a condition does not hold, or the patch does not fit.
        """
        entry = self.entry(key)
        _check_match(change, entry)
        if not entry.ver:
            raise Rejected("there is no such resource", code="not-found")
        if entry.deleted:
            raise Rejected("the resource is deleted", code="deleted")
        assert change.patch is not None
        patched = change.patch(loads(self._body(entry)))
        after = linked(same_resource({"resourceType": NAME[key[1]], "id": key[2]}, patched))
        return self._next(key, entry, {"resourceType": NAME[key[1]], "id": key[2], **after}, "patch")

    def delete(self, change: Change, key: ResourceKey) -> Result:
        """End a resource; one that was never there, or is deleted already, stays as it is.

        Raises:
            Rejected: ``precondition``: If-Match or If-None-Match does not hold.
        """
        entry = self.entry(key)
        _check_match(change, entry)
        if not entry.ver or entry.deleted:
            return Result("none")
        before = glance(self._body(entry))
        after = self._emission.tombstone(key, entry, self._source, self._ticks, self.changes)
        for ident in islice(identifiers(key, before), MOST_LEFT):
            self._leave(ident, key)
        return Result("deleted", self._version(key, after), 1)

    def erase(self, key: ResourceKey, versions: Sequence[Version]) -> None:
        """Take away the bodies and postings of versions of a resource for good.

        Raises:
            Rejected: ``conflict``: one is the current version (delete that first).
        """
        docket, now = self.changes.booked(), self.entry(key).seq
        for one in versions:
            if one.seq == now and one.body:
                raise Rejected("the current version cannot be purged", code="conflict", where=one.type)
            docket.purged.append(one.seq)
            if one.body:
                self._emission.filed(resource(one.body), key[0], one.seq, docket.unfiled)

    def move(self, tenant: int, ends: Mapping[str, str]) -> int:
        """Let what refers to who ended refer to who goes on, see ``moving``; returns how many did.

        It reads the tables and writes while it reads: only an item that can be undone may (``joins``).
        """
        self.changes.flush(self.connection)
        return sum(len(self.emit(chunk)) for chunk in moves(self.connection, tenant, ends))

    def emit(self, chunk: Sequence[Moved]) -> list[str]:
        """Write what has been moved; returns the names of the new versions (``"Type/id/_history/n"``)."""
        rows, names = Changes(), []
        for one in chunk:
            old, pending = self.entry(one.key), one.pending
            at = old.event_us if old.ver == pending.entry.ver else pending.event_us
            entry = self._emission.version(
                one.key, pending.entry, pending.body, pending.parts, at, one.source, self._ticks, rows
            )
            entry.known, entry.subject = (), subject_of(pending.body)
            names.append(f"{NAME[one.key[1]]}/{one.key[2]}/_history/{entry.ver}")
        rows.flush(self.connection)
        for entry in rows.entries.values():
            entry.body = None
        self.changes.moved += rows.made
        self.changes.absorb(rows)
        return names

    def rewrite(self, key: ResourceKey, body: Resource) -> str:
        """Write a resource beside what its sender says of it; returns the name of the new version."""
        entry = self.entry(key)
        after = self._emission.version(
            key, entry, body, content(body), entry.event_us, self._source, self._ticks, self.changes
        )
        return f"{NAME[key[1]]}/{key[2]}/_history/{after.ver}"

    def note(self, ident: IdentKey, id_: str) -> None:
        """Give an identifier to a resource, whoever has it."""
        self.changes.idents[ident] = self.changes.new_idents[ident] = id_

    def give(self, tenant: int, type_no: int, body: Resource, heir: str) -> None:
        """Let messages with the identifiers of a resource find another one, as after a merge."""
        for ident in identifiers((tenant, type_no, body["id"]), body):
            if self.owner(ident) == body["id"]:
                self.note(ident, heir)

    def unchanged(self, key: ResourceKey) -> Result:
        """Return the result of a change that leaves a resource as it is."""
        return Result("unchanged", self._version(key, self.entry(key)))

    def _next(
        self, key: ResourceKey, entry: Entry, body: Resource, method: Method, *, always: bool = False
    ) -> Result:
        parts = _taken_apart(body)
        if not entry.ver or entry.deleted:
            return Result("created", self._made(key, entry, body, parts, method))
        before = self._body(entry)
        if always or (parts.sha != entry.sha and not _says_the_same(key, entry, parts, before)):
            made = self._made(key, entry, body, parts, method)
            self._drop(key, before, body)
            return Result("updated", made)
        if self._beside:
            return self.unchanged(key)
        confirmed = replace(entry, event_us=self._ticks.ts_us)
        self.changes.entries[key] = confirmed
        self.changes.currents.append((*key, entry.seq, entry.ver, confirmed.event_us))
        return Result("unchanged", self._version(key, confirmed))

    def _made(
        self, key: ResourceKey, entry: Entry, body: Resource, parts: Content, method: Method
    ) -> Version:
        """Write a version; it speaks for the moment of its commit, so that a late message changes nothing."""
        ticks, changes = self._ticks, self.changes
        goes_on = self._beside and entry.ver and not entry.deleted
        event_us = entry.event_us if goes_on else ticks.ts_us + 1
        after = self._emission.version(
            key, entry, body, parts, event_us, self._source, ticks, changes, method
        )
        if goes_on:
            after.known = entry.known
        for ident in identifiers(key, body):
            if self._is_free(ident):
                changes.idents[ident] = changes.new_idents[ident] = key[2]
        return self._version(key, after)

    def _leave(self, ident: IdentKey, key: ResourceKey) -> None:
        """Give an identifier of what was deleted to another resource that has it, too; else it is kept.

        Kept, because a late message must still find that its patient was deleted.
        """
        heir = self._heir(ident, key)
        if heir:
            self.changes.idents[ident] = self.changes.new_idents[ident] = heir

    def _drop(self, key: ResourceKey, before: bytes, body: Resource) -> None:
        """Let go of the identifiers that an update takes away: what comes under them is of somebody else."""
        if b'"identifier"' not in before:
            return
        left = set(identifiers(key, body))
        gone = (ident for ident in identifiers(key, glance(before)) if ident not in left)
        for ident in islice(gone, MOST_LEFT):
            heir = self._heir(ident, key)
            if heir is not None:
                self.changes.idents[ident] = self.changes.new_idents[ident] = heir

    def _heir(self, ident: IdentKey, key: ResourceKey) -> str | None:
        """Return what else has an identifier, ``""`` for nothing; None: it is not the resource's to leave."""
        if self.owner(ident) != key[2]:
            return None
        for id_, seq, body in holders(self.connection, ident, self.changes):
            other = (*key[:2], id_)
            now = self.entry(other)
            if now.seq == seq and not now.deleted and ident in identifiers(other, glance(body)):
                return id_
        return ""

    def _is_free(self, ident: IdentKey) -> bool:
        """Tell whether an identifier belongs to nothing that lives; what is deleted keeps it until then."""
        owner = self.owner(ident)
        return owner is None or not self.lives((*ident[:2], owner))

    def _body(self, entry: Entry) -> bytes:
        return entry.body if entry.body is not None else self._reading.version(entry.seq)

    def _version(self, key: ResourceKey, entry: Entry) -> Version:
        body = self._body(entry)
        return Version(NAME[key[1]], key[2], entry.ver, entry.seq, entry.ts_us, entry.method, body)


def identifiers(key: ResourceKey, body: Resource) -> Iterator[IdentKey]:
    """Yield the rows of the ``ident`` table that a resource may claim."""
    said = body.get("identifier") or []
    for one in said if isinstance(said, list) else (said,):
        system, value = (one.get("system"), one.get("value")) if isinstance(one, dict) else (None, None)
        if system and value and _is_key(system, value):
            yield key[0], key[1], system, value


def _is_key(system: object, value: object) -> bool:
    """Tell whether any database can file two texts: no half of a surrogate pair, no NUL, and not too long."""
    if not isinstance(system, str) or not isinstance(value, str):
        return False
    try:
        key = f"{system}{value}".encode()
    except UnicodeEncodeError:
        return False
    return b"\0" not in key and len(key) <= LONGEST_KEY


def _taken_apart(body: Resource) -> Content:
    try:
        return content(body)
    except TypeError as error:
        raise Rejected("the resource has a text that is no Unicode text", code="value") from error


def _says_the_same(key: ResourceKey, entry: Entry, parts: Content, stored: bytes) -> bool:
    """Tell whether only the order of the elements differs, which means nothing in JSON."""
    new = render(NAME[key[1]], key[2], entry.ver, entry.ts_us, parts)
    return len(new) == len(stored) and _sorted(new) == _sorted(stored)


def _sorted(body: bytes) -> str:
    """Return a body with its elements in order; numbers stay as they are written."""
    return json.dumps(json.loads(body, parse_float=_Digits, parse_int=_Digits), sort_keys=True)


class _Digits(str):
    """A number by its digits, apart from a text of the same digits."""

    __slots__ = ()

    def __new__(cls, digits: str) -> _Digits:
        return super().__new__(cls, f"\0{digits}")


def _check_match(change: Change, entry: Entry) -> None:
    """Hold the current version against If-Match, then If-None-Match (RFC 9110 §13.2.2)."""
    lives = bool(entry.ver) and not entry.deleted
    if ANY_VERSION in change.if_match:
        if not lives:
            raise Rejected("there is no such resource", code="precondition", where="If-Match")
    elif change.if_match and not (entry.ver and entry.ver in change.if_match):
        raise Rejected("another version is the current one", code="precondition", where="If-Match")
    if lives and ANY_VERSION in change.if_none_match:
        raise Rejected("the resource exists", code="precondition", where="If-None-Match")
    if lives and entry.ver in change.if_none_match:
        raise Rejected("that version is the current one", code="precondition", where="If-None-Match")
