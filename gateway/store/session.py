"""Connections to the database: one writer, readers that are lent, one state of it for several reads."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from gateway.errors import Retry
from gateway.store import schema
from gateway.store.direct import send
from gateway.store.engines import ANSWER_SECONDS, database_wide, engine_of, name_of
from gateway.turns import turns

__all__ = ["RETRY_SECONDS", "Session", "database_wide"]

IDLE_READERS = 8
ZONE = "+08:00"
RETRY_SECONDS = 1.0
OPEN_SECONDS = 5.0


class Session:
    """The connections of one store; safe to share between threads, except ``writer``."""

    def __init__(
        self,
        url: str,
        synchronous: str,
        zone: str = ZONE,
        *,
        check: bool = True,
        answer_seconds: float | None = ANSWER_SECONDS,
    ) -> None:
        """Open the database; an empty one gets its tables.

        Args:
            zone: for which the store is indexed.
            check: False: take it as it is (an upgrade does).
            answer_seconds: how long a server may work on a statement; None: as long as it takes.

        Raises:
            Misconfigured: the URL, the ``synchronous`` level, the schema version or the zone does not fit.
            Retry: the database cannot be opened now.
        """
        self.url = url
        self.engine = engine_of(url, synchronous, answer_seconds)
        self._idle: list[Connection] = []
        self._open: set[Connection] = set()
        self._guard = threading.Lock()
        self.write_lock = threading.Lock()
        with self._opening():
            self.writer = self.engine.connect(writes=True)
        try:
            with self._opening():
                self.secret = self._prepare(zone) if check else b""
        except BaseException:
            self.close()
            raise

    def _prepare(self, zone: str) -> bytes:
        with self.transaction() as connection:
            schema.create_or_check(connection, self.engine, zone)
        self.engine.count_turns()
        return schema.cursor_secret(self.writer)

    @contextmanager
    def _opening(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            if not database_wide(error) and not isinstance(error, DBAPIError):
                raise
            reason = getattr(error, "orig", error)
            text = f"the store {self.engine.place} cannot be opened: {reason}"
            raise Retry(text, after=OPEN_SECONDS) from error

    @contextmanager
    def transaction(self, *, posted: bool = False) -> Iterator[Connection]:
        """Run one write transaction; commit at the end, roll everything back on any error.

        A connection that was lost (the server was restarted) is made anew first.

        Args:
            posted: its beginning goes to a server with its first statement, see ``direct.posted``.

        Raises:
            Retry: the database cannot commit now; nothing of it is kept, or it is not known (:meth:`sure`).
        """
        with self.write_lock, self._writing():
            self._renew()
            if self.engine.in_doubt:
                self.engine.resolve(self.writer)
            with turns.aside():  # another process may be writing
                self.engine.begin(self.writer)
            if not posted:
                send(self.writer)
            yield self.writer
            try:
                with turns.aside():
                    self.engine.commit(self.writer)
            except Exception:
                if not self._kept():
                    raise

    def sure(self) -> None:
        """Find out what became of a commit that was never answered, if there is one.

        What is read after this is what the next transaction will find, as far as this process has written it.

        Raises:
            Retry: nobody can tell yet.
        """
        if self.engine.in_doubt:
            with self.write_lock, self._writing():
                self._renew()
                self.engine.resolve(self.writer)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except BaseException as error:
            self.engine.rollback(self.writer)
            if self.engine.outlived(error):
                self._close(self.writer)  # the next transaction makes another one
            if not database_wide(error):
                raise
            if self.engine.in_doubt:
                text = f"the store does not answer, and it is not known what it has stored ({name_of(error)})"
                raise Retry(text, after=RETRY_SECONDS) from error
            raise Retry(f"the store cannot commit ({name_of(error)})", after=RETRY_SECONDS) from error

    def _renew(self) -> None:
        if not self.engine.usable(self.writer):
            self._close(self.writer)
            self.writer = self.engine.connect(writes=True)

    def _kept(self) -> bool:
        """Tell whether a commit that was not answered was made all the same; False where nobody knows."""
        if not self.engine.in_doubt:
            return False
        with suppress(Exception):  # the commit's own error says what is wrong
            self._renew()
            return self.engine.resolve(self.writer)
        return False

    def changed_by_others(self) -> bool:
        """Tell whether another process has written since the last call; inside :meth:`transaction`.

        ``qiao inbox replay`` beside a running gateway is such a one: what the writer remembers of the
        database is then no longer true.
        """
        return self.engine.changed_by_others(self.writer)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Lend a reading connection, the one used last: its cache is the warmest.

        Raises:
            Retry: the database cannot be read now.
        """
        connection = self._lend()
        try:
            yield connection
        except Exception as error:
            if database_wide(error):
                lost = not self.engine.usable(connection)
                self._discard(connection)
                if lost:
                    self.close_readers()  # whatever it was, it will have happened to them as well
                raise Retry(f"the store cannot be read ({name_of(error)})", after=RETRY_SECONDS) from error
            self._give_back(connection)
            raise
        except BaseException:
            self._discard(connection)
            raise
        self._give_back(connection)

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Run several reads on one state of the database."""
        with self.reading() as connection:
            self.engine.begin_snapshot(connection)
            try:
                yield connection
            finally:
                self.engine.end_snapshot(connection)

    def connect(self) -> Connection:
        """Return a new reading connection that :meth:`close` will close.

        Raises:
            Retry: the database takes none now.
        """
        try:
            connection = self.engine.connect()
        except Exception as error:
            if not isinstance(error, DBAPIError) and not database_wide(error):
                raise
            raise Retry(f"the store cannot be read ({name_of(error)})", after=RETRY_SECONDS) from error
        with self._guard:
            self._open.add(connection)
        return connection

    def _lend(self) -> Connection:
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                return self.connect()
            if self.engine.usable(connection):
                return connection
            self._discard(connection)

    def _give_back(self, connection: Connection) -> None:
        if len(self._idle) < IDLE_READERS:
            self._idle.append(connection)
        else:
            self._discard(connection)

    def _discard(self, connection: Connection) -> None:
        with self._guard:
            self._open.discard(connection)
        self._close(connection)

    def _close(self, connection: Connection) -> None:
        if not connection.closed and not self.engine.usable(connection):
            self.engine.cut(connection)  # somebody may still wait on it
            connection.invalidate()  # there is nobody to say good-bye to
        connection.close()

    def close_readers(self) -> None:
        """Close the readers that nobody has been lent."""
        while self._idle:
            self._discard(self._idle.pop())

    def abandon(self) -> None:
        """Let nobody wait for the database any more: whatever is asked, or will be, fails; any thread."""
        self.engine.cut()

    def close(self) -> None:
        """Close every connection."""
        with self._guard:
            for connection in self._open:
                self._close(connection)
            self._open.clear()
        self._close(self.writer)
        self.engine.close()
