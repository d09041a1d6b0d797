"""Beside: somebody else who must be asked before something is written is waited for beside the writer.

A signature server that is asked from inside the write transaction would hold up every message. So whoever
finds that it must be asked raises ``Retry`` with a ``first``; here that is done, and then it is tried again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

from gateway.errors import Retry
from gateway.pipeline.job import log
from gateway.store import Transact, Transacted

TRIES = 16
"""How often one thing is tried: a Bundle may hold several documents, and each try finds the next one."""

THREADS = 4
"""Waits that go on at once; others wait for them."""


class Beside:
    """Threads that wait. Belongs to one event loop."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, "qiao-beside")

    async def do(self, retry: Retry) -> None:
        """Do what comes first.

        Raises:
            Retry: it cannot be done now, or nothing but time helps.
        """
        if retry.first is None:
            raise retry
        try:
            await asyncio.get_running_loop().run_in_executor(self._threads, retry.first)
        except Retry:
            raise
        except Exception as error:  # noqa: BLE001 -- of whoever is asked; the writer is none the worse for it
            log.error("what comes first could not be done (%s)", type(error).__name__)
            raise Retry(retry.reason, after=retry.after) from None

    async def insist(
        self, write: Callable[[Transact], Awaitable[Transacted]], transact: Transact
    ) -> Transacted:
        """Write; and again, once what the first try lacked has been done.

        Raises:
            Retry: nothing was written.
        """
        for left in reversed(range(TRIES)):
            done = await write(transact)
            if not isinstance(done.error, Retry):
                break
            if not left:
                raise Retry(done.error.reason, after=done.error.after)
            await self.do(done.error)
        return done

    def close(self) -> None:
        """Let the threads end."""
        self._threads.shutdown(wait=False, cancel_futures=True)
