"""Volley: statements that go to PostgreSQL together and wait for one answer, straight through libpq.

Pipelines of libpq (postgresql.org/docs, §34.5), driven by psycopg's wrapper of it: a cursor for every one and
a look at the socket between any two cost more than the statements do. Every text is prepared at once; what is
sent with it is encoded here: numbers, texts, bytes, and arrays of the last two.
"""

from __future__ import annotations

import select
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from struct import Struct
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import errors
from psycopg.adapt import Transformer
from psycopg.pq import ConnStatus, ExecStatus, Format
from psycopg.pq.abc import PGresult

from gateway.turns import turns

if TYPE_CHECKING:
    from gateway.store.engines.driver import Driver

_BYTEA, _INT8, _TEXT, _FLOAT8, _BYTEAS, _TEXTS = 17, 20, 25, 701, 1001, 1009  # oid of pg_type
_LENGTH, _NUMBER, _HEAD = Struct("!i"), Struct("!q"), Struct("!iiIii")
_NULL = _LENGTH.pack(-1)
_DONE = (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK)

Sent = tuple[bytes | None, Format, int]
"""A parameter on its way: bytes, format, oid of its type (0: whatever the statement takes there)."""

Taker = Callable[[PGresult], None]


class NoAnswer(psycopg.OperationalError):
    """The server says nothing for longer than there is patience; the connection is closed."""


class Answer:
    """What one statement of a volley gives; who asks sends the volley, where that has not been done."""

    __slots__ = ("_result", "_volley", "sent", "sql")

    def __init__(self, volley: Volley, sql: str, sent: Sequence[Sent]) -> None:
        self._volley = volley
        self._result: PGresult | None = None
        self.sql, self.sent = sql, sent

    def given(self, result: PGresult) -> None:
        """Take the result."""
        self._result = result

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Return every row.

        Raises:
            psycopg.Error: the volley failed, or was dropped.
        """
        if self._result is None:
            self._volley.fire()
        if self._result is None:
            raise psycopg.InterfaceError("the statement was never run")
        return self._volley.rows(self._result)

    def fetchone(self) -> tuple[Any, ...] | None:
        """Return the first row."""
        return next(iter(self), None)

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return iter(self.fetchall())


class Volley:
    """The statements of one connection that wait to be sent.

    Attributes:
        open: statements are to wait, see ``direct.pipelined`` and ``direct.posted``.
    """

    def __init__(self, connection: Driver) -> None:
        self.open = False
        self._connection = connection
        self._transformer = Transformer(connection)
        self._waiting: list[Answer] = []
        self._names: dict[tuple[str, tuple[int, ...]], bytes] = {}
        self._count = 0

    def add(self, sql: str, values: Sequence[Any] = ()) -> Answer:
        """Let a statement, with ``$1`` for its first parameter, wait for the others.

        Raises:
            psycopg.DataError, UnicodeEncodeError: a value that PostgreSQL has no text for.
        """
        answer = Answer(self, sql, [_DUMPS[type(value)](value) for value in values])
        self._waiting.append(answer)
        return answer

    def drop(self) -> None:
        """Forget what waits."""
        self._waiting.clear()

    def forget(self) -> None:
        """Prepare everything anew: tables are about to change, and psycopg deallocates what it finds then."""
        self._names.clear()

    def fire(self) -> None:
        """Send what waits and take the answers: one round trip.

        Raises:
            psycopg.Error: of the first statement that failed; none after it was run.
            NoAnswer: nothing is known of any of them.
        """
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        pgconn = self._connection.pgconn
        pgconn.enter_pipeline_mode()
        try:
            asked = [taker for answer in waiting for taker in self._send(answer)]
            pgconn.pipeline_sync()
            error = self._collect(asked)
        finally:
            with suppress(psycopg.OperationalError):  # the connection is lost
                pgconn.exit_pipeline_mode()
        if error is not None:
            raise error

    def rows(self, result: PGresult) -> list[tuple[Any, ...]]:
        """Return the rows of a result."""
        self._transformer.set_pgresult(result, set_loaders=True, format=Format.BINARY)
        return self._transformer.load_rows(0, result.ntuples, tuple)

    def _send(self, answer: Answer) -> list[Taker]:
        """Send one statement, prepared where it is new; return who takes its results."""
        pgconn, sent = self._connection.pgconn, answer.sent
        key = (answer.sql, tuple(oid for _, _, oid in sent))
        name = self._names.get(key)
        takers: list[Taker] = [answer.given]
        if name is None:
            self._count += 1
            name = b"qiao_%d" % self._count
            pgconn.send_prepare(name, answer.sql.encode(), key[1])
            takers.insert(0, lambda _: self._names.update({key: name}))
        values, formats = [value for value, _, _ in sent], [each for _, each, _ in sent]
        pgconn.send_query_prepared(name, values, formats, Format.BINARY)
        return takers

    def _collect(self, asked: Sequence[Taker]) -> Exception | None:
        """Take results up to the end of the pipeline; return the first error."""
        error: Exception | None = None
        takers = iter(asked)
        while True:
            result = self._next()
            if result is None:
                if self._connection.pgconn.status != ConnStatus.OK:
                    return error or psycopg.OperationalError("the connection is lost")
            elif result.status == ExecStatus.PIPELINE_SYNC:
                return error
            elif result.status in _DONE:
                next(takers)(result)
            elif error is None:
                error = self._error(result)

    def _error(self, result: PGresult) -> Exception:
        if self._connection.pgconn.status != ConnStatus.OK:
            return psycopg.OperationalError("the connection is lost")
        error = errors.error_from_result(result, encoding="utf-8")
        if isinstance(error, errors.InvalidSqlStatementName):  # somebody has deallocated them
            self._names.clear()
        return error

    def _next(self) -> PGresult | None:
        """Return the next result, None between those of two statements."""
        pgconn = self._connection.pgconn
        while pgconn.flush():
            self._wait(select.POLLIN | select.POLLOUT)
        while pgconn.is_busy():
            self._wait(select.POLLIN)
        return pgconn.get_result()

    def _wait(self, events: int) -> None:
        connection = self._connection
        patience = connection.patience
        poll = select.poll()
        poll.register(connection.pgconn.socket, events)
        with turns.aside():
            answered = poll.poll(None if patience is None else patience * 1000)
        if not answered:
            raise connection.given_up()
        connection.pgconn.consume_input()


def _number(value: int) -> Sent:
    return _NUMBER.pack(value), Format.BINARY, _INT8


def _text(value: str) -> Sent:
    if "\0" in value:
        raise psycopg.DataError("a text of PostgreSQL has no NUL")
    return value.encode(), Format.TEXT, 0


def _array(values: list[Any]) -> Sent:
    """Return an array of texts or bytes as PostgreSQL sends them itself (``array_send`` of its source)."""
    first = next((value for value in values if value is not None), None)
    if first is None:
        return f"{{{','.join(['NULL'] * len(values))}}}".encode(), Format.TEXT, 0
    of, oid = (_TEXT, _TEXTS) if isinstance(first, str) else (_BYTEA, _BYTEAS)
    parts = [_HEAD.pack(1, None in values, of, len(values), 1)]
    for value in values:
        if value is None:
            parts.append(_NULL)
        else:
            data = value.encode() if of == _TEXT else value
            parts += (_LENGTH.pack(len(data)), data)
    return b"".join(parts), Format.BINARY, oid


_DUMPS: dict[type, Callable[[Any], Sent]] = {
    int: _number,
    bool: _number,
    float: lambda value: (repr(value).encode(), Format.TEXT, _FLOAT8),
    str: _text,
    bytes: lambda value: (value, Format.BINARY, _BYTEA),
    list: _array,
    type(None): lambda _: (None, Format.TEXT, 0),
}
