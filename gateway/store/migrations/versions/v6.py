"""Schema version 6: what messages in quarantine wait for (``awaited``)."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, Integer

revision = "6"
down_revision = "5"

_BIG = BigInteger().with_variant(Integer(), "sqlite")


def upgrade() -> None:
    """Nothing waits yet: results for unknown samples were not held before."""
    op.create_table(
        "awaited",
        Column("k", _BIG, primary_key=True, autoincrement=False, nullable=False),
        Column("n", _BIG, primary_key=True, autoincrement=False, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("awaited_n", "awaited", ["n"])
