"""Engine: between the doors and the writer; who waits, who is answered, and how much is under way.

Everything here runs on one event loop and never waits for the database. Design §1, §5 and §6.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from gateway.canonical import Outcome
from gateway.errors import Retry
from gateway.mapping import Maps
from gateway.pipeline.admission import Admission
from gateway.pipeline.beside import TRIES, Beside
from gateway.pipeline.counters import Counters
from gateway.pipeline.delivery import Behind, Delivery
from gateway.pipeline.interaction import Interaction, Told
from gateway.pipeline.job import Ending, Job
from gateway.pipeline.steps import Validate
from gateway.pipeline.trail import Trail
from gateway.pipeline.workers import Staff, Workers
from gateway.pipeline.writer import Writer
from gateway.settings import PipelineSettings
from gateway.spec import AdapterSpec
from gateway.store import Store, Transact, Transacted


@dataclass(slots=True, frozen=True)
class Parts:
    """What a pipeline is made of.

    Attributes:
        adapters: by id, to parse and to answer.
        validate: checks what is about to be stored, see ``steps.Validate``; None: nobody does.
        trail: file that remembers what is being mapped; None: every message goes carefully, see ``writer``.
        staff: how processes are started that read and map large groups; None: there are none.
    """

    store: Store
    maps: Maps
    adapters: Mapping[str, AdapterSpec]
    limits: PipelineSettings
    validate: Validate | None = None
    trail: Path | None = None
    staff: Staff | None = None


class Engine:
    """The pipeline of one process; its methods belong to one event loop.

    Attributes:
        deliver: what the doors get.
    """

    def __init__(self, parts: Parts) -> None:
        self.counters = Counters()
        self._parts = parts
        self._admission = Admission(parts.limits.max_messages, parts.limits.max_bytes)
        self._workers = Workers(parts.staff, lambda: parts.maps.version) if parts.staff else None
        self.deliver = Delivery(
            Behind(
                parts.maps, parts.adapters, parts.limits, self._admission, self.counters,
                lambda jobs: self._writer.put(*jobs), self._workers,
            )
        )  # fmt: skip
        self._beside = Beside()
        self._put_off: set[asyncio.Task[None]] = set()
        self._open = False

    async def start(self) -> None:
        """Finish what an earlier run left unfinished, then begin to take messages.

        Raises:
            Retry: the store cannot be read or written.
        """
        self._loop = asyncio.get_running_loop()
        parts = self._parts
        trail = Trail(parts.trail) if parts.trail else None
        self._writer = Writer(
            parts.store, parts.maps, parts.adapters, parts.limits, parts.validate, trail,
            ended=lambda endings: self._loop.call_soon_threadsafe(self._end, endings),
            told=lambda told: self._loop.call_soon_threadsafe(self._tell, told),
            later=lambda later: self._loop.call_soon_threadsafe(self._wait_beside, later),
            recovered=lambda ended: self._loop.call_soon_threadsafe(self._count_recovered, ended),
        )  # fmt: skip
        await asyncio.to_thread(self._writer.start)
        self._open = True

    async def stop(self) -> None:
        """End what is under way and stop; the doors must have stopped before."""
        self._open = False
        await asyncio.gather(*self._put_off)
        if self._workers is not None:
            await self._workers.close()
        await asyncio.to_thread(self._writer.stop)
        self._beside.close()

    @property
    def under_way(self) -> int:
        """Messages and interactions taken in and not ended."""
        return self._admission.inside

    async def write(self, transact: Transact) -> Transacted:
        """Make the changes of one interaction; returns what became of them once that is committed.

        Raises:
            Retry: nothing was committed; the client may try again.
        """
        return await self._beside.insist(self._write, transact)

    async def _write(self, transact: Transact) -> Transacted:
        interaction = Interaction(transact, self._loop.create_future())
        await self._admission.enter(interaction.size)
        if not self._open:
            self._admission.leave(interaction.size)
            raise Retry("the gateway is stopping")
        self._writer.put(interaction)
        answer = await asyncio.shield(interaction.answered)
        if isinstance(answer, Retry):
            raise answer
        return answer

    def _end(self, endings: Sequence[Ending]) -> None:
        """Wake the doors, count, and make room; one call for a whole batch."""
        for ending in endings:
            if not self._is_put_off(ending):
                self.deliver.ended(ending)

    def _is_put_off(self, ending: Ending) -> bool:
        """Tell whether a message is tried again before its sender hears of it."""
        retry, job = ending.answer, ending.job
        if not isinstance(retry, Retry) or retry.first is None or not self._open or job.put_off >= TRIES:
            return False
        job.put_off += 1
        self._go(self._again(job, retry))
        return True

    def _wait_beside(self, later: Sequence[Retry]) -> None:
        """Do what kept messages wait for; the writer looks at them again by itself."""
        for retry in later if self._open else ():
            self._go(self._only(retry))

    def _go(self, work: Coroutine[None, None, None]) -> None:
        task = self._loop.create_task(work)
        self._put_off.add(task)
        task.add_done_callback(self._put_off.discard)

    async def _only(self, retry: Retry) -> None:
        with suppress(Retry):
            await self._beside.do(retry)

    async def _again(self, job: Job, retry: Retry) -> None:
        try:
            await self._beside.do(retry)
        except Retry as error:
            self._end([Ending(job, Retry(error.reason, after=error.after))])
        else:
            self._writer.put(job)

    def _tell(self, told: Sequence[Told]) -> None:
        """Wake the requests and make room."""
        for one in told:
            if not one.interaction.answered.done():
                one.interaction.answered.set_result(one.answer)
            self._admission.leave(one.interaction.size)

    def _count_recovered(self, outcomes: Sequence[Outcome]) -> None:
        for outcome in outcomes:
            self.counters.found_again(outcome)
