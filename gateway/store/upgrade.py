"""Upgrade: what a database of an earlier schema version needs to become one of today's.

Runs inside the transaction in which the store is opened: either every step is done, or none.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection

_GIVEN_BACK = "state IN ('quarantined', 'refused') AND outcome LIKE '%\"rule\":\"HL70357/%'"
_UPDATE = (
    "UPDATE inbox SET reason = CASE reason WHEN '' THEN 'unknown-type' ELSE reason END, state = 'rejected'"
)
_VERSION = "UPDATE store_meta SET value = ? WHERE name = 'schema_version'"
_TALLY = (
    "INSERT INTO tally (tenant, kind, name, n) VALUES (?, ?, ?, ?) "
    "ON CONFLICT (tenant, kind, name) DO UPDATE SET n = n + excluded.n"
)


def upgrade(connection: Connection, found: int) -> None:
    """Bring a database of schema version ``found`` up to date; nothing where it is newer or of today."""
    steps = _STEPS[found - 1 :] if found > 0 else []
    for step in steps:
        step(connection)
    if steps:
        connection.exec_driver_sql(_VERSION, (str(len(_STEPS) + 1),))


def _rejected(connection: Connection) -> None:
    """1 → 2: what was answered AR has a state of its own."""
    where = f"state <> 'stored' AND {_GIVEN_BACK}"  # spelt out, so that the partial index serves it
    rows = connection.exec_driver_sql(
        f"SELECT tenant, state, reason, COUNT(*) FROM inbox WHERE {where} GROUP BY tenant, state, reason"  # noqa: S608
    ).all()
    for tenant, state, reason, count in rows:
        connection.exec_driver_sql(_TALLY, (tenant, "inbox", state, -count))
        connection.exec_driver_sql(_TALLY, (tenant, "inbox", "rejected", count))
        if state == "quarantined":
            connection.exec_driver_sql(_TALLY, (tenant, "quarantine", reason, -count))
    connection.exec_driver_sql(f"{_UPDATE} WHERE {where}")


_STEPS: list[Callable[[Connection], None]] = [_rejected]
"""The step from version 1 to 2 first."""
