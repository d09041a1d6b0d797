"""Database: the hospital's, connected so that it is read and never written; and what it says of a failure."""

from __future__ import annotations

from datetime import UTC, tzinfo
from typing import Any

from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, CompileError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from adapters.his.sql_view.values import Beyond
from gateway.errors import Misconfigured, Retry

READ_ONLY = {
    "postgresql": "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
    "mysql": "SET SESSION TRANSACTION READ ONLY",
    "mariadb": "SET SESSION TRANSACTION READ ONLY",
    "sqlite": "PRAGMA query_only = ON",
}
"""What makes a connection refuse to write; Oracle and DM say it at the begin of each transaction."""

AT_BEGIN = {"oracle": "SET TRANSACTION READ ONLY", "dm": "SET TRANSACTION READ ONLY"}


class Unanswered(Retry):
    """The database does not answer as it should; says what to do, without a value of a row.

    Args:
        lasting: until somebody changes something: trying again soon is of no use.
    """

    def __init__(self, reason: str, *, lasting: bool = False) -> None:
        super().__init__(reason)
        self.lasting = lasting


def open_database(url: str, password: str, *, timeout: float, connections: int) -> Engine:
    """Return an engine whose connections only read; nothing is connected yet.

    Raises:
        Misconfigured: no URL of SQLAlchemy, or its driver is not installed.
    """
    try:
        parsed = make_url(url)
        if password:
            parsed = parsed.set(password=password)
        if parsed.drivername == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
        elif parsed.drivername in ("mysql", "mariadb"):
            parsed = parsed.set(drivername=f"{parsed.drivername}+pymysql")
        engine = _engine(parsed, timeout, connections)
    except NoSuchModuleError:
        raise Misconfigured("no dialect of SQLAlchemy has this name; install its package") from None
    except ArgumentError:
        raise Misconfigured("url is no database URL of SQLAlchemy: dialect://user@host/database") from None
    except ImportError as error:
        raise Misconfigured(f"the driver of this database is not installed: {error.name}") from None
    _keep_from_writing(engine)
    return engine


def _engine(url: URL, timeout: float, connections: int) -> Engine:
    name, seconds = url.get_backend_name(), max(1, int(timeout))
    arguments: dict[str, Any] = {}
    if name == "postgresql":
        arguments = {"connect_timeout": seconds, "options": f"-c statement_timeout={seconds * 1000}"}
    elif name in ("mysql", "mariadb") and "pymysql" in url.drivername:
        arguments = {"connect_timeout": seconds, "read_timeout": seconds}
    elif name == "sqlite":
        url = _sqlite(url)
    return create_engine(
        url,
        connect_args=arguments,
        pool_size=connections,
        max_overflow=0,
        pool_pre_ping=True,
        pool_recycle=1800,
    )


def _sqlite(url: URL) -> URL:
    """Open a file for reading only: a wrong path must not make an empty database."""
    if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
        return url
    return url.set(database=f"file:{url.database}").update_query_dict({"mode": "ro", "uri": "true"})


def _keep_from_writing(engine: Engine) -> None:
    name = engine.dialect.name

    @event.listens_for(engine, "connect")
    def opened(connection: Any, _: object) -> None:
        if name == "sqlite":
            connection.text_factory = _text  # GBK in a text column would else raise
        if hasattr(connection, "adapters"):
            _take_any_moment(connection)
        if name in READ_ONLY:
            cursor = connection.cursor()
            cursor.execute(READ_ONLY[name])
            cursor.close()
            if name != "sqlite":
                connection.commit()

    if name in AT_BEGIN:

        @event.listens_for(engine, "begin")
        def begun(connection: Any) -> None:
            connection.exec_driver_sql(AT_BEGIN[name])


def _text(raw: bytes) -> str | bytes:
    """Return a text of SQLite, as bytes where they are not UTF-8."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw


def _take_any_moment(connection: Any) -> None:
    """Let psycopg return a moment that Python has no form of (``infinity``, years BC) as its text.

    It would else refuse the page for one value, and the view would stand.
    """
    from psycopg import DataError
    from psycopg.types import datetime as kinds

    def lenient(base: Any, zone: tzinfo | None) -> Any:
        def load(self: Any, data: Any) -> Any:
            try:
                return base.load(self, data)
            except DataError:
                return Beyond(bytes(data).decode(), zone)

        return type(f"Any{base.__name__}", (base,), {"load": load})

    for name, base, zone in (
        ("date", kinds.DateLoader, None),
        ("timestamp", kinds.TimestampLoader, None),
        ("timestamptz", kinds.TimestamptzLoader, UTC),
    ):
        connection.adapters.register_loader(name, lenient(base, zone))


class told:  # noqa: N801
    """Turns what a driver raises into a sentence; its own text may hold a value."""

    def __init__(self, source: str) -> None:
        self._source = source

    def __enter__(self) -> None:
        return None

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, DBAPIError):
            original = error.orig
            code = getattr(original, "sqlstate", None) or next(
                (one for one in getattr(original, "args", ()) if isinstance(one, int)), ""
            )
            kind = type(original).__name__
            at = f"{kind} {code}".strip()
            if error.connection_invalidated or kind in ("OperationalError", "InterfaceError"):
                raise Unanswered(f"{self._source}: the database does not answer ({at})") from None
            raise Unanswered(f"{self._source}: the database refuses the query ({at})") from None
        if isinstance(error, SQLAlchemyError):
            kind = type(error).__name__
            lasting = isinstance(error, ArgumentError | CompileError)
            raise Unanswered(f"{self._source}: the query cannot be made ({kind})", lasting=lasting) from None
