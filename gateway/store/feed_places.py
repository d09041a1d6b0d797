"""Feed places: up to which entry each client that pulls a ledger has acknowledged it; none goes back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gateway.canonical import now_us
from gateway.errors import Retry
from gateway.store.direct import execute
from gateway.store.session import RETRY_SECONDS, Session, database_wide

_MOVE = (
    "INSERT INTO feed_place (tenant, client, n, at_us) VALUES (?, ?, ?, ?) ON CONFLICT (tenant, client) "
    "DO UPDATE SET n = excluded.n, at_us = excluded.at_us WHERE excluded.n > feed_place.n"
)
_ALL = "SELECT client, n, at_us FROM feed_place WHERE tenant = ? ORDER BY client"


@dataclass(slots=True, frozen=True)
class FeedPlace:
    """How far a client has come.

    Attributes:
        n: the last entry that it has acknowledged, with all before it.
        at_us: when it did, microseconds since 1970.
    """

    client: str
    n: int
    at_us: int


class FeedPlaces:
    """The places of one store; for any thread.

    Args:
        number: gives a tenant's number, None for one that has never written.
    """

    def __init__(self, session: Session, number: Callable[[str], int | None]) -> None:
        self._session, self._number = session, number

    def acknowledge(self, tenant: str, client: str, n: int) -> None:
        """Remember that a client has everything up to an entry; what is behind its place changes nothing.

        Raises:
            Retry: the database cannot be written now.
        """
        values = (self._number(tenant) or 0, client, n, now_us())
        try:
            with self._session.transaction() as connection:
                execute(connection, _MOVE, values)
        except Exception as error:
            if not database_wide(error):
                raise
            raise Retry("the store cannot be written now", after=RETRY_SECONDS) from error

    def of(self, tenant: str) -> list[FeedPlace]:
        """Return the places of a tenant's ledger."""
        with self._session.reading() as connection:
            found = execute(connection, _ALL, (self._number(tenant) or 0,)).fetchall()
        return [FeedPlace(*row) for row in found]
