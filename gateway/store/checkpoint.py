"""Moves the write-ahead log into the database from a connection of its own, so that it stays bounded.

A passive checkpoint does the bulk beside the writer; only where the log is still long does a
restarting one, under the writer's lock, take what little is left (sqlite.org/c3ref/wal_checkpoint_v2).
"""

from __future__ import annotations

import logging
import sys
import threading
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from gateway.store.session import PAGE_SIZE, Session

WAL_BYTES = 64 << 20
CHECK_SECONDS = 0.25
_READER_PATIENCE_MS = 100
_LOG = logging.getLogger("qiao.store")


class Checkpointer:
    """A background thread that keeps ``<store>-wal`` near ``wal_bytes``."""

    def __init__(self, session: Session, wal_bytes: int = WAL_BYTES) -> None:
        self._session = session
        self._index = Path(f"{session.path}-shm")
        self._bytes = wal_bytes
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="qiao-checkpoint", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        connection = self._session.connect()
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {_READER_PATIENCE_MS}")
        while not self._stop.wait(CHECK_SECONDS):
            if self.size() > self._bytes:
                self._checkpoint(connection)

    def _checkpoint(self, connection: Connection) -> None:
        try:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)")
            with self._session.write_lock:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(RESTART)")
        except DBAPIError as error:
            _LOG.warning("checkpoint failed (%s); the log grows meanwhile", type(error.orig).__name__)

    def size(self) -> int:
        """Return how many bytes of the log are in use.

        A restarted log keeps its file's length, so the count of valid frames is read from the
        WAL-index (sqlite.org/walformat.html §2.1: ``mxFrame`` at offset 16, native byte order).
        """
        try:
            with self._index.open("rb") as index:
                header = index.read(20)
        except FileNotFoundError:
            return 0
        frames = int.from_bytes(header[16:20], sys.byteorder)
        return frames * PAGE_SIZE

    def stop(self) -> None:
        """End the thread and empty the log."""
        self._stop.set()
        self._thread.join()
        try:
            self._session.writer.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        except DBAPIError as error:
            _LOG.warning("last checkpoint failed (%s); the next start repeats it", type(error.orig).__name__)
