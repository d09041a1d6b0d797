"""Schema version 3: the tables of the FHIR server, and postings of every search parameter.

The old postings go; those of today are made by the step after it (``reindex``), which takes its time and may
be interrupted. A version says by which interaction it was made; of those that are there the form of the id
tells it, which the server gave to what was created.
"""

from __future__ import annotations

import re

from alembic import op
from sqlalchemy import BigInteger, Column, Connection, Double, Integer, LargeBinary, String, Text

from gateway.store.direct import execute

revision = "3"
down_revision = "2"

_CREATE = 2
_GIVEN = re.compile(r"([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}").fullmatch
_SPAN_MS = 600_000
"""Between the giving of an id and the commit of its first version, at most."""

_FIRST = (  # what was no deletion is an update by its number already
    "SELECT seq, fhir_id, ts_us FROM version WHERE seq > ? AND ver = 1 "
    "AND method = 0 AND fhir_id LIKE '________-____-7___-____-____________' ORDER BY seq LIMIT 10000"
)

_BIG = BigInteger().with_variant(Integer(), "sqlite")
_TEXT = String().with_variant(Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make what is new; take the postings of old away."""
    op.drop_table("sx")
    op.drop_table("sx_range")
    _postings()
    _turn()
    _exports()
    _subscriptions()
    _methods(op.get_bind())


def _postings() -> None:
    op.create_table(
        "sx",
        Column("k", _BIG, primary_key=True, autoincrement=False),
        Column("type", Integer, primary_key=True, autoincrement=False),
        Column("sys", _BIG, primary_key=True, autoincrement=False),
        Column("seq", _BIG, primary_key=True, autoincrement=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "sx_range",
        Column("seq", _BIG, primary_key=True, autoincrement=False),
        Column("p", _BIG, primary_key=True, autoincrement=False),
        Column("lo", _BIG, primary_key=True, autoincrement=False),
        Column("hi", _BIG, primary_key=True, autoincrement=False),
        sqlite_with_rowid=False,
    )
    op.create_index("sx_range_lo", "sx_range", ["p", "lo", "hi", "seq"])
    op.create_table(
        "sx_str",
        Column("p", _BIG, primary_key=True, autoincrement=False),
        Column("norm", _TEXT, primary_key=True),
        Column("seq", _BIG, primary_key=True, autoincrement=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "sx_number",
        Column("p", _BIG, primary_key=True, autoincrement=False),
        Column("lo", Double, primary_key=True, autoincrement=False),
        Column("hi", Double, primary_key=True, autoincrement=False),
        Column("seq", _BIG, primary_key=True, autoincrement=False),
        sqlite_with_rowid=False,
    )


def _turn() -> None:
    op.create_table(
        "turn",
        Column("one", Integer, primary_key=True, autoincrement=False),
        Column("n", _BIG, nullable=False),
    )
    op.execute("INSERT INTO turn (one, n) VALUES (1, 0)")


def _exports() -> None:
    op.create_table(
        "export_job",
        Column("id", _TEXT, primary_key=True),
        Column("tenant", _TEXT, nullable=False),
        Column("client", _TEXT, nullable=False),
        Column("state", _TEXT, nullable=False),
        Column("asked", _TEXT, nullable=False),
        Column("snapshot", _BIG, nullable=False),
        Column("since", _BIG, nullable=False),
        Column("at_us", _BIG, nullable=False),
        Column("part", Integer, nullable=False),
        Column("position", _BIG, nullable=False),
        Column("step", Integer, nullable=False),
        Column("created_us", _BIG, nullable=False),
        Column("updated_us", _BIG, nullable=False),
        Column("expires_us", _BIG, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "export_file",
        Column("job", _TEXT, primary_key=True),
        Column("n", Integer, primary_key=True, autoincrement=False),
        Column("part", Integer, nullable=False),
        Column("kind", _TEXT, nullable=False),
        Column("type", _TEXT, nullable=False),
        Column("low", _BIG, nullable=False),
        Column("high", _BIG, nullable=False),
        Column("resources", Integer, nullable=False),
        Column("seqs", LargeBinary),
    )


def _subscriptions() -> None:
    op.create_table(
        "subscription",
        Column("n", _BIG, primary_key=True, autoincrement=False),
        Column("tenant", Integer, nullable=False),
        Column("fhir_id", _TEXT, nullable=False),
        Column("seq", _BIG, nullable=False),
        Column("ver", Integer, nullable=False),
        Column("shown", _TEXT, nullable=False),
        Column("status", _TEXT, nullable=False),
        Column("error", _TEXT, nullable=False),
        Column("greeted", Integer, nullable=False),
        Column("number", _BIG, nullable=False),
        Column("delivered", _BIG, nullable=False),
        Column("failures", Integer, nullable=False),
        Column("since_us", _BIG, nullable=False),
        Column("next_us", _BIG, nullable=False),
        Column("sent_us", _BIG, nullable=False),
    )
    op.create_index("subscription_id", "subscription", ["tenant", "fhir_id"], unique=True)
    op.create_table(
        "subscription_event",
        Column("n", _BIG, primary_key=True, autoincrement=False),
        Column("number", _BIG, primary_key=True, autoincrement=False),
        Column("seq", _BIG, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "subscription_look",
        Column("tenant", Integer, primary_key=True, autoincrement=False),
        Column("seq", _BIG, nullable=False),
    )


def _methods(connection: Connection) -> None:
    """Let the mark of a deletion (0, 1) name the interaction: an update has its 0, a deletion its 1."""
    op.execute("ALTER TABLE version RENAME COLUMN deleted TO method")
    after = -1
    while rows := execute(connection, _FIRST, (after,)).fetchall():
        after = rows[-1][0]
        for seq, id_, ts_us in rows:
            if _given(id_, ts_us):
                execute(connection, "UPDATE version SET method = ? WHERE seq = ?", (_CREATE, seq))


def _given(id_: str, ts_us: int) -> bool:
    """Tell whether the server gave an id: its moment is that of the first version."""
    found = _GIVEN(id_)
    return found is not None and abs(int(found[1] + found[2], 16) - ts_us // 1000) < _SPAN_MS
