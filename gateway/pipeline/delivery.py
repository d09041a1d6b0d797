"""Delivery: what the doors call; who waits for which answer, and how much is under way.

Everything here runs on one event loop and never waits for the database. Design §1, §5 and §6.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from gateway.canonical import Envelope, Issue, NotUnderstood
from gateway.errors import Rejected, Retry
from gateway.mapping import Maps, Profile
from gateway.pipeline import steps
from gateway.pipeline.admission import Admission
from gateway.pipeline.counters import Counters
from gateway.pipeline.exchange import Answered, Done, NotKept
from gateway.pipeline.group import Group
from gateway.pipeline.job import Answer, Ending, Heard, Job, Key, answer, log
from gateway.pipeline.workers import Workers
from gateway.settings import PipelineSettings
from gateway.spec import AdapterSpec

PART = 128
"""Messages of a group that are taken in, and read by another process, together."""

SMALLEST = 64
"""The first and the last part of a group are small: before the one the writer has nothing to do, after the
other the readers."""

PART_BYTES = 4 * 1024 * 1024


@dataclass(slots=True, frozen=True)
class Behind:
    """What stands behind the doors.

    Attributes:
        put: hands messages to the writer, in their order.
        workers: read and map large groups; None: the gateway does it itself.
    """

    maps: Maps
    adapters: Mapping[str, AdapterSpec]
    limits: PipelineSettings
    admission: Admission
    counters: Counters
    put: Callable[[Sequence[Job]], object]
    workers: Workers | None = None


class Delivery:
    """The way from the doors into an engine, a ``gateway.spec.Deliver``."""

    def __init__(self, behind: Behind) -> None:
        self._behind = behind
        self._admission = behind.admission
        self._under_way: dict[Key, Job] = {}
        self._turn = asyncio.Lock()

    async def __call__(self, envelope: Envelope, /) -> bytes:
        """Take one message; returns the answer for its sender once that is true.

        Raises:
            Retry: nothing was committed, the sender must keep its message.
        """
        answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        job = self._job(envelope, partial(_wake, answered), steps.read)
        if job is not None:
            await self._enter(job)
            self._put([job])
        given = await answered
        if isinstance(given, Retry):
            raise given
        return given

    async def many(self, envelopes: Sequence[Envelope], /) -> list[bytes | Retry]:
        """Take several messages in their order; returns the answer of each once all of them are true."""
        group = Group(len(envelopes))
        async with self._turn:  # what a source delivers next must not overtake
            handed: deque[_Handed] = deque()
            try:
                for part in _parts(envelopes, self._behind.limits):
                    await self._hand(group, part, len(envelopes), handed)
                while handed:
                    await self._take(group, handed)
            finally:  # where it was cancelled in between
                for one in handed:
                    self._admission.leave(one.part.size, len(one.part.envelopes))
        return await group.answers()

    def ended(self, ending: Ending) -> None:
        """Wake the door, count, and make room."""
        job = ending.job
        job.give(ending.answer)
        if ending.ended and self._under_way.get(job.key) is job:
            del self._under_way[job.key]
            self._admission.leave(len(job.envelope.raw))
            self._behind.counters.ended(job.envelope.adapter, ending.answer, ending.outcome)

    async def _hand(self, group: Group, part: _Part, of: int, handed: deque[_Handed]) -> None:
        """Let a part of a group in; it is read by another process, where the group is worth that."""
        several = len(part.envelopes)
        while handed and not self._admission.fits(part.size, several):
            await self._take(group, handed)
        await self._admission.enter(part.size, several)
        workers = self._behind.workers
        if workers is None or not workers.open(of):
            handed.append(_Handed(part, None))
            ahead = 0
        else:
            handed.append(_Handed(part, workers.work(part.envelopes)))
            ahead = workers.count
        while len(handed) > ahead:
            await self._take(group, handed)

    async def _take(self, group: Group, handed: deque[_Handed]) -> None:
        """Hand the first part to the writer, once it is read."""
        one = handed[0]
        done = await one.done if one.done is not None else None
        handed.popleft()
        part, jobs = one.part, []
        for at, envelope in enumerate(part.envelopes):
            job = self._one(envelope, partial(group.give, part.at + at), done[at] if done else None)
            if job is None:
                self._admission.leave(len(envelope.raw))
            else:
                jobs.append(job)
        self._put(jobs)
        await asyncio.sleep(0)  # the other doors come in between

    def _one(self, envelope: Envelope, heard: Heard, done: Done | NotKept | None) -> Job | None:
        """Return what is to be done for one of a group; whatever goes wrong with it, the others go on."""
        try:
            if done is not None:
                return self._done(envelope, heard, done)
            return self._job(envelope, heard, steps.read_one_of_many)
        except Exception as error:  # noqa: BLE001 -- a fault of ours, which must not keep its place for ever
            log.exception("inbox=%s adapter=%s was not taken in", envelope.id, envelope.adapter)
            heard(_fault(error))
            return None

    def _put(self, jobs: Sequence[Job]) -> None:
        """Hand messages to the writer; where that cannot be, they end here."""
        try:
            self._behind.put(jobs)
        except Exception as error:  # noqa: BLE001 -- as in _one
            log.exception("%d messages were not handed over", len(jobs))
            for job in jobs:
                self.ended(Ending(job, _fault(error)))

    def _job(
        self, envelope: Envelope, heard: Heard, read: Callable[[AdapterSpec, Maps, Envelope], steps.Reading]
    ) -> Job | None:
        """Return what is to be done for a message; None where nothing is: then ``heard`` is told why."""
        spec = self._behind.adapters[envelope.adapter]
        try:
            reading = read(spec, self._behind.maps, envelope)
        except Rejected as error:
            heard(self._not_kept(spec, envelope, error))
            return None
        return self._first(Job(envelope, spec, reading, heard))

    def _done(self, envelope: Envelope, heard: Heard, done: Done | NotKept) -> Job | None:
        """Return what is left to do for a message that another process has read and mapped."""
        behind = self._behind
        spec = behind.adapters[envelope.adapter]
        if isinstance(done, NotKept):
            heard(self._not_kept(spec, envelope, Rejected(done.reason, code=done.code, where=done.where)))
            return None
        envelope.sender, envelope.charset, envelope.zone = done.sender, done.charset, done.zone
        profile = behind.maps.profiles[done.profile] if done.profile else Profile()
        envelope.answer = profile.answer
        parse = partial(steps.parse, spec, behind.maps, envelope) if done.parsed else None
        reading = steps.Reading(None, profile, done.header, done.flaw, parse, done.echoed)
        return self._first(Job(envelope, spec, reading, heard, ready=done.result))

    def _first(self, job: Job) -> Job | None:
        """Return a message where it is not under way already; then it gets the answer of the first one."""
        first = self._under_way.setdefault(job.key, job)
        if first is job:
            return job
        first.then(partial(self._same_again, job))
        return None

    def _same_again(self, job: Job, given: Answer) -> None:
        self._behind.counters.again(job.envelope.adapter, busy=isinstance(given, Retry))
        job.heard(given)

    async def _enter(self, job: Job) -> None:
        try:
            await self._admission.enter(len(job.envelope.raw))
        except asyncio.CancelledError:
            del self._under_way[job.key]
            job.give(Retry("the first sender of this message left while it waited"))
            raise

    def _not_kept(self, spec: AdapterSpec, envelope: Envelope, error: Rejected) -> bytes:
        self._behind.counters.not_kept(envelope.adapter, error.code)
        log.warning("adapter=%s not kept: %s", envelope.adapter, error.code)
        issue = Issue("error", "structure", error.where, "HL70357/100", error.reason)
        return answer(spec, envelope, None, NotUnderstood(error.code, [issue]))


@dataclass(slots=True)
class _Part:
    """Some messages of a group that are let in together, and the place of the first in it."""

    at: int
    envelopes: list[Envelope]
    size: int = 0


@dataclass(slots=True)
class _Handed:
    """A part that was let in and is not yet with the writer; ``done``: what another process makes of it."""

    part: _Part
    done: asyncio.Future[Answered | None] | None


def _parts(envelopes: Sequence[Envelope], limits: PipelineSettings) -> Iterator[_Part]:
    """Yield the parts of a group; a message that is larger than a part may be goes alone."""
    most_bytes = min(PART_BYTES, limits.max_bytes)
    part, most = _Part(0, []), min(SMALLEST, limits.max_messages)
    for at, envelope in enumerate(envelopes):
        size = len(envelope.raw)
        if part.envelopes and (len(part.envelopes) >= most or part.size + size > most_bytes):
            yield part
            part = _Part(at, [])
            wanted = min(PART, at + SMALLEST, (len(envelopes) - at + 1) // 2)
            most = min(max(SMALLEST, wanted), limits.max_messages)
        part.envelopes.append(envelope)
        part.size += size
    if part.envelopes:
        yield part


def _fault(error: Exception) -> Retry:
    return Retry(f"the gateway could not take it: {type(error).__name__}")


def _wake(answered: asyncio.Future[Answer], given: Answer) -> None:
    if not answered.done():
        answered.set_result(given)
