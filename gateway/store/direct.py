"""Hot statements straight to the driver, in one SQL text for both engines.

SQLAlchemy makes an execution context and a result for every statement, 25 to 35 µs, sixteen times a batch.
The store has fixed statements with positional parameters, which need neither. They are written for SQLite;
what PostgreSQL spells otherwise is translated, once per text:

- ``?`` is a parameter (``%s``), and a ``%`` stands for itself (``%%``); text in quotes stays as it is;
- ``EACH(?) q`` is the set of integers, column ``q.value``, of one parameter that is a JSON array.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import count
from typing import Any

from sqlalchemy import Connection

from gateway.turns import turns

_TEXTS = 2048
_EACH = "EACH(?)"
_SET = "(SELECT CAST(value AS BIGINT) AS value FROM json_array_elements_text(CAST(%s AS json)))"
_UNDO = "ROLLBACK"
"""Past psycopg: at the end of one it deallocates every statement of the session, not only its own."""
_TOKEN = re.compile(r"'[^']*'|EACH\(\?\)|\?|%")
_SPELT = {"?": "%s", "%": "%%", _EACH: _SET}


@lru_cache(maxsize=_TEXTS)
def for_sqlite(sql: str) -> str:
    """Return a statement as SQLite takes it."""
    return sql.replace(_EACH, "json_each(?)")


@lru_cache(maxsize=_TEXTS)
def for_postgresql(sql: str) -> str:
    """Return a statement as psycopg takes it (psycopg.org: passing parameters to SQL queries)."""
    return _TOKEN.sub(lambda found: _SPELT.get(found[0]) or found[0].replace("%", "%%"), sql)


@lru_cache(maxsize=_TEXTS)
def for_libpq(sql: str) -> str:
    """Return a statement as libpq takes it (postgresql.org/docs, §4.1.5.3 Positional Parameters)."""
    numbers = count(1)

    def spelt(found: re.Match[str]) -> str:
        given = {"?": "%s", _EACH: _SET}.get(found[0])
        return found[0] if given is None else given.replace("%s", f"${next(numbers)}")

    return _TOKEN.sub(spelt, sql)


def execute(connection: Connection, sql: str, values: Sequence[Any] = ()) -> Any:
    """Run one statement; returns the driver's cursor or what is like it, which yields rows as tuples.

    Raises:
        sqlite3.Error, psycopg.Error: as the driver raises it, not wrapped.
    """
    driver: Any = connection.connection.driver_connection
    if isinstance(driver, sqlite3.Connection):
        return driver.execute(for_sqlite(sql), values)
    if driver.volley.open or sql.startswith(_UNDO):
        answer = driver.volley.add(for_libpq(sql), values)
        if not driver.volley.open:
            driver.volley.fire()
        return answer
    driver.volley.fire()
    with turns.aside():
        return driver.execute(for_postgresql(sql), values, binary=True)


def execute_many(connection: Connection, sql: str, rows: Sequence[Sequence[Any]]) -> None:
    """Run one statement for every row.

    Raises:
        sqlite3.Error, psycopg.Error: as the driver raises it, not wrapped.
    """
    driver: Any = connection.connection.driver_connection
    if isinstance(driver, sqlite3.Connection):
        driver.executemany(for_sqlite(sql), rows)
    elif driver.volley.open:
        for row in rows:
            driver.volley.add(for_libpq(sql), row)
    else:
        driver.volley.fire()
        driver.cursor().executemany(for_postgresql(sql), rows)


def is_postgresql(connection: Connection) -> bool:
    """Tell whether statements go to PostgreSQL; for the few that both engines cannot share."""
    return connection.dialect.name == "postgresql"


@contextmanager
def pipelined(connection: Connection) -> Iterator[None]:
    """Send the statements inside without waiting for each one: one round trip to a server.

    What they give can be fetched after the block. On SQLite each statement runs at once, as always.

    Raises:
        psycopg.Error: at the end of the block: of the first statement that failed.
    """
    with posted(connection):
        yield
    send(connection)


@contextmanager
def posted(connection: Connection) -> Iterator[None]:
    """Keep the statements inside until the next one, or until one of them is asked what it gives.

    An error of them is raised there. On SQLite each statement runs at once, as always.
    """
    driver: Any = connection.connection.driver_connection
    if isinstance(driver, sqlite3.Connection):
        yield
        return
    before, driver.volley.open = driver.volley.open, True
    try:
        yield
    except BaseException:
        driver.volley.drop()
        raise
    finally:
        driver.volley.open = before


def ask(connection: Connection, sql: str, values: Sequence[Any] = ()) -> Callable[[], list[Any]]:
    """Post one statement; return what gives its rows, when they are needed."""
    with posted(connection):
        asked = execute(connection, sql, values)
    if is_postgresql(connection):
        return asked.fetchall  # type: ignore[no-any-return]
    rows = asked.fetchall()
    return lambda: rows


def send(connection: Connection) -> None:
    """Send what was posted.

    Raises:
        psycopg.Error: of the first statement that failed.
    """
    driver: Any = connection.connection.driver_connection
    if not isinstance(driver, sqlite3.Connection):
        driver.volley.fire()
