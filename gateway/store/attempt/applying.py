"""One message of a batch becomes rows; whatever goes wrong in it quarantines it alone."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from gateway.canonical import Outcome, Quarantined, Samples, Translation
from gateway.errors import Retry
from gateway.store import awaited, inbox, samples
from gateway.store.attempt.gathered import Gathered
from gateway.store.attempt.overseeing import oversee, witness
from gateway.store.attempt.undo import Undo
from gateway.store.awaited import Awaiting
from gateway.store.changes import Changes
from gateway.store.clock import Ticks
from gateway.store.ending import answered, held
from gateway.store.engines import database_wide
from gateway.store.inbox import Settled
from gateway.store.lookup import IdentKey
from gateway.store.model import Settle
from gateway.store.spare import spared

_LOG = logging.getLogger("qiao.store")


@dataclass(slots=True)
class Applying:
    """A message on its way into the rows.

    Attributes:
        translation: what it says, as far as that is settled.
    """

    gathered: Gathered
    item: Settle
    translation: Translation
    ticks: Ticks

    def end(self) -> tuple[Outcome, Settled]:
        """Apply the message and answer it.

        Raises:
            Retry: it can be ended later; nothing of it is left.
        """
        gathered = self.gathered
        undo = Undo(gathered, self.ticks)
        if self.translation.merges:  # it looks for what refers to somebody, and writes while it looks
            gathered.changes.flush(gathered.connection)
            undo.save("message")
        try:
            ended = self._stored()
        except Exception as error:
            if database_wide(error):
                raise
            undo.back()
            if isinstance(error, Retry):
                undo.end()
                raise
            ended = self._not_stored(error)
        undo.end()
        return ended

    def _stored(self) -> tuple[Outcome, Settled]:
        gathered, item, ticks, changes = self.gathered, self.item, self.ticks, Changes(self.gathered.changes)
        first = ticks.seq + 1
        if self.translation.samples is not None:
            self.translation = self._sampled(self.translation.samples, changes)
        if item.keeps:
            self.translation = self._spared()
        stored = gathered.memory.applier.apply(
            item.envelope, self.translation, ticks, gathered.reading, changes, again=item.keeps
        )
        oversee(gathered, item, ticks, changes)
        settled = inbox.settled(stored, self.translation, first, len(stored.refs), item.answer(stored))
        gathered.changes.absorb(changes)
        return stored, settled

    def _not_stored(self, error: Exception) -> tuple[Outcome, Settled]:
        gathered, item, ticks, translation = self.gathered, self.item, self.ticks, self.translation
        slot = gathered.slots[item.envelope.id]
        gathered.count(error, ticks, "message")
        _LOG.info("inbox %s: not stored (%s)", item.envelope.id, type(error).__name__)
        if isinstance(error, Awaiting):
            gathered.waits += [(key, slot.n) for key in awaited.keys_of(ticks.no, error.numbers)]
        outcome = held(error, translation.issues)
        settled = inbox.settled(outcome, translation, 0, 0, answered(item, outcome))
        kept = item.keeps and slot.state == "stored"
        if isinstance(outcome, Quarantined) and not kept:
            witness(gathered, item, translation, ticks)
        return outcome, settled

    def _sampled(self, policy: Samples, changes: Changes) -> Translation:
        """Let results be about whom their sample is of.

        Raises:
            Awaiting: nobody knows yet.
        """
        envelope, ticks = self.item.envelope, self.ticks
        interactions = self.gathered.interactions(envelope.id, ticks, changes)
        desk = self.gathered.desk(interactions, ticks, envelope.id)
        return samples.settle(desk, self.translation, policy, envelope.received_at)

    def _spared(self) -> Translation:
        """Return a replayed message without what newer messages have overtaken."""
        gathered = self.gathered

        def owner(key: IdentKey) -> str | None:
            return gathered.reading.owner(key, gathered.changes)

        return spared(gathered.connection, self.ticks.no, self.item.envelope, self.translation, owner)
