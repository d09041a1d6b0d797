"""Own loop: a thread with an event loop of its own, for what is woken by commits beside the API."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, TypeVar

T = TypeVar("T")


class OwnLoop:
    """One thread and its loop.

    Args:
        name: of the thread.
        work: runs in it until ``stopping``.
        ring: called in the loop when something was committed, and to stop.

    Attributes:
        stopping: the work is to end.
    """

    def __init__(
        self, name: str, work: Callable[[], Coroutine[Any, Any, None]], ring: Callable[[], None]
    ) -> None:
        self._work, self._ring = work, ring
        self.stopping = False
        self._home: asyncio.AbstractEventLoop | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def belong(self) -> None:
        """Let the running loop be the one that :meth:`at_home` goes to."""
        self._home = asyncio.get_running_loop()

    def start(self) -> None:
        """Begin to work; belongs to the running loop."""
        self.belong()
        self._thread.start()

    def stop(self) -> None:
        """Let the work end, and wait for it; call it in a thread: it may need the loop of :meth:`start`."""
        self.stopping = True
        self.wake({})
        if self._thread.ident is not None:
            self._thread.join()

    def wake(self, _newest: Mapping[str, int]) -> None:
        """Look again, now; any thread."""
        loop = self._loop
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has just ended
                loop.call_soon_threadsafe(self._ring)

    async def at_home(self, wanted: Callable[[], Awaitable[T]]) -> T:
        """Return what is done in the loop of :meth:`start`; here, where nothing was started."""
        if self._home is None:
            return await wanted()

        async def there() -> T:
            return await wanted()

        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(there(), self._home))

    def _run(self) -> None:
        asyncio.run(self._entered())

    async def _entered(self) -> None:
        self._loop = asyncio.get_running_loop()
        try:
            await self._work()
        finally:
            self._loop = None
