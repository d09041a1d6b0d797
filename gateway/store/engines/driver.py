"""Driver: a connection to PostgreSQL that waits for answers, but not for ever.

A server that is gone says so; one that hangs, or a network that swallows what is sent, says nothing, and
libpq waits as long as that lasts: it bounds the making of a connection only (postgresql.org/docs, §34.1.2).
"""

from __future__ import annotations

import os
import socket
import threading
from contextlib import suppress
from typing import Any, TypeVar
from weakref import WeakSet

import psycopg
from psycopg.abc import PQGen
from psycopg.pq import ConnStatus

from gateway.store.volley import NoAnswer, Volley

_Given = TypeVar("_Given")
_LOOK = 0.1
"""Seconds between two looks of psycopg whether it was interrupted."""


class Driver(psycopg.Connection[Any]):
    """A connection of psycopg, and the statements that wait to be sent on it.

    Attributes:
        patience: seconds without an answer after which the connection is given up; None: no end.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.patience: float | None = None
        self.volley = Volley(self)
        self._line = socket.socket(fileno=os.dup(self.pgconn.socket))

    def wait(self, gen: PQGen[_Given], interval: float = _LOOK, timeout: float | None = None) -> _Given:
        """Let psycopg wait for what it has asked, as long as there is patience.

        Raises:
            NoAnswer: the connection is closed.
        """
        try:
            return super().wait(gen, interval, self.patience if timeout is None else timeout)
        except psycopg.OperationalError as error:
            if error.sqlstate is None and self.pgconn.status == ConnStatus.OK:
                raise self.given_up() from None
            raise

    def given_up(self) -> NoAnswer:
        """Close the connection without waiting for anybody; return what is to be raised."""
        self.cut()
        self.close()
        return NoAnswer("the server does not answer")

    def cut(self) -> None:
        """Let whoever waits for an answer know that none will come; any thread."""
        with suppress(OSError):  # it is closed already
            self._line.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close it."""
        self._line.close()
        super().close()


class Drivers:
    """The connections of one engine; once they are all cut, no other one is made.

    Args:
        patience: what each has at first, see :class:`Driver`; SQLAlchemy asks it this and that.
    """

    def __init__(self, patience: float | None) -> None:
        self._patience = patience
        self._open: WeakSet[Driver] = WeakSet()
        self._guard = threading.Lock()
        self._ended = False

    def connect(self, _dialect: object, _record: object, args: Any, settings: Any) -> Driver:
        """Make one, as SQLAlchemy asks for it.

        Raises:
            psycopg.OperationalError: it cannot be made, or is not to be any more.
        """
        self._check()
        made: Driver = Driver.connect(*args, **settings)
        made.patience = self._patience
        with self._guard:
            self._open.add(made)
        if self._ended:
            made.close()
        self._check()
        return made

    def _check(self) -> None:
        if self._ended:
            raise psycopg.OperationalError("the gateway stops")

    def cut(self) -> None:
        """End every connection, whoever waits on it; any thread."""
        self._ended = True
        with self._guard:
            found = list(self._open)
        for each in found:
            each.cut()
