"""Schema version 2: what was answered AR has a state of its own in the inbox."""

from __future__ import annotations

from alembic import op

from gateway.store.direct import execute

revision = "2"
down_revision = "1"

_GIVEN_BACK = (  # spelt out, so that the partial index serves it
    "state <> 'stored' AND state IN ('quarantined', 'refused') AND outcome LIKE '%\"rule\":\"HL70357/%'"
)
_COUNT = (
    f"SELECT tenant, state, reason, COUNT(*) FROM inbox WHERE {_GIVEN_BACK} GROUP BY tenant, state, reason"  # noqa: S608
)
_MOVE = (
    "UPDATE inbox SET reason = CASE reason WHEN '' THEN 'unknown-type' ELSE reason END, "  # noqa: S608
    f"state = 'rejected' WHERE {_GIVEN_BACK}"
)
_TALLY = (
    "INSERT INTO tally (tenant, kind, name, n) VALUES (?, ?, ?, ?) "
    "ON CONFLICT (tenant, kind, name) DO UPDATE SET n = tally.n + excluded.n"
)


def upgrade() -> None:
    """Move those messages, and what is counted of them."""
    connection = op.get_bind()
    for tenant, state, reason, count in execute(connection, _COUNT).fetchall():
        execute(connection, _TALLY, (tenant, "inbox", state, -count))
        execute(connection, _TALLY, (tenant, "inbox", "rejected", count))
        if state == "quarantined":
            execute(connection, _TALLY, (tenant, "quarantine", reason, -count))
    execute(connection, _MOVE)
