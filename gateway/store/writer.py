"""Writes a batch of messages in one transaction; one bad message never takes the others with it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from gateway.canonical import Refused, Translation
from gateway.errors import Retry
from gateway.store import inbox
from gateway.store.attempt import Attempt, Item
from gateway.store.direct import execute, pipelined, posted, send
from gateway.store.docket import Books
from gateway.store.ending import answered, conflict, quarantined, refusal
from gateway.store.engines import database_wide
from gateway.store.governing import Governor
from gateway.store.memory import Memory
from gateway.store.model import Settle, Transact, Transacted, Written
from gateway.store.resources import Applier
from gateway.store.session import Session
from gateway.store.types import NUMBER

_LOG = logging.getLogger("qiao.store")

Committed = Callable[[Mapping[str, int]], object]
"""Told of a commit: tenant → its newest sequence number."""


Write = Callable[[Connection, Attempt], list[Attempt]]


class _Rehearsed(Exception):
    """Rolls a rehearsal back."""


class Writer:
    """The one writer of a store. Not safe between threads."""

    def __init__(self, session: Session, applier: Applier) -> None:
        self._session = session
        self.listeners: list[Committed] = []
        self.released = 0
        self._memory = Memory(applier, inbox.last_n(session.writer))

    @property
    def books(self) -> Books:
        """How the books are kept, and what is known of them."""
        return self._memory.books

    def govern(self, governor: Governor) -> None:
        """Show everything of its types to ``governor`` from now on."""
        self._memory.governor = governor
        self._memory.applier.emission.governed = frozenset(NUMBER[name] for name in governor.types)

    def pass_on_barcodes(self, over_us: int) -> None:
        """Let the number of a sample go to the next one, when nothing has happened to it for so long."""
        self._memory.applier.barcode_over_us = over_us

    def write(self, batch: Sequence[Item]) -> list[Written | Transacted]:
        """Write the whole batch and commit it; see ``Store.write``."""
        attempts = self._run(batch, keep=True)
        if len(attempts) == 1:  # after a bisection the memory starts empty
            attempts[0].committed()
        self.released += sum(attempt.released for attempt in attempts)
        self._tell({tenant: seq for attempt in attempts for tenant, seq in attempt.newest.items()})
        return [written for attempt in attempts for written in attempt.written]

    def _tell(self, newest: Mapping[str, int]) -> None:
        for listener in self.listeners if newest else ():
            try:
                listener(newest)
            except Exception as error:  # noqa: BLE001  the batch is committed, whatever a listener does
                _LOG.error("a listener to commits failed (%s)", type(error).__name__)

    def rehearse(self, batch: Sequence[Item]) -> list[Written | Transacted]:
        """Write the whole batch and roll it back; see ``Store.rehearse``."""
        attempts = self._run(batch, keep=False)
        return [written for attempt in attempts for written in attempt.written]

    def _run(self, batch: Sequence[Item], *, keep: bool) -> list[Attempt]:
        """Write ``batch``; where that fails, in a transaction in which it is halved, down to one item."""

        def whole(connection: Connection, attempt: Attempt) -> list[Attempt]:
            attempt.run()
            with posted(connection):
                attempt.flush()
            return [attempt]

        try:
            return self._transaction(batch, whole, keep=keep)
        except Retry:
            raise
        except Exception as error:  # noqa: BLE001  of one item, which the halves will find
            reason = error
        return self._transaction((), lambda connection, _: self._halves(connection, batch, reason), keep=keep)

    def _transaction(self, batch: Sequence[Item], write: Write, *, keep: bool) -> list[Attempt]:
        before = self._memory.last_n
        self._memory.rehearsed = not keep
        attempts: list[Attempt] = []
        try:
            with self._session.transaction(posted=True) as connection:
                attempt = Attempt(connection, self._memory, batch)
                if self._session.changed_by_others():
                    before = inbox.last_n(connection)
                    self._memory.forget(before)
                attempts = write(connection, attempt)
                if not keep:
                    send(connection)
                    raise _Rehearsed
        except _Rehearsed:
            self._memory.forget(before)
        except Exception:
            self._memory.forget(before)
            raise
        return attempts

    def _attempt(self, connection: Connection, batch: Sequence[Item]) -> list[Attempt]:
        """Write ``batch`` inside a savepoint; where it fails, its halves, down to one item."""
        before = self._memory.last_n
        execute(connection, "SAVEPOINT batch")
        try:
            attempt = Attempt(connection, self._memory, batch)
            attempt.run()
            with pipelined(connection):
                attempt.flush()
        except Exception as error:
            if database_wide(error):
                raise
            execute(connection, "ROLLBACK TO batch")
            execute(connection, "RELEASE batch")
            self._memory.forget(before)  # the halves must see what this transaction has written so far
            return self._halves(connection, batch, error)
        execute(connection, "RELEASE batch")
        return [attempt]

    def _halves(self, connection: Connection, batch: Sequence[Item], error: Exception) -> list[Attempt]:
        if len(batch) == 1:
            return self._refuse(connection, batch[0], error)
        middle = len(batch) // 2
        return self._attempt(connection, batch[:middle]) + self._attempt(connection, batch[middle:])

    def _refuse(self, connection: Connection, item: Item, error: Exception) -> list[Attempt]:
        """Quarantine a message that SQL refuses; where not even that can be written, refuse it."""
        if isinstance(item, Transact):
            attempt = Attempt(connection, self._memory)
            attempt.written.append(Transacted(error=refusal(error), at=-1))
            return [attempt, Attempt(connection, self._memory)]
        _LOG.error("inbox %s: the database refuses it (%s)", item.envelope.id, type(error).__name__)
        if isinstance(item, Settle) and isinstance(item.outcome, Translation):
            return self._attempt(connection, [replace(item, outcome=quarantined(error))])
        attempt, outcome = Attempt(connection, self._memory), Refused([conflict(error)])
        answer = answered(item, outcome) if isinstance(item, Settle) else None
        attempt.written.append(Written(item.envelope.id, outcome, answer))
        return [attempt, Attempt(connection, self._memory)]
