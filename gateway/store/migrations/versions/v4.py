"""Schema version 4: the ledger, the serials and what receivers are owed. Nothing that is there changes."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, Integer, LargeBinary, String, Text, text

revision = "4"
down_revision = "3"

_BIG = BigInteger().with_variant(Integer(), "sqlite")
_TEXT = String().with_variant(Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make what is new."""
    _ledger()
    _proofs()
    _serials()
    _supervision()
    _receivers()
    _alerts()
    _reconciliation()


def _ledger() -> None:
    op.create_table(
        "ledger",
        Column("tenant", Integer, primary_key=True, autoincrement=False),
        Column("n", _BIG, primary_key=True, autoincrement=False),
        Column("ts_us", _BIG, nullable=False),
        Column("algorithm", _TEXT, nullable=False),
        Column("kind", _TEXT, nullable=False),
        Column("event", _TEXT, nullable=False),
        Column("serial", _TEXT, nullable=False),
        Column("type", Integer, nullable=False),
        Column("fhir_id", _TEXT, nullable=False),
        Column("ver", Integer, nullable=False),
        Column("members", LargeBinary, nullable=False),
        Column("sha", LargeBinary, nullable=False),
        Column("back", _BIG, nullable=False),
        Column("prev", LargeBinary, nullable=False),
        Column("hash", LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
    some = text("serial <> ''")
    op.create_index(
        "ledger_serial", "ledger", ["tenant", "serial", "n"], sqlite_where=some, postgresql_where=some
    )
    op.create_index("ledger_about", "ledger", ["tenant", "fhir_id", "type", "n"])


def _proofs() -> None:
    op.create_table(
        "ledger_block",
        Column("tenant", Integer, primary_key=True, autoincrement=False),
        Column("n", _BIG, primary_key=True, autoincrement=False),
        Column("root", LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "ledger_day",
        Column("tenant", Integer, primary_key=True, autoincrement=False),
        Column("day", _TEXT, primary_key=True),
        Column("size", _BIG, nullable=False),
        Column("root", LargeBinary, nullable=False),
        Column("head", LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "ledger_head",
        Column("tenant", Integer, primary_key=True, autoincrement=False),
        Column("size", _BIG, primary_key=True, autoincrement=False),
        Column("signer", _TEXT, primary_key=True),
        Column("root", LargeBinary, nullable=False),
        Column("head", LargeBinary, nullable=False),
        Column("signature", LargeBinary, nullable=False),
        Column("at_us", _BIG, nullable=False),
        sqlite_with_rowid=False,
    )


def _serials() -> None:
    op.create_table(
        "serial",
        Column("serial", _TEXT, primary_key=True),
        Column("tenant", Integer, nullable=False),
        Column("organisation", _TEXT, nullable=False),
        Column("kind", _TEXT, nullable=False),
        Column("local", _TEXT, nullable=False),
        Column("minted_by", _TEXT, nullable=False),
        Column("ts_us", _BIG, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("serial_document", "serial", ["tenant", "kind", "local", "organisation"], unique=True)
    op.create_table(
        "serial_counter",
        Column("scope", _TEXT, primary_key=True),
        Column("n", _BIG, nullable=False),
        sqlite_with_rowid=False,
    )


def _supervision() -> None:
    op.create_table(
        "supervised",
        Column("tenant", Integer, primary_key=True, autoincrement=False),
        Column("type", Integer, primary_key=True, autoincrement=False),
        Column("fhir_id", _TEXT, primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "feed_place",
        Column("tenant", Integer, primary_key=True, autoincrement=False),
        Column("client", _TEXT, primary_key=True),
        Column("n", _BIG, nullable=False),
        Column("at_us", _BIG, nullable=False),
        sqlite_with_rowid=False,
    )


def _receivers() -> None:
    op.create_table(
        "receiver",
        Column("no", Integer, primary_key=True, autoincrement=False),
        Column("tenant", Integer, nullable=False),
        Column("name", _TEXT, nullable=False),
        Column("begun", _BIG, nullable=False),
        Column("upto", _BIG, nullable=False),
        Column("failures", Integer, nullable=False),
        Column("since_us", _BIG, nullable=False),
        Column("next_us", _BIG, nullable=False),
        Column("taken_us", _BIG, nullable=False),
        Column("error", _TEXT, nullable=False),
        Column("signed", _TEXT, nullable=False),
        Column("sign_failures", Integer, nullable=False),
        Column("sign_next_us", _BIG, nullable=False),
    )
    op.create_index("receiver_name", "receiver", ["tenant", "name"], unique=True)
    op.create_table(
        "delivery",
        Column("receiver", Integer, primary_key=True, autoincrement=False),
        Column("n", _BIG, primary_key=True, autoincrement=False),
        Column("state", Integer, nullable=False),
        Column("doc", _TEXT, nullable=False),
        Column("attempts", Integer, nullable=False),
        Column("since_us", _BIG, nullable=False),
        Column("next_us", _BIG, nullable=False),
        Column("at_us", _BIG, nullable=False),
        Column("receipt", _TEXT, nullable=False),
        Column("reason", _TEXT, nullable=False),
        sqlite_with_rowid=False,
    )
    _index("delivery_open", "delivery", ["receiver", "n", "next_us", "doc", "state"], "state < 2")
    _index("delivery_doc", "delivery", ["receiver", "doc", "n", "state"], "state <> 2")
    _index("delivery_state", "delivery", ["receiver", "state", "n"], "state <> 2")


def _alerts() -> None:
    op.create_table(
        "alert",
        Column("no", _BIG, primary_key=True, autoincrement=False),
        Column("tenant", _TEXT, nullable=False),
        Column("subject", _TEXT, nullable=False),
        Column("kind", _TEXT, nullable=False),
        Column("detail", _TEXT, nullable=False),
        Column("begun_us", _BIG, nullable=False),
        Column("cleared_us", _BIG, nullable=False),
    )
    _index("alert_open", "alert", ["tenant", "subject", "kind"], "cleared_us = 0", unique=True)


def _index(name: str, table: str, columns: list[str], where: str, *, unique: bool = False) -> None:
    some = text(where)
    op.create_index(name, table, columns, unique=unique, sqlite_where=some, postgresql_where=some)


def _reconciliation() -> None:
    op.create_table(
        "stated",
        Column("tenant", Integer, primary_key=True, autoincrement=False),
        Column("day", _TEXT, primary_key=True),
        Column("kind", _TEXT, primary_key=True),
        Column("party", _TEXT, primary_key=True),
        Column("name", _TEXT, primary_key=True),
        Column("n", _BIG, nullable=False),
        Column("listed", Integer, nullable=False),
        Column("at_us", _BIG, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "stated_number",
        Column("tenant", Integer, primary_key=True, autoincrement=False),
        Column("day", _TEXT, primary_key=True),
        Column("kind", _TEXT, primary_key=True),
        Column("party", _TEXT, primary_key=True),
        Column("name", _TEXT, primary_key=True),
        Column("number", _TEXT, primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "refusal",
        Column("tenant", Integer, primary_key=True, autoincrement=False),
        Column("day", _TEXT, primary_key=True),
        Column("rule", _TEXT, primary_key=True),
        Column("door", _TEXT, primary_key=True),
        Column("n", _BIG, nullable=False),
        sqlite_with_rowid=False,
    )
