"""Worker: looks at new and changed Patients after their commit, and says who may be one person.

It follows the history of all Patients, through whichever door they came, from where it stopped. One process
of a store does it at a time. It rests forty times as long as it works while others write, so that those who
send do not wait for it; when nobody does, it catches up.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from functools import partial

from gateway.canonical import Resource
from gateway.canonical.json import loads
from gateway.canonical.spell import Spell
from gateway.errors import Rejected
from gateway.feed.matching.candidates import find, survivor_of
from gateway.feed.matching.decide import ITSELF, look
from gateway.feed.matching.proposal import CODE, IDENTIFIER, ids_of
from gateway.feed.own import TASKS
from gateway.feed.own_loop import OwnLoop
from gateway.matching import Rules
from gateway.settings import MatchingSettings
from gateway.store import HistoryPage, Store, Transact, Transacted

Write = Callable[[Transact], Awaitable[Transacted]]
Pair = tuple[str, str]

_LOG = logging.getLogger("qiao.matching")
AT_ONCE = 10
"""Versions of Patients that are looked at between two rests."""
POLL = 5.0
"""Seconds between two looks at most: other processes commit without telling."""
REST = 0.2
"""Seconds between two looks at least, while there is nothing to catch up with."""
BUSY, IDLE = 40.0, 3.0
"""Rests are as many times as long as the work before: while others commit, and while nobody does."""
MOST_OPEN = 100
"""Open proposals of one Patient that are looked at again."""


class MatchingWorker:
    """The matching worker of one process.

    Args:
        write: changes the store, e.g. ``Engine.write``; called in the loop that called :meth:`start`.
    """

    def __init__(self, store: Store, rules: Rules, settings: MatchingSettings, write: Write) -> None:
        self._store, self._rules, self._settings, self._given = store, rules, settings, write
        self._sole = store.sole("matching")
        self._seen: dict[str, int] = {}
        self._spell = Spell(_LOG, "matching")
        self._bell = asyncio.Event()
        self._own = OwnLoop("qiao-matching", self._work, self._bell.set)
        self._running = settings.propose or settings.link
        self._commits = 0
        if self._running:
            store.on_commit(self._committed)

    def start(self) -> None:
        """Begin to look, in a thread, unless the settings say not to; belongs to a running event loop."""
        if self._running:
            self._own.start()

    def stop(self) -> None:
        """Stop; what was not looked at is looked at after the next start."""
        if self._running:
            self._own.stop()

    async def settle(self) -> None:
        """Look at everything that is new; for whoever has no thread."""
        while await self._turn():
            pass

    async def _work(self) -> None:
        while not self._own.stopping:
            begun = time.thread_time()  # of this thread alone: waiting for others is no work
            more = await self._round()
            rest = self.rest_after(time.thread_time() - begun)
            self._commits = 0  # of the rest and the next look
            if not more:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(POLL):
                        await self._bell.wait()
                self._bell.clear()
                rest = max(rest, REST)  # what is being committed is looked at together
            await self._sleep(rest)
        self._sole.leave()

    async def _sleep(self, seconds: float) -> None:
        """Rest; whoever stops the gateway does not wait for it."""
        end = time.monotonic() + seconds
        while not self._own.stopping and (left := end - time.monotonic()) > 0:  # noqa: ASYNC110 -- no event of this loop
            await asyncio.sleep(min(left, REST))

    def rest_after(self, worked: float) -> float:
        """Return how many seconds to rest after so many of work (CPU): long where others commit."""
        return max(REST, BUSY * worked) if self._commits > 0 else IDLE * worked

    def _committed(self, newest: Mapping[str, int]) -> None:
        self._commits += 1
        self._own.wake(newest)

    async def _round(self) -> bool:
        try:
            more = self._sole.mine() and await self._turn()
            self._spell.over()
        except Exception as error:  # noqa: BLE001 -- the worker must outlive whatever the store throws
            self._spell.on(type(error).__name__)
            return False
        return more

    async def _turn(self) -> bool:
        """Look at the next Patients of each tenant; tell whether there may be more."""
        more = False
        for tenant, _, newest in self._store.subscriptions.clocks():
            if self._seen.get(tenant) != newest:
                if await self._tenant(tenant):
                    more = True
                else:
                    self._seen[tenant] = newest
            if self._own.stopping:
                break
        return more

    async def _tenant(self, tenant: str) -> bool:
        """Look at the next Patients of a tenant, and remember how far it came."""
        mark = f"matching:{tenant}"
        page = self._page(tenant, self._store.marks.of(mark))
        for id_ in dict.fromkeys(one.id for one in page.versions):
            await self._patient(tenant, id_)
        if page.versions and page.cursor:
            self._store.marks.set(mark, page.cursor)
        return len(page.versions) >= AT_ONCE

    def _page(self, tenant: str, at: str) -> HistoryPage:
        """Return the next versions; all of them again where the place is of no use any more."""
        read = partial(self._store.history, tenant, "Patient", count=AT_ONCE, ascending=True)
        try:
            return read(cursor=at or None)
        except Rejected:
            return read()

    async def _patient(self, tenant: str, id_: str) -> None:
        version = self._store.read(tenant, "Patient", id_)
        gone = version is None or version.deleted
        pairs = set(self._known(tenant, id_))
        if version is not None and not gone:
            pairs |= set(self._likely(tenant, loads(version.body)))
        for pair in sorted(pairs):
            await self._look(tenant, pair)

    def _likely(self, tenant: str, patient: Resource) -> Iterator[Pair]:
        if not survivor_of(patient):
            for one in find(self._store, tenant, self._rules, patient):
                if one.match.grade in ("certain", "probable"):
                    yield patient["id"], one.patient.id

    def _known(self, tenant: str, id_: str) -> Iterator[Pair]:
        """Yield the pairs whose Tasks wait, or say that two are one: a message may have changed that."""
        for status in ("requested", "completed"):
            asked = [
                ("identifier", f"{IDENTIFIER}|{id_}"), ("code", f"{TASKS}|{CODE}"), ("status", status),
                ("_count", str(MOST_OPEN)),
            ]  # fmt: skip
            for version in self._store.search(tenant, "Task", asked).matches:
                ids: Sequence[str] = ids_of(loads(version.body))
                if len(ids) == 2:
                    yield id_, next(one for one in ids if one != id_)

    async def _look(self, tenant: str, pair: Pair) -> None:
        act = partial(
            look, rules=self._rules, one=pair[0], other=pair[1],
            links=self._settings.link, proposes=self._settings.propose,
        )  # fmt: skip
        self._commits -= 1  # that of its own
        done = await self._own.at_home(lambda: self._given(Transact(tenant, ITSELF, [], act=act, joins=True)))
        if isinstance(done.error, Rejected):  # of this pair alone: the others go on
            _LOG.warning("two patients are left as they are: %s", done.error.code)
        elif done.error is not None:
            raise done.error
