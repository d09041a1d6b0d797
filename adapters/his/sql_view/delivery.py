"""Delivery: what is prepared handed over, then remembered, in this order: so nothing is lost."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

from adapters.his.sql_view import outcome as words
from adapters.his.sql_view.limits import Counts, Limits
from adapters.his.sql_view.prepared import Prepared
from adapters.his.sql_view.state import At, Known, State
from gateway.canonical import Envelope
from gateway.errors import Retry
from gateway.spec import Deliver

LONGEST_PAUSE = 60.0
"""Seconds between two tries while the gateway takes nothing."""

AT_ONCE = 2
"""Pages that are delivered at once: while the gateway commits one, it reads and maps the other."""

UnderWay = tuple[Prepared, asyncio.Task[list[bytes]]]

Run = Callable[..., Awaitable[Any]]


class Delivery:
    """Hands over the rows of one view.

    Args:
        run: runs what waits for the disk in a thread.

    Attributes:
        at: how far the view has been read; set before anything is delivered.
        deliver: as of ``gateway.spec.Source.start``.
    """

    def __init__(
        self, view: str, state: State, limits: Limits, counts: Counts, run: Run, deliver: Deliver
    ) -> None:
        self._view, self._state, self._limits, self._counts = view, state, limits, counts
        self._run, self.deliver = run, deliver
        self.at = At()
        self._turn = asyncio.Lock()

    async def course(self, pages: AsyncIterator[Prepared], done: Callable[[Prepared], object]) -> int:
        """Deliver pages, the next one while the gateway commits the one before; each is remembered in turn.

        Args:
            done: told each page that is delivered and remembered.

        Returns:
            How many rows were delivered.

        Raises:
            Retry: the state cannot be written now, or no further page can be read; what there was is.
        """
        under_way: deque[UnderWay] = deque()
        delivered, failed = 0, None
        try:
            while failed is None:
                try:
                    page = await anext(pages)
                except StopAsyncIteration:
                    break
                except Retry as error:
                    failed = error
                    continue
                under_way.append((page, asyncio.create_task(self._all(page.envelopes))))
                if len(under_way) == AT_ONCE:
                    delivered += await self._first(under_way, done)
            while under_way:
                delivered += await self._first(under_way, done)
            if failed is not None:
                raise failed
        finally:
            for _, task in under_way:
                task.cancel()
            await asyncio.gather(*(task for _, task in under_way), return_exceptions=True)
        return delivered

    async def _first(self, under_way: deque[UnderWay], done: Callable[[Prepared], object]) -> int:
        page, task = under_way[0]
        given = await task
        under_way.popleft()
        await self._remembered(page, given)
        done(page)
        return len(given)

    async def work(self, prepared: Prepared) -> int:
        """Deliver what is prepared, then remember it; return how many rows were delivered.

        Raises:
            Retry: the state cannot be written now.
        """
        given = await self._all(prepared.envelopes)
        await self._remembered(prepared, given)
        return len(given)

    async def _remembered(self, prepared: Prepared, given: Sequence[bytes]) -> None:
        kept = [row for row, at in prepared.rows if all(given[one] != words.REJECTED for one in at)]
        if prepared.to is not None:
            self.at.mark, self.at.key = prepared.to
        if kept:
            await self.remember(kept)
        self._counts.read += prepared.read

    async def remember(self, rows: list[Known]) -> None:
        """Commit what was delivered, and how far the view was read. Raises ``Retry``."""
        await self._run(self._state.commit, self._view, self.at, rows)

    async def _all(self, envelopes: Sequence[Envelope]) -> list[bytes]:
        """Deliver in order, a bounded number at once, until each is answered."""
        given: list[bytes] = []
        size = self._limits.in_flight
        parts = [envelopes[at : at + size] for at in range(0, len(envelopes), size)]
        async with self._turn:  # the next page is handed over behind the last part of this one
            for part in parts[:-1]:
                given += await self._part(part)
            last = [asyncio.create_task(self._part(part)) for part in parts[-1:]]
        try:
            for task in last:
                given += await task
        finally:
            for task in last:
                task.cancel()
        counts = self._counts
        self.at.seen += len(given)
        counts.delivered += len(given)
        counts.quarantined += given.count(words.QUARANTINED)
        counts.refused += given.count(words.REFUSED)
        counts.rejected += given.count(words.REJECTED)
        return given

    async def _part(self, envelopes: Sequence[Envelope]) -> list[bytes]:
        """Deliver some; those that the gateway cannot take now again, after as long as it says."""
        given: list[bytes | Retry] = await self.deliver.many(envelopes)
        pause = 0.0
        while left := [at for at, one in enumerate(given) if isinstance(one, Retry)]:
            self._counts.retried += len(left)
            after = max(one.after for one in given if isinstance(one, Retry))
            pause = min(max(after, pause * 2), LONGEST_PAUSE)
            await asyncio.sleep(pause)
            for at, one in zip(left, await self.deliver.many([envelopes[at] for at in left]), strict=True):
                given[at] = one
        return [one for one in given if isinstance(one, bytes)]
