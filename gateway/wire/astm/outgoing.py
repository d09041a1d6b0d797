"""Outgoing: the messages that wait to be sent, and the frame of the first that is on the line."""

from __future__ import annotations

from collections import deque


class Outgoing:
    """A queue; what is first in it is under way or next.

    Attributes:
        tries: how often the frame that is out, or ENQ, has been sent.
    """

    def __init__(self) -> None:
        self._queue: deque[tuple[int, list[bytes]]] = deque()
        self._place = -1
        self.tries = 0

    def __bool__(self) -> bool:
        """Return whether anything waits."""
        return bool(self._queue)

    @property
    def numbers(self) -> list[int]:
        """Numbers of the messages, in their order."""
        return [number for number, _ in self._queue]

    @property
    def last(self) -> bool:
        """Whether the frame that is out is the last one of its message."""
        return self._place + 1 >= len(self._queue[0][1])

    def put(self, number: int, frames: list[bytes]) -> None:
        """Take a message under a number."""
        self._queue.append((number, frames))

    def remove(self, number: int) -> None:
        """Forget a message."""
        self._queue = deque(one for one in self._queue if one[0] != number)

    def begin(self) -> None:
        """Turn to the first message: nothing of it has been sent."""
        self._place, self.tries = -1, 0

    def enquired(self) -> None:
        """ENQ has been sent: frames begin with the first."""
        self._place = -1
        self.tries += 1

    def frame(self, *, following: bool) -> bytes:
        """Return the frame that is out once more, or the one after it."""
        if following or self._place < 0:
            self._place += 1
            self.tries = 0
        self.tries += 1
        return self._queue[0][1][self._place]

    def pop(self) -> int:
        """Take the first message out; return its number."""
        return self._queue.popleft()[0]
