"""Alerting: looks now and then at what is due, late, over or missing, and says so once (``qiao.alerts``).

One process of a store does it at a time. What it finds is compared with the alerts that are open: what is new
begins, what is over clears.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import partial

from gateway.canonical import now_us
from gateway.canonical.json import loads
from gateway.canonical.moments import day_of, moment
from gateway.canonical.spell import Spell
from gateway.errors import QiaoError
from gateway.feed.calendar import begin_us
from gateway.feed.critical import SUBJECT as CRITICAL
from gateway.feed.critical import escalations, overdue
from gateway.feed.feedback.deadlines import HOUR_US
from gateway.feed.feedback.states import OPEN
from gateway.feed.feedback.stop import IDS as STOP
from gateway.feed.feedback.task import DISPLAYS, TASKS, course_of, due_of, state_of
from gateway.feed.obligations import Obligations
from gateway.feed.reconciliation import reconcile
from gateway.feed.reconciliation.asking import NO_ANSWER, SUBJECT, ask_all, unanswered
from gateway.settings import SourceSettings
from gateway.store import Store, Transact, Transacted

_LOG = logging.getLogger("qiao.supervision")

EVERY = 300.0
"""Seconds between two looks."""
MOST = 1000
"""Open matters of a course that are looked at."""

WRITTEN_WITHIN = 60.0
"""Seconds that the writer is waited for."""

Write = Callable[[Transact], Awaitable[Transacted]]
"""The writer of the gateway."""
Found = tuple[str, str, str]
"""(subject, kind, detail) of an alert."""

_DAY = "reconciliation:"
SUBJECTS = ("feedback:", "evidence:", SUBJECT, _DAY, "service")
"""How the subjects of its alerts begin; others belong to others."""


def look(obligations: Obligations, tenant: str, at_us: int) -> list[Found]:
    """Return what is not as it should be with a tenant now."""
    return [
        *_due(obligations, tenant, at_us),
        *_evidence(obligations, tenant, at_us),
        *_asked(obligations, tenant, at_us),
        *_days(obligations, tenant, at_us),
        *_stopped(obligations, tenant),
    ]


def tell(obligations: Obligations, tenant: str, at_us: int) -> None:
    """Let alerts begin and clear as a look finds."""
    _told(obligations.store, tenant, SUBJECTS, look(obligations, tenant, at_us), at_us)


def tell_overdue(store: Store, at_us: int) -> None:
    """Let the alerts of critical values begin and clear that nobody has acknowledged in time."""
    for tenant, _, _ in store.subscriptions.clocks():
        _told(store, tenant, (CRITICAL,), list(overdue(store, tenant, at_us)), at_us)


def _told(store: Store, tenant: str, subjects: tuple[str, ...], looked: list[Found], at_us: int) -> None:
    alerts = store.alerts
    found = {(subject, kind): detail for subject, kind, detail in looked}
    open_ = alerts.find(tenant=tenant, most=2 * MOST)
    known = {(one.subject, one.kind) for one in open_ if one.subject.startswith(subjects)}
    for subject, kind in sorted(known - set(found)):
        alerts.clear(tenant, subject, kind, at_us)
    for subject, kind in sorted(set(found) - known):
        alerts.begin(tenant, subject, kind, found[subject, kind], at_us)


class Alerting:
    """The thread that looks; one process of a store does.

    Args:
        tenants: whose duties to look at; of every tenant of the store, critical values that are overdue.
        now: the present, microseconds since 1970.
        write: the writer of the gateway, which tells of overdue critical values once more; None: nobody does.
        escalate: to whom beside their owners.
    """

    def __init__(
        self,
        obligations: Obligations,
        tenants: Sequence[str],
        now: Callable[[], int] = now_us,
        write: Write | None = None,
        escalate: Sequence[str] = (),
    ) -> None:
        self._write, self._escalate = write, tuple(escalate)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._obligations, self._tenants, self._now = obligations, tuple(tenants), now
        self._store = obligations.store
        self._sole = obligations.store.sole("supervision")
        self._spells: dict[str, Spell] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="qiao-supervision", daemon=True)

    def start(self) -> None:
        """Begin to look; belongs to a running event loop where there is something to write."""
        self._loop = asyncio.get_running_loop() if self._write is not None else None
        self._thread.start()

    def stop(self) -> None:
        """End; a look that is under way ends first."""
        self._ended.set()
        if self._thread.ident is not None:
            self._thread.join()

    def once(self) -> None:
        """Look at every tenant; what cannot be looked at now is looked at next time."""
        for tenant in self._tenants:
            self._look(tenant, partial(tell, self._obligations, tenant))
        self._look("critical values", partial(tell_overdue, self._store))
        if self._write is not None:
            self._look("escalations", self._escalated)

    def _escalated(self, at_us: int) -> None:
        """Tell once more of critical values that are overdue."""
        assert self._loop is not None  # it was started where there is something to write
        for tenant, _, _ in self._store.subscriptions.clocks():
            for one in escalations(self._store, tenant, at_us, self._escalate):
                done = asyncio.run_coroutine_threadsafe(self._given(one), self._loop).result(WRITTEN_WITHIN)
                if done.error is not None:
                    raise done.error

    async def _given(self, one: Transact) -> Transacted:
        assert self._write is not None
        return await self._write(one)

    def _look(self, name: str, work: Callable[[int], None]) -> None:
        spell = self._spells.setdefault(name, Spell(_LOG, name))
        try:
            if self._sole.mine():
                work(self._now())
            spell.over()
        except (QiaoError, TimeoutError) as error:
            spell.on(f"not looked at: {error}")

    def _run(self) -> None:
        try:
            while not self._ended.wait(EVERY):
                self.once()
        finally:
            self._sole.leave()


def _due(obligations: Obligations, tenant: str, at_us: int) -> Iterator[Found]:
    """Yield what the hospital has to do and what is due, or soon."""
    remind = obligations.duties(tenant).settings.remind_hours * HOUR_US
    codes = ",".join(f"{TASKS}|{code}" for code in DISPLAYS)
    pairs = [("code", codes), ("status", "requested,accepted,in-progress"), ("_count", str(MOST))]
    for version in obligations.store.search(tenant, "Task", pairs).matches:
        task = loads(version.body)
        due = moment(due_of(task))
        if due is None or state_of(task) not in OPEN:
            continue
        name = f"feedback:Task/{version.id}"
        if at_us > due:
            yield name, "overdue", f"{course_of(task)} due {due_of(task)}"
        elif at_us > due - remind:
            yield name, "due-soon", f"{course_of(task)} due {due_of(task)}"


def _evidence(obligations: Obligations, tenant: str, at_us: int) -> Iterator[Found]:
    for one in obligations.evidence(tenant, at_us):
        if one.colour in ("red", "yellow"):
            until = f" {one.end.isoformat()}" if one.end else ""
            yield f"evidence:{one.kind.kind}", one.why, f"{one.kind.requirement} {one.kind.article}{until}"


def _asked(obligations: Obligations, tenant: str, at_us: int) -> Iterator[Found]:
    """Ask the sources what they have not said yet; yield those that gave no answer."""
    store = obligations.store
    for day in _looked_at(obligations, tenant, at_us):
        stated = store.reconciliation.stated(tenant, day, day)
        due = _due_sources(obligations, tenant, day, at_us)
        silent = {name for _, name in unanswered(due, day, stated)}
        for one in ask_all(store, tenant, {name: due[name] for name in sorted(silent)}, [day]):
            yield f"{SUBJECT}{one.source}", NO_ANSWER, f"{day}: {one.reason}"


def _looked_at(obligations: Obligations, tenant: str, at_us: int) -> list[str]:
    """Return the day before, and days that did not agree when they were looked at last."""
    days = {(day_of(at_us) - timedelta(days=1)).isoformat()}
    for one in obligations.store.alerts.find(tenant=tenant):
        if one.subject.startswith(_DAY):
            days.add(one.subject.removeprefix(_DAY))
    return sorted(days)


def _due_sources(obligations: Obligations, tenant: str, day: str, at_us: int) -> Mapping[str, SourceSettings]:
    """Return the sources whose time to be asked about a day has come."""
    after = begin_us((date.fromisoformat(day) + timedelta(days=1)).isoformat(), obligations.store.zone)
    said = obligations.duties(tenant).settings.sources
    return {name: one for name, one in said.items() if at_us >= after + _into_the_day_us(one.at)}


def _into_the_day_us(time: str) -> int:
    hours, minutes = time.split(":")
    return (int(hours) * 60 + int(minutes)) * 60_000_000


def _days(obligations: Obligations, tenant: str, at_us: int) -> Iterator[Found]:
    """Yield that the day before does not agree, and days that did not and still do not."""
    for day in _looked_at(obligations, tenant, at_us):
        at, sources = date.fromisoformat(day), _due_sources(obligations, tenant, day, at_us)
        found = reconcile(obligations.store, tenant, at, at, at_us=at_us, inbox=False, sources=sources)
        if not found.ok:
            count = sum(one.counts for one in found.days[0].differences)
            yield f"{_DAY}{day}", "differences", f"{count}: qiao feed reconcile --day {day}"


def _stopped(obligations: Obligations, tenant: str) -> Iterator[Found]:
    flags = [obligations.store.read(tenant, "Flag", one) for one in STOP]
    if any(one and not one.deleted and loads(one.body).get("status") == "active" for one in flags):
        yield "service", "stopped", "YN-39"
