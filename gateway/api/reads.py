"""Reads: current versions for the interactions that read one; the event loop never waits for a network.

SQLite answers in microseconds, inline: a thread would cost more than the read. A database server is asked in
a thread, for all who wait at once in one round trip: the more of them there are, the less each one costs.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from gateway.store import Store, Version

MOST = 64
"""Reads of one round trip."""

Key = tuple[str, str, str]
Waiting = list[tuple[Key, "asyncio.Future[Version | None]"]]


class Reads:
    """Reads of one store on one event loop."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._inline = store.local
        self._thread = None if store.local else ThreadPoolExecutor(1, "qiao-read")
        self._waiting: Waiting = []
        self._asked: asyncio.AbstractEventLoop | None = None

    async def current(self, tenant: str, type_: str, id_: str) -> Version | None:
        """Return the current version of a resource, a tombstone too, or None.

        Raises:
            Retry: the store cannot be asked now.
        """
        if self._inline:
            return self._store.read(tenant, type_, id_)
        loop = asyncio.get_running_loop()
        found: asyncio.Future[Version | None] = loop.create_future()
        self._waiting.append(((tenant, type_, id_), found))
        if self._asked is not loop:
            self._asked = loop
            loop.call_soon(self._ask, loop)
        return await found

    def _ask(self, loop: asyncio.AbstractEventLoop) -> None:
        """Ask for all who wait; who comes meanwhile is asked for next."""
        asked, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
        work = loop.run_in_executor(self._thread, self._store.read_many, [key for key, _ in asked])
        work.add_done_callback(lambda done: self._told(loop, asked, done))

    def _told(
        self, loop: asyncio.AbstractEventLoop, asked: Waiting, done: asyncio.Future[list[Version | None]]
    ) -> None:
        error = done.exception()
        found = [None] * len(asked) if error else done.result()
        for (_, future), version in zip(asked, found, strict=True):
            if future.done():
                continue
            if error:
                future.set_exception(error)
            else:
                future.set_result(version)
        if self._waiting:
            self._ask(loop)
        else:
            self._asked = None
