"""Delivery: the records of one file, handed over in their order, a batch at a time."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from adapters.his.files.answer import Ended, heard
from gateway.canonical import Envelope
from gateway.errors import Retry
from gateway.spec import Deliver

LONGEST_PAUSE = 30.0
"""Seconds between two tries while nothing can be committed."""

GRACE = 5.0
"""Seconds that what is under way has to end when the gateway stops."""

BATCHES = 2
"""Batches under way: one is committed while another is mapped."""

Told = Callable[[Ended], object]
Given = tuple[Envelope, Told]


class Stopped(Exception):
    """The gateway stops; a file goes on after its next start."""


@dataclass(slots=True)
class _Batch:
    given: list[Given]
    task: asyncio.Task[list[bytes | Retry]]


class Delivery:
    """A window over the records of one file.

    What could not be committed is handed over again together with all that follow it, so that the order
    stays; those of them that were committed are repeats.

    Args:
        most: records under way at once.
        waits: told why nothing can be committed, ``""`` when it can again.
    """

    def __init__(self, deliver: Deliver, most: int, waits: Callable[[str], object]) -> None:
        self._deliver, self._size, self._waits = deliver, max(1, most // BATCHES), waits
        self._stopping = asyncio.Event()
        self._next: list[Given] = []
        self._window: deque[_Batch] = deque()

    async def add(self, envelope: Envelope, told: Told) -> None:
        """Hand over a record; waits while too many are under way.

        Args:
            told: called when it has ended, in the order of the records.
        """
        self._next.append((envelope, told))
        if len(self._next) >= self._size:
            await self._hand_over()

    async def drain(self) -> None:
        """Wait until all have ended."""
        await self._hand_over()
        while self._window:
            await self._oldest()

    def stop(self) -> None:
        """Let nothing more begin: who adds or drains hears :class:`Stopped`."""
        self._stopping.set()

    async def leave(self) -> None:
        """End what is under way; what has not ended is handed over again by whoever goes on."""
        tasks = [one.task for one in self._window]
        if tasks:
            await asyncio.wait(tasks, timeout=GRACE)
        while self._window and _is_done(self._window[0].task):
            batch = self._window.popleft()
            left, _ = _told(batch.given, batch.task.result())
            if left:
                break
        await self.drop()

    async def drop(self) -> None:
        """Forget what is under way."""
        tasks = [one.task for one in self._window]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._window.clear()
        self._next.clear()

    async def _hand_over(self) -> None:
        """Begin the batch that has been gathered, once there is room for it."""
        while len(self._window) >= BATCHES:
            await self._oldest()
        if self._next:
            self._begin(self._next)
            self._next = []

    async def _oldest(self) -> None:
        pause = 0.0
        while True:
            if self._stopping.is_set():
                raise Stopped
            batch = self._window[0]
            left, retry = _told(batch.given, await asyncio.shield(batch.task))
            if retry is None:
                self._waits("")
                self._window.popleft()
                return
            pause = min(max(retry.after, 2 * pause), LONGEST_PAUSE)
            self._waits(retry.reason)
            await self._begin_again(left, pause)

    async def _begin_again(self, left: list[Given], pause: float) -> None:
        """Hand over what is left of the oldest batch, and all after it, once more."""
        others = list(self._window)[1:]
        await asyncio.gather(*(one.task for one in others), return_exceptions=True)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), pause)
        self._window.clear()
        for given in (left, *(one.given for one in others)):
            self._begin(given)

    def _begin(self, given: list[Given]) -> None:
        handed = self._deliver.many([envelope for envelope, _ in given])
        self._window.append(_Batch(given, asyncio.ensure_future(handed)))


def _told(given: list[Given], answers: list[bytes | Retry]) -> tuple[list[Given], Retry | None]:
    """Tell how the records ended up to the first that could not be committed; return the others, and why."""
    for at, ((_, told), answer) in enumerate(zip(given, answers, strict=True)):
        if isinstance(answer, Retry):
            return given[at:], answer
        told(heard(answer))
    return [], None


def _is_done(task: asyncio.Task[list[bytes | Retry]]) -> bool:
    return task.done() and not task.cancelled() and task.exception() is None
