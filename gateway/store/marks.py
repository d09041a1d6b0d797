"""Marks: how far a work of the gateway has come through what is stored, by the name of the work."""

from __future__ import annotations

from gateway.errors import Retry
from gateway.store import schema
from gateway.store.session import RETRY_SECONDS, Session, database_wide

_PREFIX = "mark:"


class Marks:
    """The marks of one store; for any thread."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def of(self, name: str) -> str:
        """Return a mark, ``""`` where there is none yet."""
        with self._session.reading() as connection:
            return schema.get(connection, _PREFIX + name) or ""

    def set(self, name: str, value: str) -> None:
        """Keep a mark.

        Raises:
            Retry: the database cannot be written now.
        """
        try:
            with self._session.transaction() as connection:
                schema.put(connection, _PREFIX + name, value)
        except Exception as error:
            if not database_wide(error):
                raise
            raise Retry("the store cannot be written now", after=RETRY_SECONDS) from error
