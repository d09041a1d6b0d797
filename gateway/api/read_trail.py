"""Read trail: who read which patient's data is on record (渝卫发〔2019〕49号 附件3注1: 全程留痕、可追溯).

Where a tenant asks for it (``[tenants.NAME] audit_reads``), what the API shows of a patient is noted before
it is sent, and written as AuditEvents twice a second: one for each client, person, interaction and patient.
A read that cannot be noted is not answered: the trail is bounded, and full where the store takes nothing in.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from gateway.api.audit_event import Reader, audit_events
from gateway.canonical import Resource, now_us
from gateway.canonical.spell import Spell
from gateway.errors import QiaoError, Retry
from gateway.security.caller import Caller
from gateway.security.client import check_practitioner
from gateway.store import Version
from gateway.store.model import Change, Transact, Transacted

EVERY = 0.5
"""Seconds for which reads are gathered: what a kill takes away of the trail."""
MOST = 100_000
"""Names and queries that wait to be written; a long query counts as several."""
CHANGES = 100
"""AuditEvents of one transaction: others write between them."""
QUERY = 2000
"""Characters that are kept of a query: it stands in the event of each patient that it found."""
PATIENTS = 50
"""Patients of one resource that get an event each; one that names more, a large Group, is one event."""
LATE = 5.0
"""Seconds of a write that comes to nothing, until nothing more is shown."""
AGAIN = 2.0
"""Seconds until what could not be written is tried again."""
SOURCE = "audit"
"""Source of the versions."""
PRACTITIONER = b"x-qiao-practitioner"

Write = Callable[[Transact], Awaitable[Transacted]]
Headers = Iterable[tuple[bytes, bytes]]
Shown = Sequence[tuple[str, frozenset[str]]]
"""``"Type/id"`` of each resource that is shown, and the patients that it names; ``""``: one not known."""
Key = tuple[Reader, str]
"""Who read, and whose data."""
Waiting = dict[Key, "_Read"]

_UNKNOWN = frozenset(("",))

_LOG = logging.getLogger("qiao.audit")
_NAMED = re.compile(rb'"reference"\s*:\s*"(Patient/[A-Za-z0-9\-.]{1,64})["/]').findall
_SOMEBODY = re.compile(rb'"reference"\s*:\s*"[^"]*/Patient/|"(?:resourceType|type)"\s*:\s*"Patient"').search
"""A patient who is elsewhere, is contained, or is named by an identifier alone."""


@dataclass(slots=True)
class _Read:
    begun_us: int
    ended_us: int
    names: dict[str, None] = field(default_factory=dict)
    queries: dict[str, None] = field(default_factory=dict)

    @property
    def size(self) -> int:
        return sum(map(_weight, (*self.names, *self.queries)))

    def follow(self, later: _Read) -> None:
        """Take over what was read after this."""
        self.ended_us = later.ended_us
        self.names |= later.names
        self.queries |= later.queries


class ReadTrail:
    """What was read and is not written yet; used on one event loop.

    Args:
        write: writes a transaction, and returns once it is committed.
        tenants: whose reads are noted.
        every: seconds between two writes.
    """

    def __init__(self, write: Write, tenants: frozenset[str], every: float = EVERY) -> None:
        self._write, self._tenants, self._every = write, tenants, every
        self._waiting: Waiting = {}
        self._held = 0
        self._since: float | None = None
        self._closed = False
        self._work: asyncio.Task[None] | None = None
        self._spell = Spell(_LOG, "the trail of reads")

    def wants(self, tenant: str) -> bool:
        """Tell whether a tenant's reads are noted."""
        return tenant in self._tenants

    def note(self, caller: Caller, code: str, headers: Headers, shown: Shown, query: str = "") -> None:
        """Note what a client is about to be shown.

        Args:
            code: R4 ``restful-interaction`` code.
            headers: of the request: a client that is trusted with it names the person.
            query: by which it was found.

        Raises:
            Retry: there is no room, or nobody writes any more: what is not on record is not shown.
        """
        if shown and (self._stuck or self._held + sum(len(patients) for _, patients in shown) > MOST):
            raise Retry("the trail of reads cannot be written now", after=AGAIN)
        reader, at = Reader(caller.tenant, caller.client, person_of(caller, headers), code), now_us()
        query = query if len(query) <= QUERY else f"{query[:QUERY]}…"
        for name, patients in shown:
            for patient in patients:
                self._add(reader, patient, name, query, at)
        if self._waiting and (self._work is None or self._work.done()):
            self._work = asyncio.get_running_loop().create_task(self._run())

    def note_query(self, caller: Caller, code: str, headers: Headers, query: str) -> None:
        """Note an answer of which nobody says whose data are in it: an export. Raises as :meth:`note`."""
        self.note(caller, code, headers, [("", _UNKNOWN)], query)

    @property
    def _stuck(self) -> bool:
        late = self._since is not None and time.monotonic() - self._since >= LATE
        return self._closed or late

    async def close(self) -> None:
        """Write what waits, as far as it can be written now; nothing is noted any more."""
        self._closed = True
        if self._work is not None:
            self._work.cancel()
            await asyncio.gather(self._work, return_exceptions=True)
        try:
            await self._written()
        except QiaoError as error:
            _LOG.error("%d reads are not on record: %s", self._held, error)

    def _add(self, reader: Reader, patient: str, name: str, query: str, at_us: int) -> None:
        read = self._waiting.get((reader, patient))
        if read is None:
            read = self._waiting[reader, patient] = _Read(at_us, at_us)
        read.ended_us = at_us
        for text, known in ((name, read.names), (query, read.queries)):
            if text and text not in known:
                known[text] = None
                self._held += _weight(text)

    async def _run(self) -> None:
        while self._waiting:
            await asyncio.sleep(self._every)
            try:
                await self._written()
                self._spell.over()
            except QiaoError as error:
                self._spell.on(f"not written: {error}")
                await asyncio.sleep(AGAIN)

    async def _written(self) -> None:
        """Write what waits by now; what comes meanwhile waits on. Raises :class:`Retry`: so does the rest."""
        due, self._waiting = self._waiting, {}
        try:
            for tenant, keys in _parts(due):
                self._since = self._since or time.monotonic()
                putting = asyncio.ensure_future(self._put(tenant, _events(due, keys)))
                try:
                    await asyncio.shield(putting)
                finally:
                    await asyncio.wait((putting,))  # who stops meanwhile would else write it twice
                    if not putting.cancelled() and putting.exception() is None:
                        self._held -= sum(due.pop(key).size for key in keys)
                        self._since = None
        finally:
            self._back(due)

    def _back(self, taken: Waiting) -> None:
        for key, later in self._waiting.items():
            if key in taken:
                both = taken[key].size + later.size
                taken[key].follow(later)
                self._held -= both - taken[key].size
            else:
                taken[key] = later
        self._waiting = taken

    async def _put(self, tenant: str, events: Sequence[Resource]) -> None:
        for at in range(0, len(events), CHANGES):
            changes = [Change("create", "AuditEvent", body=one) for one in events[at : at + CHANGES]]
            done = await self._write(Transact(tenant, SOURCE, changes))
            if done.error is not None:
                await self._each(tenant, changes)

    async def _each(self, tenant: str, changes: Sequence[Change]) -> None:
        """Write one by one what cannot be written together: one event that is refused costs only itself."""
        for change in changes:
            done = await self._write(Transact(tenant, SOURCE, [change]))
            if done.error is not None:
                if isinstance(done.error, Retry):
                    raise done.error
                _LOG.error("a read is not on record (%s)", done.error.code)


def _weight(text: str) -> int:
    return 1 + len(text) // 100


def _parts(due: Waiting) -> list[tuple[str, list[Key]]]:
    tenants: dict[str, list[Key]] = {}
    for key in due:
        tenants.setdefault(key[0].tenant, []).append(key)
    return [
        (tenant, keys[at : at + CHANGES])
        for tenant, keys in tenants.items()
        for at in range(0, len(keys), CHANGES)
    ]


def _events(due: Waiting, keys: Sequence[Key]) -> list[Resource]:
    return [
        event
        for (reader, patient), one in ((key, due[key]) for key in keys)
        for event in audit_events(
            reader, patient, list(one.names), list(one.queries), (one.begun_us, one.ended_us)
        )
    ]


def shown_of(versions: Iterable[Version]) -> Shown:
    """Return whose data some versions are; those of nobody's are left out, tombstones too.

    So are AuditEvents: who looks at the trail would lengthen it by each look.
    """
    return list(_shown(versions))


def _shown(versions: Iterable[Version]) -> Iterator[tuple[str, frozenset[str]]]:
    for one in versions:
        if one.deleted or one.type == "AuditEvent":
            continue
        patients = patients_of(one)
        if patients:
            known = len(patients) <= PATIENTS
            yield f"{one.type}/{one.id}", patients if known else _UNKNOWN
        elif one.type == "Binary" or _SOMEBODY(one.body):
            yield f"{one.type}/{one.id}", _UNKNOWN


def patients_of(version: Version) -> frozenset[str]:
    """Return the patients that a version names, ``"Patient/id"``; itself, if it is one."""
    found = {name.decode() for name in _NAMED(version.body)}
    return frozenset(found | {f"Patient/{version.id}"} if version.type == "Patient" else found)


def person_of(caller: Caller, headers: Headers) -> str:
    """Return the person on whose behalf a client reads; one that it may not name is none."""
    if caller.role == "patient":
        return caller.patient
    said = next((value.decode("latin-1") for name, value in headers if name == PRACTITIONER), "")
    if not said or not caller.asserts:
        return caller.practitioner
    try:
        return check_practitioner(said, "")
    except QiaoError:
        return caller.practitioner
