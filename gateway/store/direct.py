"""Hot statements straight to the driver.

SQLAlchemy makes an execution context and a result for every statement, 25 to 35 µs, sixteen times a batch.
The writer has a few fixed statements with positional parameters, which need neither.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection


def execute(connection: Connection, sql: str, values: Sequence[Any] = ()) -> Any:
    """Run one statement; returns the driver's cursor, which yields rows as tuples.

    Raises:
        sqlite3.Error: as the driver raises it, not wrapped.
    """
    driver: Any = connection.connection.driver_connection
    return driver.execute(sql, values)


def execute_many(connection: Connection, sql: str, rows: Sequence[Sequence[Any]]) -> None:
    """Run one statement for every row.

    Raises:
        sqlite3.Error: as the driver raises it, not wrapped.
    """
    driver: Any = connection.connection.driver_connection
    driver.executemany(sql, rows)
