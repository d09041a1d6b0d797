"""Roll: every Subscription with its definition and standing, and what a new version of it means.

A version that a client wrote is a request: ``requested`` begins anew with a handshake, ``off`` stops, and
another definition is greeted again. What the worker itself wrote only says what is already true.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from gateway.canonical import Resource
from gateway.canonical.json import loads
from gateway.feed.subscription.definition import Definition, Reader
from gateway.feed.subscription.owner import owner
from gateway.feed.subscription.watch import Watch
from gateway.store.subscriptions import Look, Standing, Step, Subscriptions

SOURCE = "subscriptions"
"""Who wrote a version: the worker."""

UNSERVED = "this server cannot serve it as it stands; see $status"


@dataclass(slots=True)
class Entry:
    """One Subscription.

    Attributes:
        definition: None where this server cannot serve what it asks for.
        watch: what it looks for.
        owner: see ``owner.owner``.
    """

    standing: Standing
    definition: Definition | None
    watch: Watch | None
    owner: str

    @property
    def live(self) -> bool:
        """Its events are counted."""
        return self.watch is not None and self.standing.status != "off"


class Roll:
    """All Subscriptions of one store; belongs to one thread."""

    def __init__(self, tables: Subscriptions, reader: Reader) -> None:
        self._tables = tables
        self._reader = reader
        self._entries: dict[int, Entry] = {}
        self._by_id: dict[tuple[int, str], int] = {}

    def load(self) -> None:
        """Read everything from the store."""
        standings = self._tables.standings()
        steps = self._tables.versions(one.seq for one in standings)
        self._entries = {one.n: self._entry(one, steps[one.seq]) for one in standings if one.seq in steps}
        self._by_id = {(one.tenant, one.id): one.n for one in standings}

    def __iter__(self) -> Iterator[Entry]:
        return iter(list(self._entries.values()))

    def get(self, n: int) -> Entry | None:
        """Return one Subscription by its number."""
        return self._entries.get(n)

    def live(self, tenant: int) -> list[Entry]:
        """Return those of a tenant whose events are counted."""
        return [entry for entry in self._entries.values() if entry.live and entry.standing.tenant == tenant]

    def meet(self, step: Step, look: Look) -> Entry | None:
        """Say in ``look`` what a version of a Subscription means; return the entry that it makes, if any.

        Nothing is remembered before :meth:`committed`.
        """
        version = step.version
        n = self._by_id.get((look.tenant, version.id))
        known = self._entries.get(n) if n is not None else None
        if version.deleted:
            look.ended += [known.standing.n] if known else []
            return None
        if known is not None and step.source == SOURCE:
            known.standing.ver = max(known.standing.ver, version.ver)
            return None
        wanted = str(_status(version.body))
        if known is None:
            start = Standing(
                version.seq, look.tenant, version.id, version.seq, version.ver, wanted, "requested"
            )
            entry = self._entry(start, step)
            _begin(entry, wanted)
            look.begun.append(entry.standing)
            return entry
        entry = self._entry(_copy(known.standing), step)
        _change(entry, known, wanted)
        entry.standing.seq, entry.standing.ver, entry.standing.shown = version.seq, version.ver, wanted
        look.changed.append(entry.standing)
        return entry

    def committed(self, look: Look, entries: Iterable[Entry]) -> None:
        """Remember what is in the store now."""
        for entry in entries:
            self._entries[entry.standing.n] = entry
            self._by_id[entry.standing.tenant, entry.standing.id] = entry.standing.n
        for n in look.ended:
            entry = self._entries.pop(n)
            self._by_id.pop((entry.standing.tenant, entry.standing.id), None)

    def _entry(self, standing: Standing, step: Step) -> Entry:
        resource: Resource = loads(step.version.body)
        client = owner(resource, step.source)
        definition, issues = self._reader.read(resource)
        if definition is None:  # it was stored past the check, or this server has other settings since
            standing.error = issues[0].text if issues else UNSERVED
            standing.status = "off" if standing.status == "off" else "error"
            return Entry(standing, None, None, client)
        if standing.status == "error" and not standing.failures:  # it was not served, and is again
            standing.status, standing.error, standing.greeted = "requested", "", False
        watch = Watch(definition, self._reader.topics.get(definition.topic), self._reader.zone)
        return Entry(standing, definition, watch, client)


def _status(body: bytes) -> object:
    resource: Resource = loads(body)
    return resource.get("status", "requested")


def _copy(standing: Standing) -> Standing:
    return Standing(**{name: getattr(standing, name) for name in Standing.__slots__})


def _begin(entry: Entry, wanted: str) -> None:
    """Ask for a handshake, unless the client wants it off or it cannot be served."""
    standing = entry.standing
    standing.status = "error" if entry.definition is None else "off" if wanted == "off" else "requested"
    if entry.definition is not None:
        standing.error = ""
    standing.greeted, standing.failures, standing.since_us, standing.next_us = False, 0, 0, 0


def _change(entry: Entry, known: Entry, wanted: str) -> None:
    """A client has written a new version: begin anew where that asks for it."""
    was = known.standing.status
    same = entry.definition is not None and entry.definition == known.definition
    if not same or wanted in ("requested", "off") or was == "off":
        _begin(entry, wanted)
