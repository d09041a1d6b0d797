"""One try to write a batch: everything is gathered in memory, then flushed table by table."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from gateway.canonical import (
    Envelope,
    NotUnderstood,
    Outcome,
    Quarantined,
    Refused,
    Samples,
    Translation,
)
from gateway.errors import Ground, Refusal, Rejected, Retry
from gateway.store import awaited, clock, inbox, samples
from gateway.store.awaited import Awaiting
from gateway.store.changes import Changes
from gateway.store.clock import Ticks
from gateway.store.conditions import concerned, needs
from gateway.store.day import day_of
from gateway.store.desk import LARGEST_KEPT, Desk, Seen
from gateway.store.direct import execute, pipelined
from gateway.store.ending import answered, held, refusal
from gateway.store.engines import database_wide
from gateway.store.governing import Occasion, Why, Witness, shown
from gateway.store.inbox import Settled, Slot
from gateway.store.interaction import Interactions
from gateway.store.lookup import IdentKey, ResourceKey
from gateway.store.memory import Memory
from gateway.store.model import Receive, Result, Settle, Transact, Transacted, Written
from gateway.store.spare import spared
from gateway.store.transact import Transaction, expected

_LOG = logging.getLogger("qiao.store")

Item = Receive | Settle | Transact


class Attempt:
    """The rows and results of one try.

    It takes the clocks as it is made, in the order of the tenants' names, and looks up what it can tell then;
    the answers come with the first one of the database.
    """

    def __init__(self, connection: Connection, memory: Memory, batch: Sequence[Item] = ()) -> None:
        self.changes = Changes()
        self.written: list[Written | Transacted] = []
        self.slots: dict[str, Slot] = {}
        self.released = 0
        self._seen: Seen = {}
        self._waits: list[tuple[int, int]] = []
        self._connection = connection
        self._memory = memory
        self._batch = batch
        self._asked = {tenant: clock.ask(connection, tenant) for tenant in sorted(_tenants(batch))}
        self._ticks: dict[str, Ticks] = {}
        self._begun: dict[str, int] = {}
        self.reading = memory.applier.look_up(connection, memory.books.bodies)
        self.reading.ask(*_expected(batch, memory.tenants))

    def run(self) -> None:
        """Apply every item.

        Raises:
            sqlite3.Error, psycopg.Error: SQL refuses a row; the caller rolls back.
        """
        self._prepare()
        for item in self._batch:
            if isinstance(item, Transact):
                self.written.append(self._transact(item))
            else:
                self.written.append(self._receive(item) if isinstance(item, Receive) else self._settle(item))

    def flush(self) -> None:
        """Write every row, in one round trip at most; see ``direct.posted``.

        Raises:
            sqlite3.Error, psycopg.Error: SQL refuses a row; the caller rolls back.
        """
        inbox.flush(self._connection, list(self.slots.values()))
        self._release()
        self.changes.flush(self._connection)
        for ticks in self._ticks.values():
            clock.give_back(self._connection, ticks)

    def _release(self) -> None:
        """Let those wait that this batch could not end, and release those that have waited for it."""
        connection, memory = self._connection, self._memory
        awaited.wait(connection, self._waits)
        spoken = self.changes.numbers()
        if spoken and memory.waits is None:
            memory.waits = awaited.is_any(connection)
        if spoken and (memory.waits or self._waits):
            self.released = awaited.release(connection, spoken, self.changes)
        if self._waits or self.released:
            memory.waits = None

    def remember(self) -> None:
        """Keep what was read of versions that stand now; only once they are committed."""
        parsed = self._memory.books.parsed
        for entry in self.changes.entries.values():
            seen = self._seen.get(entry.seq)
            if seen is not None and seen[0] is entry.body and len(seen[0]) <= LARGEST_KEPT:
                parsed.update({entry.seq: seen[1]})

    @property
    def tenants(self) -> dict[str, int]:
        """Tenant → its number, of those for which there may be versions."""
        return {tenant: ticks.no for tenant, ticks in self._ticks.items()}

    @property
    def newest(self) -> dict[str, int]:
        """Tenant → its newest sequence number, of those for which this try has made versions."""
        return {tenant: ticks.seq for tenant, ticks in self._ticks.items() if ticks.seq > self._begun[tenant]}

    def _prepare(self) -> None:
        """Look up what the batch will ask for."""
        connection, memory = self._connection, self._memory
        settles = [item for item in self._batch if isinstance(item, Settle)]
        self.slots = memory.slots(connection, [item.envelope.id for item in settles])
        self._ticks = {tenant: ask() or clock.take(connection, tenant) for tenant, ask in self._asked.items()}
        self._begun = {tenant: ticks.seq for tenant, ticks in self._ticks.items()}
        self.reading.take()
        self.reading.expect(*_expected(self._batch, self.tenants))
        work = [
            (self._ticks[item.envelope.tenant].no, item.outcome)
            for item in settles
            if isinstance(item.outcome, Translation)
        ]
        if work:
            self.reading.prefetch(work)

    def _transact(self, item: Transact) -> Transacted:
        """Make the changes of one interaction; whatever goes wrong in it costs it alone."""
        ticks, applier = self._ticks[item.tenant], self._memory.applier
        seq, ts_us = ticks.seq, ticks.ts_us
        own, need = Changes(self.changes), needs(item)
        if need.undo or (need.searches and concerned(item, ticks.no, self.changes)):
            with pipelined(self._connection):
                self.changes.flush(self._connection)
                if need.undo:
                    execute(self._connection, "SAVEPOINT transact")
        interactions = Interactions(
            item.source, ticks, self.reading, applier.emission, own, beside=item.joins
        )
        transaction = Transaction(item, interactions, ticks, applier.zone, linked=need.linked)
        try:
            if item.act is not None:
                result = Transacted(answer=item.act(self._desk(interactions, ticks, item.source)))
                if item.joins:
                    own.made.clear()  # what the act wrote itself is nobody's to judge
                    occasion = Occasion("api", item.source, "", item.caller, self._memory.rehearsed)
                    self._govern(interactions, ticks, occasion, "merged")
            else:
                result = Transacted(transaction.run())
                occasion = Occasion("api", item.source, "", item.caller, self._memory.rehearsed)
                _remark(result.results, self._govern(interactions, ticks, occasion, "written"))
                own.made.clear()  # what the governor wrote is nobody's to judge
                if transaction.follow(result.results):
                    self._govern(interactions, ticks, occasion, "merged")
            self.changes.absorb(own)
        except Exception as error:
            if database_wide(error):
                raise
            ticks.seq, ticks.ts_us = seq, ts_us
            if need.undo:
                execute(self._connection, "ROLLBACK TO transact")
                self.changes.flushes += 1  # what the tables said meanwhile counts no more
            self._count(error, ticks, "api")
            result = Transacted(error=refusal(error), at=transaction.at)
        if need.undo:
            execute(self._connection, "RELEASE transact")
        return result

    def _count(self, error: Exception, ticks: Ticks, door: str) -> None:
        """Count what was refused, by rule and day: of what was undone nothing else is left."""
        if isinstance(error, Refusal):
            day = day_of(ticks.ts_us, self._memory.applier.zone)
            for rule in {ground.rule for ground in error.issues if ground.severity == "error"}:
                self.changes.refused[ticks.no, day, rule, door] += 1

    def _desk(self, interactions: Interactions, ticks: Ticks, source: str) -> Desk:
        memory = self._memory
        return Desk(
            interactions,
            ticks,
            memory.books,
            memory.applier.zone,
            source=source,
            committed=self._begun[ticks.tenant],
            rehearsed=memory.rehearsed,
            seen=self._seen,
        )

    def _govern(
        self, interactions: Interactions, ticks: Ticks, occasion: Occasion, why: Why
    ) -> list[tuple[str, Ground]]:
        """Show the governor what was made of its types, if anything was; return what it has to say of it."""
        changes, governor = interactions.changes, self._memory.governor
        if governor is not None and (changes.made or changes.moved):
            desk = self._desk(interactions, ticks, occasion.source)
            made = shown(desk, changes, why)
            if made:
                governor.govern(desk, made, occasion)
                return desk.told
        return []

    def _receive(self, item: Receive) -> Written:
        envelope = item.envelope
        if envelope.id in self.slots:
            raise Rejected("an envelope with this id is in the inbox already", code="store-conflict")
        self._memory.last_n += 1
        self.slots[envelope.id] = Slot(self._memory.last_n, "received", "", receive=item)
        self.changes.tallies[envelope.tenant, "inbox", "received"] += 1
        return Written(envelope.id)

    def _settle(self, item: Settle) -> Written:
        if item.envelope.id not in self.slots:  # never received: keep its bytes all the same
            self._receive(Receive(item.envelope, "", b"", 0))
        if isinstance(item.outcome, Translation):
            try:
                outcome, settled = self._translate(item, item.outcome)
            except Retry as later:
                return Written(item.envelope.id, later=later)
        else:
            outcome = self._held(item.envelope.id, item.outcome)
            settled = inbox.settled(outcome, None, 0, 0, answered(item, outcome))
        if item.keeps and self.slots[item.envelope.id].state == "stored" and settled.state != "stored":
            return Written(item.envelope.id, outcome)
        self._close(item, settled)
        return Written(item.envelope.id, outcome, settled.answer)

    def _held(self, id_: str, outcome: Quarantined | Refused | NotUnderstood) -> Outcome:
        """Return how a message ends that writes nothing; what its sender is rid of is not given back."""
        if isinstance(outcome, NotUnderstood) and self.slots[id_].state in ("stored", "quarantined"):
            return Quarantined(outcome.reason, outcome.issues)
        return outcome

    def _translate(self, item: Settle, translation: Translation) -> tuple[Outcome, Settled]:
        """Apply a message and answer it; whatever goes wrong in it quarantines it alone.

        Raises:
            Retry: it can be ended later; nothing of it is left.
        """
        ticks = self._ticks[item.envelope.tenant]
        seq, ts_us = ticks.seq, ticks.ts_us
        changes = Changes(self.changes)
        outcome: Outcome
        merges = bool(translation.merges)
        if merges:  # it looks for what refers to somebody, and writes while it looks
            self.changes.flush(self._connection)
            execute(self._connection, "SAVEPOINT message")
        try:
            if translation.samples is not None:
                translation = self._sampled(item.envelope, translation, translation.samples, ticks, changes)
            if item.keeps:
                translation = self._spared(item, translation, ticks.no)
            stored = self._memory.applier.apply(
                item.envelope, translation, ticks, self.reading, changes, again=item.keeps
            )
            self._oversee(item, ticks, changes)
            outcome = stored
            settled = inbox.settled(stored, translation, seq + 1, len(stored.refs), item.answer(stored))
            self.changes.absorb(changes)
        except Exception as error:
            if database_wide(error):
                raise
            ticks.seq, ticks.ts_us = seq, ts_us
            if merges:
                execute(self._connection, "ROLLBACK TO message")
                self.changes.flushes += 1  # what the tables said meanwhile counts no more
            if isinstance(error, Retry):
                if merges:
                    execute(self._connection, "RELEASE message")
                raise
            self._count(error, ticks, "message")
            _LOG.info("inbox %s: not stored (%s)", item.envelope.id, type(error).__name__)
            if isinstance(error, Awaiting):
                n = self.slots[item.envelope.id].n
                self._waits += [(k, n) for k in awaited.keys_of(ticks.no, error.numbers)]
            outcome = held(error, translation.issues)
            settled = inbox.settled(outcome, translation, 0, 0, answered(item, outcome))
            kept = item.keeps and self.slots[item.envelope.id].state == "stored"
            if isinstance(outcome, Quarantined) and not kept:
                self._witness(item.envelope, translation, ticks)
        if merges:
            execute(self._connection, "RELEASE message")
        return outcome, settled

    def _sampled(
        self, envelope: Envelope, translation: Translation, policy: Samples, ticks: Ticks, changes: Changes
    ) -> Translation:
        """Let results be about whom their sample is of.

        Raises:
            Awaiting: nobody knows yet.
        """
        emission = self._memory.applier.emission
        interactions = Interactions(envelope.id, ticks, self.reading, emission, changes, beside=True)
        desk = self._desk(interactions, ticks, envelope.id)
        return samples.settle(desk, translation, policy, envelope.received_at)

    def _oversee(self, item: Settle, ticks: Ticks, changes: Changes) -> None:
        """Let the governor look at what a message has made."""
        memory, envelope = self._memory, item.envelope
        if memory.governor is None:
            return
        why: Why = "remapped" if self.slots[envelope.id].state == "stored" else "written"
        interactions = Interactions(
            envelope.id, ticks, self.reading, memory.applier.emission, changes, beside=True
        )
        clock = _believed(item.outcome)
        occasion = Occasion("message", envelope.id, envelope.sender, None, memory.rehearsed, clock)
        self._govern(interactions, ticks, occasion, why)
        governor: object = memory.governor
        if self.slots[envelope.id].receive is None and isinstance(governor, Witness):
            governor.stored(self._desk(interactions, ticks, envelope.id), occasion)

    def _witness(self, envelope: Envelope, translation: Translation, ticks: Ticks) -> None:
        """Let the governor know what waits; whatever goes wrong with that, the message stays as it ended."""
        memory = self._memory
        governor: object = memory.governor
        if not isinstance(governor, Witness):
            return
        seq, ts_us, changes = ticks.seq, ticks.ts_us, Changes(self.changes)
        emission = memory.applier.emission
        interactions = Interactions(envelope.id, ticks, self.reading, emission, changes, beside=True)
        clock = _believed(translation)
        occasion = Occasion("message", envelope.id, envelope.sender, None, memory.rehearsed, clock)
        try:
            bodies = [draft.body for draft in translation.drafts]
            governor.held(self._desk(interactions, ticks, envelope.id), bodies, occasion)
            changes.made.clear()  # what the governor wrote is nobody's to judge
            self.changes.absorb(changes)
        except Exception as error:
            if database_wide(error):
                raise
            ticks.seq, ticks.ts_us = seq, ts_us
            _LOG.error("inbox %s: what waits was not looked at (%s)", envelope.id, type(error).__name__)

    def _spared(self, item: Settle, translation: Translation, tenant: int) -> Translation:
        """Return a replayed message without what newer messages have overtaken."""

        def owner(key: IdentKey) -> str | None:
            return self.reading.owner(key, self.changes)

        return spared(self._connection, tenant, item.envelope, translation, owner)

    def _close(self, item: Settle, settled: Settled) -> None:
        envelope, tallies = item.envelope, self.changes.tallies
        slot = self.slots[envelope.id]
        tallies[envelope.tenant, "inbox", slot.state] -= 1
        tallies[envelope.tenant, "inbox", settled.state] += 1
        if slot.state == "quarantined":
            tallies[envelope.tenant, "quarantine", slot.reason] -= 1
        if settled.state == "quarantined":
            tallies[envelope.tenant, "quarantine", settled.reason] += 1
        if slot.state == "received" and isinstance(
            item.outcome, Translation
        ):  # a replay counts no code twice
            for (table, code), count in item.outcome.gaps.items():
                self.changes.gaps[envelope.tenant, envelope.sender, table, code] += count
        slot.state, slot.reason, slot.settled = settled.state, settled.reason, settled


def _remark(results: Sequence[Result], told: Sequence[tuple[str, Ground]]) -> None:
    """Hand each result what the governor has to say of its resource."""
    for one in results if told else ():
        if one.version is not None:
            name = f"{one.version.type}/{one.version.id}"
            one.remarks = tuple(remark for about, remark in told if about == name)


def _tenants(batch: Sequence[Item]) -> set[str]:
    """Return for whom a batch may write versions."""
    settled = {
        item.envelope.tenant
        for item in batch
        if isinstance(item, Settle) and isinstance(item.outcome, Translation)
    }
    return settled | {item.tenant for item in batch if isinstance(item, Transact)}


def _expected(batch: Sequence[Item], tenants: Mapping[str, int]) -> tuple[set[ResourceKey], set[IdentKey]]:
    """Return what the Transacts of these tenants will ask for: states of resources, owners of identifiers."""
    entries, idents = set[ResourceKey](), set[IdentKey]()
    for item in batch:
        if isinstance(item, Transact) and item.tenant in tenants:
            for entry, asked in expected(item, tenants[item.tenant]):
                idents.update(asked)
                if entry is not None:
                    entries.add(entry)
    return entries, idents


def _believed(outcome: object) -> bool:
    """Tell whether the times in a message are believed."""
    samples = outcome.samples if isinstance(outcome, Translation) else None
    return samples is None or samples.clock
