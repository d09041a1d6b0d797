"""Alone: nobody else may have a store open while its tables change; an older program would go on writing."""

from __future__ import annotations

import sqlite3

from gateway.errors import Misconfigured
from gateway.store.direct import execute
from gateway.store.engines.sqlite import BUSY_MS
from gateway.store.session import Session

_PATIENCE_MS = 200
_LOOKS = 10
_OTHERS = (
    "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
    "AND backend_type = 'client backend' AND application_name = current_setting('application_name')"
)


def require(session: Session) -> None:
    """Make sure of it.

    Raises:
        Misconfigured: somebody else has it open.
    """
    if others(session):
        raise Misconfigured(
            "the store is open elsewhere: stop the gateway and whatever else reads it, then try again",
            code="store-in-use",
            where=session.engine.place,
        )


def _on_the_server(session: Session) -> bool:
    """Ask more than once: a connection that was just closed takes the server a moment to forget."""
    for _ in range(_LOOKS):
        if not execute(session.writer, _OTHERS).fetchone()[0]:
            return False
        execute(session.writer, "SELECT pg_sleep(0.1)")
    return True


def others(session: Session) -> bool:
    """Tell whether there is another process; readers of ours are closed for it."""
    session.close_readers()
    if not session.engine.file:
        return _on_the_server(session)
    execute(session.writer, f"PRAGMA busy_timeout = {_PATIENCE_MS}")
    try:  # leaving the WAL mode needs the file for oneself (sqlite.org/pragma.html#pragma_journal_mode)
        mode = execute(session.writer, "PRAGMA journal_mode = DELETE").fetchone()[0]
        execute(session.writer, "PRAGMA journal_mode = WAL")
    except sqlite3.OperationalError:
        return True
    finally:
        execute(session.writer, f"PRAGMA busy_timeout = {BUSY_MS}")
    return bool(mode != "delete")
