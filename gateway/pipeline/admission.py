"""Admission: how much may be under way at once; who comes later waits, in order (back-pressure)."""

from __future__ import annotations

import asyncio
from collections import deque


class Admission:
    """A budget of messages and bytes on one event loop; the doors stop reading while they wait.

    Args:
        messages: under way at once.
        bytes_: of them together; a single larger message passes alone, so that it is not stuck for ever.
    """

    def __init__(self, messages: int, bytes_: int) -> None:
        self._messages = messages
        self._bytes = bytes_
        self._inside = 0
        self._bytes_inside = 0
        self._queue: deque[tuple[int, int, asyncio.Future[None]]] = deque()

    @property
    def inside(self) -> int:
        """Messages under way."""
        return self._inside

    def fits(self, size: int, messages: int = 1) -> bool:
        """Tell whether messages of together ``size`` bytes would be let in at once."""
        return not self._queue and self._fits(size, messages)

    async def enter(self, size: int, messages: int = 1) -> None:
        """Wait until messages of together ``size`` bytes fit."""
        if self.fits(size, messages):
            self._take(size, messages)
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append((size, messages, turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.leave(size, messages)  # it was let in at the moment it gave up
            raise

    def leave(self, size: int, messages: int = 1) -> None:
        """Give the places of messages back and let in who fits now."""
        self._inside -= messages
        self._bytes_inside -= size
        while self._queue and (self._queue[0][2].done() or self._fits(*self._queue[0][:2])):
            waiting, several, turn = self._queue.popleft()
            if not turn.done():
                self._take(waiting, several)
                turn.set_result(None)

    def _fits(self, size: int, messages: int) -> bool:
        return self._inside == 0 or (
            self._inside + messages <= self._messages and self._bytes_inside + size <= self._bytes
        )

    def _take(self, size: int, messages: int) -> None:
        self._inside += messages
        self._bytes_inside += size
