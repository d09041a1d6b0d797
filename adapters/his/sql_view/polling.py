"""Polling: one view read forward by its times, or whole where it has none.

A reading begins at what was read last less the overlap: late and equal times are met again, and what was
delivered already is known by its hash.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import aclosing
from datetime import datetime
from time import monotonic
from typing import Any

import orjson

from adapters.his.sql_view.comparing import Comparing
from adapters.his.sql_view.delivery import Delivery, Run
from adapters.his.sql_view.limits import Counts, Limits, wall_clock
from adapters.his.sql_view.pages import Pages, ahead
from adapters.his.sql_view.prepared import Prepared, Preparing
from adapters.his.sql_view.reader import Position, Reader
from adapters.his.sql_view.state import At, State
from adapters.his.sql_view.values import before, behind, kind_of, not_after, packed, unpacked
from adapters.his.sql_view.views import View
from gateway.canonical import now_us
from gateway.spec import Deliver

_LOG = logging.getLogger("qiao.sql_view")

QUICK = 5.0
"""Seconds that most polls look back; those in between look back the whole overlap."""

SHARE = 4
"""How often within the overlap a poll looks back the whole of it."""


class Polling:
    """Reads one view.

    Args:
        run: runs what waits for a database in a thread.
        deliver: as of ``gateway.spec.Source.start``.

    Attributes:
        progress: told how many rows more have been worked.
        count: how many rows the view has; ``known``: how many of them were delivered; both wait.
        whole_at: when a poll looked back the whole overlap, seconds of the monotonic clock.
    """

    def __init__(
        self,
        view: View,
        reader: Reader,
        state: State,
        limits: Limits,
        tenant: str,
        adapter: str,
        run: Run,
        deliver: Deliver,
    ) -> None:
        self.view, self.counts = view, Counts()
        self._reader, self._state, self._limits, self._run = reader, state, limits, run
        self._zone = wall_clock(limits.zone)
        self._preparing = Preparing(
            view,
            reader,
            state,
            self.counts,
            limits.withdraw,
            tenant,
            adapter,
            lambda: self._now(),  # noqa: PLW0108 (tests step the clock)
        )
        self.delivery = Delivery(view.name, state, limits, self.counts, run, deliver)
        self._comparing = Comparing(
            view, reader, state, self._preparing, self.delivery, limits, self.counts, run
        )
        self.progress: Callable[[int], object] = lambda _: None
        self.count = reader.count
        self._at: At | None = None
        self.whole_at = float("-inf")

    async def round(self) -> int:
        """Read until the view has nothing more; return how many rows were delivered.

        Raises:
            Unanswered: the database does not answer as it should; what was committed before stays.
            Retry: the state cannot be written now.
        """
        at, some = await self._look()
        if self.view.mode == "hash":
            return await self._comparing.all(self.progress)
        return await self._forward(at, some)

    async def reconcile(self) -> int:
        """Compare all keys: deliver what was missed, take back what has vanished; return how many.

        Raises:
            Unanswered: the database does not answer as it should.
            Retry: the state cannot be written now.
        """
        at, _ = await self._look()
        done = await self._comparing.all(self.progress)
        at.reconciled_us = now_us()
        await self.delivery.remember([])
        return done

    @property
    def reconciled_us(self) -> int:
        """When the keys were compared last, 0 for never."""
        return self._at.reconciled_us if self._at is not None else 0

    @property
    def reached(self) -> tuple[str, str, int]:
        """How far the view was read, and how many of its rows were delivered for good."""
        at = self._at or At()
        return at.mark, at.key, self.counts.delivered - self.counts.rejected

    def known(self) -> int:
        """Return how many rows were delivered and have not vanished; waits for the disk."""
        return self._state.count(self.view.name)

    async def _look(self) -> tuple[At, Any]:
        """Return how far the view was read, and some value of what it is read forward by."""
        shape, some = await self._run(self._reader.look)
        self.counts.lost = shape.lost
        if self._at is None:
            self._at = self.delivery.at = await self._run(self._state.at, self.view.name)
        return self._at, some

    async def _forward(self, at: At, some: Any) -> int:
        began = at.mark, at.key
        self._preparing.begin()
        begin = self._begin(at, some)
        pages = Pages(self.view, self._reader, begin, self._limits.batch, by_key=False, bare=False)
        async with aclosing(ahead(lambda: self._next(pages), self._run)) as prepared:
            delivered = await self.delivery.course(prepared, lambda page: self.progress(page.read))
        if at.mark:
            now = self._now()
            at.mark, at.key = packed(not_after(unpacked(at.mark), now)), ""
            self.counts.behind = behind(unpacked(at.mark), now)
        if (at.mark, at.key) != began:
            await self.delivery.remember([])
        return delivered

    def _next(self, pages: Pages) -> Prepared | None:
        groups = pages.next()
        return self._preparing.page(groups, forward=True) if groups is not None else None

    def _begin(self, at: At, some: Any) -> Position | None:
        """Return where the next reading begins, None for the beginning."""
        if not at.mark:
            return None
        mark = unpacked(at.mark)
        if some is not None and kind_of(some) != kind_of(mark):
            _LOG.warning(
                "%s: the type of %s has changed; the view is read anew, what is known is not delivered again",
                self.view.name, self.view.changed,
            )  # fmt: skip
            at.mark = at.key = ""
            return None
        if at.key:
            return mark, tuple(unpacked(one) for one in orjson.loads(at.key))
        now = monotonic()  # which no step of the clock moves
        overlap = self._limits.overlap if self.view.overlap < 0 else self.view.overlap
        whole = now - self.whole_at >= overlap / SHARE
        if whole:
            self.whole_at = now
        return before(mark, overlap if whole else min(QUICK, overlap)), ()

    def _now(self) -> datetime:
        return datetime.now(self._zone)
