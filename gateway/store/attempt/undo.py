"""Undo: how one item of a batch is taken back while the others stay."""

from __future__ import annotations

from gateway.store.attempt.gathered import Gathered
from gateway.store.clock import Ticks
from gateway.store.direct import execute


class Undo:
    """Where the clock stood before an item, and a savepoint where the item writes while it looks.

    Its rows that are only gathered need nothing: they are dropped.
    """

    def __init__(self, gathered: Gathered, ticks: Ticks) -> None:
        self._gathered, self._ticks = gathered, ticks
        self._seq, self._ts_us = ticks.seq, ticks.ts_us
        self._name = ""

    def save(self, name: str) -> None:
        """Set a savepoint; all rows before it have to be flushed."""
        execute(self._gathered.connection, f"SAVEPOINT {name}")
        self._name = name

    def back(self) -> None:
        """Take back what the item did."""
        self._ticks.seq, self._ticks.ts_us = self._seq, self._ts_us
        if self._name:
            execute(self._gathered.connection, f"ROLLBACK TO {self._name}")
            self._gathered.changes.flushes += 1  # what the tables said meanwhile counts no more

    def end(self) -> None:
        """Let the savepoint go, whatever became of the item."""
        if self._name:
            execute(self._gathered.connection, f"RELEASE {self._name}")
