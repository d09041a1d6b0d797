"""Sole: of all processes on one store, the one that does some work; whoever dies makes room at once.

On SQLite a lock on a file beside the database, on PostgreSQL an advisory lock of a session: both end with the
process that holds them (postgresql.org/docs, §13.3.5), so no time has to pass before another one takes over.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from zlib import crc32

from sqlalchemy import Connection

from gateway.errors import Retry
from gateway.store.direct import execute
from gateway.store.engines import database_wide, name_of
from gateway.store.session import RETRY_SECONDS, Session

_LOCKS = 0x7169616F << 32 | 1 << 31
"""The advisory locks of these works: ``qiao``, a bit that no other lock of the store has, and the name."""


class Sole:
    """One work of one store; belongs to one thread.

    Args:
        name: of the work, e.g. ``"subscriptions"``.
    """

    def __init__(self, session: Session, name: str) -> None:
        self._session = session
        self._name = name
        self._file: int | None = None
        self._connection: Connection | None = None
        self._locked = False

    def mine(self) -> bool:
        """Tell whether this process does the work; takes it up where nobody does.

        Raises:
            Retry: the database cannot be asked now.
        """
        return self._locked_file() if self._session.engine.file else self._locked_session()

    def leave(self) -> None:
        """Let another process do it."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
        if self._connection is not None and self._locked:
            self._locked = False
            with suppress(Exception):  # a connection that is lost has left already
                execute(self._connection, "SELECT pg_advisory_unlock(?)", (self._key,))

    @property
    def _key(self) -> int:
        return _LOCKS | crc32(self._name.encode()) >> 1

    def _locked_file(self) -> bool:
        if self._file is not None:
            return True
        path = f"{self._session.engine.file}-{self._name}"
        try:
            file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise Retry(f"{path} cannot be opened: {error.strerror}", after=5.0) from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(file)
            return False
        self._file = file
        return True

    def _locked_session(self) -> bool:
        connection = self._connection
        if connection is None or not self._session.engine.usable(connection):
            connection = self._connection = self._session.connect()
            self._locked = False
        if not self._locked:
            try:
                row = execute(connection, "SELECT pg_try_advisory_lock(?)", (self._key,)).fetchone()
            except Exception as error:
                if not database_wide(error):
                    raise
                text = f"the store cannot be read ({name_of(error)})"
                raise Retry(text, after=RETRY_SECONDS) from error
            self._locked = bool(row[0])
        return self._locked
