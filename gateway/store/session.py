"""Connections to the database: one writer, readers that are lent, and the file's schema version.

SQLite in WAL mode (sqlite.org/wal.html). The writer never checkpoints: see ``checkpoint.py``.
"""

from __future__ import annotations

import secrets
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import NullPool
from sqlmodel import SQLModel

from gateway.errors import Misconfigured, Retry
from gateway.store import tables
from gateway.store.direct import execute
from gateway.store.upgrade import upgrade

PAGE_SIZE = 4096
BUSY_MS = 5000
WRITER_CACHE_KIB = 64 * 1024
READER_CACHE_KIB = 16 * 1024
IDLE_READERS = 8

_SYNCHRONOUS = ("OFF", "NORMAL", "FULL", "EXTRA")
_PERMANENT = ("SQLITE_CONSTRAINT", "SQLITE_MISMATCH", "SQLITE_TOOBIG", "SQLITE_RANGE", "SQLITE_MISUSE")


def database_wide(error: BaseException) -> bool:
    """Tell whether an error is the database's own (full, locked, I/O), not that of one message."""
    if isinstance(error, DBAPIError) and isinstance(error.orig, BaseException):
        error = error.orig
    if not isinstance(error, sqlite3.DatabaseError):
        return False
    name = getattr(error, "sqlite_errorname", "")
    if isinstance(error, sqlite3.IntegrityError | sqlite3.DataError | sqlite3.ProgrammingError):
        return False
    return not name.startswith(_PERMANENT)


class Session:
    """The connections of one store; safe to share between threads, except ``writer``."""

    def __init__(self, url: str, synchronous: str) -> None:
        """Open or create the database.

        Raises:
            Misconfigured: the URL, the ``synchronous`` level or the schema version does not fit.
            Retry: the file cannot be opened now.
        """
        if synchronous.upper() not in _SYNCHRONOUS:
            raise Misconfigured(f"synchronous must be one of {', '.join(_SYNCHRONOUS)}", code="store-url")
        self.path = _sqlite_path(url)
        self._synchronous = synchronous.upper()
        self._engine = create_engine(
            f"sqlite:///{self.path}",
            poolclass=NullPool,
            isolation_level="AUTOCOMMIT",
            connect_args={"check_same_thread": False, "cached_statements": 512},
        )
        event.listen(self._engine, "connect", self._configure)
        self._idle: list[Connection] = []
        self._open: set[Connection] = set()
        self._guard = threading.Lock()
        self.write_lock = threading.Lock()
        self._data_version: int | None = None
        try:
            self.writer = self._engine.connect()
            self.writer.exec_driver_sql(f"PRAGMA cache_size = -{WRITER_CACHE_KIB}")
            self.secret = self._prepare()
        except DBAPIError as error:
            self._engine.dispose()
            raise Retry(f"the store {self.path} cannot be opened: {error.orig}", after=5.0) from error

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

    def _prepare(self) -> bytes:
        with self.transaction():
            known = (
                self.writer.exec_driver_sql(
                    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
                )
                .scalars()
                .all()
            )
            if not known:
                self._create()
            elif "store_meta" not in known:
                raise Misconfigured(f"{self.path} is a database of another program", code="store-foreign")
            upgrade(self.writer, self._schema_version())
        rows = self.writer.exec_driver_sql("SELECT name, value FROM store_meta").all()
        meta: dict[str, str] = dict(rows)
        _check_schema(self.path, int(meta["schema_version"]))
        return bytes.fromhex(meta["cursor_secret"])

    def _schema_version(self) -> int:
        found = self.writer.exec_driver_sql("SELECT value FROM store_meta WHERE name = 'schema_version'")
        return int(found.scalar_one())

    def _create(self) -> None:
        SQLModel.metadata.create_all(self.writer, tables=tables.TABLES)
        self.writer.exec_driver_sql(
            "INSERT INTO store_meta (name, value) VALUES (?, ?)",
            [("schema_version", str(tables.SCHEMA_VERSION)), ("cursor_secret", secrets.token_hex(32))],
        )

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Run one write transaction; commit at the end, roll everything back on any error."""
        with self.write_lock:
            execute(self.writer, "BEGIN IMMEDIATE")
            try:
                yield self.writer
                execute(self.writer, "COMMIT")
            except BaseException:
                if in_transaction(self.writer):
                    execute(self.writer, "ROLLBACK")
                raise

    def changed_by_others(self) -> bool:
        """Tell whether another process has written since the last call (sqlite.org/pragma.html#data_version).

        ``qiao inbox replay`` beside a running gateway is such a one: what the writer remembers of the
        database is then no longer true.
        """
        before, self._data_version = (
            self._data_version,
            execute(self.writer, "PRAGMA data_version").fetchone()[0],
        )
        return before != self._data_version

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Lend a reading connection, the one used last: its cache is the warmest."""
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = self.connect()
        try:
            yield connection
        finally:
            if len(self._idle) < IDLE_READERS:
                self._idle.append(connection)
            else:
                self._discard(connection)

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Run several reads on one state of the database."""
        with self.reading() as connection:
            connection.exec_driver_sql("BEGIN")
            try:
                yield connection
            finally:
                connection.exec_driver_sql("COMMIT")

    def connect(self) -> Connection:
        """Return a new connection that :meth:`close` will close."""
        connection = self._engine.connect()
        with self._guard:
            self._open.add(connection)
        return connection

    def _discard(self, connection: Connection) -> None:
        with self._guard:
            self._open.discard(connection)
        connection.close()

    def close(self) -> None:
        """Close every connection."""
        with self._guard:
            for connection in self._open:
                connection.close()
            self._open.clear()
        self.writer.close()
        self._engine.dispose()


def in_transaction(connection: Connection) -> bool:
    """Tell whether SQLite still has a transaction open (it ends some by itself on I/O errors)."""
    return bool(connection.connection.dbapi_connection.in_transaction)  # type: ignore[union-attr]


def _sqlite_path(url: str) -> str:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise Misconfigured(f"{url!r} is no store URL; write sqlite:///PATH", code="store-url") from error
    if parsed.get_backend_name() != "sqlite" or not parsed.database or parsed.database == ":memory:":
        raise Misconfigured("the store must be a file: sqlite:///PATH", code="store-url")
    return parsed.database


def _check_schema(path: str, found: int) -> None:
    if found < tables.SCHEMA_VERSION:
        raise Misconfigured(
            f"{path} has schema version {found}, which no program wrote: restore a backup",
            code="store-too-old",
        )
    if found > tables.SCHEMA_VERSION:
        raise Misconfigured(
            f"{path} has schema version {found}, this program knows only {tables.SCHEMA_VERSION}: "
            "use the newer program that wrote it",
            code="store-too-new",
        )
