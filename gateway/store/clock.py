"""The commit sequencer of each tenant: sequence numbers and ``lastUpdated`` that agree.

The clock is taken first in a transaction, before anything that could deadlock on it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from sqlalchemy import Connection

from gateway.canonical import now_us
from gateway.store import direct
from gateway.store.direct import execute
from gateway.store.tables import TENANT_SHIFT


@dataclass(slots=True)
class Ticks:
    """A run of sequence numbers, one microsecond apart, of which the front is handed out."""

    tenant: str
    no: int
    seq: int
    ts_us: int

    def next(self) -> tuple[int, int]:
        """Return the next ``(seq, ts_us)``."""
        self.seq += 1
        self.ts_us += 1
        return self.seq, self.ts_us


def tenant_number(connection: Connection, tenant: str) -> int | None:
    """Return the tenant's number, or None for a tenant that has never written."""
    row = execute(connection, "SELECT no FROM feed_clock WHERE tenant = ?", (tenant,)).fetchone()
    return None if row is None else int(row[0])


def enrol(connection: Connection, tenant: str) -> int:
    """Return the tenant's number, giving it one where it is new."""
    known = tenant_number(connection, tenant)
    if known is not None:
        return known
    no = int(execute(connection, "SELECT COALESCE(MAX(no), 0) + 1 FROM feed_clock").fetchone()[0])
    execute(
        connection,
        "INSERT INTO feed_clock (tenant, no, last_seq, last_ts_us) VALUES (?, ?, ?, 0)",
        (tenant, no, no << TENANT_SHIFT),
    )
    return no


def ask(connection: Connection, tenant: str) -> Callable[[], Ticks | None]:
    """Lock the tenant's clock and move it to the present; it never goes back, even if the host's does.

    Returns:
        What gives the clock, None for a tenant that has never written; asked for when it is needed.
    """
    now = now_us()
    rows = direct.ask(
        connection,
        "UPDATE feed_clock SET last_ts_us = CASE WHEN last_ts_us < ? THEN ? ELSE last_ts_us END "
        "WHERE tenant = ? RETURNING no, last_seq, last_ts_us",
        (now, now, tenant),
    )
    return lambda: next((Ticks(tenant, *row) for row in rows()), None)


def take(connection: Connection, tenant: str) -> Ticks:
    """Return the clock of a tenant as :func:`ask` does, at once; one that has never written is enrolled."""
    ticks = ask(connection, tenant)()
    if ticks is None:
        enrol(connection, tenant)
        ticks = ask(connection, tenant)()
    assert ticks is not None
    return ticks


def give_back(connection: Connection, ticks: Ticks) -> None:
    """Write down how far the run was used, so that the sequence has no holes."""
    execute(
        connection,
        "UPDATE feed_clock SET last_seq = ?, last_ts_us = ? WHERE tenant = ?",
        (ticks.seq, ticks.ts_us, ticks.tenant),
    )


@dataclass(slots=True, frozen=True)
class Newest:
    """The newest committed version of a tenant: its number, and the version's ``seq`` and ``lastUpdated``."""

    no: int
    seq: int
    ts_us: int


def newest(connection: Connection, tenant: str) -> Newest | None:
    """Return the end of a tenant's commit order, or None for an unknown tenant."""
    row = execute(
        connection,
        "SELECT c.no, c.last_seq, COALESCE((SELECT v.ts_us FROM version v WHERE v.seq = c.last_seq), 0) "
        "FROM feed_clock c WHERE c.tenant = ?",
        (tenant,),
    ).fetchone()
    return None if row is None else Newest(*row)


def last_seq(connection: Connection, tenant: str) -> int | None:
    """Return the newest committed sequence number, or None for an unknown tenant."""
    row = execute(connection, "SELECT last_seq FROM feed_clock WHERE tenant = ?", (tenant,)).fetchone()
    return None if row is None else int(row[0])


def moment(connection: Connection, seq: int) -> int:
    """Return ``lastUpdated`` of a version, microseconds since 1970; 0 where there is none."""
    row = execute(connection, "SELECT ts_us FROM version WHERE seq = ?", (seq,)).fetchone()
    return 0 if row is None else int(row[0])


@lru_cache(maxsize=64)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def instant(ts_us: int) -> str:
    """Return a FHIR ``instant`` in UTC, to the microsecond (R4 §2.24.0.1)."""
    return f"{_second(ts_us // 1_000_000)}.{ts_us % 1_000_000:06d}Z"
