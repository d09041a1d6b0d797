"""Turns: the two busy threads, the loop of the doors and the writer, run one after the other and not at once.

Python runs one thread at a time and hands over at every system call and every statement: dozens of times a
message, and each time the other thread is woken. A third of the time went into that. Here a thread keeps its
turn until it has done a piece of work whole, or waits for something.

A turn is a courtesy and no lock: it guards nothing, and whoever has waited :data:`PATIENCE` takes it over. So
nobody is blocked by it for long, whatever the other one does meanwhile.
"""

from __future__ import annotations

import asyncio
import selectors
import sys
from collections import deque
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from threading import Lock, get_ident
from typing import Any, TypeVar

T = TypeVar("T")

PATIENCE = 0.02
"""Seconds until somebody takes a turn over: the length of some ten messages."""


class Turns:
    """Who goes next, in the order in which they came. Safe between threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._owner = 0
        self._waiting: deque[tuple[int, Lock]] = deque()

    def take(self) -> None:
        """Wait for the turn of this thread, for :data:`PATIENCE` at most; nothing where it has it already."""
        me = get_ident()
        if self._owner == me:
            return
        with self._lock:
            if not self._owner:
                self._owner = me
                return
            mine = (me, Lock())
            mine[1].acquire()
            self._waiting.append(mine)
        if not mine[1].acquire(timeout=PATIENCE):
            self._take_over(mine)

    def _take_over(self, mine: tuple[int, Lock]) -> None:
        with self._lock:
            if mine in self._waiting:  # else it was given in the meantime
                self._waiting.remove(mine)
                self._owner = mine[0]

    def give(self) -> None:
        """End the turn of this thread; nothing where it has none."""
        if self._owner != get_ident():
            return
        with self._lock:
            if self._owner != get_ident():  # taken over just now
                return
            if self._waiting:
                self._owner, woken = self._waiting.popleft()
                woken.release()
            else:
                self._owner = 0

    def offer(self) -> None:
        """Let the next one go first, if somebody waits; nothing where this thread has no turn."""
        if self._waiting and self._owner == get_ident():
            self.give()
            self.take()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """End the turn of this thread while it waits for something else; nothing where it has none."""
        if self._owner != get_ident():
            yield
            return
        self.give()
        try:
            yield
        finally:
            self.take()


turns = Turns()
"""Those of this process: it has one interpreter, whatever is built in it."""


class TurnSelector(selectors.DefaultSelector):
    """The selector of a loop that has its turn while it works, and none while it waits."""

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """See ``selectors.BaseSelector.select``; ``timeout`` in seconds."""
        if timeout is not None and timeout <= 0:
            found = super().select(timeout)
            turns.offer()
            turns.take()
            return found
        turns.give()
        found = super().select(timeout)
        turns.take()
        return found


def taking_turns(work: Coroutine[Any, Any, T]) -> T:
    """Return what ``work`` returns, run in a loop that takes turns with the writer; see ``asyncio.run``."""
    enabled = getattr(sys, "_is_gil_enabled", None)  # Python 3.13 may do without
    if enabled is not None and not enabled():
        return asyncio.run(work)
    try:
        with asyncio.Runner(loop_factory=_loop) as runner:
            return runner.run(work)
    finally:
        turns.give()


def _loop() -> asyncio.AbstractEventLoop:
    return asyncio.SelectorEventLoop(TurnSelector())
