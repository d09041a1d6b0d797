"""Table: an entry as rows of interface tables of the HIS; the same entry again inserts nothing.

The rows of one entry are inserted in one transaction, header and details together. A row whose key is there
already is left as it is: the HIS may have worked on it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    Insert,
    MetaData,
    Select,
    Table,
    bindparam,
    create_engine,
    make_url,
    select,
)
from sqlalchemy.exc import DBAPIError, IntegrityError, NoSuchTableError, SQLAlchemyError, StatementError

from gateway.errors import Rejected
from gateway.feed.document import Document
from gateway.feed.receiver.wire import Reply, Request, Verdict, not_understood
from gateway.feed.relay import Lost
from gateway.feed.writeback.columns import fitting, taken
from gateway.feed.writeback.wire import Telling
from gateway.mapping.outbound import TableRow, said_rows

INSERTED, THERE, REFUSED = 201, 200, 422

_STATEMENTS = 256
"""Statements that are kept: two of each table of each HIS are wanted."""

_ABSENT = {"42P01": "a table is not there", "1146": "a table is not there", "42501": "a right is missing",
           "1142": "a right is missing", "1143": "a right is missing"}  # fmt: skip
"""SQLSTATE of PostgreSQL, number of MySQL and MariaDB → what somebody mends at the database, not here."""


@dataclass(slots=True, frozen=True)
class Rows(Request):
    """Rows to be inserted, in their order."""

    rows: tuple[TableRow, ...] = field(default=(), repr=False)


class Inserting(Telling):
    """Rows for interface tables."""

    def request(self, documents: Sequence[Document], at_us: int) -> Request:
        """Return the rows of one document. Raises ``Rejected``: it cannot be said."""
        saying, person, facts = self.told(documents[0])
        return Rows("POST", "", rows=tuple(said_rows(saying.map, person, self.teller.dialect, facts)))

    def judge(self, documents: Sequence[Document], reply: Reply) -> Verdict | list[Verdict]:
        """Return what became of the rows."""
        told = reply.body.decode()
        if reply.status == REFUSED:
            return [Verdict("refused", reason=told, code=reply.headers.get("code", ""))]
        if reply.status not in (INSERTED, THERE):
            return not_understood()
        return [Verdict("acknowledged", receipt="" if reply.status == INSERTED else "it was there already")]


class Database:
    """An exchange with the interface tables of a database.

    Args:
        url: of SQLAlchemy.
        seconds: for a connection, a lock and a statement, where the driver can be told.
    """

    def __init__(self, url: str, seconds: int = 30) -> None:
        made = make_url(url)
        self._engine: Engine = create_engine(
            made, connect_args=_limits(made, seconds), pool_pre_ping=True, pool_size=1, max_overflow=0,
            pool_timeout=seconds,
        )  # fmt: skip
        # its own thread: a database that hangs must not hold up others
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="qiao-writeback-table")
        self._tables: dict[str, Table] = {}

    async def __call__(self, request: Request, seconds: float) -> Reply:
        """Insert rows. Raises ``Lost``: the database is not there, or does not answer in time."""
        assert isinstance(request, Rows)
        try:
            async with asyncio.timeout(seconds):
                loop = asyncio.get_running_loop()
                return await loop.run_in_executor(self._thread, self._insert, request.rows)
        except TimeoutError:
            raise Lost(f"no answer within {seconds:g} seconds", left=True) from None
        except NoSuchTableError as error:
            raise Lost(f"there is no table {error}", left=False) from None
        except SQLAlchemyError as error:
            raise Lost(type(error).__name__, left=True) from None

    async def close(self) -> None:
        """Close the connections."""
        self._thread.submit(self._engine.dispose)  # after what may still be under way
        self._thread.shutdown(wait=False)

    def _tried(self, rows: Sequence[TableRow]) -> Reply:
        try:
            reply = self._inserted(rows)
        except BaseException:
            self._tables.clear()  # somebody may mend a column meanwhile
            raise
        return reply

    def _insert(self, rows: Sequence[TableRow]) -> Reply:
        try:
            return self._tried(rows)
        except Rejected as error:
            return Reply(REFUSED, {"code": error.code}, f"{error.where}: {error.reason}".encode())
        except IntegrityError as error:
            with self._engine.connect() as connection:
                if all(self._is_there(connection, one) for one in rows):
                    return Reply(THERE)
            return _refused(error)
        except DBAPIError as error:
            if absent := _absent(error):
                names = ", ".join(dict.fromkeys(one.table for one in rows))
                raise Lost(f"{absent}: {names}", left=False) from None
            # what the database holds against these values; not against the moment
            if type(error).__name__ in ("DataError", "ProgrammingError") and not error.connection_invalidated:
                return _refused(error)
            raise
        except StatementError as error:  # the type of a column did not bind; its text would name the value
            code = type(error.orig).__name__
            return Reply(REFUSED, {"code": code}, f"a value is not what a column takes ({code})".encode())

    def _inserted(self, rows: Sequence[TableRow]) -> Reply:
        with self._engine.begin() as connection:
            # all are looked for first: a row of this request must not pass for one that was there
            new = [one for one in rows if not self._is_there(connection, one)]
            for one in new:
                table = self._table(connection, one.table)
                connection.execute(_inserting(table), fitting(table, one))
        return Reply(INSERTED if new else THERE)

    def _is_there(self, connection: Connection, row: TableRow) -> bool:
        table = self._table(connection, row.table)
        key = {name: taken(table, name, row.values[name], row.zone) for name in row.key}
        empty = tuple(name for name, value in key.items() if value is None)
        return connection.execute(_seeking(table, row.key, empty), key).first() is not None

    def _table(self, connection: Connection, name: str) -> Table:
        found = self._tables.get(name)
        if found is None:
            schema, _, bare = name.rpartition(".")
            made = Table(bare, MetaData(), schema=schema or None, autoload_with=connection)
            found = self._tables[name] = made
        return found


@lru_cache(maxsize=_STATEMENTS)
def _inserting(table: Table) -> Insert:
    """Return the statement that inserts a row: made once, so that SQLAlchemy need not read it each time."""
    return table.insert()


@lru_cache(maxsize=_STATEMENTS)
def _seeking(table: Table, key: tuple[str, ...], empty: tuple[str, ...]) -> Select[Any]:
    """Return the statement that looks for a row by its key, of which some columns may be empty."""
    same = (table.c[name].is_(None) if name in empty else table.c[name] == bindparam(name) for name in key)
    return select(table.c[key[0]]).where(*same).limit(1)


def _limits(url: URL, seconds: int) -> dict[str, Any]:
    """Return how long a driver waits; what the URL says itself goes before it."""
    known: dict[str, dict[str, Any]] = {
        "psycopg": {"connect_timeout": seconds, "options": f"-c statement_timeout={seconds * 1000}"},
        "pymysql": {
            **dict.fromkeys(("connect_timeout", "read_timeout", "write_timeout"), seconds),
            "sql_mode": "STRICT_ALL_TABLES",  # without it a value that does not fit is cut in silence
        },
        "pysqlite": {"timeout": min(seconds, 5)},
    }
    found = known.get(url.get_driver_name(), {})
    return {name: value for name, value in found.items() if name not in url.query}


def _absent(error: DBAPIError) -> str:
    """Return what a database lacks, ``""`` where that is not why it refuses."""
    own = error.orig
    said = [getattr(own, name, None) for name in ("sqlstate", "pgcode", "errno")]
    said += own.args[:1] if own is not None else ()
    return next((f"{_ABSENT[str(one)]} ({one})" for one in said if str(one) in _ABSENT), "")


def _refused(error: DBAPIError) -> Reply:
    code = type(error).__name__
    return Reply(REFUSED, {"code": code}, f"{code}: {error.orig}".encode())
