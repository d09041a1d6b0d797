"""Deliveries: how each entry of a ledger stands with each receiver (design §3 "Serials and ledger").

The ledger is the outbox. A receiver has a position in it; what it is owed gets a row when the position passes
it, in one transaction. A row goes from ``waiting`` (or ``sent``: it left and no answer came) to
``acknowledged``, or is an exception: ``refused``, ``held`` (an earlier entry of its document is) or
``given-up``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection

from gateway.store.clock import tenant_number
from gateway.store.direct import execute, pipelined
from gateway.store.ledger import rows as ledger_rows
from gateway.store.model.delivery import (
    EXCEPTIONS,
    NUMBERS,
    STATES,
    Delivery,
    Due,
    Receiver,
    Settled,
    State,
)
from gateway.store.session import Session

__all__ = [
    "EXCEPTIONS",
    "STATES",
    "Deliveries",
    "Delivery",
    "Due",
    "Receiver",
    "Settled",
    "State",
]

FILLED = 1000
"""Entries that one step of a position passes at most."""

LONGEST = 500
"""Characters of a receipt or reason that are kept."""

_ENTRY = ", ".join(f"l.{name.strip()}" for name in ledger_rows.COLUMNS.split(","))
_RECEIVER = (
    "no, tenant, name, begun, upto, failures, since_us, next_us, taken_us, error, signed, sign_failures, "
    "sign_next_us"
)
_FILL = (
    "INSERT INTO delivery (receiver, n, state, doc, attempts, since_us, next_us, at_us, receipt, reason) "
    "SELECT r.no, l.n, 0, CASE WHEN l.serial <> '' THEN l.serial ELSE l.fhir_id END, 0, 0, 0, l.ts_us, "
    "'', '' "
    "FROM receiver r CROSS JOIN ledger l WHERE r.no = ? AND l.tenant = r.tenant AND l.n > ? AND l.n <= ?"
)
_BLOCKED = (
    "UPDATE delivery SET state = 4 WHERE receiver = ? AND n > ? AND n <= ? AND state = 0 AND EXISTS ("
    "SELECT 1 FROM delivery e WHERE e.receiver = delivery.receiver AND e.doc = delivery.doc "
    "AND e.n < delivery.n AND e.state <> 2 AND e.state IN (3, 4))"
)
_DUE = (
    # o: found by its index alone, however many are acknowledged
    f"SELECT d.state, d.attempts, d.since_us, {_ENTRY} "  # noqa: S608
    "FROM delivery o CROSS JOIN delivery d CROSS JOIN ledger l "
    "WHERE o.receiver = ? AND o.state < 2 AND o.n <= ? AND o.next_us <= ? AND NOT EXISTS ("
    "SELECT 1 FROM delivery e WHERE e.receiver = o.receiver AND e.doc = o.doc "
    "AND e.n < o.n AND e.state <> 2 AND e.state <> 5) AND d.receiver = o.receiver AND d.n = o.n "
    "AND l.tenant = ? AND l.n = o.n ORDER BY o.n LIMIT ?"
)
_SETTLE = (
    "UPDATE delivery SET state = ?, attempts = attempts + 1, "
    "since_us = CASE WHEN since_us = 0 THEN ? ELSE since_us END, next_us = ?, at_us = ?, receipt = ?, "
    "reason = ? WHERE receiver = ? AND n = ? AND state < 2"
)
_HOLD = (
    "UPDATE delivery SET state = 4, at_us = ? WHERE receiver = ? AND n > ? AND state <> 2 AND state < 2 "
    "AND doc = (SELECT doc FROM delivery WHERE receiver = ? AND n = ?)"
)
_RELEASE = (
    "UPDATE delivery SET state = 0, next_us = 0, at_us = ? WHERE receiver = ? AND state <> 2 AND state = 4 "
    "AND n > ? AND doc = (SELECT doc FROM delivery WHERE receiver = ? AND n = ?) AND NOT EXISTS ("
    "SELECT 1 FROM delivery e WHERE e.receiver = delivery.receiver AND e.doc = delivery.doc "
    "AND e.n < delivery.n AND e.state <> 2 AND e.state = 3)"
)
_ROWS = (
    f"SELECT d.state, d.attempts, d.next_us, d.at_us, d.receipt, d.reason, {_ENTRY} "  # noqa: S608
    "FROM delivery d CROSS JOIN ledger l WHERE d.receiver = ? AND l.tenant = ? AND l.n = d.n "
)


class Deliveries:
    """The tables ``receiver`` and ``delivery`` of a store; any thread."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def enrol(self, tenant: str, name: str, *, from_now: bool = False) -> Receiver | None:
        """Return a receiver, making it where it is new; None where the tenant has never written.

        Args:
            from_now: a new one is owed only what is entered from now on, else the whole ledger.
        """
        with self._session.transaction() as connection:
            number = tenant_number(connection, tenant)
            if number is None:
                return None
            found = _find(connection, number, name)
            if found is None:
                head = _head(connection, number) if from_now else 0
                no = execute(connection, "SELECT COALESCE(MAX(no), 0) + 1 FROM receiver").fetchone()[0]
                found = Receiver(no, number, name, head, head)
                _insert(connection, found)
            return found

    def receiver(self, tenant: str, name: str) -> Receiver | None:
        """Return a receiver, None where it never ran."""
        with self._session.reading() as connection:
            number = tenant_number(connection, tenant)
            return None if number is None else _find(connection, number, name)

    def receivers(self, tenant: str) -> list[Receiver]:
        """Return all receivers that a tenant ever had."""
        sql = f"SELECT {_RECEIVER} FROM receiver WHERE tenant = ? ORDER BY no"  # noqa: S608
        with self._session.reading() as connection:
            number = tenant_number(connection, tenant)
            return [Receiver(*row) for row in execute(connection, sql, (number or 0,)).fetchall()]

    def save(self, receiver: Receiver) -> None:
        """Write down how a receiver stands; its position belongs to :meth:`fill`."""
        sql = (
            "UPDATE receiver SET failures = ?, since_us = ?, next_us = ?, taken_us = ?, error = ?, "
            "signed = ?, sign_failures = ?, sign_next_us = ? WHERE no = ?"
        )
        at = receiver
        values = (
            at.failures, at.since_us, at.next_us, at.taken_us, _plain(at.error), at.signed,
            at.sign_failures, at.sign_next_us, at.no,
        )  # fmt: skip
        with self._session.transaction() as connection:
            execute(connection, sql, values)

    def fill(
        self,
        receiver: Receiver,
        kinds: Sequence[str] = (),
        events: Sequence[str] = (),
        pairs: Sequence[tuple[str, str]] = (),
    ) -> int:
        """Give the next entries of the ledger their rows, and move the position; returns how far it moved.

        Args:
            kinds: of documents that the receiver is owed; none: all.
            events: likewise.
            pairs: kinds with an event of them, ``""`` for any; none: all.
        """
        with self._session.transaction() as connection:
            head = _head(connection, receiver.tenant)
            first, last = receiver.upto, min(head, receiver.upto + FILLED)
            moved = "UPDATE receiver SET upto = ? WHERE no = ? AND upto = ?"
            if last <= first or not execute(connection, moved, (last, receiver.no, first)).rowcount:
                receiver.upto = _find_no(connection, receiver.no).upto
                return 0
            sql = _FILL + _among("l.kind", kinds) + _among("l.event", events) + _either(pairs)
            said = [text for pair in pairs for text in pair if text]
            execute(connection, sql, (receiver.no, first, last, *kinds, *events, *said))
            execute(connection, _BLOCKED, (receiver.no, first, last))
        receiver.upto = last
        return last - first

    def head(self, receiver: Receiver) -> int:
        """Return the number of the newest entry of the receiver's ledger."""
        with self._session.reading() as connection:
            return _head(connection, receiver.tenant)

    def last_before(self, receiver: Receiver, ts_us: int) -> int:
        """Return the number of the last entry before a moment, 0 where there is none."""
        sql = "SELECT n FROM ledger WHERE tenant = ? AND ts_us < ? ORDER BY n DESC LIMIT 1"
        with self._session.reading() as connection:
            row = execute(connection, sql, (receiver.tenant, ts_us)).fetchone()
        return row[0] if row else 0

    def due(self, tenant: str, receiver: Receiver, upto: int, now_us: int, most: int) -> list[Due]:
        """Return what may be sent now, in the order of the ledger.

        An entry waits while an earlier one of its document is neither acknowledged nor given up.

        Args:
            upto: entries after this number are not due yet.
        """
        values = (receiver.no, upto, now_us, receiver.tenant, most)
        with self._session.reading() as connection:
            found = execute(connection, _DUE, values).fetchall()
        return [Due(ledger_rows.of(tenant, row[3:]), STATES[row[0]], row[1], row[2]) for row in found]

    def settle(self, receiver: Receiver, settled: Iterable[Settled], now_us: int) -> None:
        """Write down what became of entries; what follows a refused one is held, after a taken one let go."""
        no = receiver.no
        with self._session.transaction() as connection, pipelined(connection):
            for one in settled:
                said = (_plain(one.receipt), _plain(one.reason))
                execute(
                    connection, _SETTLE, (NUMBERS[one.state], now_us, one.next_us, now_us, *said, no, one.n)
                )
                if one.state == "refused":
                    execute(connection, _HOLD, (now_us, no, one.n, no, one.n))
                if one.state == "acknowledged":
                    execute(connection, _RELEASE, (now_us, no, one.n, no, one.n))

    def retry(self, receiver: Receiver, numbers: Sequence[int] | None, now_us: int) -> int:
        """Let refused and given-up entries be sent again; returns how many. None: all that are refused.

        What is held behind them goes on when they are acknowledged. What somebody gave up stays so unless it
        is named.
        """
        moved = "(3)" if numbers is None else "(3, 5)"
        sql = (
            "UPDATE delivery SET state = 0, since_us = 0, next_us = 0, at_us = ? "  # noqa: S608
            f"WHERE receiver = ? AND state <> 2 AND state IN {moved}"
        )
        return self._moved(sql, receiver, numbers, now_us)

    def drop(self, receiver: Receiver, numbers: Sequence[int], reason: str, now_us: int) -> int:
        """Give refused entries up; what is held behind them goes on. Returns how many were given up."""
        sql = (
            "UPDATE delivery SET state = 5, at_us = ?, reason = ? "
            "WHERE receiver = ? AND n = ? AND state IN (0, 1, 3)"
        )
        count, no = 0, receiver.no
        with self._session.transaction() as connection:
            for n in numbers:
                if execute(connection, sql, (now_us, _plain(reason), no, n)).rowcount:
                    count += 1
                    execute(connection, _RELEASE, (now_us, no, n, no, n))
        return count

    def counts(self, receiver: Receiver) -> dict[State, int]:
        """Return how many entries there are in each state."""
        every = "SELECT COUNT(*) FROM delivery WHERE receiver = ?"
        rest = (
            "SELECT state, COUNT(*) FROM delivery WHERE receiver = ? AND state <> 2 "
            "AND state IN (0, 1, 3, 4, 5) GROUP BY state"
        )
        with (
            self._session.snapshot() as connection
        ):  # most are acknowledged: they are what the others are not
            total = execute(connection, every, (receiver.no,)).fetchone()[0]
            found = dict(execute(connection, rest, (receiver.no,)).fetchall())
        found[NUMBERS["acknowledged"]] = total - sum(found.values())
        return {name: found.get(number, 0) for number, name in enumerate(STATES)}

    def exceptions(self, receiver: Receiver) -> int:
        """Return how many entries are refused or held."""
        sql = "SELECT COUNT(*) FROM delivery WHERE receiver = ? AND state <> 2 AND state IN (3, 4)"
        with self._session.reading() as connection:
            return int(execute(connection, sql, (receiver.no,)).fetchone()[0])

    def find(
        self, tenant: str, receiver: Receiver, states: Sequence[State], after: int = 0, most: int = 1000
    ) -> list[Delivery]:
        """Return the deliveries in some states, in the order of the ledger."""
        chosen = ",".join(str(NUMBERS[one]) for one in states)
        some = "" if "acknowledged" in states else "o.state <> 2 AND "
        sql = (
            f"{_ROWS}AND d.n IN (SELECT o.n FROM delivery o WHERE o.receiver = ? AND {some}"  # noqa: S608
            f"o.state IN ({chosen}) AND o.n > ?) ORDER BY d.n LIMIT ?"
        )
        with self._session.reading() as connection:
            values = (receiver.no, receiver.tenant, receiver.no, after, most)
            found = execute(connection, sql, values).fetchall()
        return [_delivery(tenant, row) for row in found]

    def delivery(self, tenant: str, receiver: Receiver, n: int) -> Delivery | None:
        """Return how one entry stands, None where the receiver is not owed it (yet)."""
        with self._session.reading() as connection:
            row = execute(connection, _ROWS + "AND d.n = ?", (receiver.no, receiver.tenant, n)).fetchone()
        return _delivery(tenant, row) if row else None

    def of_entry(self, tenant: str, n: int) -> list[tuple[str, State, str]]:
        """Return ``(receiver, state, receipt or reason)`` of an entry for everybody who is owed it."""
        sql = (
            "SELECT r.name, d.state, d.receipt, d.reason FROM receiver r CROSS JOIN delivery d "
            "WHERE r.tenant = ? AND d.receiver = r.no AND d.n = ? ORDER BY r.no"
        )
        with self._session.reading() as connection:
            number = tenant_number(connection, tenant)
            found = execute(connection, sql, (number or 0, n)).fetchall()
        return [(row[0], STATES[row[1]], row[2] or row[3]) for row in found]

    def _moved(self, sql: str, receiver: Receiver, numbers: Sequence[int] | None, now_us: int) -> int:
        with self._session.transaction() as connection:
            if numbers is None:
                return int(execute(connection, sql, (now_us, receiver.no)).rowcount)
            each = f"{sql} AND n = ?"
            return sum(execute(connection, each, (now_us, receiver.no, n)).rowcount for n in numbers)


def _plain(text: str) -> str:
    """Return what somebody else wrote as it can be stored and shown: no control characters, no half ones."""
    return "".join(char if char.isprintable() else " " for char in text[:LONGEST])


def _head(connection: Connection, tenant: int) -> int:
    row = execute(connection, "SELECT MAX(n) FROM ledger WHERE tenant = ?", (tenant,)).fetchone()
    return row[0] or 0


def _find(connection: Connection, tenant: int, name: str) -> Receiver | None:
    sql = f"SELECT {_RECEIVER} FROM receiver WHERE tenant = ? AND name = ?"  # noqa: S608
    row = execute(connection, sql, (tenant, name)).fetchone()
    return Receiver(*row) if row else None


def _find_no(connection: Connection, no: int) -> Receiver:
    return Receiver(*execute(connection, f"SELECT {_RECEIVER} FROM receiver WHERE no = ?", (no,)).fetchone())  # noqa: S608


def _insert(connection: Connection, receiver: Receiver) -> None:
    at = receiver
    values = (
        at.no, at.tenant, at.name, at.begun, at.upto, at.failures, at.since_us, at.next_us, at.taken_us,
        at.error, at.signed, at.sign_failures, at.sign_next_us,
    )  # fmt: skip
    marks = ", ".join("?" * len(values))
    execute(connection, f"INSERT INTO receiver ({_RECEIVER}) VALUES ({marks})", values)  # noqa: S608


def _among(column: str, names: Sequence[str]) -> str:
    return f" AND {column} IN ({', '.join('?' * len(names))})" if names else ""


def _either(pairs: Sequence[tuple[str, str]]) -> str:
    found = ["(l.kind = ? AND l.event = ?)" if event else "l.kind = ?" for _, event in pairs]
    return f" AND ({' OR '.join(found)})" if found else ""


def _delivery(tenant: str, row: Sequence[Any]) -> Delivery:
    state, attempts, next_us, at_us, receipt, reason = row[:6]
    return Delivery(ledger_rows.of(tenant, row[6:]), STATES[state], attempts, next_us, at_us, receipt, reason)
