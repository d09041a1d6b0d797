"""SQLite: one file in WAL mode (sqlite.org/wal.html), the default of an installation on one machine.

The writer never checkpoints: see ``checkpoint.py``.
"""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from typing import Any

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.pool import NullPool

from gateway.store.direct import execute

PAGE_SIZE = 4096
BUSY_MS = 5000
WRITER_CACHE_KIB = 64 * 1024
READER_CACHE_KIB = 16 * 1024

_FACTS = ("journal_mode", "synchronous", "page_size")
_PERMANENT = ("SQLITE_CONSTRAINT", "SQLITE_MISMATCH", "SQLITE_TOOBIG", "SQLITE_RANGE", "SQLITE_MISUSE")


class Sqlite:
    """A database file; see ``Engine``."""

    def __init__(self, url: URL, synchronous: str) -> None:
        assert url.database
        self.file = url.database
        self.place = self.file
        self._synchronous = synchronous
        self._data_version: int | None = None
        self._engine = create_engine(
            f"sqlite:///{self.file}",
            poolclass=NullPool,
            isolation_level="AUTOCOMMIT",
            connect_args={"check_same_thread": False, "cached_statements": 512},
        )
        event.listen(self._engine, "connect", self._configure)

    def _configure(self, dbapi: Any, _record: object) -> None:
        for pragma in (
            f"busy_timeout = {BUSY_MS}",
            f"page_size = {PAGE_SIZE}",
            "journal_mode = WAL",
            f"synchronous = {self._synchronous}",
            "wal_autocheckpoint = 0",
            f"cache_size = -{READER_CACHE_KIB}",
            "mmap_size = 0",  # mapped pages would count as memory, and a read error there kills the process
            "temp_store = MEMORY",
        ):
            dbapi.execute(f"PRAGMA {pragma}")

    def connect(self, *, writes: bool = False) -> Connection:
        """See ``Engine``."""
        connection = self._engine.connect()
        if writes:
            execute(connection, f"PRAGMA cache_size = -{WRITER_CACHE_KIB}")
        return connection

    def tables(self, connection: Connection) -> set[str]:
        """See ``Engine``."""
        found = execute(
            connection, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        )
        return {name for (name,) in found}

    def count_turns(self) -> None:
        """Nothing to do: SQLite counts the commits of others itself."""

    def begin(self, writer: Connection) -> None:
        """See ``Engine``."""
        execute(writer, "BEGIN IMMEDIATE")

    def commit(self, writer: Connection) -> None:
        """See ``Engine``."""
        execute(writer, "COMMIT")

    @property
    def in_doubt(self) -> bool:
        """See ``Engine``: never; SQLite is in this process."""
        return False

    def resolve(self, writer: Connection) -> bool:
        """See ``Engine``."""
        return False

    def rollback(self, writer: Connection) -> None:
        """See ``Engine``; SQLite ends some transactions by itself on I/O errors."""
        if writer.closed:
            return
        driver: Any = writer.connection.driver_connection
        if driver.in_transaction:
            with suppress(sqlite3.Error):
                execute(writer, "ROLLBACK")

    def changed_by_others(self, writer: Connection) -> bool:
        """See ``Engine`` and sqlite.org/pragma.html#data_version."""
        found = int(execute(writer, "PRAGMA data_version").fetchone()[0])
        before, self._data_version = self._data_version, found
        return before != found

    def begin_snapshot(self, reader: Connection) -> None:
        """See ``Engine``."""
        execute(reader, "BEGIN")

    def end_snapshot(self, reader: Connection) -> None:
        """See ``Engine``."""
        execute(reader, "COMMIT")

    def usable(self, connection: Connection) -> bool:
        """See ``Engine``."""
        return not connection.closed

    def outlived(self, error: BaseException) -> bool:
        """See ``Engine``: SQLite prepares its statements anew by itself."""
        return False

    def facts(self, connection: Connection) -> dict[str, str]:
        """See ``Engine``."""
        found = (execute(connection, f"PRAGMA {name}").fetchone()[0] for name in _FACTS)
        return {"SQLite": sqlite3.sqlite_version, **dict(zip(_FACTS, map(str, found), strict=True))}

    def cut(self, connection: Connection | None = None) -> None:
        """See ``Engine``: nobody waits for longer than :data:`BUSY_MS`."""

    def close(self) -> None:
        """See ``Engine``."""
        self._engine.dispose()


def is_ours(error: BaseException) -> bool:
    """Tell whether SQLite raised an error."""
    return isinstance(error, sqlite3.Error)


def database_wide(error: BaseException) -> bool:
    """Tell whether an error is the database's own; see ``engines.database_wide``."""
    if not isinstance(error, sqlite3.DatabaseError):
        return False
    if isinstance(error, sqlite3.IntegrityError | sqlite3.DataError | sqlite3.ProgrammingError):
        return False
    return not getattr(error, "sqlite_errorname", "").startswith(_PERMANENT)
