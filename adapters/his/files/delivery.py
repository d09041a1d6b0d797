"""Delivery: the records of one file, handed over in their order, several under way at once."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from adapters.his.files.answer import Ended, heard
from gateway.canonical import Envelope
from gateway.errors import Retry
from gateway.spec import Deliver

LONGEST_PAUSE = 30.0
"""Seconds between two tries while nothing can be committed."""

GRACE = 5.0
"""Seconds that what is under way has to end when the gateway stops."""

Told = Callable[[Ended], object]


class Stopped(Exception):
    """The gateway stops; a file goes on after its next start."""


class Delivery:
    """A window over the records of one file.

    What could not be committed is handed over again together with all that follow it, so that the order
    stays; those of them that were committed are repeats.

    Args:
        most: records under way at once.
        waits: told why nothing can be committed, ``""`` when it can again.
    """

    def __init__(self, deliver: Deliver, most: int, waits: Callable[[str], object]) -> None:
        self._deliver, self._most, self._waits = deliver, most, waits
        self._stopping = asyncio.Event()
        self._window: deque[tuple[Envelope, Told, asyncio.Task[bytes]]] = deque()

    async def add(self, envelope: Envelope, told: Told) -> None:
        """Hand over a record; waits while too many are under way.

        Args:
            told: called when it has ended, in the order of the records.
        """
        self._window.append((envelope, told, self._begun(envelope)))
        while len(self._window) >= self._most:
            await self._oldest()

    async def drain(self) -> None:
        """Wait until all have ended."""
        while self._window:
            await self._oldest()

    def stop(self) -> None:
        """Let nothing more begin: who adds or drains hears :class:`Stopped`."""
        self._stopping.set()

    async def leave(self) -> None:
        """End what is under way; what has not ended is handed over again by whoever goes on."""
        tasks = [task for _, _, task in self._window]
        if tasks:
            await asyncio.wait(tasks, timeout=GRACE)
        while self._window and _is_done(self._window[0][2]):
            _, told, task = self._window.popleft()
            told(heard(task.result()))
        await self.drop()

    async def drop(self) -> None:
        """Forget what is under way."""
        tasks = [task for _, _, task in self._window]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._window.clear()

    async def _oldest(self) -> None:
        pause = 0.0
        while True:
            if self._stopping.is_set():
                raise Stopped
            _, told, task = self._window[0]
            try:
                given = await asyncio.shield(task)
            except Retry as error:
                pause = min(max(error.after, 2 * pause), LONGEST_PAUSE)
                self._waits(error.reason)
                await asyncio.gather(*(one for _, _, one in self._window), return_exceptions=True)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), pause)
                self._window = deque((one, tell, self._begun(one)) for one, tell, _ in self._window)
                continue
            self._waits("")
            self._window.popleft()
            told(heard(given))
            return

    def _begun(self, envelope: Envelope) -> asyncio.Task[bytes]:
        return asyncio.ensure_future(self._deliver(envelope))


def _is_done(task: asyncio.Task[bytes]) -> bool:
    return task.done() and not task.cancelled() and task.exception() is None
