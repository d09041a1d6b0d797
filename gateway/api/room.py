"""Room: how many bytes of large bodies may be held at once, so that many callers together stay bounded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from gateway.errors import Retry

MOST = 128 * 1024 * 1024
"""Bytes of all bodies together; one of a tenth of it takes some ten times as much while it is checked."""

Take = Callable[[int], None]


class Room:
    """Bytes that bodies take while they are read and worked on; used in one event loop.

    Args:
        most: bytes that all bodies may have together.
    """

    def __init__(self, most: int = MOST) -> None:
        self._free = most

    @contextmanager
    def held(self) -> Iterator[Take]:
        """Yield what takes bytes for one body; they are given back when the block ends.

        The function that is yielded raises ``Retry`` where there is no room now.
        """
        taken = 0

        def take(count: int) -> None:
            nonlocal taken
            if count > self._free:
                raise Retry("too many large bodies at once; send it again", after=5.0)
            taken += count
            self._free -= count

        try:
            yield take
        finally:
            self._free += taken
