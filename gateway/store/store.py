"""The Store: one object over the writer, the readers, the inbox and the search."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gateway.store import gaps, inbox, inbox_view, inbox_walk, tally, versions
from gateway.store.checkpoint import Checkpointer
from gateway.store.clock import tenant_number
from gateway.store.dates import zone as check_zone
from gateway.store.inbox_walk import Walk
from gateway.store.model import (
    Counts,
    Gap,
    InboxEntry,
    InboxRow,
    Kept,
    Page,
    Pending,
    Receive,
    Repeat,
    Settle,
    State,
    Version,
    Written,
)
from gateway.store.postings import Postings
from gateway.store.resources import Applier
from gateway.store.search import Search
from gateway.store.session import Session
from gateway.store.writer import Writer


class Store:
    """Everything that is kept. Write methods belong to one thread, read methods to any."""

    def __init__(self, url: str, *, synchronous: str, zone: str) -> None:
        check_zone(zone)
        self._session = Session(url, synchronous)
        self._writer = Writer(self._session, Applier(Postings(zone)))
        self._checkpointer = Checkpointer(self._session)
        self._search = Search(self._session, zone)
        self._tenants: dict[str, int] = {}
        self._closed = False

    def close(self) -> None:
        """Empty the log and close every connection; the store is of no use afterwards."""
        if not self._closed:
            self._closed = True
            self._checkpointer.stop()
            self._session.close()

    def write(self, batch: Sequence[Receive | Settle]) -> list[Written]:
        """Write a batch in one transaction and commit it.

        A Receive may stand before its own Settle in the same batch. An item that cannot be written
        costs only itself: a Settle becomes ``Quarantined``, a Receive ``Refused``.

        Raises:
            Retry: the database cannot commit now; nothing of the batch is kept.
        """
        return self._writer.write(batch)

    def rehearse(self, batch: Sequence[Receive | Settle]) -> list[Written]:
        """Tell what :meth:`write` would do to the store as it is now, and keep nothing of it.

        Raises:
            Retry: the database cannot be asked now.
        """
        return self._writer.rehearse(batch)

    def bump_attempts(self, ids: Sequence[str]) -> None:
        """Count one more try for each message. Belongs to the writer's thread."""
        with self._session.transaction() as connection:
            inbox.bump_attempts(connection, ids)

    def find_repeat(
        self, tenant: str, sender: str, repeat_key: int, control_id: str, digest: bytes, since_us: int
    ) -> Repeat | None:
        """Return the committed message that this one repeats, received at or after ``since_us``."""
        with self._session.reading() as connection:
            return inbox_view.find_repeat(
                connection, tenant, sender, repeat_key, control_id, digest, since_us
            )

    def unsettled(self, limit: int) -> list[Pending]:
        """Return messages that were received and never settled, oldest first."""
        with self._session.reading() as connection:
            return inbox_view.unsettled(connection, limit)

    def inbox_list(
        self,
        *,
        state: State | None = None,
        sender: str | None = None,
        tenant: str | None = None,
        limit: int = 50,
        before: str | None = None,
    ) -> list[InboxRow]:
        """Return lines of the inbox, newest first, those older than the message ``before``."""
        with self._session.reading() as connection:
            return inbox_view.rows(
                connection, state=state, sender=sender, tenant=tenant, limit=limit, before=before
            )

    def inbox_show(self, id: str) -> InboxEntry | None:
        """Return everything that is known of one message, or None."""
        with self._session.snapshot() as connection:
            return inbox_view.show(connection, id)

    def counts(self, tenant: str) -> Counts:
        """Return what the tenant's store holds now; cheap enough to be asked every half second."""
        with self._session.reading() as connection:
            return tally.counts(connection, tenant)

    def inbox_walk(self, walk: Walk, limit: int) -> list[Kept]:
        """Return the next messages in the order in which they came, with their bytes."""
        with self._session.reading() as connection:
            return inbox_walk.page(connection, walk, limit)

    def inbox_extent(self, walk: Walk) -> tuple[int, str]:
        """Return how many messages a walk meets, and the id of the last one (``""`` for none)."""
        with self._session.snapshot() as connection:
            return inbox_walk.extent(connection, walk)

    def gaps(
        self, tenant: str | None = None, *, sender: str | None = None, table: str | None = None
    ) -> list[Gap]:
        """Return the codes without a map, most frequent first."""
        with self._session.reading() as connection:
            return gaps.gaps(connection, tenant, sender, table)

    def read(self, tenant: str, type: str, id: str) -> Version | None:
        """Return the current version (R4 §3.1.0.1), a tombstone too, or None."""
        number = self._number(tenant)
        if number is None:
            return None
        with self._session.reading() as connection:
            return versions.current(connection, number, type, id)

    def vread(self, tenant: str, type: str, id: str, ver: int) -> Version | None:
        """Return one version (R4 §3.1.0.2), or None."""
        number = self._number(tenant)
        if number is None:
            return None
        with self._session.reading() as connection:
            return versions.version(connection, number, type, id, ver)

    def search(self, tenant: str, type: str, query: Iterable[tuple[str, str]], *, base: str = "") -> Page:
        """Search one type (R4 §3.1.1).

        Args:
            tenant: whose resources.
            type: one of ``parameters.PARAMETERS``.
            query: the decoded parameters in the order of the URL, ``_cursor`` among them.
            base: the server's own base URL, taken off absolute references.

        Raises:
            Rejected: an unknown parameter or a value that it cannot take; ``where`` names it.
        """
        return self._search.run(tenant, type, list(query), base)

    def ready(self) -> bool:
        """Tell whether the database answers."""
        with self._session.reading() as connection:
            return connection.exec_driver_sql("SELECT 1").scalar() == 1

    def _number(self, tenant: str) -> int | None:
        number = self._tenants.get(tenant)
        if number is None:
            with self._session.reading() as connection:
                number = tenant_number(connection, tenant)
            if number is not None:
                self._tenants[tenant] = number
        return number


def open_store(url: str = "sqlite:///qiao.db", *, synchronous: str = "FULL", zone: str = "+08:00") -> Store:
    """Open the store at ``url``, creating it where there is none.

    Args:
        url: ``sqlite:///PATH``.
        synchronous: SQLite's durability level; anything below FULL can lose acknowledged messages.
        zone: in which dates without a zone are read, ``"+08:00"`` or ``"Z"``.

    Raises:
        Misconfigured: the URL, zone or level is wrong, or the file is not of this program's version.
        Retry: the file cannot be opened now.
    """
    return Store(url, synchronous=synchronous, zone=zone)
