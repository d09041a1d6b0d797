"""Reconciliation: what a day is measured by: statements of others, entries, deliveries, refusals, messages.

What somebody states replaces what he stated before for the same day and kind; nothing stated is no row, and
never a zero. Everything else is read from what the store keeps anyway.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import Connection

from gateway.canonical import now_us
from gateway.errors import Rejected
from gateway.store import batches, clock
from gateway.store.batches import Batch
from gateway.store.deliveries import STATES, State
from gateway.store.direct import execute
from gateway.store.insert import Insert
from gateway.store.ledger import rows as ledger_rows
from gateway.store.ledger.entry import Entered
from gateway.store.session import Session

Party = Literal["source", "platform"]
"""Who states: the system that made documents, or the platform that got them."""

STRETCH = 4096
"""Ledger entries that are read at once."""

_NUMBERS = Insert("INTO stated_number (tenant, day, kind, party, name, number)", "(?,?,?,?,?,?)")
_STATED = (
    "SELECT day, kind, party, name, n, listed, at_us FROM stated WHERE tenant = ? AND day >= ? AND day <= ? "
    "ORDER BY day, kind, party, name"
)
_STATE = (
    "INSERT INTO stated (tenant, day, kind, party, name, n, listed, at_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
_LISTED = (
    "SELECT number FROM stated_number WHERE tenant = ? AND day = ? AND kind = ? AND party = ? AND name = ? "
    "ORDER BY number"
)
_STATES = "SELECT n, state FROM delivery WHERE receiver = ? AND n > ? AND n <= ?"
_TAKEN = "SELECT n, at_us FROM delivery WHERE receiver = ? AND n > ? AND n <= ? AND state = 2"
_OF_KINDS = f"SELECT {ledger_rows.COLUMNS} FROM ledger WHERE tenant = ? AND n <= ?"  # noqa: S608
_LOCALS = "SELECT serial, local FROM serial WHERE serial IN ({marks}) AND tenant = ?"
_OF_LOCALS = "SELECT local, serial FROM serial WHERE tenant = ? AND kind = ? AND local IN ({marks})"
_FIRSTS = (
    "SELECT o.serial, o.n, e.ts_us FROM (SELECT tenant, serial, MIN(n) AS n FROM ledger WHERE tenant = ? "
    "AND serial IN ({marks}) AND serial <> '' GROUP BY tenant, serial) o "
    "CROSS JOIN ledger e WHERE e.tenant = o.tenant AND e.n = o.n"
)
_REFUSALS = (
    "SELECT day, rule, door, n FROM refusal WHERE tenant = ? AND day >= ? AND day <= ? "
    "ORDER BY day, rule, door"
)
_INBOX = (
    "SELECT sender, state, COUNT(*) FROM inbox WHERE tenant = ? AND received_us >= ? AND received_us < ? "
    "GROUP BY sender, state ORDER BY sender, state"
)
_SOURCES = (
    "SELECT v.seq, i.sender FROM EACH(?) q CROSS JOIN version v CROSS JOIN inbox i "
    "WHERE v.seq = q.value AND i.id = v.source"
)
_AT = 500
"""Values of one IN list."""


@dataclass(slots=True, frozen=True)
class Statement:
    """How many documents somebody says that there are.

    Attributes:
        day: ``"2026-03-06"``.
        kind: of the documents, as in the ledger.
        party: ``source`` or ``platform``.
        name: of the system: of a platform the receiver's name.
        n: how many.
        numbers: which ones, where that is said too: local numbers or serials; None: only how many.
        at_us: when it was said.
    """

    day: str
    kind: str
    party: Party
    name: str
    n: int
    numbers: tuple[str, ...] | None = None
    at_us: int = field(default=0, compare=False)


@dataclass(slots=True, frozen=True)
class Refusals:
    """How often a rule refused something on a day, at a door (``api`` or ``message``)."""

    day: str
    rule: str
    door: str
    n: int


@dataclass(slots=True, frozen=True)
class Messages:
    """How many messages of a sender stand in a state."""

    sender: str
    state: str
    n: int


class Reconciliation:
    """The tables ``stated``, ``stated_number``, ``refusal`` of a store, and counts of others; any thread.

    Args:
        number: gives a tenant's number, None for one that has never written.
    """

    def __init__(self, session: Session, number: Callable[[str], int | None]) -> None:
        self._session, self._number = session, number

    def state(self, tenant: str, said: Iterable[Statement]) -> int:
        """Keep what somebody states, all of it or nothing; returns how many statements.

        Raises:
            Rejected: a count is negative, or is not that of the numbers beside it.
        """
        statements = [_checked(one) for one in said]
        with self._session.transaction() as connection:
            no = clock.enrol(connection, tenant)
            for one in statements:
                _replace(connection, no, one)
        return len(statements)

    def stated(self, tenant: str, first: str, last: str) -> list[Statement]:
        """Return what was stated of the days ``first`` to ``last``."""
        no = self._no(tenant)
        with self._session.snapshot() as connection:
            found: list[Any] = execute(connection, _STATED, (no, first, last)).fetchall()
            return [
                Statement(
                    row[0],
                    row[1],
                    row[2],
                    row[3],
                    row[4],
                    _listed(connection, no, row) if row[5] else None,
                    row[6],
                )
                for row in found
            ]

    def entries(self, tenant: str, after: int, upto: int) -> Iterator[Entered]:
        """Yield the entries of the ledger after number ``after``, up to ``upto``."""
        no = self._no(tenant)
        while after < upto:
            with self._session.reading() as connection:
                found = list(ledger_rows.after(connection, tenant, no, after, min(STRETCH, upto - after)))
            if not found:
                return
            yield from found
            after = found[-1].n

    def of_kinds(self, tenant: str, kinds: Sequence[str], upto: int) -> list[Entered]:
        """Return all entries of some kinds up to number ``upto``, in order."""
        marks = ",".join("?" * len(kinds))
        sql = f"{_OF_KINDS} AND kind IN ({marks}) ORDER BY n"
        with self._session.reading() as connection:
            found = execute(connection, sql, (self._no(tenant), upto, *kinds)).fetchall()
        return [ledger_rows.of(tenant, row) for row in found]

    def last_before(self, tenant: str, ts_us: int) -> int:
        """Return the number of the last entry before a moment, 0 where there is none."""
        no = self._no(tenant)
        with self._session.reading() as connection:
            last = execute(connection, "SELECT MAX(n) FROM ledger WHERE tenant = ?", (no,)).fetchone()[0] or 0
            low = 0
            while low < last:  # moments never go back along the numbers
                middle = (low + last + 1) // 2
                at = execute(connection, "SELECT ts_us FROM ledger WHERE tenant = ? AND n = ?", (no, middle))
                low, last = (middle, last) if at.fetchone()[0] < ts_us else (low, middle - 1)
        return low

    def acknowledged_at(self, receiver: int, after: int, upto: int) -> dict[int, int]:
        """Return when each entry after ``after``, up to ``upto``, was acknowledged by a receiver."""
        with self._session.reading() as connection:
            return dict(execute(connection, _TAKEN, (receiver, after, upto)).fetchall())

    def locals(self, tenant: str, serials: Collection[str]) -> dict[str, str]:
        """Return the local number of each document that has one of these serials."""
        no = self._no(tenant)
        return dict(self._of_many(_LOCALS, serials, lambda some: (*some, no)))

    def serials(self, tenant: str, kind: str, numbers: Collection[str]) -> dict[str, str]:
        """Return the serial of each document of a kind that has one of these local numbers."""
        no = self._no(tenant)
        return dict(self._of_many(_OF_LOCALS, numbers, lambda some: (no, kind, *some)))

    def first_entries(self, tenant: str, serials: Collection[str]) -> dict[str, tuple[int, int]]:
        """Return number and moment of the first entry of each serial that the ledger knows."""
        no = self._no(tenant)
        rows = self._of_many(_FIRSTS, serials, lambda some: (no, *some))
        return {row[0]: (row[1], row[2]) for row in rows}

    def delivered(self, receiver: int, after: int, upto: int) -> dict[int, State]:
        """Return how each entry after ``after``, up to ``upto``, stands with a receiver that is owed it."""
        with self._session.reading() as connection:
            return {n: STATES[state] for n, state in execute(connection, _STATES, (receiver, after, upto))}

    def pulled(self, tenant: str) -> dict[str, int]:
        """Return up to which entry each client that pulls has acknowledged."""
        with self._session.reading() as connection:
            found = execute(
                connection, "SELECT client, n FROM feed_place WHERE tenant = ?", (self._no(tenant),)
            )
            return dict(found.fetchall())

    def refusals(self, tenant: str, first: str, last: str) -> list[Refusals]:
        """Return what the rules refused on the days ``first`` to ``last``."""
        with self._session.reading() as connection:
            found = execute(connection, _REFUSALS, (self._no(tenant), first, last)).fetchall()
        return [Refusals(*row) for row in found]

    def messages(self, tenant: str, begin_us: int, end_us: int) -> list[Messages]:
        """Return how the messages stand that were received from ``begin_us`` until before ``end_us``."""
        with self._session.reading() as connection:
            found = execute(connection, _INBOX, (tenant, begin_us, end_us)).fetchall()
        return [Messages(*row) for row in found]

    def batches(self, tenant: str, begin_us: int, end_us: int) -> list[Batch]:
        """Return the batches from which messages came in that time, in the order of their coming.

        A batch that came again, under the same control id, is one: what was there already made no message.
        """
        with self._session.reading() as connection:
            return batches.between(connection, tenant, begin_us, end_us)

    def senders(self, seqs: Sequence[int]) -> dict[int, str]:
        """Return whose message made each of these versions; of those that the API made nothing."""
        with self._session.reading() as connection:
            return dict(execute(connection, _SOURCES, (json.dumps(list(seqs)),)).fetchall())

    def _of_many(
        self, sql: str, values: Collection[str], bound: Callable[[Sequence[str]], Sequence[object]]
    ) -> list[Any]:
        found: list[Any] = []
        asked = sorted(set(values))
        with self._session.reading() as connection:
            for at in range(0, len(asked), _AT):
                some = asked[at : at + _AT]
                text = sql.replace("{marks}", ",".join("?" * len(some)))
                found += execute(connection, text, bound(some)).fetchall()
        return found

    def _no(self, tenant: str) -> int:
        return self._number(tenant) or 0


def _checked(said: Statement) -> Statement:
    if said.n < 0:
        raise Rejected("a count is a whole number, 0 or more", code="value", where="count")
    if said.numbers is not None and len(set(said.numbers)) != said.n:
        raise Rejected("the count is not that of the numbers beside it", code="value", where="count")
    return said


def _replace(connection: Connection, tenant: int, said: Statement) -> None:
    key = (tenant, said.day, said.kind, said.party, said.name)
    where = "WHERE tenant = ? AND day = ? AND kind = ? AND party = ? AND name = ?"
    execute(connection, f"DELETE FROM stated {where}", key)  # noqa: S608
    execute(connection, f"DELETE FROM stated_number {where}", key)  # noqa: S608
    execute(connection, _STATE, (*key, said.n, int(said.numbers is not None), said.at_us or now_us()))
    _NUMBERS.run(connection, [(*key, number) for number in sorted(set(said.numbers or ()))])


def _listed(connection: Connection, tenant: int, row: Sequence[object]) -> tuple[str, ...]:
    return tuple(one[0] for one in execute(connection, _LISTED, (tenant, *row[:4])).fetchall())
