"""The Store: one object over the writer, and over what reads resources and messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, overload

from gateway.canonical.digest import digest
from gateway.store import inbox, schema
from gateway.store.alerts import Alerts
from gateway.store.attempt import Item
from gateway.store.bookkeeping import Bookkeeping
from gateway.store.checkpoint import Checkpointer
from gateway.store.dates import zone as check_zone
from gateway.store.deliveries import Deliveries
from gateway.store.direct import execute
from gateway.store.engines import ANSWER_SECONDS
from gateway.store.export import Exports
from gateway.store.feed_places import FeedPlaces
from gateway.store.governing import Governor
from gateway.store.inbox_reads import InboxReads
from gateway.store.index import Index
from gateway.store.ledger.ledger import Ledger
from gateway.store.marks import Marks
from gateway.store.model import Receive, Settle, Transact, Transacted, Written
from gateway.store.reconciliation import Reconciliation
from gateway.store.resource_reads import ResourceReads
from gateway.store.resources import Applier
from gateway.store.search import Search, Terms
from gateway.store.session import Session
from gateway.store.sole import Sole
from gateway.store.subscriptions import Subscriptions
from gateway.store.supervised_business import SupervisedBusiness
from gateway.store.writer import Committed, Writer


class Store(ResourceReads, InboxReads):
    """Everything that is kept. Write methods belong to one thread, read methods to any."""

    def __init__(self, url: str, *, synchronous: str, zone: str, answer_seconds: float) -> None:
        check_zone(zone)
        self.zone = zone
        self._session = Session(url, synchronous, zone, answer_seconds=answer_seconds)
        self._writer = Writer(self._session, Applier(Index(zone), zone))
        self._checkpointer = Checkpointer(self._session) if self._session.engine.file else None
        self._search = Search(self._session, zone)
        self._tenants: dict[str, int] = {}
        self._closed = False
        self.exports = Exports(self._session, zone)
        self.subscriptions = Subscriptions(self._session)
        self.deliveries = Deliveries(self._session)
        self.alerts = Alerts(self._session)
        self.supervised_business = SupervisedBusiness(self._session, self._number)
        self.feed_places = FeedPlaces(self._session, self._number)
        self.marks = Marks(self._session)
        self.reconciliation = Reconciliation(self._session, self._number)
        books = self._writer.books
        with self._session.reading() as connection:
            books.zone = schema.ledger_zone(connection) or zone
        self.ledger = Ledger(self._session, self._number, books.zone, lambda name: books.of(name).algorithm)

    def understand(self, terms: Terms) -> None:
        """Let searches ask terminology for ``:in``, ``:not-in``, ``:below`` and ``:above``; else refused."""
        self._search.terms = terms

    def govern(self, governor: Governor) -> None:
        """Let ``governor`` decide on what is written of its types; without one nothing is looked at."""
        self._writer.govern(governor)

    def pass_on_barcodes(self, over_us: int) -> None:
        """Let the number of a sample go to the next one, when nothing has happened to it for so long."""
        self._writer.pass_on_barcodes(over_us)

    def keep_books(self, tenant: str, bookkeeping: Bookkeeping) -> None:
        """Set how a tenant's ledger is hashed and what its serials look like; before anything is written.

        Raises:
            Misconfigured: there is no such algorithm here.
        """
        digest(bookkeeping.algorithm)
        self._writer.books.bookkeeping[tenant] = bookkeeping

    def knows(self, tenant: str) -> bool:
        """Tell whether anything was ever written for a tenant."""
        return self._number(tenant) is not None

    def sure(self) -> None:
        """Find out what became of a commit that a server never answered, before anything is looked up for the
        next one: what was stored must not be stored again.

        Raises:
            Retry: it cannot be told yet.
        """
        self._session.sure()

    def abandon(self) -> None:
        """Let nobody wait for a database that hangs any more; only :meth:`close` may follow. Any thread."""
        self._session.abandon()

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
            Retry: the database cannot commit now; nothing of the batch is kept, unless :meth:`sure` is not.
        """
        return self._writer.write(batch)

    def released(self) -> bool:
        """Tell whether messages that waited in quarantine have become unfinished since the last call.

        What they waited for is committed. Belongs to the writer's thread.
        """
        found, self._writer.released = self._writer.released, 0
        return found > 0

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

    def bump_attempts(self, ids: Sequence[str], by: int = 1) -> None:
        """Count one more try for each message, or one less. Belongs to the writer's thread."""
        with self._session.transaction() as connection:
            inbox.bump_attempts(connection, ids, by)

    def ready(self) -> bool:
        """Tell whether the database answers."""
        with self._session.reading() as connection:
            return bool(execute(connection, "SELECT 1").fetchone())


def open_store(
    url: str = "sqlite:///qiao.db",
    *,
    synchronous: str = "FULL",
    zone: str = "+08:00",
    answer_seconds: float = ANSWER_SECONDS,
) -> Store:
    """Open the store at ``url``, creating it where there is none.

    Args:
        url: ``sqlite:///PATH`` or ``postgresql://USER@HOST:PORT/DATABASE``.
        synchronous: level of durability, named as SQLite names it; anything below FULL can lose
            acknowledged messages.
        zone: in which dates without a zone are read, ``"+08:00"`` or ``"Z"``.
        answer_seconds: how long a server may work on a statement; soon after it is given up.

    Raises:
        Misconfigured: the URL, zone or level is wrong, the database is not of this program's version, or it
            was indexed for another zone.
        Retry: the database cannot be opened now.
    """
    return Store(url, synchronous=synchronous, zone=zone, answer_seconds=answer_seconds)
