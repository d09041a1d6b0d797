"""What a desk reads: resources as they stand now, with what this batch has written, and as they were."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

from gateway.canonical import Resource
from gateway.canonical.json import glance
from gateway.store.desk.place import Place
from gateway.store.model import Version
from gateway.store.referrers import bearers, lists_of, referrers
from gateway.store.types import NUMBER

T = TypeVar("T")

MOST_REFERRING = 1000
"""Resources that one look-up of what refers to something returns."""

MOST_BEARING = 32
"""Resources with one number, the newest: a number that so many have names nothing."""


class Reading(Place):
    """Reads resources."""

    def read(self, type: str, id: str) -> Resource | None:
        """Return a resource as it stands now, with ``meta``; None where it does not live.

        It is shared: copy what you want to change (``{**resource, ...}``).
        """
        entry = self._do.entry(self._key(type, id))
        return None if not entry.ver or entry.deleted else self._parsed(entry.seq, entry.body)

    def lives(self, type: str, id: str) -> bool:
        """Tell whether a resource is there and not deleted; it is not read for that."""
        return self._do.lives(self._key(type, id))

    def gist(self, read: Callable[[Resource], T], type: str, id: str) -> T | None:
        """Return what a function makes of a resource as it stands; None where it does not live.

        Of what is committed it is remembered: of a report with many results each is read once, and not again
        with every one that is added.

        Args:
            read: the same function each time; what it returns is small, and depends on the resource alone,
                whose decimals it may be shown as floats.
        """
        entry = self._do.entry(self._key(type, id))
        if not entry.ver or entry.deleted:
            return None
        known = self._books.gists.get(entry.seq)
        if known is not None and known[0] is read:
            return cast("T", known[1])
        body = self._do.reading.version(entry.seq) if entry.body is None else entry.body
        made = read(glance(body))
        if entry.seq <= self._committed:
            self._books.gists.update({entry.seq: (read, made)})
        return made

    def version(self, type: str, id: str) -> Version | None:
        """Return the current version, a tombstone too, None where there never was one."""
        key = self._key(type, id)
        return self._do.unchanged(key).version if self._do.entry(key).ver else None

    def referring(self, type: str, reference: str, *by: str, most: int = MOST_REFERRING) -> list[Resource]:
        """Return the current resources of a type that refer to ``"Type/id"``, in whatever element.

        In the order in which their current versions were made; of more than ``most`` the newest. Elements
        count that a search parameter reads, and those that name a Patient, Encounter or Account; with ``by``
        those of these search parameters alone (of what this batch has written still all).
        """
        lists = tuple(key for name in by for key in lists_of(type, name))
        found = referrers(self._do, self.tenant_no, NUMBER.get(type, 0), reference, most, lists)
        return [self._parsed(seq, body) for seq, body in found]

    def event_at(self, type: str, id: str) -> int | None:
        """Return when the newest event happened that a resource speaks for, in microseconds since 1970."""
        return self._do.entry(self._key(type, id)).event_us

    def bearing(self, type: str, parameter: str, value: str, most: int = MOST_BEARING) -> list[Resource]:
        """Return the current resources of a type with this code or identifier, of whatever system.

        Args:
            parameter: token parameter of the type that selects where it stands (``identifier``).
        """
        found = bearers(self._do, self.tenant_no, type, parameter, value, most)
        return [self._parsed(seq, body) for seq, body in found]

    def named(self, type: str, system: str, value: str) -> Resource | None:
        """Return the living resource that an identifier belongs to."""
        owner = self._do.owner((self.tenant_no, NUMBER.get(type, 0), system, value))
        return None if owner is None else self.read(type, owner)

    def body(self, seq: int) -> Resource:
        """Return a version that was made, the current one or one before it. Not to be changed."""
        return self._parsed(seq, None)

    def since(self, type: str, id: str, ts_us: int) -> list[tuple[int, Resource]]:
        """Return since when a resource was what from a moment on, the newest first. Not to be changed.

        The one that stood then is the last, unless it began later. What was deleted or purged is ``{}``.

        Args:
            ts_us: microseconds since 1970.
        """
        found, key = list[tuple[int, Resource]](), self._key(type, id)
        seq: int | None = self._do.entry(key).seq or None
        while seq is not None:
            made_us, before, size = self._made(seq)
            found.append((made_us, self.body(seq) if size else {}))
            seq = None if made_us <= ts_us else before
        return found
