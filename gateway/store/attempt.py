"""One try to write a batch: everything is gathered in memory, then flushed table by table."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from gateway.canonical import Issue, NotUnderstood, Outcome, Quarantined, Refused, Translation
from gateway.errors import Rejected
from gateway.store import clock, inbox, lookup
from gateway.store.changes import Changes
from gateway.store.clock import Ticks
from gateway.store.conditions import concerned, needs
from gateway.store.direct import execute, pipelined
from gateway.store.engines import database_wide
from gateway.store.inbox import Settled, Slot
from gateway.store.interaction import Interactions
from gateway.store.lookup import IdentKey
from gateway.store.lru import Lru
from gateway.store.model import Receive, Settle, Transact, Transacted, Written
from gateway.store.reading import Reading
from gateway.store.resources import Applier
from gateway.store.spare import spared
from gateway.store.transact import Transaction, expected

_LOG = logging.getLogger("qiao.store")
_OPEN_MESSAGES = 100_000

Item = Receive | Settle | Transact


@dataclass(slots=True)
class Memory:
    """What the writer knows between batches; all of it can be read again from the database."""

    applier: Applier
    last_n: int
    tenants: dict[str, int] = field(default_factory=dict)
    open: Lru[str, Slot] = field(default_factory=lambda: Lru(_OPEN_MESSAGES))

    def forget(self, last_n: int) -> None:
        """Go back to knowing nothing but the end of the inbox."""
        self.last_n = last_n
        self.applier.forget()
        self.tenants.clear()
        self.open.clear()

    def committed(self, attempt: Attempt) -> None:
        """Remember what a committed attempt wrote."""
        self.applier.committed(attempt.changes)
        for id_, slot in attempt.slots.items():
            slot.receive = None
            if slot.state == "received":
                self.open.update({id_: slot})
            else:
                self.open.discard(id_)

    def number(self, connection: Connection, tenant: str) -> int:
        """Return the tenant's number, giving it one where it is new."""
        if tenant not in self.tenants:
            self.tenants[tenant] = clock.enrol(connection, tenant)
        return self.tenants[tenant]

    def slots(self, connection: Connection, ids: Sequence[str]) -> dict[str, Slot]:
        """Return the places of those messages that are in the inbox."""
        known = {id_: replace(slot) for id_ in ids if (slot := self.open.get(id_)) is not None}
        missing = [id_ for id_ in ids if id_ not in known]
        for id_, (n, state, reason) in lookup.inbox_states(connection, missing).items():
            known[id_] = Slot(n, state, reason)
        return known


class Attempt:
    """The rows and results of one try."""

    def __init__(self, connection: Connection, memory: Memory) -> None:
        self.changes = Changes()
        self.written: list[Written | Transacted] = []
        self.slots: dict[str, Slot] = {}
        self._connection = connection
        self._memory = memory
        self._ticks: dict[str, Ticks] = {}
        self._begun: dict[str, int] = {}
        self._reading: Reading = memory.applier.look_up(connection, [])

    def run(self, batch: Sequence[Item]) -> None:
        """Take the clocks, apply every item, write every row.

        Raises:
            DBAPIError: SQL refuses a row; the caller rolls back.
        """
        settles = [item for item in batch if isinstance(item, Settle)]
        self._prepare(settles, [item for item in batch if isinstance(item, Transact)])
        for item in batch:
            if isinstance(item, Transact):
                self.written.append(self._transact(item))
            else:
                self.written.append(self._receive(item) if isinstance(item, Receive) else self._settle(item))
        with pipelined(self._connection):
            inbox.flush(self._connection, list(self.slots.values()))
            self.changes.flush(self._connection)
            for ticks in self._ticks.values():
                clock.give_back(self._connection, ticks)

    @property
    def newest(self) -> dict[str, int]:
        """Tenant → its newest sequence number, of those for which this try has made versions."""
        return {tenant: ticks.seq for tenant, ticks in self._ticks.items() if ticks.seq > self._begun[tenant]}

    def _prepare(self, settles: Sequence[Settle], transacts: Sequence[Transact]) -> None:
        """Clocks in the order of their names, so that two writers cannot wait for each other."""
        connection, memory = self._connection, self._memory
        self.slots = memory.slots(connection, [item.envelope.id for item in settles])
        work = [
            (item.envelope.tenant, item.outcome) for item in settles if isinstance(item.outcome, Translation)
        ]
        tenants = {tenant for tenant, _ in work} | {item.tenant for item in transacts}
        numbers = {tenant: memory.number(connection, tenant) for tenant in sorted(tenants)}
        self._ticks = {tenant: clock.take(connection, tenant) for tenant in numbers}
        self._reading = memory.applier.look_up(
            connection, [(numbers[tenant], translation) for tenant, translation in work]
        )
        self._begun = {tenant: ticks.seq for tenant, ticks in self._ticks.items()}
        if transacts:
            asked = [pair for item in transacts for pair in expected(item, numbers[item.tenant])]
            entries = {key for key, _ in asked if key is not None}
            self._reading.expect(entries, {ident for _, idents in asked for ident in idents})

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
        interactions = Interactions(item.source, ticks, self._reading, applier.emission, own)
        transaction = Transaction(item, interactions, ticks, applier.zone, linked=need.linked)
        try:
            result = Transacted(transaction.run())
            self.changes.absorb(own)
        except Exception as error:
            if database_wide(error):
                raise
            ticks.seq, ticks.ts_us = seq, ts_us
            if need.undo:
                execute(self._connection, "ROLLBACK TO transact")
            result = Transacted(error=refusal(error), at=transaction.at)
        if need.undo:
            execute(self._connection, "RELEASE transact")
        return result

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
            outcome, settled = self._translate(item, item.outcome)
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
        """Apply a message and answer it; whatever goes wrong in it quarantines it alone."""
        ticks = self._ticks[item.envelope.tenant]
        seq, ts_us = ticks.seq, ticks.ts_us
        changes = Changes(self.changes)
        outcome: Outcome
        merges = bool(translation.merges)
        if merges:  # it looks for what refers to somebody, and writes while it looks
            self.changes.flush(self._connection)
            execute(self._connection, "SAVEPOINT message")
        try:
            if item.keeps:
                translation = self._spared(item, translation, ticks.no)
            stored = self._memory.applier.apply(
                item.envelope, translation, ticks, self._reading, changes, again=item.keeps
            )
            outcome = stored
            settled = inbox.settled(stored, translation, seq + 1, len(stored.refs), item.answer(stored))
            self.changes.absorb(changes)
        except Exception as error:
            if database_wide(error):
                raise
            ticks.seq, ticks.ts_us = seq, ts_us
            if merges:
                execute(self._connection, "ROLLBACK TO message")
            _LOG.info("inbox %s: not stored (%s)", item.envelope.id, type(error).__name__)
            outcome = quarantined(error, translation.issues)
            settled = inbox.settled(outcome, translation, 0, 0, answered(item, outcome))
        if merges:
            execute(self._connection, "RELEASE message")
        return outcome, settled

    def _spared(self, item: Settle, translation: Translation, tenant: int) -> Translation:
        """Return a replayed message without what newer messages have overtaken."""

        def owner(key: IdentKey) -> str | None:
            return self.changes.owner(key) or self._reading.owner(key)

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


def answered(item: Settle, outcome: Outcome) -> bytes:
    """Return the item's answer, empty where it cannot make one: the message itself is not at fault."""
    try:
        return item.answer(outcome)
    except Exception as error:  # noqa: BLE001  whatever the adapter's code does, the batch goes on
        _LOG.error("inbox %s: no answer could be made (%s)", item.envelope.id, type(error).__name__)
        return b""


def quarantined(error: Exception, issues: Sequence[Issue] = ()) -> Quarantined:
    """Return the outcome of a message that the store could not take, without its data."""
    if isinstance(error, Rejected):
        return Quarantined(error.code, [Issue("error", "conflict", error.where, "", error.reason), *issues])
    return Quarantined("store-conflict", [conflict(error), *issues])


def refusal(error: Exception) -> Rejected:
    """Return why the changes of an interaction cannot be made, without their data."""
    if isinstance(error, Rejected):
        return error
    _LOG.error("an interaction was not written (%s)", type(error).__name__)
    return Rejected(f"the store could not write this ({type(error).__name__})", code="exception")


def conflict(error: Exception) -> Issue:
    """Return the remark on a message that the database itself refuses."""
    text = f"the store could not write this message ({type(error).__name__}); replay it once that is mended"
    return Issue("error", "exception", "", "", text, "存储无法写入该消息,排除原因后可重放")
