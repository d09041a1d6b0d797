"""Exports: starts, advances, describes and ends bulk exports; a thread of its own does the walking.

Progress is saved in small steps with the files found so far: a job goes on where it stood after a restart,
in whichever process is asked for it.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection

from gateway.canonical import now_us
from gateway.errors import Retry
from gateway.store.export import filters, job, kick_off, slices, stream
from gateway.store.export.asked import Asked, Pairs
from gateway.store.export.background import Background
from gateway.store.export.gather import Gather
from gateway.store.export.job import File, Job
from gateway.store.export.walk import Walk
from gateway.store.session import RETRY_SECONDS, Session, database_wide

SAVE_SECONDS = 0.2
"""How long a job is walked before its progress is saved."""
STALE_US = 10_000_000
"""A job whose progress is older is taken over by the process that is asked for it."""
_ID = re.compile(r"[0-9a-f]{32}").fullmatch
_TURN = 5
"""How often the progress of a job is saved before another one has its turn."""


class Busy(Retry):
    """A tenant has as many exports as it may."""


@dataclass(slots=True, frozen=True)
class Limits:
    """What the exports of one tenant may take.

    Attributes:
        running: exports that are being prepared at once.
        kept: exports whose files can be had at once, the running ones among them.
        seconds: how long the files of one can be had after it is done.
    """

    running: int = 4
    kept: int = 200
    seconds: int = 24 * 3600


class Exports:
    """The exports of one store; every method may be called from any thread.

    Args:
        session: of the store.
        zone: in which dates without a zone are read.
        now: the time, microseconds.

    Attributes:
        zone: as given.
        limits: see :class:`Limits`.
        by_hand: jobs advance only when :meth:`work` is called.
    """

    def __init__(self, session: Session, zone: str, now: Callable[[], int] = now_us) -> None:
        self.limits = Limits()
        self.by_hand = False
        self.zone = zone
        self._session, self._now = session, now
        self._background = Background(lambda id_: self.work(id_, saves=_TURN), self._give_up)

    def start(self, tenant: str, asked: Asked, client: str = "") -> Job:
        """Start an export of what is committed now.

        Args:
            client: who asks.

        Raises:
            Busy: the tenant has too many exports.
            Rejected: no such Group (``not-found``, ``deleted``), a patient who is not there or not in it, or
                a filter that is none.
            Retry: the database cannot be written now.
        """
        kick_off.check(self._session, tenant, asked, self.zone)
        with self._writing() as connection:
            now = self._now()
            job.remove_expired(connection, now)
            kept, running = job.count(connection, tenant)
            if running >= self.limits.running or kept >= self.limits.kept:
                raise Busy("too many exports at once; wait for one, or delete one", after=30.0)
            made = kick_off.job_of(connection, tenant, asked, client, now)
            job.put(connection, made)
        self._wake(made.id)
        return made

    def check_filter(self, type_: str, pairs: Pairs, base: str) -> None:
        """Make sure that a search can be a ``_typeFilter``.

        Raises:
            Rejected: an unknown parameter, a value that it cannot take, or one that shapes a result.
        """
        filters.check(type_, pairs, self.zone, base)

    def find(self, tenant: str, id_: str) -> Job | None:
        """Return a job of a tenant; None: there is none, it was cancelled, or its time is over."""
        if not _ID(id_):  # no column of PostgreSQL takes a NUL
            return None
        with self._session.reading() as connection:
            found = job.find(connection, id_)
        if found is None or found.tenant != tenant or 0 < found.expires_us <= self._now():
            return None
        if not found.is_over() and self._now() - found.updated_us > STALE_US:
            self._wake(found.id)
        return found

    def files(self, found: Job) -> list[File]:
        """Return the files of a job."""
        with self._session.reading() as connection:
            return job.files(connection, found.id)

    def file(self, found: Job, n: int) -> File | None:
        """Return one file of a job that is done, with what it takes to read it."""
        with self._session.reading() as connection:
            return job.file(connection, found.id, n)

    def read(self, found: Job, file: File) -> Iterator[list[bytes]]:
        """Yield the resources of an output file, oldest first, as stored: a list of about a MiB at a time."""
        return stream.parts(self._session, found, file)

    def deletions(self, file: File, size: int = 1000) -> Iterator[list[slices.Tombstone]]:
        """Yield the deletions of a file, oldest first, ``size`` at a time."""
        return stream.deletions(self._session, file, size)

    def cancel(self, tenant: str, id_: str) -> bool:
        """Forget a job and its files, done or not; return whether there was one."""
        if self.find(tenant, id_) is None:
            return False
        with self._writing() as connection:
            job.remove(connection, id_)
        return True

    def resume(self) -> None:
        """Go on with the jobs that an earlier run left unfinished."""
        with self._session.reading() as connection:
            unfinished = job.running(connection)
        for id_ in unfinished:
            self._wake(id_)

    def close(self) -> None:
        """Stop walking, in the middle of a job where need be."""
        self._background.close()

    def work(self, id_: str, saves: int | None = None, seconds: float = SAVE_SECONDS) -> bool:
        """Walk a job; return whether it is over: done, cancelled or failed.

        Args:
            saves: how often progress is saved at most; None: until it is over.
            seconds: how long it is walked in between.

        Raises:
            Exception: whatever the database raises; what was saved stays.
        """
        with self._session.reading() as connection:
            found = job.find(connection, id_)
            last = job.last_file(connection, id_)
        if found is None or found.is_over():
            return True
        walk, gather = Walk(self._session, self.zone, found), Gather(last)
        while not self._background.stopping and saves != 0:
            self._advance(found, walk, gather, seconds)
            if not self._save(found, gather.changed()):
                return False  # another process has gone on with it, or it is cancelled: look again
            saves = None if saves is None else saves - 1
            if found.is_over():
                return True
        return False

    def _advance(self, found: Job, walk: Walk, gather: Gather, seconds: float) -> None:
        """Walk for a while: at least a step, and at most to the end."""
        asked = found.asked
        parts, until = asked.parts, time.monotonic() + seconds
        while found.part < len(parts):
            part = parts[found.part]
            seqs, found.position = walk.step(part, found.position)
            gather.add(found.part, part, seqs, whole=asked.takes_all(part))
            if found.position <= found.since:
                found.part, found.position = found.part + 1, found.snapshot + 1
            if time.monotonic() >= until or self._background.stopping:
                break
        found.updated_us = self._now()
        if found.part >= len(parts):
            self._end(found, "done")

    def _end(self, found: Job, state: job.State) -> None:
        found.state, found.updated_us = state, self._now()
        found.expires_us = found.updated_us + self.limits.seconds * 1_000_000

    def _give_up(self, id_: str) -> None:
        """End a job that cannot be walked."""
        with self._session.reading() as connection:
            found = job.find(connection, id_)
        if found is not None:
            self._end(found, "failed")
            self._save(found, [])

    def _wake(self, id_: str) -> None:
        if not self.by_hand:
            self._background.wake(id_)

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        try:
            with self._session.transaction() as connection:
                yield connection
        except Exception as error:
            if not database_wide(error):
                raise
            raise Retry("the store cannot be written now", after=RETRY_SECONDS) from error

    def _save(self, found: Job, files: list[File]) -> bool:
        with self._writing() as connection:
            return job.advance(connection, found, files)
