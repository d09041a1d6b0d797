"""Applies a Translation: drafts become versions, identities move, unchanged content writes nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlalchemy import Connection

from gateway.canonical import Envelope, Stored, Translation
from gateway.errors import Rejected
from gateway.store import identity
from gateway.store.body import render
from gateway.store.changes import Changes
from gateway.store.clock import Ticks
from gateway.store.lookup import Entry, IdentKey, ResourceKey
from gateway.store.lru import Lru
from gateway.store.message import Message, Pending
from gateway.store.postings import Postings
from gateway.store.reading import Reading
from gateway.store.types import NAME

CACHE_SIZE = 50_000
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}\Z")


class Applier:
    """Turns drafts into rows. Its caches hold committed state only and belong to the writer thread."""

    def __init__(self, postings: Postings) -> None:
        self._postings = postings
        self._entries: Lru[ResourceKey, Entry] = Lru(CACHE_SIZE)
        self._idents: Lru[IdentKey, str] = Lru(CACHE_SIZE)

    def look_up(self, connection: Connection, work: Sequence[tuple[int, Translation]]) -> Reading:
        """Look up in few statements what the batch's messages will ask for one by one."""
        reading = Reading(connection, self._entries, self._idents)
        if work:
            reading.prefetch(work)
        return reading

    def committed(self, changes: Changes) -> None:
        """Remember what a committed batch wrote."""
        for entry in changes.entries.values():
            entry.body = None
        self._entries.update(changes.entries)
        self._idents.update(changes.idents)

    def forget(self) -> None:
        """Drop the caches."""
        self._entries.clear()
        self._idents.clear()

    def apply(
        self, envelope: Envelope, translation: Translation, ticks: Ticks, reading: Reading, changes: Changes
    ) -> Stored:
        """Put the rows of one message into ``changes``; return its new versions and the remarks on it.

        Raises:
            Rejected: a key of the message belongs to another patient (``key-of-another-patient``).
        """
        message = Message(ticks.no, translation.event_at, reading, changes)
        merges = identity.move(
            ticks.no, translation, message.belongs, message.living, message.moved, message.ended
        )
        drafts = identity.settle(ticks.no, translation.drafts, message.belongs, message.moved)
        for draft in drafts:
            message.draft(draft)
        for joined in merges:
            message.join(joined)
        changes.idents.update(message.moved)
        changes.new_idents.update(message.moved)
        refs = [self._emit(key, pending, envelope, ticks, changes) for key, pending in message.changed()]
        return Stored(refs, [*translation.issues, *message.issues.values()])

    def _emit(
        self, key: ResourceKey, pending: Pending, envelope: Envelope, ticks: Ticks, changes: Changes
    ) -> str:
        tenant, type_no, id_ = key
        type_, old, parts = NAME[type_no], pending.entry, pending.parts
        seq, ts_us = ticks.next()
        ver = old.ver + 1
        if ver == 1 and not _ID.match(id_):
            raise Rejected("the id is no FHIR id", code="bad-id", where=type_)
        data = render(type_, id_, ver, ts_us, parts)
        changes.versions.append(
            (seq, type_no, id_, ver, ts_us, pending.event_us, old.seq or None, envelope.id, parts.sha, data)
        )
        changes.currents.append((tenant, type_no, id_, seq, ver, pending.event_us))
        if old.ver:
            changes.superseded.append((old.seq, seq))
        if not old.ver or old.deleted:
            changes.tallies[ticks.tenant, "resource", type_] += 1
        self._postings.extract(pending.body, tenant, seq, changes.postings)
        changes.entries[key] = Entry(
            seq,
            ver,
            pending.event_us,
            parts.sha,
            False,
            identity.subject_of(pending.body),
            (pending.known,) if pending.known else (),
            data,
            identity.survivor_of(pending.body) if type_ == "Patient" else "",
        )
        return f"{type_}/{id_}/_history/{ver}"
