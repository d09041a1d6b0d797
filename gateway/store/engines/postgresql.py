"""PostgreSQL: a server, for several gateways on one store or where the hospital runs one anyway.

Driven by psycopg 3 (psycopg.org/psycopg3/docs). Every write transaction takes one advisory lock for the
whole database first: one writer at a time, whatever the number of processes, so that what is looked up inside
it stays true until it commits, as on SQLite (postgresql.org/docs, §13.3.5 Advisory Locks).

The store's statements are written for nested loops over indexes, in the order in which their tables stand;
the sessions are set so, and no plan depends on statistics that a young database has not got yet.
"""

from __future__ import annotations

import select
import time
from contextlib import suppress
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.types.numeric import Int8BinaryDumper
from sqlalchemy import Connection, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.pool import NullPool

from gateway.errors import Misconfigured
from gateway.store.direct import execute, pipelined, posted
from gateway.store.engines.driver import Drivers
from gateway.store.engines.given_up import LOCK, Began, end_session, is_committed, is_lost, session
from gateway.store.volley import Answer

LEAST_VERSION = 13
CONNECT_SECONDS = 10
LOCK_SECONDS = 10
IDLE_SECONDS = 300
READING = 1.1
"""What a reader waits longer than the server works on its statement: the server ends it first."""
WRITING = 2.0
"""The same of the writer, whose statements the server does not end, and which go in large volleys."""
LONG = 86_400.0
"""Seconds that a commit may take where tables are changed."""

_PERMANENT = ("21", "22", "23", "42", "54", "0A", "25P02")
"""SQLSTATE classes that one message can cause (postgresql.org/docs, Appendix A); 25P02 follows on them."""

_WIDE = ("42501",)
"""Of these classes, what is the operator's to mend: a missing privilege."""

_TURN = (
    "UPDATE turn SET n = CASE WHEN clock_timestamp() < now() + make_interval(secs => ?) THEN n + 1 END "
    "RETURNING n"
)
"""Counts a turn; one that is late, because the server or the network stood still, is refused as NULL: nobody
waits for that commit any more, and the same may have been sent again."""

_STALE = "RevalidateCachedQuery"
"""Where PostgreSQL finds that a prepared statement would give other columns now: a table was altered."""

_SECRETS = ("password", "passfile", "sslpassword", "sslkey")

_FACTS = ("server_version", "server_encoding", "fsync", "full_page_writes", "synchronous_commit")

_SETTINGS = {
    "client_encoding": "UTF8",
    "TimeZone": "UTC",
    "bytea_output": "hex",
    "idle_in_transaction_session_timeout": f"{IDLE_SECONDS}s",
    "tcp_keepalives_idle": "30",  # the server's own: a client behind a cut network must not keep its locks
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "60s",
    "jit": "off",
    "join_collapse_limit": "1",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
}


class Postgresql:
    """A database of a server; see ``Engine``."""

    def __init__(self, url: URL, synchronous: str, answer_seconds: float | None) -> None:
        self.file = ""
        self.place = place_of(url)
        self._synchronous = "on" if synchronous in ("FULL", "EXTRA") else "off"
        self._counts = False
        self._answer_seconds = answer_seconds
        self._turn: Answer | None = None
        self._began = 0.0
        self._mine: int | None = None
        self._doubt: Began | None = None
        self._writing: tuple[int, str] | None = None
        self._drivers = Drivers(None if answer_seconds is None else answer_seconds * WRITING)
        self._engine = create_engine(
            url,
            poolclass=NullPool,
            pool_reset_on_return=None,  # transactions are ended here, and a lost connection has none
            isolation_level="AUTOCOMMIT",
            connect_args={
                "connect_timeout": round(min(CONNECT_SECONDS, answer_seconds or CONNECT_SECONDS)) or 1,
                "application_name": url.query.get("application_name", "qiao"),
                "prepare_threshold": 2,
                "keepalives_idle": 30,
                "keepalives_interval": 10,
                "keepalives_count": 3,
                "tcp_user_timeout": 60_000,
            },
        )
        event.listen(self._engine, "do_connect", self._drivers.connect)
        event.listen(self._engine, "connect", _adapt)
        event.listen(self._engine, "before_cursor_execute", _before)

    def connect(self, *, writes: bool = False) -> Connection:
        """See ``Engine``."""
        connection = self._engine.connect()
        try:
            self._configure(connection, writes=writes)
            if writes:
                end_session(connection, self._writing)
                self._writing = session(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _configure(self, connection: Connection, *, writes: bool) -> None:
        seconds = self._answer_seconds
        if seconds is not None:
            driver: Any = connection.connection.driver_connection
            driver.patience = seconds * (WRITING if writes else READING)
        _check(self.place, connection)
        own = _writing(seconds) if writes else _reading(seconds)
        settings = {**_SETTINGS, **own}
        calls = ", ".join("set_config(?, ?, false)" for _ in settings)
        execute(connection, f"SELECT {calls}", [text for pair in settings.items() for text in pair])
        execute(  # a server that waits for its replicas goes on doing so
            connection,
            "SELECT set_config('synchronous_commit', ?, false) WHERE "
            "current_setting('synchronous_commit') <> 'remote_apply' OR ? = 'off'",
            (self._synchronous, self._synchronous),
        )
        execute(  # ten times as quick as pglz, where the server was built with it
            connection,
            "SELECT set_config(name, 'lz4', false) FROM pg_settings "
            "WHERE name = 'default_toast_compression' AND 'lz4' = ANY(enumvals)",
        )

    def tables(self, connection: Connection) -> set[str]:
        """See ``Engine``."""
        found = execute(connection, "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
        return {str(name) for (name,) in found}

    def count_turns(self) -> None:
        """See ``Engine``: the table ``turn`` is there from now on."""
        self._counts = True

    def begin(self, writer: Connection) -> None:
        """See ``Engine``; goes with the next statement."""
        with posted(writer):
            execute(writer, "BEGIN")
            execute(writer, "SELECT pg_advisory_xact_lock(?)", (LOCK,))
            xid = "CAST(pg_current_xact_id() AS text)"
            self._turn = execute(writer, f"SELECT n, {xid} FROM turn") if self._counts else None  # noqa: S608
        self._began = time.monotonic()

    def commit(self, writer: Connection) -> None:
        """See ``Engine``. One round trip, with what was posted; the turn is counted in it."""
        began = self._opening()
        after: Answer | None = None
        mine = self._mine
        self._mine = None
        try:
            with pipelined(writer):
                if self._counts:
                    after = execute(writer, _TURN, (self._patience(),))
                execute(writer, "COMMIT")
        except psycopg.Error as error:
            if is_lost(error):
                self._doubt = began
            raise
        if after is not None and began is not None and began.turn == mine:
            self._mine = int(after.fetchall()[0][0])

    def _patience(self) -> float:
        """Return the seconds after its beginning at which nobody will wait for the transaction any more."""
        if self._answer_seconds is None:
            return LONG
        return time.monotonic() - self._began + WRITING * self._answer_seconds

    @property
    def in_doubt(self) -> bool:
        """See ``Engine``."""
        return self._doubt is not None

    def resolve(self, writer: Connection) -> bool:
        """See ``Engine``. Under the lock that the transaction held nobody can commit it any more."""
        doubt = self._doubt
        if doubt is None:
            return False
        self.begin(writer)
        now = self._opening()
        kept = now is not None and now.turn != doubt.turn and is_committed(writer, doubt.xid)
        execute(writer, "ROLLBACK")
        self._doubt = None
        return kept

    def rollback(self, writer: Connection) -> None:
        """See ``Engine``."""
        if writer.closed:
            return
        driver: Any = writer.connection.driver_connection
        driver.volley.drop()
        if not driver.closed and driver.info.transaction_status != TransactionStatus.IDLE:
            with suppress(psycopg.Error):
                execute(writer, "ROLLBACK")

    def changed_by_others(self, writer: Connection) -> bool:
        """See ``Engine``."""
        began = self._opening()
        seen = None if began is None else began.turn
        changed, self._mine = seen != self._mine, seen
        return changed or seen is None

    def _opening(self) -> Began | None:
        """Return with what this transaction began, None while turns are not counted."""
        return None if self._turn is None else Began(*self._turn.fetchall()[0])

    def begin_snapshot(self, reader: Connection) -> None:
        """See ``Engine``."""
        execute(reader, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")

    def end_snapshot(self, reader: Connection) -> None:
        """See ``Engine``; a statement that failed has ended it already."""
        execute(reader, "COMMIT")

    def usable(self, connection: Connection) -> bool:
        """See ``Engine``: a server that was restarted has said so on the idle connection."""
        if connection.closed:
            return False
        driver: Any = connection.connection.driver_connection
        if driver.closed or driver.info.transaction_status != TransactionStatus.IDLE:
            return False
        poll = select.poll()
        poll.register(driver.fileno(), select.POLLIN)
        return not poll.poll(0)

    def outlived(self, error: BaseException) -> bool:
        """See ``Engine``."""
        return isinstance(error, psycopg.errors.InvalidSqlStatementName) or _is_stale(error)

    def facts(self, connection: Connection) -> dict[str, str]:
        """See ``Engine``."""
        columns = ", ".join("current_setting(?)" for _ in _FACTS)
        found = execute(connection, f"SELECT {columns}", _FACTS).fetchone()
        return dict(zip(("PostgreSQL", *_FACTS[1:]), found, strict=True))

    def cut(self, connection: Connection | None = None) -> None:
        """See ``Engine``."""
        if connection is None:
            self._drivers.cut()
        elif not connection.closed:
            driver: Any = connection.connection.driver_connection
            driver.cut()

    def close(self) -> None:
        """See ``Engine``; one that is being made just now comes too late."""
        self._engine.dispose()
        self._drivers.cut()


def place_of(url: URL) -> str:
    """Return a URL as people may read it."""
    shown = url.set(drivername="postgresql").difference_update_query(_SECRETS)
    return shown.render_as_string(hide_password=True)


def _writing(seconds: float | None) -> dict[str, str]:
    """Return what is set for a writer only."""
    lock = LOCK_SECONDS if seconds is None else min(LOCK_SECONDS, seconds / 2)
    return {"lock_timeout": f"{lock * 1000:.0f}ms", "statement_timeout": "0"}


def _reading(seconds: float | None) -> dict[str, str]:
    """Return what is set for a reader only."""
    return {
        "default_transaction_read_only": "on",
        "statement_timeout": f"{(seconds or 0) * 1000:.0f}ms",
    }


def _before(_connection: object, cursor: Any, *_: object) -> None:
    """Go before a statement of SQLAlchemy's own: those make and change tables, all others go ``direct``."""
    cursor.connection.volley.fire()
    cursor.connection.volley.forget()


def _adapt(dbapi: Any, _record: object) -> None:
    """Let every integer be a bigint: its size must not make another statement to prepare."""
    dbapi.autocommit = True
    dbapi.prepared_max = 400
    for kind in (int, bool):
        dbapi.adapters.register_dumper(kind, Int8BinaryDumper)


def _check(place: str, connection: Connection) -> None:
    version, encoding = execute(
        connection,
        "SELECT CAST(current_setting('server_version_num') AS integer), current_setting('server_encoding')",
    ).fetchone()
    if version // 10_000 < LEAST_VERSION:
        raise Misconfigured(
            f"PostgreSQL {version // 10_000} is too old, {LEAST_VERSION} is needed",
            code="store-url",
            where=place,
        )
    if encoding != "UTF8":
        raise Misconfigured(
            f"the database is encoded in {encoding}; create one with ENCODING 'UTF8'",
            code="store-url",
            where=place,
        )


def database_wide(error: BaseException) -> bool:
    """Tell whether an error is the database's own; see ``engines.database_wide``."""
    if not isinstance(error, psycopg.Error) or isinstance(error, psycopg.errors.PipelineAborted):
        return False
    state = error.sqlstate
    if (
        state is None
    ):  # raised by the driver itself: a value that it cannot send, or a connection that is gone
        return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
    return state in _WIDE or not state.startswith(_PERMANENT) or _is_stale(error) or _is_late(error)


def _is_stale(error: BaseException) -> bool:
    return isinstance(error, psycopg.errors.FeatureNotSupported) and error.diag.source_function == _STALE


def _is_late(error: BaseException) -> bool:
    return isinstance(error, psycopg.errors.NotNullViolation) and error.diag.table_name == "turn"
