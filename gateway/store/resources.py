"""Applies a Translation: drafts become versions, identities move, unchanged content writes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from gateway.canonical import Draft, Envelope, Issue, Stored, Translation
from gateway.canonical.logical_id import is_id
from gateway.errors import Rejected
from gateway.store import barcodes, behind, identity, moving, namesakes, parting, turning
from gateway.store.changes import Changes
from gateway.store.clock import Ticks
from gateway.store.emission import Emission
from gateway.store.filings import Filings
from gateway.store.index import Index
from gateway.store.interaction import Interactions
from gateway.store.lookup import Entry, IdentKey, ResourceKey
from gateway.store.lru import Bodies, Lru
from gateway.store.message import Message, Pending
from gateway.store.moving import Moved
from gateway.store.reading import Reading
from gateway.store.restated import Restated
from gateway.store.types import NAME, NUMBER

CACHE_SIZE = 50_000

_IN_PIECES = frozenset(NUMBER[name] for name in ("DiagnosticReport", "Observation"))
"""Types whose first versions are looked at again soon; of others those that follow a version are."""


class Applier:
    """Turns drafts into rows. Its caches hold committed state only and belong to the writer thread."""

    def __init__(self, postings: Index, zone: str) -> None:
        self.zone = zone
        self.barcode_over_us = barcodes.OVER_US
        self.emission = Emission(postings)
        self._entries: Lru[ResourceKey, Entry] = Lru(CACHE_SIZE)
        self._idents: Lru[IdentKey, str] = Lru(CACHE_SIZE)
        self._filings = Filings()

    def look_up(self, connection: Connection, bodies: Bodies) -> Reading:
        """Return what a batch looks up, before the caches and beside them.

        Args:
            bodies: bytes of versions that are remembered.
        """
        return Reading(connection, self._entries, self._idents, bodies, self._filings)

    def committed(self, changes: Changes, reading: Reading) -> None:
        """Remember what a committed batch wrote, and what it looked up."""
        known, asked = reading.committed()
        if changes.flushes > 1:  # some of it was looked up between two inserts
            self._filings.clear()
        else:
            self._filings.committed(asked, changes.filed, changes.entries)
            self._remember({key: entry for key, entry in known.items() if self._entries.peek(key) is None})
        reading.bodies.update(
            {
                one.seq: one.body
                for key, one in changes.entries.items()
                if one.body is not None and (one.ver > 1 or key[1] in _IN_PIECES)
            }
        )
        self._remember(changes.entries)
        self._idents.update(changes.idents)

    def _remember(self, entries: Mapping[ResourceKey, Entry]) -> None:
        for entry in entries.values():
            entry.body = None
        self._entries.update(entries)

    def forget(self) -> None:
        """Drop the caches."""
        self._entries.clear()
        self._idents.clear()
        self._filings.clear()

    def apply(
        self,
        envelope: Envelope,
        translation: Translation,
        ticks: Ticks,
        reading: Reading,
        changes: Changes,
        *,
        again: bool = False,
    ) -> Stored:
        """Put the rows of one message into ``changes``; return its new versions and the remarks on it.

        Args:
            again: a replay that keeps what newer messages have said.

        Raises:
            Rejected: a key of the message belongs to another patient (``key-of-another-patient``).
        """
        refs, issues = list[str](), list[Issue]()
        if translation.merges:
            do = Interactions(envelope.id, ticks, reading, self.emission, changes, beside=True)
            translation, refs, issues = _undone(translation, ticks, do, again=again)
        message = Message(ticks.no, translation.event_at, reading, changes, again=again)
        merges, spoken = identity.move(
            ticks.no,
            translation,
            message.belongs,
            message.living,
            message.moved,
            message.ended,
            message.undone,
        )
        message.goes_on = frozenset(own for *_, own in spoken if own is not None)
        drafts = self._drafted(envelope, translation, ticks.no, message)
        if any(draft.type == "Composition" for draft in drafts):
            do = Interactions(envelope.id, ticks, reading, self.emission, changes, beside=True)
            Restated(ticks.no, translation.event_at, message, do).settle(drafts)
        for joined in merges:
            message.join(joined)
        message.number(spoken, merges, ticks.ts_us)
        ends = message.ends([*merges, *translation.merges])  # a replay also mends what an older release left
        if ends:
            message.point(ends)
        changes.idents.update(message.moved)
        changes.new_idents.update(message.moved)
        refs += [self._emit(key, pending, envelope.id, ticks, changes) for key, pending in message.changed()]
        if ends:
            refs += self._move(ends, ticks, reading, changes)
        return Stored(refs, [*translation.issues, *issues, *message.issues.values()])

    def _drafted(
        self, envelope: Envelope, translation: Translation, tenant: int, message: Message
    ) -> Sequence[Draft]:
        """Lay the drafts of a message on what is stored; returns them with the ids that they belong to."""
        drafts, parted = namesakes.settle(
            tenant, translation.drafts, message.belongs, message.standing, message.is_newer, message.moved
        )
        drafts = identity.settle(tenant, drafts, message.belongs, message.moved)
        drafts = barcodes.passed_on(
            envelope.tenant, tenant, drafts, message, translation.event_at, self.barcode_over_us
        )
        for key, said in parted:
            stays = any(draft.id == key[2] for draft in drafts)
            message.become(key, behind.without(message.standing(key), said, stays=stays))
        for draft in drafts:
            message.draft(draft)
        return drafts

    def _move(self, ends: Mapping[str, str], ticks: Ticks, reading: Reading, changes: Changes) -> list[str]:
        """Write what stored resources refer to anew, see ``moving``; the caller can undo what is written."""
        refs = []
        changes.flush(reading.connection)  # the postings must know what this message has written itself
        for chunk in moving.moves(reading.connection, ticks.no, ends):
            rows = Changes()
            for moved in chunk:
                self._confirmed(moved, changes)
                refs.append(self._emit(moved.key, moved.pending, moved.source, ticks, rows))
            rows.flush(reading.connection)
            for entry in rows.entries.values():
                entry.body = None
            changes.moved += rows.made
            changes.absorb(rows)
        return refs

    def _confirmed(self, moved: Moved, changes: Changes) -> None:
        """Keep what only the memory knows: which event was the newest to confirm this state."""
        known = changes.entry(moved.key) or self._entries.get(moved.key)
        if known is not None and known.ver == moved.pending.entry.ver:
            moved.pending.event_us = known.event_us

    def _emit(self, key: ResourceKey, pending: Pending, source: str, ticks: Ticks, changes: Changes) -> str:
        _, type_no, id_ = key
        type_, old, parts = NAME[type_no], pending.entry, pending.parts
        if not old.ver and not is_id(id_):
            raise Rejected("the id is no FHIR id", code="bad-id", where=type_)
        entry = self.emission.version(
            key, old, pending.body, parts, pending.event_us, source, ticks, changes, late_us=pending.late_us
        )
        entry.subject = identity.subject_of(pending.body)
        entry.known = (pending.known,) if pending.known else ()
        entry.survivor = identity.survivor_known(pending.body)
        return f"{type_}/{id_}/_history/{entry.ver}"


def _undone(
    translation: Translation, ticks: Ticks, do: Interactions, *, again: bool
) -> tuple[Translation, list[str], list[Issue]]:
    """Take back what a message with merges is against; returns what is left of it, versions and remarks."""
    refs, issues = list[str](), list[Issue]()
    for undo in (parting.part, turning.turn):
        before = Message(ticks.no, translation.event_at, do.reading, do.changes, again=again)
        translation, names, told = undo(translation, before, do, ticks)
        refs, issues = refs + names, issues + told
    return translation, refs, issues
