"""One try to write a batch: everything is gathered in memory, then flushed table by table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from gateway.canonical import Translation
from gateway.store import awaited, clock, inbox
from gateway.store.attempt.gathered import Gathered
from gateway.store.attempt.settling import receive, settle
from gateway.store.attempt.transacting import transact
from gateway.store.desk import LARGEST_KEPT
from gateway.store.lookup import IdentKey, ResourceKey
from gateway.store.memory import Memory
from gateway.store.model import Receive, Settle, Transact, Transacted, Written
from gateway.store.transact import expected
from gateway.turns import turns

Item = Receive | Settle | Transact


class Attempt(Gathered):
    """The rows and results of one try.

    It takes the clocks as it is made, in the order of the tenants' names, and looks up what it can tell then;
    the answers come with the first one of the database.

    Attributes:
        written: what became of each item.
        released: how many messages that have waited in quarantine this try lets go on.
    """

    def __init__(self, connection: Connection, memory: Memory, batch: Sequence[Item] = ()) -> None:
        super().__init__(connection, memory)
        self.written: list[Written | Transacted] = []
        self.released = 0
        self._batch = batch
        self._asked = {tenant: clock.ask(connection, tenant) for tenant in sorted(_tenants(batch))}
        self.reading.ask(*_expected(batch, memory.tenants))

    def run(self) -> None:
        """Apply every item.

        Raises:
            sqlite3.Error, psycopg.Error: SQL refuses a row; the caller rolls back.
        """
        self._prepare()
        for item in self._batch:
            turns.offer()
            if isinstance(item, Transact):
                self.written.append(transact(self, item))
            else:
                self.written.append(receive(self, item) if isinstance(item, Receive) else settle(self, item))

    def _prepare(self) -> None:
        """Look up what the batch will ask for."""
        settles = [item for item in self._batch if isinstance(item, Settle)]
        self.start(self._asked, [item.envelope.id for item in settles])
        self.reading.take()
        self.reading.expect(*_expected(self._batch, self.tenants))
        work = [
            (self.ticks[item.envelope.tenant].no, item.outcome)
            for item in settles
            if isinstance(item.outcome, Translation)
        ]
        if work:
            self.reading.prefetch(work)

    def flush(self) -> None:
        """Write every row, in one round trip at most; see ``direct.posted``.

        Raises:
            sqlite3.Error, psycopg.Error: SQL refuses a row; the caller rolls back.
        """
        inbox.flush(self.connection, list(self.slots.values()))
        self._release()
        self.changes.flush(self.connection)
        for ticks in self.ticks.values():
            clock.give_back(self.connection, ticks)

    def _release(self) -> None:
        """Let those wait that this batch could not end, and release those that have waited for it."""
        connection, memory = self.connection, self.memory
        awaited.wait(connection, self.waits)
        spoken = self.changes.numbers()
        if spoken and memory.waits is None:
            memory.waits = awaited.is_any(connection)
        if spoken and (memory.waits or self.waits):
            self.released = awaited.release(connection, spoken, self.changes)
        if self.waits or self.released:
            memory.waits = None

    def committed(self) -> None:
        """Let the writer remember what was written, and what was read of versions that stand now."""
        parsed = self.memory.books.parsed
        for entry in self.changes.entries.values():
            seen = self.seen.get(entry.seq)
            if seen is not None and seen[0] is entry.body and len(seen[0]) <= LARGEST_KEPT:
                parsed.update({entry.seq: seen[1]})
        self.memory.committed(self.tenants, self.changes, self.reading, self.slots)

    @property
    def tenants(self) -> dict[str, int]:
        """Tenant → its number, of those for which there may be versions."""
        return {tenant: ticks.no for tenant, ticks in self.ticks.items()}

    @property
    def newest(self) -> dict[str, int]:
        """Tenant → its newest sequence number, of those for which this try has made versions."""
        return {tenant: ticks.seq for tenant, ticks in self.ticks.items() if ticks.seq > self.begun[tenant]}


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
