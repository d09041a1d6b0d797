"""The rows of bulk exports: jobs, how far they are, and the files found so far."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection

from gateway.store.direct import execute, execute_many
from gateway.store.export.asked import Asked, Kind

State = Literal["running", "done", "failed"]

_JOB = (
    "id, tenant, client, state, asked, snapshot, since, at_us, part, position, step, "
    "created_us, updated_us, expires_us"
)
_FILE = "n, part, kind, type, low, high, resources, seqs"
_PUT_JOB = f"INSERT INTO export_job ({_JOB}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)"  # noqa: S608
_PUT_FILE = (
    f"INSERT INTO export_file (job, {_FILE}) VALUES (?,?,?,?,?,?,?,?,?) "  # noqa: S608
    "ON CONFLICT (job, n) DO UPDATE SET low = excluded.low, high = excluded.high, "
    "resources = excluded.resources, seqs = excluded.seqs"
)
_ADVANCE = (
    "UPDATE export_job SET state = ?, part = ?, position = ?, step = step + 1, updated_us = ?, "
    "expires_us = ? WHERE id = ? AND step = ? AND state = 'running'"
)


@dataclass(slots=True)
class Job:
    """One export.

    Attributes:
        id: hard to guess.
        tenant: whose; no other may see it.
        client: who started it.
        snapshot: newest sequence number that it sees.
        since: sequence numbers up to this one are not of interest.
        at_us: ``transactionTime``: what was committed until then is in the snapshot, nothing later is.
        part: pass that is under way, an index into ``asked.parts``.
        position: the pass goes on below this sequence number, from the newest to the oldest.
        step: how often progress was saved.
        created_us: when it was started.
        updated_us: when progress was saved last.
        expires_us: when its files go; 0 while it runs.
    """

    id: str
    tenant: str
    client: str
    state: State
    asked: Asked
    snapshot: int
    since: int
    at_us: int
    part: int
    position: int
    step: int
    created_us: int
    updated_us: int
    expires_us: int

    def is_over(self) -> bool:
        """Tell whether nothing more will come: it is done, or has failed."""
        return self.state != "running"

    @property
    def progress(self) -> float:
        """How much of it is done, 0 to 1: passes and the way through the one that is under way."""
        parts = len(self.asked.parts)
        if self.is_over() or not parts or self.part >= parts:
            return 1.0
        way = (self.snapshot + 1 - self.position) / max(1, self.snapshot - self.since)
        return (self.part + min(1.0, max(0.0, way))) / parts


@dataclass(slots=True)
class File:
    """One file of an export.

    Attributes:
        n: its number in the job.
        part: pass that made it.
        kind: what it holds: resources or deletions.
        type: of what it holds.
        low: the oldest sequence number in it.
        high: the newest one.
        resources: how many.
        seqs: packed sequence numbers; None: all that the snapshot sees between ``low`` and ``high``.
    """

    n: int
    part: int
    kind: Kind
    type: str
    low: int
    high: int
    resources: int
    seqs: bytes | None


def put(connection: Connection, job: Job) -> None:
    """Write a new job."""
    execute(
        connection,
        _PUT_JOB,
        (
            job.id, job.tenant, job.client, job.state, job.asked.to_json(), job.snapshot, job.since,
            job.at_us, job.part, job.position, job.step, job.created_us, job.updated_us, job.expires_us,
        ),
    )  # fmt: skip


def find(connection: Connection, id_: str) -> Job | None:
    """Return a job, whoever it belongs to, or None."""
    row = execute(connection, f"SELECT {_JOB} FROM export_job WHERE id = ?", (id_,)).fetchone()  # noqa: S608
    return None if row is None else _job(row)


def count(connection: Connection, tenant: str) -> tuple[int, int]:
    """Return how many jobs of a tenant there are, and how many of them run."""
    sql = "SELECT state FROM export_job WHERE tenant = ?"
    states = [row[0] for row in execute(connection, sql, (tenant,)).fetchall()]
    return len(states), states.count("running")


def running(connection: Connection) -> list[str]:
    """Return the ids of the jobs that are not done, oldest first."""
    sql = "SELECT id FROM export_job WHERE state = 'running' ORDER BY created_us, id"
    return [row[0] for row in execute(connection, sql).fetchall()]


def files(connection: Connection, id_: str) -> list[File]:
    """Return the files of a job in their order, without their packed numbers."""
    sql = "SELECT n, part, kind, type, low, high, resources, NULL FROM export_file WHERE job = ? ORDER BY n"
    return [File(*row) for row in execute(connection, sql, (id_,)).fetchall()]


def file(connection: Connection, id_: str, n: int) -> File | None:
    """Return one file of a job, or None."""
    sql = f"SELECT {_FILE} FROM export_file WHERE job = ? AND n = ?"  # noqa: S608
    row = execute(connection, sql, (id_, n)).fetchone()
    return None if row is None else _file(row)


def last_file(connection: Connection, id_: str) -> File | None:
    """Return the file that was written last, or None."""
    sql = f"SELECT {_FILE} FROM export_file WHERE job = ? ORDER BY n DESC LIMIT 1"  # noqa: S608
    row = execute(connection, sql, (id_,)).fetchone()
    return None if row is None else _file(row)


def advance(connection: Connection, job: Job, files_: Iterable[File]) -> bool:
    """Save the progress of a job; return whether it was still at its step, else nothing is saved."""
    values = (job.state, job.part, job.position, job.updated_us, job.expires_us, job.id, job.step)
    if execute(connection, _ADVANCE, values).rowcount != 1:
        return False
    job.step += 1
    rows = [
        (job.id, one.n, one.part, one.kind, one.type, one.low, one.high, one.resources, one.seqs)
        for one in files_
    ]
    if rows:
        execute_many(connection, _PUT_FILE, rows)
    return True


def remove(connection: Connection, id_: str) -> None:
    """Forget a job and its files."""
    execute(connection, "DELETE FROM export_file WHERE job = ?", (id_,))
    execute(connection, "DELETE FROM export_job WHERE id = ?", (id_,))


def remove_expired(connection: Connection, now_us: int) -> None:
    """Forget the jobs whose time is over."""
    sql = "SELECT id FROM export_job WHERE expires_us > 0 AND expires_us <= ?"
    for (id_,) in execute(connection, sql, (now_us,)).fetchall():
        remove(connection, id_)


def _job(row: tuple[Any, ...]) -> Job:
    id_, tenant, client, state, asked, *rest = row
    return Job(id_, tenant, client, state, Asked.of_json(asked), *rest)


def _file(row: tuple[Any, ...]) -> File:
    n, part, kind, type_, low, high, resources, seqs = row
    packed = None if seqs is None else bytes(seqs)
    return File(n, part, kind, type_, low, high, resources, packed)
