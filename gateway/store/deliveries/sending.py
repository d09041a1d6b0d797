"""Sending: which entries may go to a receiver now, and what became of those that went."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gateway.store.deliveries.rows import ENTRY, Rows, plain
from gateway.store.direct import execute, pipelined
from gateway.store.ledger import rows as ledger_rows
from gateway.store.model.delivery import NUMBERS, STATES, Due, Receiver, Settled

_DUE = (
    # o: found by its index alone, however many are acknowledged
    f"SELECT d.state, d.attempts, d.since_us, {ENTRY} "  # noqa: S608
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


class Sending(Rows):
    """The rows of ``delivery`` as they are worked off."""

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
                said = (plain(one.receipt), plain(one.reason))
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
            "UPDATE delivery SET state = 0, attempts = 0, since_us = 0, next_us = 0, at_us = ? "  # noqa: S608
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
                if execute(connection, sql, (now_us, plain(reason), no, n)).rowcount:
                    count += 1
                    execute(connection, _RELEASE, (now_us, no, n, no, n))
        return count

    def _moved(self, sql: str, receiver: Receiver, numbers: Sequence[int] | None, now_us: int) -> int:
        with self._session.transaction() as connection:
            if numbers is None:
                return int(execute(connection, sql, (now_us, receiver.no)).rowcount)
            each = f"{sql} AND n = ?"
            return sum(execute(connection, each, (now_us, receiver.no, n)).rowcount for n in numbers)
