"""Standing: how the entries stand with a receiver, for those who ask."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gateway.store.clock import tenant_number
from gateway.store.deliveries.rows import ENTRY, Rows
from gateway.store.direct import execute
from gateway.store.ledger import rows as ledger_rows
from gateway.store.model.delivery import NUMBERS, STATES, Delivery, Receiver, State

_ROWS = (
    f"SELECT d.state, d.attempts, d.next_us, d.at_us, d.receipt, d.reason, {ENTRY} "  # noqa: S608
    "FROM delivery d CROSS JOIN ledger l WHERE d.receiver = ? AND l.tenant = ? AND l.n = d.n "
)


class Standing(Rows):
    """The rows of ``delivery`` as they are read by people and reports."""

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


def _delivery(tenant: str, row: Sequence[Any]) -> Delivery:
    state, attempts, next_us, at_us, receipt, reason = row[:6]
    return Delivery(ledger_rows.of(tenant, row[6:]), STATES[state], attempts, next_us, at_us, receipt, reason)
