"""Where the rows come from: the hospital's database, polled; nothing listens."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, make_url

from adapters.his.sql_view.database import Reader, Unreadable, open_database
from adapters.his.sql_view.polling import Limits, Polling, wall_clock
from adapters.his.sql_view.state import State
from adapters.his.sql_view.views import View, read_views
from gateway.canonical import Envelope
from gateway.errors import Misconfigured, Retry
from gateway.spec import Field

_LOG = logging.getLogger("qiao.sql_view")

NAME = "his/sql_view"

Value = str | int | float | bool

FIELDS = (
    Field("url", "str", "", "database URL of SQLAlchemy without its password: mysql://qiao@10.0.0.8/his"),
    Field("password", "str", "", "better in QIAO_ADAPTERS__HIS_SQL_VIEW__PASSWORD, or in password_file"),
    Field("password_file", "str", "", "file whose first line is the password"),
    Field(
        "views", "str", "", "folder with a YAML file for each view; empty: the template under its own names"
    ),
    Field("only", "str", "", "names of the views to read, separated by commas; empty: all"),
    Field("layouts", "str", "", "folder like mappings/rows, where [mapping] root is one of yours"),
    Field("tenant", "str", "default", "the hospital behind this database"),
    Field("state", "str", "sqlite:///qiao-his-sql-view.db", "database URL: how far each view was read"),
    Field("interval", "float", 1.0, "seconds between two polls of a view that says when a row changed"),
    Field("interval_hash", "float", 300.0, "seconds between two full readings of a view that does not"),
    Field(
        "overlap", "float", 60.0, "seconds before the last time read that are read again, for late commits"
    ),
    Field("batch", "int", 1000, "rows of a page"),
    Field("in_flight", "int", 512, "rows of a page that are under way at once"),
    Field("reconcile", "str", "03:30", "hour of the day at which all keys are compared; empty: never"),
    Field("withdraw", "float", 0.1, "share of a view that may vanish at once and be taken back"),
    Field("zone", "str", "+08:00", "zone of the database's times without one"),
    Field("charset", "str", "", "of text that comes as bytes or as Latin-1: gb18030"),
    Field("timeout", "float", 60.0, "seconds for a connection or a query"),
    Field("connections", "int", 3, "open connections to the database"),
)

LONGEST_PAUSE = 60.0
"""Seconds between two tries while the database does not answer."""


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

    async def start(self, deliver: Callable[[Envelope], Awaitable[bytes]]) -> None:
        """Open the database and begin to poll.

        Raises:
            Misconfigured: a setting or a view's file is wrong, or another process reads these views.
        """
        self.open(deliver)
        self._tasks = [asyncio.create_task(self._poll(one)) for one in self.polls]

    def open(
        self,
        deliver: Callable[[Envelope], Awaitable[bytes]],
    ) -> None:
        """Open what is read and where it is remembered, without polling. Raises ``Misconfigured``."""
        said = self._settings
        if not said["url"]:
            raise Misconfigured("url names the database to read", where=f'[adapters."{NAME}"]')
        views = read_views(str(said["views"]), str(said["only"]), str(said["layouts"]))
        limits = Limits(
            int(said["batch"]), int(said["in_flight"]), float(said["overlap"]), float(said["withdraw"]),
            str(said["zone"]),
        )  # fmt: skip
        wall_clock(limits.zone)
        if limits.batch < 2 or limits.in_flight < 1:
            raise Misconfigured("batch is at least 2, in_flight at least 1", where=f'[adapters."{NAME}"]')
        self._hour()
        connections = max(2, int(said["connections"]))
        self._engine = open_database(
            str(said["url"]), self._password(), timeout=float(said["timeout"]), connections=connections
        )
        self._state = State(str(said["state"]))
        self._threads = ThreadPoolExecutor(connections + 1, "qiao-sql-view")
        self.polls = [self._polling(view, limits, deliver) for view in views]

    def _polling(
        self,
        view: View,
        limits: Limits,
        deliver: Callable[[Envelope], Awaitable[bytes]],
    ) -> Polling:
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

    async def backlog(
        self,
        deliver: Callable[[Envelope], Awaitable[bytes]],
        told: Callable[[str, int, int], object],
    ) -> None:
        """Read every view until nothing is left, then compare all keys; the views one after the other.

        Args:
            told: called with the name of a view, how many of its rows are worked, and how many there are.

        Raises:
            Misconfigured: as :meth:`start`.
            Unreadable: the database does not answer as it should; calling again goes on.
            Retry: the state cannot be written now.
        """
        self.open(deliver)
        for one in self.polls:
            there = await self._run(one.count)
            one.progress = partial(_tell, told, one, there)
            one.progress(0)
            await one.round()
            await one.reconcile()

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
        view, pause = one.view, 0.0
        wanted = "interval_hash" if view.mode == "hash" else "interval"
        interval = max(0.05, view.interval or float(self._settings[wanted]))
        while True:
            begun = asyncio.get_running_loop().time()
            try:
                if _within(view.between, datetime.now(wall_clock(str(self._settings["zone"])))):
                    await one.round()
                    if self._is_due(one):
                        await one.reconcile()
                one.counts.error, pause = "", 0.0
            except Retry as error:
                if one.counts.error != error.reason:
                    _LOG.warning("%s is not read: %s", view.name, error.reason)
                lasting = isinstance(error, Unreadable) and error.lasting
                one.counts.error, pause = error.reason, LONGEST_PAUSE if lasting else _longer(pause)
            except Exception as error:  # noqa: BLE001 -- a fault in one view must not end the others
                _LOG.error("%s is not read: %s", view.name, type(error).__name__)
                one.counts.error, pause = type(error).__name__, LONGEST_PAUSE
            spent = asyncio.get_running_loop().time() - begun
            await asyncio.sleep(max(interval - spent, pause, 0.0))

    def _hour(self) -> tuple[int, int] | None:
        said = str(self._settings["reconcile"])
        if not said:
            return None
        hour, _, minute = said.partition(":")
        if not (hour.isdigit() and minute.isdigit() and int(hour) < 24 and int(minute) < 60):
            raise Misconfigured("reconcile is an hour of the day: 03:30", where=f'[adapters."{NAME}"]')
        return int(hour), int(minute)

    def _is_due(self, one: Polling) -> bool:
        """Tell whether the keys of a view are to be compared: once a day, and soon where a day was missed."""
        at = self._hour()
        if at is None or one.view.mode == "hash":
            return False
        now = datetime.now(wall_clock(str(self._settings["zone"])))
        last_due = now.replace(hour=at[0], minute=at[1], second=0, microsecond=0)
        if last_due > now:
            last_due -= timedelta(days=1)
        return one.reconciled_us < int(last_due.timestamp() * 1_000_000)


def _tell(told: Callable[[str, int, int], object], one: Polling, there: int, _: int) -> None:
    told(one.view.name, one.counts.read, there)


def _longer(pause: float) -> float:
    return min(max(1.0, pause * 2), LONGEST_PAUSE)


def _within(between: tuple[str, ...], now: datetime) -> bool:
    """Tell whether a view may be read at this hour; ``("22:00", "06:00")`` goes over midnight."""
    if not between:
        return True
    begin, end = between
    at = now.strftime("%H:%M")
    return begin <= at < end if begin <= end else at >= begin or at < end


def source(settings: Mapping[str, Value]) -> SqlViews:
    """Return the door, not yet open."""
    return SqlViews(settings)
