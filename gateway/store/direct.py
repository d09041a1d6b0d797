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
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection

_TEXTS = 2048
_EACH = "EACH(?)"
_SET = "(SELECT CAST(value AS BIGINT) AS value FROM json_array_elements_text(CAST(%s AS json)))"
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


def execute(connection: Connection, sql: str, values: Sequence[Any] = ()) -> Any:
    """Run one statement; returns the driver's cursor, which yields rows as tuples.

    Raises:
        sqlite3.Error, psycopg.Error: as the driver raises it, not wrapped.
    """
    driver: Any = connection.connection.driver_connection
    if isinstance(driver, sqlite3.Connection):
        return driver.execute(for_sqlite(sql), values)
    return driver.execute(for_postgresql(sql), values, binary=True)


def execute_many(connection: Connection, sql: str, rows: Sequence[Sequence[Any]]) -> None:
    """Run one statement for every row.

    Raises:
        sqlite3.Error, psycopg.Error: as the driver raises it, not wrapped.
    """
    driver: Any = connection.connection.driver_connection
    if isinstance(driver, sqlite3.Connection):
        driver.executemany(for_sqlite(sql), rows)
    else:
        driver.cursor().executemany(for_postgresql(sql), rows)


def is_postgresql(connection: Connection) -> bool:
    """Tell whether statements go to PostgreSQL; for the few that both engines cannot share."""
    return connection.dialect.name == "postgresql"


@contextmanager
def pipelined(connection: Connection) -> Iterator[None]:
    """Send the statements inside without waiting for each one: one round trip to a server.

    An error of any of them is raised at the end of the block, or where a result is fetched. On SQLite each
    statement runs at once, as always.

    Raises:
        psycopg.Error: of the first statement that failed.
    """
    if is_postgresql(connection):
        driver: Any = connection.connection.driver_connection
        with driver.pipeline():
            yield
    else:
        yield
