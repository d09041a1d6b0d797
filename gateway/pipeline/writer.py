"""Writer: the one thread that maps and commits; takes what is waiting as a batch. Design §1, §5 and §6.

Each cycle commits one transaction; n senders share it. A message goes one of two ways:

- at once: mapped first, then its bytes and its end in one commit, then the answer. The usual way.
- carefully: its bytes in one commit, then mapped, its end in the next one. For senders that want their
  answer as soon as the bytes are safe, and for messages of which a process may have died (``trail``).

What the API writes goes into the same batches. Nothing is answered before it is committed. While receipts
wait, the work behind earlier ones goes on in small slices: a burst is taken in at the speed of the disk, and
worked off after it, in its order.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from gateway.canonical import NotUnderstood, Outcome, Quarantined, Refused
from gateway.errors import Retry
from gateway.mapping import Maps
from gateway.pipeline import steps
from gateway.pipeline.interaction import Interaction, Told
from gateway.pipeline.job import Ending, Job, log
from gateway.pipeline.outage import Outage
from gateway.pipeline.recovery import finish_unsettled
from gateway.pipeline.steps import Validate
from gateway.pipeline.trail import CAPACITY, Trail
from gateway.settings import PipelineSettings
from gateway.spec import AdapterSpec
from gateway.store import Receive, Settle, Store, Transact, Transacted, Written
from gateway.turns import turns

Item = Receive | Settle | Transact

SLICE = 2
"""Kept messages that are worked on between two commits while receipts are being asked for."""

LOOK = 1.0
"""Seconds between two looks for changed code tables; one look is a stat of each file, under a millisecond."""

GAP = 0.001
"""Seconds without a further message after which the writer does not wait for the others that it expects."""

ALONE = 16
"""Batches for which it then expects nobody: those senders are slow, or gone."""

PAUSE = 0.5
"""Seconds after a failed commit before the unfinished is tried again, at least."""

LONGEST_PAUSE = 60.0
"""The same where messages go on waiting for somebody else: each try maps them anew."""

SLOW = 5.0
"""Seconds of a commit that failed, after which whoever came meanwhile is told as well: the next one would
take as long, and each batch of them would wait for its own."""


class Writer:
    """The writing thread of one process.

    Args:
        ended: told, from this thread, what a commit means for the doors.
        told: the same for what the API writes.
        later: told what kept messages wait for, whose senders are gone.
        recovered: told how messages ended that had been left unfinished.
    """

    def __init__(
        self,
        store: Store,
        maps: Maps,
        adapters: Mapping[str, AdapterSpec],
        limits: PipelineSettings,
        validate: Validate | None,
        trail: Trail | None,
        *,
        ended: Callable[[list[Ending]], object],
        told: Callable[[list[Told]], object],
        later: Callable[[list[Retry]], object],
        recovered: Callable[[list[Outcome]], object],
    ) -> None:
        self._store, self._maps, self._adapters = store, maps, adapters
        self._limits, self._validate, self._trail = limits, validate, trail
        self._ended, self._told, self._later, self._recovered = ended, told, later, recovered
        self._waiting: deque[Job | Interaction] = deque()
        self._behind: deque[Job] = deque()
        self._bell = threading.Event()
        self._stopping = False
        self._unfinished = False
        self._outage = Outage()
        self._expected = self._alone = 0
        self._try_again_at = 0.0
        self._pause = PAUSE
        self._look_at = 0.0
        self._thread = threading.Thread(target=self._run, name="qiao-writer", daemon=True)

    def start(self) -> None:
        """Finish what an earlier run left unfinished, then begin.

        Raises:
            Retry: the store cannot be read or written.
        """
        self._recover()
        self._thread.start()

    def put(self, *jobs: Job | Interaction) -> None:
        """Queue messages, or what the API wants written; any thread."""
        self._waiting.extend(jobs)
        self._bell.set()

    def stop(self) -> None:
        """End everything that is queued and stop."""
        self._stopping = True
        self._bell.set()
        self._thread.join()
        if self._trail:
            self._trail.close()

    def _run(self) -> None:
        turns.take()
        try:
            self._work()
        finally:
            turns.give()

    def _work(self) -> None:
        mapped: list[Job] = []
        while mapped or self._behind or self._waiting or not self._stopping:
            idle = not mapped and not self._behind
            if self._unfinished and idle:
                self._try_unfinished()
            fresh = self._take(patient=idle)
            self._refresh()
            if fresh or not idle:
                mapped = self._cycle(mapped, fresh)

    def _take(self, *, patient: bool) -> list[Job | Interaction]:
        """Return what is waiting, as much as one batch may be; a patient caller waits for the first one."""
        if patient and not self._waiting and not self._stopping:
            with turns.aside():
                self._bell.wait(PAUSE if self._unfinished else LOOK)
        if patient:
            self._gather()
        self._bell.clear()
        taken: list[Job | Interaction] = []
        room = float(self._limits.batch)
        while self._waiting and room > 0:
            taken.append(self._waiting.popleft())
            room -= taken[-1].weight
        return taken

    def _take_all(self, jobs: list[Job], interactions: list[Interaction]) -> None:
        """Take everything that is waiting."""
        while self._waiting:
            one = self._waiting.popleft()
            if isinstance(one, Job):
                jobs.append(one)
            else:
                interactions.append(one)

    def _gather(self) -> None:
        """Wait for the senders that the last commit has answered: their next messages are on the way.

        Else the first one to come has a commit for itself, the others share the next, and so on by turns: two
        commits where one would do. The time is not lost: their messages are being read meanwhile.
        """
        self._alone = max(0, self._alone - 1)
        there = 0 if self._alone else len(self._waiting)
        while 0 < there < min(self._expected, self._limits.batch) and not self._stopping:
            self._bell.clear()
            with turns.aside():
                if len(self._waiting) == there and not self._bell.wait(GAP):
                    self._alone = ALONE
                    return
            there = len(self._waiting)

    def _refresh(self) -> None:
        """Take over changed code tables, between two batches; a broken file leaves its table as it was."""
        now = time.monotonic()
        if now < self._look_at:
            return
        self._look_at = now + LOOK
        try:
            change = self._maps.refresh()
        except Exception as error:  # noqa: BLE001 -- as in _cycle
            log.error("code tables stay as they were (%s)", type(error).__name__)
            return
        if change.problem:
            log.warning("code tables stay as they were: %s", change.problem)
        if change.tables:
            log.info("code tables changed: %s; maps %s", ", ".join(change.tables), self._maps.version)

    def _cycle(self, mapped: list[Job], fresh: list[Job | Interaction]) -> list[Job]:
        """Commit the ends of ``mapped`` and what is ``fresh``; return what is mapped and has no end yet."""
        jobs = [one for one in fresh if isinstance(one, Job)]
        interactions = [one for one in fresh if isinstance(one, Interaction)]
        begun = time.monotonic()
        try:
            self._store.sure()
            new = self._not_seen(jobs)
            if self._may_go_at_once(new):
                self._map_ahead(new)
            self._behind += self._write(mapped, new, interactions)
        except Exception as error:  # noqa: BLE001 -- the writer must outlive whatever the store throws
            if time.monotonic() - begun > SLOW:
                self._take_all(jobs, interactions)
            self._postpone([*mapped, *jobs, *self._behind], interactions, error)
            self._behind.clear()
            return []
        asked = self._waiting or any(job.wants_receipt for job in jobs)
        most = SLICE if asked else self._limits.batch
        now = [self._behind.popleft() for _ in range(min(len(self._behind), most))]
        self._map(now)
        return now

    def _not_seen(self, jobs: Sequence[Job]) -> list[Job]:
        """Answer what the store has seen and adopt what it has kept but never ended; return what goes on."""
        if not jobs:
            return []
        found = self._store.find_repeats([job.ask_repeat() for job in jobs])
        new, again = list[Job](), list[Ending]()
        for job, seen in zip(jobs, found, strict=True):
            if seen is not None and seen.answer is not None:
                again.append(Ending(job, seen.answer))
                continue
            if seen is not None:
                job.envelope = replace(job.envelope, id=seen.inbox_id)
                job.kept = True
            new.append(job)
        if again:
            self._ended(again)
        return new

    def _may_go_at_once(self, jobs: Sequence[Job]) -> bool:
        """All or none: a message must not overtake an earlier one of its patient."""
        if self._behind or any(job.kept or job.wants_receipt for job in jobs):
            return False
        risky, trail = [job for job in jobs if job.ready is None], self._trail
        if trail is None or len(risky) > CAPACITY:
            return not risky
        return not any(job.repeat_key in trail.suspects for job in risky)

    def _map_ahead(self, jobs: Sequence[Job]) -> None:
        risky = [job for job in jobs if job.ready is None]
        if self._trail and risky:
            self._trail.enter([job.repeat_key for job in risky])
        self._map(jobs)
        if self._trail and risky:
            self._trail.leave()

    def _map(self, jobs: Sequence[Job]) -> None:
        for job in jobs:
            turns.offer()
            ready, job.ready = job.ready, None  # what waits after all is mapped anew
            job.result = ready or steps.translate(self._maps, job.envelope, job.reading, self._validate)

    def _write(self, mapped: list[Job], new: list[Job], interactions: list[Interaction]) -> list[Job]:
        """Commit one batch and answer whom it answers; return those of ``new`` that go on."""
        items: list[tuple[Job, Settle | Receive]] = [(job, job.take_end()) for job in mapped]
        for job in new:
            if not job.kept:
                items.append((job, job.take_bytes()))
            if job.result is not None:
                items.append((job, job.take_end()))
        batch: list[Item] = [*(item for _, item in items), *(one.transact for one in interactions)]
        written = self._store.write(batch) if batch else []
        if batch:
            self._outage.over()
        if self._store.released():  # what they waited for is there: they are next
            self._unfinished, self._try_again_at = True, time.monotonic()
        done = zip(items, written[: len(items)], strict=True)
        endings = [_ending(job, one) for (job, _), one in done if isinstance(one, Written)]
        told = [ending for ending in endings if ending]
        self._expected = len(told) + len(interactions) + len(self._waiting)
        self._ended(told)
        if any(isinstance(one, Written) and one.later for one in written):
            self._wait(PAUSE)
        if interactions:
            answers = [one for one in written if isinstance(one, Transacted)]
            self._told([Told(*pair) for pair in zip(interactions, answers, strict=True)])
        return [job for job in new if job.kept and job.result is None]

    def _postpone(self, jobs: Sequence[Job], interactions: Sequence[Interaction], error: Exception) -> None:
        """Tell the senders that nothing was committed; what is in the inbox already is tried again later."""
        reason = error.reason if isinstance(error, Retry) else type(error).__name__
        self._outage.failed(len(jobs) + len(interactions), reason)
        retry = error if isinstance(error, Retry) else Retry("the store failed")
        self._unfinished = True
        self._try_again_at = time.monotonic() + max(PAUSE, retry.after)
        self._ended([Ending(job, retry) for job in jobs])
        self._told([Told(one, retry) for one in interactions])

    def _wait(self, seconds: float) -> None:
        """Try the unfinished again after a while."""
        self._unfinished = True
        self._pause = seconds
        self._try_again_at = time.monotonic() + seconds

    def _try_unfinished(self) -> None:
        if time.monotonic() < self._try_again_at and not self._stopping:
            return
        try:
            self._recover()
        except Exception as error:  # noqa: BLE001 -- as in _cycle
            self._postpone([], [], error)

    def _recover(self) -> None:
        """End what is in the inbox without an end."""
        self._store.sure()
        ended, later = finish_unsettled(self._store, self._maps, self._adapters, self._limits, self._validate)
        self._unfinished = False
        if later:
            self._later(later)
            self._wait(min(2 * self._pause, LONGEST_PAUSE))
        self._recovered(ended)


def _ending(job: Job, written: Written) -> Ending | None:
    """Return what the commit of one item means for its door, None where it means nothing yet."""
    outcome = written.outcome
    if written.later is not None:
        job.kept, job.result = True, None
        job.tell(f"waits: {written.later.reason}")
        return Ending(job, written.later)
    if outcome is None:
        job.kept = True
        receipt = job.result is None and job.wants_receipt
        return Ending(job, job.answer_receipt(), ended=False) if receipt else None
    if isinstance(outcome, Quarantined):
        job.tell(f"quarantined: {outcome.reason}")
    elif isinstance(outcome, NotUnderstood):
        job.tell(f"rejected: {outcome.reason}")
    elif isinstance(outcome, Refused):
        job.tell(f"refused: {', '.join(issue.rule or issue.code for issue in outcome.issues)}")
    given = written.answer if written.answer is not None else job.answer(outcome)
    return Ending(job, given, outcome)
