"""Database: a source that is asked by SQL: one statement, read only, for so many seconds and rows.

PostgreSQL and SQLite, the two whose drivers are here. A timestamp without a zone is compared with the ends of
the day as the clocks on the wall say them, one with a zone with the moments that they are.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from gateway.errors import Rejected, Retry
from gateway.feed.reconciliation.asking.period import Period
from gateway.settings import SourceSettings, secret

MOST = 100_000
"""Rows of one answer."""

_STEPS = 10_000
"""Instructions of SQLite between two looks at the clock."""

Row = tuple[object, object, bool]
"""(kind, value, whether it is the number of a document, and not how many there are)"""


def rows(settings: SourceSettings, period: Period, where: str) -> list[Row]:
    """Return what the SQL of a source gives for a day.

    Raises:
        Rejected: it gives other columns than ``kind, count`` or ``kind, number``, or too many rows.
        Misconfigured: the password cannot be read.
        Retry: the database cannot be reached, refuses the statement, or takes too long.
    """
    is_file = settings.scheme == "sqlite"
    given = period.ends(" ", zoned=not is_file)
    try:
        with closing(_file(settings) if is_file else _server(settings, where)) as connection:
            named = {name: value for name, value in given.items() if f":{name}" in settings.sql}
            answer = connection.execute(text(settings.sql), named)
            columns = [str(name).lower() for name in answer.keys()]  # noqa: SIM118 -- no mapping
            found: Sequence[Any] = answer.fetchmany(MOST + 1)
    except (SQLAlchemyError, ArgumentError, sqlite3.Error, ValueError) as error:
        raise Retry(f"the database does not answer ({_name(error)})") from None
    if columns not in (["kind", "count"], ["kind", "number"]):
        raise Rejected("the SQL gives kind and count, or kind and number", where=where)
    if len(found) > MOST:
        raise Rejected(f"more than {MOST} rows", where=where)
    return [(kind, value, columns[1] == "number") for kind, value in found]


def _server(settings: SourceSettings, where: str) -> Connection:
    url = make_url(settings.url).set(drivername="postgresql+psycopg")
    if settings.password:
        url = url.set(password=secret(settings.password, f"{where} password"))
    ms = settings.timeout * 1000
    bounds = {
        "connect_timeout": settings.timeout,
        "tcp_user_timeout": ms,
        "options": f"-c default_transaction_read_only=on -c statement_timeout={ms}",
    }
    engine = create_engine(url, poolclass=NullPool, connect_args=bounds)
    return engine.connect().execution_options(postgresql_readonly=True)


def _file(settings: SourceSettings) -> Connection:
    path = make_url(settings.url).database or ""
    until = monotonic() + settings.timeout

    def opened() -> sqlite3.Connection:
        uri = f"file:{quote(str(Path(path).absolute()))}?mode=ro"
        connection = sqlite3.connect(uri, uri=True, timeout=settings.timeout)
        connection.set_progress_handler(lambda: monotonic() > until, _STEPS)
        return connection

    return create_engine("sqlite://", creator=opened, poolclass=NullPool).connect()


def _name(error: BaseException) -> str:
    """Return the driver's short name of an error: its text could repeat a value, or the address."""
    raised = getattr(error, "orig", None) or error
    return str(
        getattr(raised, "sqlite_errorname", None)
        or getattr(raised, "sqlstate", None)
        or type(raised).__name__
    )
