"""The Store: one object over the writer, the readers, the inbox and the search."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, overload

from gateway.store import gaps, history, inbox, inbox_view, inbox_walk, tally, versions
from gateway.store.attempt import Item
from gateway.store.checkpoint import Checkpointer
from gateway.store.clock import last_seq, tenant_number
from gateway.store.dates import zone as check_zone
from gateway.store.direct import execute
from gateway.store.export import Exports
from gateway.store.inbox_walk import Walk
from gateway.store.index import Index
from gateway.store.model import (
    Counts,
    Gap,
    HistoryPage,
    InboxEntry,
    InboxRow,
    Kept,
    Page,
    Pending,
    Receive,
    Repeat,
    Settle,
    State,
    Transact,
    Transacted,
    Version,
    Written,
)
from gateway.store.resources import Applier
from gateway.store.search import Search, Terms
from gateway.store.session import Session
from gateway.store.sole import Sole
from gateway.store.subscriptions import Subscriptions
from gateway.store.view import ALL, View
from gateway.store.writer import Committed, Writer


class Store:
    """Everything that is kept. Write methods belong to one thread, read methods to any."""

    def __init__(self, url: str, *, synchronous: str, zone: str) -> None:
        check_zone(zone)
        self.zone = zone
        self._session = Session(url, synchronous, zone)
        self._writer = Writer(self._session, Applier(Index(zone), zone))
        self._checkpointer = Checkpointer(self._session) if self._session.engine.file else None
        self._search = Search(self._session, zone)
        self._tenants: dict[str, int] = {}
        self._closed = False
        self.exports = Exports(self._session, zone)
        self.subscriptions = Subscriptions(self._session)

    def understand(self, terms: Terms) -> None:
        """Let searches ask terminology for ``:in``, ``:not-in``, ``:below`` and ``:above``; else refused."""
        self._search.terms = terms

    def close(self) -> None:
        """Empty the log and close every connection; the store is of no use afterwards."""
        if not self._closed:
            self._closed = True
            self.exports.close()
            if self._checkpointer:
                self._checkpointer.stop()
            self._session.close()

    @overload
    def write(self, batch: Sequence[Receive | Settle]) -> list[Written]: ...

    @overload
    def write(self, batch: Sequence[Transact]) -> list[Transacted]: ...

    @overload
    def write(self, batch: Sequence[Item]) -> list[Written | Transacted]: ...

    def write(self, batch: Sequence[Item]) -> Any:
        """Write a batch in one transaction and commit it.

        A Receive may stand before its own Settle in the same batch. An item that cannot be written
        costs only itself: a Settle becomes ``Quarantined``, a Receive ``Refused``, a Transact ends
        with its error.

        Raises:
            Retry: the database cannot commit now; nothing of the batch is kept.
        """
        return self._writer.write(batch)

    def on_commit(self, callback: Committed) -> None:
        """Let ``callback`` know of each commit: tenant → its newest sequence number.

        It is called on the writer's thread and must be quick; what it raises is logged and goes no further.
        Commits of other processes are not told: :meth:`newest` knows them.
        """
        self._writer.listeners.append(callback)

    def sole(self, work: str) -> Sole:
        """Return what tells whether this process is the one of the store that does ``work``."""
        return Sole(self._session, work)

    def rehearse(self, batch: Sequence[Receive | Settle]) -> list[Written]:
        """Tell what :meth:`write` would do to the store as it is now, and keep nothing of it.

        Raises:
            Retry: the database cannot be asked now.
        """
        return [one for one in self._writer.rehearse(batch) if isinstance(one, Written)]

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

    def read_many(self, keys: Sequence[tuple[str, str, str]]) -> list[Version | None]:
        """Return the current version of each (tenant, type, id), as :meth:`read`, in one round trip."""
        numbers = [self._number(tenant) for tenant, _, _ in keys]
        with self._session.reading() as connection:
            return versions.current_many(
                connection, [(number, key[1], key[2]) for number, key in zip(numbers, keys, strict=True)]
            )

    @property
    def local(self) -> bool:
        """Whether a read takes microseconds and never waits for a network."""
        return bool(self._session.engine.file)

    def vread(self, tenant: str, type: str, id: str, ver: int) -> Version | None:
        """Return one version (R4 §3.1.0.2), or None."""
        number = self._number(tenant)
        if number is None:
            return None
        with self._session.reading() as connection:
            return versions.version(connection, number, type, id, ver)

    def history(
        self,
        tenant: str,
        type: str | None = None,
        id: str | None = None,
        *,
        count: int,
        since_us: int | None = None,
        at: tuple[int, int] | None = None,
        cursor: str | None = None,
        ascending: bool = False,
    ) -> HistoryPage:
        """Return one page of a history (R4 §3.1.0.13), tombstones included.

        Args:
            tenant: whose resources.
            type: of one type; None: of all.
            id: of one resource; empty where it never existed.
            count: versions of a page; 0: none, only the total.
            since_us: ``_since``: versions made at or after this moment, microseconds since 1970.
            at: ``_at``: versions that were current at some moment from the first to the second.
            cursor: of the page before; it fits only the same history.
            ascending: in commit order. The cursor then is there on the last page too and stays valid for
                ever: what is committed later follows it, nothing missed, nothing twice.

        Raises:
            Rejected: the cursor is not of this history.
        """
        asked = history.Asked(tenant, type, id, count, since_us, at, cursor, ascending)
        with self._session.snapshot() as connection:
            return history.page(connection, asked, self._session.secret)

    def newest(self, tenant: str) -> int:
        """Return the tenant's newest committed sequence number, 0 where nobody has ever written for it."""
        with self._session.reading() as connection:
            return last_seq(connection, tenant) or 0

    def search(
        self,
        tenant: str,
        type: str,
        pairs: Iterable[tuple[str, str]],
        *,
        base: str = "",
        lenient: bool = False,
        view: View = ALL,
    ) -> Page:
        """Search one type, or several at once (R4 §3.1.1).

        Args:
            tenant: whose resources.
            type: a resource type; ``""``: those that ``_type`` names, or all.
            pairs: the decoded parameters in the order of the URL, ``_cursor`` among them.
            base: the server's own base URL, taken off absolute references.
            lenient: leave out a parameter that is not known and say so in ``Page.warnings``
                (``Prefer: handling=lenient``).
            view: what the caller may know of: nothing else is found, counted, included or chained to.

        Raises:
            Rejected: an unknown parameter (``not-supported``), a value that it cannot take (``value``), or
                more work than one search may make (``too-costly``); ``where`` names the parameter.
        """
        return self._search.run(tenant, type, list(pairs), base, lenient=lenient, view=view)

    def compartment(
        self,
        tenant: str,
        compartment: str,
        id: str,
        type: str,
        pairs: Iterable[tuple[str, str]],
        *,
        base: str = "",
        lenient: bool = False,
        view: View = ALL,
    ) -> Page:
        """Search what belongs to a Patient, Encounter, Practitioner, RelatedPerson or Device (R4 §3.1.0.16).

        Args:
            compartment: the type of the compartment's owner.
            id: of the owner; it need not exist.
            type: a type of the compartment's members, or ``"*"`` for all of them.

        Raises:
            Rejected: as :meth:`search`; ``not-supported``: no such compartment, or no such type in it.
        """
        return self._search.compartment(
            tenant, compartment, id, type, list(pairs), base, lenient=lenient, view=view
        )

    def everything(
        self,
        tenant: str,
        type: str,
        id: str,
        pairs: Iterable[tuple[str, str]],
        *,
        base: str = "",
        view: View = ALL,
    ) -> Page:
        """Return the record of a Patient or Encounter, page by page (``$everything``).

        The resource itself, its compartment, and last what those refer to outside it; each once over all
        pages. Parameters: ``_type``, ``_since``, ``start``, ``end``, ``_count``, ``_cursor``.

        Raises:
            Rejected: ``not-found`` or ``deleted``: there is no such resource; else as :meth:`search`.
        """
        return self._search.everything(tenant, type, id, list(pairs), base, view)

    def lastn(
        self, tenant: str, pairs: Iterable[tuple[str, str]], *, base: str = "", view: View = ALL
    ) -> Page:
        """Return the newest Observations of each code (``Observation/$lastn``).

        Parameters: ``max`` (1 unless told) and the search parameters of Observation; one page.

        Raises:
            Rejected: as :meth:`search`.
        """
        return self._search.lastn(tenant, list(pairs), base, view)

    def ready(self) -> bool:
        """Tell whether the database answers."""
        with self._session.reading() as connection:
            return bool(execute(connection, "SELECT 1").fetchone())

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
        url: ``sqlite:///PATH`` or ``postgresql://USER@HOST:PORT/DATABASE``.
        synchronous: level of durability, named as SQLite names it; anything below FULL can lose
            acknowledged messages.
        zone: in which dates without a zone are read, ``"+08:00"`` or ``"Z"``.

    Raises:
        Misconfigured: the URL, zone or level is wrong, the database is not of this program's version, or it
            was indexed for another zone.
        Retry: the database cannot be opened now.
    """
    return Store(url, synchronous=synchronous, zone=zone)
