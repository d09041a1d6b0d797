"""Worker: finds events and delivers them, in one thread with an event loop of its own.

It is woken by each commit of this process, and looks by itself for those of others. One process of a store
does this work at a time: the others wait until it is gone.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable

from gateway.canonical import now_us
from gateway.canonical.spell import Spell
from gateway.feed.own_loop import OwnLoop
from gateway.feed.subscription.bounds import Bounds
from gateway.feed.subscription.delivery import Clock, Delivery, Write
from gateway.feed.subscription.look import Looker
from gateway.feed.subscription.notifier import Notifier
from gateway.feed.subscription.owner import May, anybody, nobody
from gateway.feed.subscription.roll import Roll
from gateway.feed.subscription.sending import Send, Sender, trusted
from gateway.store import Store
from gateway.store.model import Transact, Transacted

_LOG = logging.getLogger("qiao.subscriptions")

POLL = 1.0
"""Seconds between two looks at most: other processes commit without telling."""

REST = 0.02
"""Seconds between two looks at least: each one takes time from those who write."""

GRACE = 5.0
"""Seconds that attempts under way are given when the gateway stops."""


class Worker:
    """The subscription worker of one process.

    Args:
        write: changes Subscription resources, e.g. ``Engine.write``; called in the loop that called
            :meth:`start`.
        base: gives the URL of the FHIR API by the tenant's name.
        may: tells whether a client may be notified now; called in the worker's thread, often.
        limited: tells whether a client sees only what belongs to the supervised business; likewise.
        send: None: by HTTP.
        now: the present, microseconds since 1970.

    Raises:
        Misconfigured: ``[subscriptions] ca`` cannot be read.
    """

    def __init__(
        self,
        store: Store,
        notifier: Notifier,
        write: Write,
        base: Callable[[str], str],
        *,
        may: May = anybody,
        limited: May = nobody,
        send: Send | None = None,
        now: Clock = now_us,
    ) -> None:
        self._store = store
        self._settings = notifier.settings
        self._now = now
        self._send = send
        self._trust = trusted(self._settings.ca) if send is None else None
        self._delivery: Delivery | None = None
        self._sole = store.sole("subscriptions")
        self._given, self._base, self._may = write, base, may
        self._names: dict[int, str] = {}
        self._roll = Roll(store.subscriptions, notifier.reader)
        bounds = Bounds(store.supervised_business, lambda client, tenant: limited(client, self._name(tenant)))
        self._looker = Looker(store.subscriptions, self._roll, bounds)
        self._busy: dict[int, asyncio.Task[None]] = {}
        self._served = 0
        self._served_at: dict[int, int] = {}
        self._spell = Spell(_LOG, "subscriptions")
        self._broken: dict[int, Spell] = {}
        self._bell = asyncio.Event()
        self._own = OwnLoop("qiao-subscriptions", self._work, self._bell.set)
        store.on_commit(self._own.wake)

    def start(self) -> None:
        """Begin to work, in a thread; belongs to a running event loop."""
        self._own.start()

    def stop(self) -> None:
        """End what is under way and stop; whatever is not delivered waits for the next start.

        Call it in a thread: what is under way may need the loop that :meth:`start` was called in.
        """
        self._own.stop()

    async def _work(self) -> None:
        sender = Sender(self._trust, self._settings.at_once) if self._trust is not None else None
        self._send = self._send or sender
        try:
            while not self._own.stopping:
                await self._wait(self._round())
                await asyncio.sleep(REST)  # a flood of commits is looked at together
            await self._end()
        finally:
            if sender is not None:
                await sender.close()

    def _round(self) -> float:
        """Do what is due, if it is this process that does it; returns the seconds to wait."""
        try:
            if not self._sole.mine():
                self._spell.over()
                self._delivery = None
                return POLL
            if self._delivery is None:
                self.open()
            self.turn()
            self._spell.over()
            return self._pause()
        except Exception as error:  # noqa: BLE001 -- the worker must outlive whatever the store throws
            self._spell.on(type(error).__name__)
            self._delivery = None
            return POLL

    def open(self) -> None:
        """Read what there is."""
        assert self._send is not None
        self._looker.load()
        self._delivery = Delivery(
            self._store.subscriptions, self._roll, self._settings, self._send, self._write, self._base,
            self._name, self._may, self._now,
        )  # fmt: skip

    def turn(self) -> None:
        """Look at what is new and begin whatever is due."""
        delivery = self._delivery
        assert delivery is not None
        self._looker.look()
        for n in self._waiting(delivery)[: self._settings.at_once - len(self._busy)]:
            self._served += 1
            self._served_at[n] = self._served
            self._busy[n] = asyncio.create_task(self._attend(delivery, n))

    def _waiting(self, delivery: Delivery) -> list[int]:
        """Return the Subscriptions for which something is due, the one first that was served longest ago."""
        now, found = self._now(), []
        for entry in self._roll:
            task, at = delivery.next(entry)
            due = bool(task) and at <= now
            if entry.standing.n not in self._busy and (due or entry.standing.shown != entry.standing.status):
                found.append(entry.standing.n)
        return sorted(found, key=lambda n: self._served_at.get(n, 0))

    async def settle(self) -> None:
        """Work until nothing is due now; for whoever has no thread."""
        while True:
            self.turn()
            if not self._busy:
                return
            await asyncio.wait(self._busy.values())

    def rest(self) -> None:
        """Write down how far everything was looked at."""
        self._looker.rest()

    async def _attend(self, delivery: Delivery, n: int) -> None:
        try:
            await delivery.attend(n)
            if n in self._broken:
                self._broken.pop(n).over()
        except Exception as error:  # noqa: BLE001 -- one receiver must not stop the others
            self._broken.setdefault(n, Spell(_LOG, "a delivery")).on(type(error).__name__)
            await asyncio.sleep(POLL)
        finally:
            del self._busy[n]
            self._bell.set()

    async def _write(self, transact: Transact) -> Transacted:
        return await self._own.at_home(lambda: self._given(transact))

    def _pause(self) -> float:
        """Return the seconds until something is due, or somebody may have committed."""
        assert self._delivery is not None
        now = self._now()
        soonest = POLL * 1_000_000
        for entry in self._roll:
            task, at = self._delivery.next(entry)
            if task and entry.standing.n not in self._busy:
                soonest = min(soonest, at - now)
        full = len(self._busy) >= self._settings.at_once
        return POLL if full else max(0.0, soonest / 1_000_000)

    async def _wait(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._bell.wait()
        self._bell.clear()

    async def _end(self) -> None:
        if self._busy:
            _, late = await asyncio.wait(self._busy.values(), timeout=GRACE)
            for task in late:
                task.cancel()
        try:
            self.rest()
        except Exception as error:  # noqa: BLE001 -- the next start looks at some versions again
            _LOG.error("the place of the look is not kept: %s", type(error).__name__)
        self._sole.leave()

    def _name(self, tenant: int) -> str:
        if tenant not in self._names:
            self._names = {number: name for name, number, _ in self._store.subscriptions.clocks()}
        return self._names[tenant]
