"""Where the rows come from: the hospital's database, polled; nothing listens."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, make_url

from adapters.his.sql_view.database import Unanswered, open_database
from adapters.his.sql_view.limits import Limits, troubles, wall_clock
from adapters.his.sql_view.polling import Polling
from adapters.his.sql_view.reader import Reader
from adapters.his.sql_view.schedule import hour_of, is_due, is_within
from adapters.his.sql_view.settings import NAME, WHERE
from adapters.his.sql_view.state import State
from adapters.his.sql_view.views import View, read_views
from gateway.errors import Misconfigured, Retry
from gateway.spec import Deliver

_LOG = logging.getLogger("qiao.sql_view")

Value = str | int | float | bool

LONGEST_PAUSE = 60.0
"""Seconds between two tries while the database does not answer."""

TRIES = 5
"""How often a first reading asks a database that gives it nothing."""


class SqlViews:
    """A ``gateway.spec.Source`` that polls the views of one database.

    Args:
        settings: of :data:`FIELDS`.
    """

    def __init__(self, settings: Mapping[str, Value]) -> None:
        self._settings = settings
        self._engine: Engine | None = None
        self._state: State | None = None
        self._threads: ThreadPoolExecutor | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self.polls: list[Polling] = []

    async def start(self, deliver: Deliver) -> None:
        """Open the database and begin to poll.

        Raises:
            Misconfigured: a setting or a view's file is wrong, or another process reads these views.
        """
        self.open(deliver)
        self._tasks = [asyncio.create_task(self._poll(one)) for one in self.polls]

    def open(self, deliver: Deliver) -> None:
        """Open what is read and where it is remembered, without polling. Raises ``Misconfigured``."""
        said = self._settings
        if not said["url"]:
            raise Misconfigured("url names the database to read", where=WHERE)
        views = read_views(str(said["views"]), str(said["only"]), str(said["layouts"]))
        limits = Limits(
            int(said["batch"]), int(said["in_flight"]), float(said["overlap"]), float(said["withdraw"]),
            str(said["zone"]),
        )  # fmt: skip
        wall_clock(limits.zone)
        if limits.batch < 2 or limits.in_flight < 1:
            raise Misconfigured("batch is at least 2, in_flight at least 1", where=WHERE)
        hour_of(str(said["reconcile"]), WHERE)
        connections = max(2, int(said["connections"]))
        self._engine = open_database(
            str(said["url"]), self._password(), timeout=float(said["timeout"]), connections=connections
        )
        self._state = State(str(said["state"]))
        self._threads = ThreadPoolExecutor(connections + 1, "qiao-sql-view")
        self.polls = [self._polling(view, limits, deliver) for view in views]

    def _polling(self, view: View, limits: Limits, deliver: Deliver) -> Polling:
        assert self._engine is not None and self._state is not None
        reader = Reader(self._engine, view, str(self._settings["charset"]))
        tenant = str(self._settings["tenant"])
        return Polling(view, reader, self._state, limits, tenant, NAME, self._run, deliver)

    async def _run(self, work: Callable[..., Any], *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._threads, partial(work, *arguments))

    async def stop(self) -> None:
        """Stop polling; rows that are under way end, what was not acknowledged is read again."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        if self._threads is not None:
            await asyncio.to_thread(self._threads.shutdown)
        if self._engine is not None:
            self._engine.dispose()
        if self._state is not None:
            self._state.close()

    async def backlog(self, deliver: Deliver, told: Callable[[str, int, int], object]) -> None:
        """Read every view until nothing is left, then compare all keys; the views one after the other.

        Args:
            told: called with the name of a view, how many of its rows are worked, and how many there are.

        Raises:
            Misconfigured: as :meth:`start`.
            Unanswered: the database does not answer, again and again, or a view cannot be read: the first of
                those, when all others have been; calling again goes on.
            Retry: the state cannot be written now.
        """
        self.open(deliver)
        failed: list[Unanswered] = []
        for one in self.polls:
            try:
                await self._whole(one, told)
            except Unanswered as error:  # costs this view, not those behind it
                one.counts.error = error.reason
                _LOG.error("%s is not read: %s", one.view.name, error.reason)
                failed.append(error)
        if failed:
            raise failed[0]

    async def _whole(self, one: Polling, told: Callable[[str, int, int], object]) -> None:
        """Read one view until nothing is left, then compare its keys."""
        there = await self._run(one.count)
        one.progress = _counted(told, one.view.name, await self._run(one.known), there)
        await _persistently(one, one.round)
        if one.view.mode != "hash":  # which has met all keys
            one.progress = _counted(told, f"{one.view.name}: keys", 0, there)
            await _persistently(one, one.reconcile)

    def status(self) -> Mapping[str, int | str]:
        """Return where it reads, and for each view how far it is and what is wrong. No patient data."""
        told: dict[str, int | str] = {"address": self._address(), "views": len(self.polls)}
        for one in self.polls:
            for name, value in asdict(one.counts).items():
                told[f"{one.view.name}.{name}"] = ", ".join(value) if isinstance(value, tuple) else value
        return told

    def _address(self) -> str:
        try:
            return make_url(str(self._settings["url"]))._replace(password=None).render_as_string()
        except Exception:  # noqa: BLE001 -- whatever is wrong with it, it is said when the door opens
            return ""

    def _password(self) -> str:
        file = str(self._settings["password_file"])
        if not file:
            return str(self._settings["password"])
        try:
            return Path(file).read_text("utf-8").partition("\n")[0].strip()
        except OSError as error:
            raise Misconfigured(f"password_file cannot be read ({error.strerror})", where=file) from None

    async def _poll(self, one: Polling) -> None:
        """Poll one view until the door is closed."""
        view, pause, seen = one.view, 0.0, ""
        wanted = "interval_hash" if view.mode == "hash" else "interval"
        interval = max(0.05, view.interval or float(self._settings[wanted]))
        while True:
            begun = asyncio.get_running_loop().time()
            try:
                now = datetime.now(wall_clock(str(self._settings["zone"])))
                if is_within(view.between, now):
                    await one.round()
                    if self._is_due(one, now):
                        await one.reconcile()
                if one.counts.error:
                    _LOG.warning("%s is read again", view.name)
                one.counts.error, pause = "", 0.0
                if (trouble := troubles(one.counts)) != seen:
                    seen = trouble
                    _LOG.warning("%s: %s", view.name, trouble or "all is as it should be")
            except Retry as error:
                if one.counts.error != error.reason:
                    _LOG.warning("%s is not read: %s", view.name, error.reason)
                lasting = isinstance(error, Unanswered) and error.lasting
                one.counts.error, pause = error.reason, LONGEST_PAUSE if lasting else _longer(pause)
            except Exception as error:  # noqa: BLE001 -- a fault in one view must not end the others
                _LOG.error("%s is not read: %s", view.name, type(error).__name__)
                one.counts.error, pause = type(error).__name__, LONGEST_PAUSE
            spent = asyncio.get_running_loop().time() - begun
            await asyncio.sleep(max(interval - spent, pause, 0.0))

    def _is_due(self, one: Polling, now: datetime) -> bool:
        """Tell whether the keys of a view are to be compared; without a time they always are."""
        if one.view.mode == "hash":
            return False
        return is_due(hour_of(str(self._settings["reconcile"]), WHERE), one.reconciled_us, now)


def _counted(
    told: Callable[[str, int, int], object], name: str, done: int, there: int
) -> Callable[[int], None]:
    """Return what tells how far a reading is, told how many rows more were worked."""

    def more(count: int) -> None:
        nonlocal done
        done += count
        told(name, min(done, there), there)

    more(0)
    return more


async def _persistently(one: Polling, work: Callable[[], Awaitable[int]]) -> None:
    """Do it, again where the connection is lost on the way; :data:`TRIES` times at one place are enough.

    Rows that are only met again are no way gained: a reading that fails behind them would never end.
    """
    pause, tries, reached = 0.0, 0, one.reached
    while True:
        try:
            await work()
        except Retry as error:
            tries, reached = (tries + 1, reached) if one.reached == reached else (1, one.reached)
            if not one.counts.read or tries >= TRIES or (isinstance(error, Unanswered) and error.lasting):
                raise
            _LOG.warning("%s: %s; once more", one.view.name, error.reason)
            pause = _longer(pause)
            await asyncio.sleep(pause)
        else:
            return


def _longer(pause: float) -> float:
    return min(max(0.5, pause * 2), LONGEST_PAUSE)


def source(settings: Mapping[str, Value]) -> SqlViews:
    """Return the door, not yet open."""
    return SqlViews(settings)
