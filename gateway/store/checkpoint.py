"""Moves the write-ahead log into the database from a connection of its own, so that it stays bounded.

Passive checkpoints do the bulk beside the writer, a second one what came during the first; then a truncating
one, under the writer's lock, takes what little is left (sqlite.org/c3ref/wal_checkpoint_v2).
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from pathlib import Path

from sqlalchemy import Connection

from gateway.store.direct import execute
from gateway.store.engines.sqlite import BUSY_MS
from gateway.store.session import Session

WAL_BYTES = 256 << 20
"""A backfill writes 40 MB a commit: with a log of 64 MiB it waited a fifth of its time for the emptying."""

PASSES = 2
"""Passive checkpoints before the one that the writer waits for."""

CHECK_SECONDS = 0.25
_READER_PATIENCE_MS = 100
_LOG = logging.getLogger("qiao.store")


class Checkpointer:
    """A background thread that keeps ``<store>-wal`` near ``wal_bytes``."""

    def __init__(self, session: Session, wal_bytes: int = WAL_BYTES) -> None:
        self._session = session
        self._log = Path(f"{session.engine.file}-wal")
        self._bytes = wal_bytes
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="qiao-checkpoint", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        connection = self._session.connect()
        execute(connection, f"PRAGMA busy_timeout = {_READER_PATIENCE_MS}")
        while not self._stop.wait(CHECK_SECONDS):
            if self.size() > self._bytes:
                self._checkpoint(connection)

    def _checkpoint(self, connection: Connection) -> None:
        try:
            for _ in range(PASSES):
                execute(connection, "PRAGMA wal_checkpoint(PASSIVE)")
            with self._session.write_lock:
                self._truncate()
        except sqlite3.Error as error:
            _LOG.warning("checkpoint failed (%s); the log grows meanwhile", type(error).__name__)

    def _truncate(self) -> None:
        """Empty the log from the writer's own connection, which would take another's for a foreign write.

        Readers may hold it up only so long: the writer waits meanwhile.
        """
        writer = self._session.writer
        execute(writer, f"PRAGMA busy_timeout = {_READER_PATIENCE_MS}")
        try:
            execute(writer, "PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            execute(writer, f"PRAGMA busy_timeout = {BUSY_MS}")

    def size(self) -> int:
        """Return the length of the log in bytes.

        Asked of the file system: to open and close a file of the database inside this process would drop
        SQLite's own locks on it (sqlite.org/howtocorrupt.html §2.2), and the next reader from outside could
        then cut the shared memory away from under the writer.
        """
        try:
            return self._log.stat().st_size
        except FileNotFoundError:
            return 0

    def stop(self) -> None:
        """End the thread and empty the log."""
        self._stop.set()
        self._thread.join()
        try:
            execute(self._session.writer, "PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.Error as error:
            _LOG.warning("last checkpoint failed (%s); the next start repeats it", type(error).__name__)
