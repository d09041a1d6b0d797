"""Worker: runs the relays of all receivers, in one thread with an event loop of its own.

It is woken by each commit of this process, and looks by itself for those of others. One process of a store
does this work at a time: the others wait until it is gone.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence

from gateway.canonical.spell import Spell
from gateway.feed.own_loop import OwnLoop
from gateway.feed.receiver.wire import Wire
from gateway.feed.relay.exchange import Exchange, Online, trusted
from gateway.feed.relay.relay import POLL, Filling, Relay
from gateway.settings import ReceiverSettings
from gateway.store import Entered, Store

_LOG = logging.getLogger("qiao.relay")

REST = 0.05
"""Seconds between two looks for a receiver at least: each one takes time from those who write."""

GRACE = 5.0
"""Seconds that requests under way are given when the gateway stops."""

Assign = Callable[[str, Entered, str], Awaitable[None]]
"""Writes down a serial that a receiver (its name) gave the document of an entry; Raises Rejected or Retry."""

Means = Callable[[str], tuple[Exchange, Filling]]
"""Makes what reaches a receiver (its name), and what chooses the entries that it is owed."""


class RelayWorker:
    """The relay worker of one process.

    Args:
        receivers: name, settings and wire of each.
        assign: takes the serials that platforms give; called in the loop that called :meth:`start`.
            None: they count nothing.
        exchange: None: by HTTP.
        means: how each receiver is reached and what it is owed; None: by HTTP, what its wire can say.
        work: that one process of a store does.
        alone: see :class:`Relay`.

    Raises:
        Misconfigured: certificates cannot be read.
    """

    def __init__(
        self,
        store: Store,
        receivers: Sequence[tuple[str, ReceiverSettings, Wire]],
        assign: Assign | None = None,
        *,
        exchange: Exchange | None = None,
        means: Means | None = None,
        work: str = "relay",
        alone: int = 0,
    ) -> None:
        self._store, self._receivers, self._assign, self._exchange = store, receivers, assign, exchange
        self._means, self._alone = means, alone
        self._trust = {
            name: trusted(settings.ca, settings.cert, f"[receivers.{name}]")
            for name, settings, _ in (() if means else receivers)
        }
        self._sole = store.sole(work)
        self._bells: list[asyncio.Event] = []
        self._end = asyncio.Event()
        self._own = OwnLoop(f"qiao-{work}", self._work, self._ring)

    def start(self) -> None:
        """Begin to work, in a thread; belongs to a running event loop."""
        self._own.belong()
        if self._receivers:
            self._store.on_commit(self._own.wake)
            self._own.start()

    def stop(self) -> None:
        """End what is under way and stop; call it in a thread: serials may need the loop of :meth:`start`."""
        self._own.stop()

    def _ring(self) -> None:
        if self._own.stopping:
            self._end.set()
        for bell in self._bells:
            bell.set()

    async def _work(self) -> None:
        if self._own.stopping:
            self._end.set()
        tasks = [asyncio.create_task(self._serve(*one)) for one in self._receivers]
        try:
            await self._end.wait()
            _, late = await asyncio.wait(tasks, timeout=GRACE)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        finally:
            self._sole.leave()

    async def _serve(self, name: str, settings: ReceiverSettings, wire: Wire) -> None:
        exchange, filling = self._reach(name)
        relay = Relay(
            self._store, name, settings, wire, exchange,
            claim=self._claim(name), filling=filling, alone=self._alone,
        )  # fmt: skip
        bell, spell = asyncio.Event(), Spell(_LOG, name)
        self._bells.append(bell)
        try:
            while not self._own.stopping:
                await self._wait(bell, max(REST, await self._turn(relay, spell)))
        finally:
            await exchange.close()

    def _reach(self, name: str) -> tuple[Exchange, Filling | None]:
        if self._means is not None:
            return self._means(name)
        return self._exchange or Online(self._trust[name]), None

    async def _turn(self, relay: Relay, spell: Spell) -> float:
        """Do what is due, if it is this process that does it; returns the seconds to wait."""
        try:
            if not self._sole.mine():
                spell.over()
                relay.forget()
                return POLL
            seconds = await relay.turn()
            spell.over()
            return seconds
        except Exception as error:  # noqa: BLE001 -- one receiver must not stop the others
            spell.on(type(error).__name__)
            relay.forget()
            return POLL

    async def _wait(self, bell: asyncio.Event, seconds: float) -> None:
        """Wait, until something is committed at the soonest."""
        if seconds <= REST:
            await asyncio.sleep(0)
            return
        await asyncio.sleep(REST)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds - REST):
                await bell.wait()
        bell.clear()

    def _claim(self, name: str) -> Callable[[Entered, str], Awaitable[None]] | None:
        assign = self._assign
        if assign is None:
            return None

        async def claim(entry: Entered, serial: str) -> None:
            await self._own.at_home(lambda: assign(name, entry, serial))

        return claim
