"""What one try has gathered: clocks, rows, what it looked up; and the desks that see it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import Connection

from gateway.errors import Refusal
from gateway.store import clock
from gateway.store.changes import Changes
from gateway.store.clock import Ticks
from gateway.store.day import day_of
from gateway.store.desk import Desk, Seen
from gateway.store.inbox import Slot
from gateway.store.interaction import Interactions
from gateway.store.memory import Memory


class Gathered:
    """All that the items of one batch share while they are worked, one after the other.

    Attributes:
        changes: the rows, before they are written.
        reading: what was looked up.
        slots: envelope's id → its place in the inbox.
        ticks: tenant → its clock.
        begun: tenant → its newest ``seq`` before this batch.
        seen: what desks have read of versions of this batch.
        waits: what has to be written before a message in quarantine ends: key, number in the inbox.
    """

    def __init__(self, connection: Connection, memory: Memory) -> None:
        self.connection, self.memory = connection, memory
        self.changes = Changes()
        self.reading = memory.applier.look_up(connection, memory.books.bodies)
        self.slots: dict[str, Slot] = {}
        self.ticks: dict[str, Ticks] = {}
        self.begun: dict[str, int] = {}
        self.seen: Seen = {}
        self.waits: list[tuple[int, int]] = []

    def start(self, asked: dict[str, Callable[[], Ticks | None]], settled: Sequence[str]) -> None:
        """Take the clocks that were asked for, and the places of messages that are to be settled."""
        connection = self.connection
        self.slots = self.memory.slots(connection, settled)
        self.ticks = {tenant: ask() or clock.take(connection, tenant) for tenant, ask in asked.items()}
        self.begun = {tenant: ticks.seq for tenant, ticks in self.ticks.items()}

    def interactions(
        self, source: str, ticks: Ticks, changes: Changes, *, beside: bool = True
    ) -> Interactions:
        """Return what writes one item's resources into ``changes``; see ``Interactions``."""
        return Interactions(source, ticks, self.reading, self.memory.applier.emission, changes, beside=beside)

    def desk(self, interactions: Interactions, ticks: Ticks, source: str) -> Desk:
        """Return one item's place in the transaction."""
        memory = self.memory
        return Desk(
            interactions,
            ticks,
            memory.books,
            memory.applier.zone,
            source=source,
            committed=self.begun[ticks.tenant],
            rehearsed=memory.rehearsed,
            seen=self.seen,
        )

    def count(self, error: Exception, ticks: Ticks, door: str) -> None:
        """Count what was refused, by rule and day: of what was undone nothing else is left."""
        if isinstance(error, Refusal):
            day = day_of(ticks.ts_us, self.memory.applier.zone)
            for rule in {ground.rule for ground in error.issues if ground.severity == "error"}:
                self.changes.refused[ticks.no, day, rule, door] += 1
