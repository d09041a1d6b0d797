"""The database engines that a store can stand on, and what it asks of them: SQLite and PostgreSQL.

Statements are the same for both, see ``direct``; here is what differs: how connections are made and set, how
a write transaction begins and ends, what a snapshot is, and which errors are the database's own.
"""

from __future__ import annotations

from typing import Protocol

from sqlalchemy import Connection
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from gateway.errors import Misconfigured, Retry
from gateway.store.engines import sqlite

SYNCHRONOUS = ("OFF", "NORMAL", "FULL", "EXTRA")
"""Levels of durability, named as SQLite names them; below FULL a power cut loses acknowledged messages."""

ANSWER_SECONDS = 60.0
"""How long a server may work on what it was asked; what it does not answer soon after is given up."""


class Engine(Protocol):
    """One database.

    Attributes:
        place: its URL as people may read it: without a password.
        file: path of the database file, ``""`` for a server.
    """

    place: str
    file: str

    def connect(self, *, writes: bool = False) -> Connection:
        """Return a new connection in autocommit mode; transactions are begun by the methods below.

        Raises:
            DBAPIError: it cannot be made now.
        """

    def tables(self, connection: Connection) -> set[str]:
        """Return the names of the tables that there are."""

    def count_turns(self) -> None:
        """Say that the tables are there: from now on every commit can be told by the others."""

    def begin(self, writer: Connection) -> None:
        """Begin a write transaction; no other one of any process runs beside it.

        It may only be posted, see ``direct.posted``.

        Raises:
            sqlite3.Error, psycopg.Error: another one holds the lock for too long, or the connection is lost.
        """

    def commit(self, writer: Connection) -> None:
        """Commit it; when this returns the bytes are as safe as ``synchronous`` says."""

    @property
    def in_doubt(self) -> bool:
        """Whether a commit was sent whose answer never came: nobody knows what became of it."""

    def resolve(self, writer: Connection) -> bool:
        """Find out, on a new connection, whether that commit was made; from now on it is not in doubt.

        Raises:
            psycopg.Error: it cannot be told yet.
        """

    def rollback(self, writer: Connection) -> None:
        """Roll it back where it is still open; never raises."""

    def changed_by_others(self, writer: Connection) -> bool:
        """Tell, in a write transaction, whether another process has written since this one's last commit.

        What the writer remembers of the database is then no longer true.
        """

    def begin_snapshot(self, reader: Connection) -> None:
        """Let the following reads of ``reader`` see one state of the database."""

    def end_snapshot(self, reader: Connection) -> None:
        """End that."""

    def usable(self, connection: Connection) -> bool:
        """Tell whether an idle connection still leads to the database."""

    def outlived(self, error: BaseException) -> bool:
        """Tell whether an error says that what was prepared on a connection is good for nothing any more.

        So it is after another process has altered a table, as an upgrade does.
        """

    def facts(self, connection: Connection) -> dict[str, str]:
        """Return what the engine says of itself."""

    def cut(self, connection: Connection | None = None) -> None:
        """Let nobody wait on a connection any more, or on any; any thread. Without one no new one is made."""

    def close(self) -> None:
        """Give up what is shared by the connections; they are closed already."""


def engine_of(url: str, synchronous: str, answer_seconds: float | None = ANSWER_SECONDS) -> Engine:
    """Return the engine that ``url`` names.

    Args:
        url: ``sqlite:///PATH`` or ``postgresql://USER@HOST:PORT/DATABASE``.
        synchronous: one of :data:`SYNCHRONOUS`.
        answer_seconds: how long a server may work on a statement; None: as long as it takes.

    Raises:
        Misconfigured: the URL names no database, the level is unknown, or there is no time. A password is
            never repeated.
    """
    if synchronous.upper() not in SYNCHRONOUS:
        raise Misconfigured(f"synchronous must be one of {', '.join(SYNCHRONOUS)}", code="store-url")
    if answer_seconds is not None and answer_seconds <= 0:
        raise Misconfigured("is a number above 0", where="[store] answer_seconds")
    parsed = parse(url)
    if parsed.get_backend_name() == "sqlite":
        return sqlite.Sqlite(parsed, synchronous.upper())
    from gateway.store.engines.postgresql import Postgresql  # only who has a server loads its driver

    return Postgresql(parsed, synchronous.upper(), answer_seconds)


def facts(url: str, synchronous: str = "FULL") -> dict[str, str]:
    """Return what the engine says of itself, for people: its version, and what a commit is worth.

    Raises:
        Misconfigured: the URL names no database, or one that cannot be used.
        Retry: it cannot be reached now.
    """
    engine = engine_of(url, synchronous)
    try:
        with engine.connect() as connection:
            return engine.facts(connection)
    except DBAPIError as error:
        raise Retry(f"the store {engine.place} cannot be opened: {error.orig}") from error
    finally:
        engine.close()


def parse(url: str) -> URL:
    """Return the parts of a store's URL.

    Raises:
        Misconfigured: it is none.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise Misconfigured(
            "this is no store URL; write sqlite:///PATH or postgresql://USER@HOST/DATABASE", code="store-url"
        ) from error
    name = parsed.drivername
    if name in ("postgresql", "postgresql+psycopg", "postgres") and parsed.database:
        return parsed.set(drivername="postgresql+psycopg")
    if name == "sqlite" and parsed.database and parsed.database != ":memory:":
        return parsed
    raise Misconfigured(
        "the store must be a file, sqlite:///PATH, or a database, postgresql://USER@HOST/DATABASE",
        code="store-url",
    )


def database_wide(error: BaseException) -> bool:
    """Tell whether an error is the database's own (full, locked, gone, I/O), not that of one message."""
    raised = _of_driver(error)
    if sqlite.is_ours(raised):
        return sqlite.database_wide(raised)
    if any(kind.__module__.startswith("psycopg") for kind in type(raised).__mro__):
        from gateway.store.engines import postgresql

        return postgresql.database_wide(raised)
    return False


def name_of(error: BaseException) -> str:
    """Return the engine's own short name of an error: no text of it, which could repeat a value."""
    raised = _of_driver(error)
    return str(
        getattr(raised, "sqlite_errorname", None)
        or getattr(raised, "sqlstate", None)
        or type(raised).__name__
    )


def _of_driver(error: BaseException) -> BaseException:
    if isinstance(error, DBAPIError) and isinstance(error.orig, BaseException):
        return error.orig
    return error
