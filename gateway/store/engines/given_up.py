"""Given up: sessions of PostgreSQL that did not answer, and what became of the commits sent on them.

A server, or a network, that stands still goes on some time. What it was sent before may then be carried out,
although nobody waits for it any more.
"""

from __future__ import annotations

from dataclasses import dataclass

import psycopg
from sqlalchemy import Connection

from gateway.store.direct import execute

LOCK = 0x7169616F_00000001
"""The advisory lock of a store's writers: ``qiao``, and which of its locks."""

_GHOST = (
    "SELECT pg_terminate_backend(a.pid) FROM pg_stat_activity a "  # noqa: S608
    "WHERE a.pid = ? AND CAST(extract(epoch FROM a.backend_start) AS text) = ? AND EXISTS (SELECT 1 "
    "FROM pg_locks l WHERE l.pid = a.pid AND l.locktype = 'advisory' AND l.database = a.datid "
    f"AND l.classid = {LOCK >> 32} AND l.objid = {LOCK & 0xFFFF_FFFF})"
)
"""Only where it holds that lock, or waits for it: a pooler may have lent the session to somebody else."""

_ME = (
    "SELECT pid, CAST(extract(epoch FROM backend_start) AS text) FROM pg_stat_activity "
    "WHERE pid = pg_backend_pid()"
)

Session = tuple[int, str]
"""Which session of a server it is: its process, and when that began."""


@dataclass(slots=True, frozen=True)
class Began:
    """With what a write transaction began.

    Attributes:
        turn: while that stands nothing was committed.
        xid: its number at the server (postgresql.org/docs, §9.27.8: ``xid8``).
    """

    turn: int
    xid: str


def session(connection: Connection) -> Session:
    """Return the session of a connection."""
    pid, begun = execute(connection, _ME).fetchone()
    return int(pid), str(begun)


def end_session(connection: Connection, given_up: Session | None) -> None:
    """End a session, and free its locks, if the server still has it.

    Its process may be standing still, or wait for a client that it cannot hear any more.
    """
    if given_up is not None:
        execute(connection, _GHOST, given_up).fetchall()


def is_lost(error: psycopg.Error) -> bool:
    """Tell whether an error says nothing of what became of a commit: the session has ended with it."""
    return error.sqlstate is None or error.diag.severity_nonlocalized in ("FATAL", "PANIC")


def is_committed(writer: Connection, xid: str) -> bool:
    """Tell whether a transaction was committed (postgresql.org/docs, §9.27.8: ``pg_xact_status``)."""
    try:
        asked = "SELECT pg_xact_status(CAST(? AS xid8))"
        return str(execute(writer, asked, (xid,)).fetchone()[0]) != "aborted"
    except psycopg.errors.InvalidParameterValue:  # a number that a server gives out again after a crash
        return False
