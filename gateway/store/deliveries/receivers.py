"""Receivers: who is sent a ledger, and how it goes with them."""

from __future__ import annotations

from sqlalchemy import Connection

from gateway.store.clock import enrol as enrolled
from gateway.store.clock import tenant_number
from gateway.store.deliveries.rows import Rows, plain
from gateway.store.direct import execute
from gateway.store.model.delivery import Receiver

_RECEIVER = (
    "no, tenant, name, begun, upto, failures, since_us, next_us, taken_us, error, signed, sign_failures, "
    "sign_next_us"
)


class Receivers(Rows):
    """The table ``receiver``."""

    def enrol(self, tenant: str, name: str, *, from_now: bool = False) -> Receiver | None:
        """Return a receiver, making it where it is new; None where the tenant has never written.

        Args:
            from_now: a new one is owed only what is entered from now on, else the whole ledger. A tenant
                that has never written gets its number here: else the first that it writes would be before.
        """
        with self._session.transaction() as connection:
            number = enrolled(connection, tenant) if from_now else tenant_number(connection, tenant)
            if number is None:
                return None
            found = _find(connection, number, name)
            if found is None:
                head = head_of(connection, number) if from_now else 0
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
            at.failures, at.since_us, at.next_us, at.taken_us, plain(at.error), at.signed,
            at.sign_failures, at.sign_next_us, at.no,
        )  # fmt: skip
        with self._session.transaction() as connection:
            execute(connection, sql, values)


def head_of(connection: Connection, tenant: int) -> int:
    """Return the number of the newest entry of a tenant's ledger, 0 for none."""
    row = execute(connection, "SELECT MAX(n) FROM ledger WHERE tenant = ?", (tenant,)).fetchone()
    return row[0] or 0


def _find(connection: Connection, tenant: int, name: str) -> Receiver | None:
    sql = f"SELECT {_RECEIVER} FROM receiver WHERE tenant = ? AND name = ?"  # noqa: S608
    row = execute(connection, sql, (tenant, name)).fetchone()
    return Receiver(*row) if row else None


def _insert(connection: Connection, receiver: Receiver) -> None:
    at = receiver
    values = (
        at.no, at.tenant, at.name, at.begun, at.upto, at.failures, at.since_us, at.next_us, at.taken_us,
        at.error, at.signed, at.sign_failures, at.sign_next_us,
    )  # fmt: skip
    marks = ", ".join("?" * len(values))
    execute(connection, f"INSERT INTO receiver ({_RECEIVER}) VALUES ({marks})", values)  # noqa: S608
