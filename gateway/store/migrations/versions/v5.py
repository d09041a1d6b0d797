"""Schema version 5: deliveries are kept in order by what their document began with (``delivery.doc``).

What is supervised says because of which entry it is; of what is there already nobody wrote it down.
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, Integer, String, Text

from gateway.store.direct import execute

revision = "5"
down_revision = "4"

_BIG = BigInteger().with_variant(Integer(), "sqlite")
_TEXT = String().with_variant(Text(collation="C"), "postgresql")
_BEGAN = (
    "WITH RECURSIVE way (tenant, back, doc) AS ("
    "SELECT l.tenant, l.back, CAST(l.type AS TEXT) || '/' || l.fhir_id "
    "FROM receiver r CROSS JOIN ledger l "
    "WHERE r.no = delivery.receiver AND l.tenant = r.tenant AND l.n = delivery.n "
    "UNION ALL SELECT p.tenant, p.back, CAST(p.type AS TEXT) || '/' || p.fhir_id "
    "FROM way CROSS JOIN ledger p WHERE way.back > 0 AND p.tenant = way.tenant AND p.n = way.back) "
    "SELECT doc FROM way WHERE back = 0"
)


def upgrade() -> None:
    """Name the lanes anew: a serial comes late, and ids of two types may be the same."""
    execute(op.get_bind(), f"UPDATE delivery SET doc = COALESCE(({_BEGAN}), doc)")  # noqa: S608
    op.execute("CREATE TEMPORARY TABLE kept AS SELECT tenant, type, fhir_id FROM supervised")
    op.drop_table("supervised")
    op.create_table(
        "supervised",
        Column("tenant", Integer, primary_key=True, autoincrement=False),
        Column("type", Integer, primary_key=True, autoincrement=False),
        Column("fhir_id", _TEXT, primary_key=True),
        Column("n", _BIG, nullable=False),
        sqlite_with_rowid=False,
    )
    op.execute("INSERT INTO supervised (tenant, type, fhir_id, n) SELECT tenant, type, fhir_id, -1 FROM kept")
    op.execute("DROP TABLE kept")
