"""Group: messages that one door delivered together; it is woken once, with all answers."""

from __future__ import annotations

import asyncio

from gateway.errors import Retry
from gateway.pipeline.job import Answer


class Group:
    """Answers in the order of the messages. Belongs to one event loop.

    Args:
        size: how many messages.
    """

    def __init__(self, size: int) -> None:
        self._answers: list[Answer] = [Retry("not answered yet")] * size
        self._left = size
        self._whole: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if not size:
            self._whole.set_result(None)

    def give(self, at: int, given: Answer) -> None:
        """Take the answer of one message; each has one."""
        self._answers[at] = given
        self._left -= 1
        if not self._left and not self._whole.done():
            self._whole.set_result(None)

    async def answers(self) -> list[Answer]:
        """Return all of them, once all are there."""
        await self._whole
        return self._answers
