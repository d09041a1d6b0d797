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
        self._queue: deque[tuple[int, asyncio.Future[None]]] = deque()

    @property
    def inside(self) -> int:
        """Messages under way."""
        return self._inside

    async def enter(self, size: int) -> None:
        """Wait until a message of ``size`` bytes fits."""
        if not self._queue and self._fits(size):
            self._take(size)
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append((size, turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.leave(size)  # it was let in at the moment it gave up
            raise

    def leave(self, size: int) -> None:
        """Give the place of a message back and let in who fits now."""
        self._inside -= 1
        self._bytes_inside -= size
        while self._queue and (self._queue[0][1].done() or self._fits(self._queue[0][0])):
            waiting, turn = self._queue.popleft()
            if not turn.done():
                self._take(waiting)
                turn.set_result(None)

    def _fits(self, size: int) -> bool:
        return self._inside == 0 or (
            self._inside < self._messages and self._bytes_inside + size <= self._bytes
        )

    def _take(self, size: int) -> None:
        self._inside += 1
        self._bytes_inside += size
