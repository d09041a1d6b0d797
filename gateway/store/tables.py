"""The tables of the store, declared with SQLModel; the hot path writes them with driver SQL.

A version's ``seq`` is its tenant's number in the bits above 40 and the tenant's commit order below:
unique in the whole store, so one integer is the primary key, and a posting names its tenant without
a column. 2^40 versions per tenant and 8,191 tenants stay below 2^53, where JSON numbers end.
"""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, String, text
from sqlmodel import Field, SQLModel

SCHEMA_VERSION = 2
TENANT_SHIFT = 40

_Big = BigInteger().with_variant(Integer(), "sqlite")  # INTEGER PRIMARY KEY is SQLite's rowid itself
_CLUSTERED: dict[str, Any] = {"sqlite_with_rowid": False}


def _key(kind: Any) -> Any:
    return Field(sa_column=Column(kind, primary_key=True, nullable=False, autoincrement=False))


class StoreMeta(SQLModel, table=True):
    """Facts of the file itself: schema version and the secret that signs cursors."""

    __tablename__: ClassVar[Any] = "store_meta"
    name: str = Field(primary_key=True)
    value: str


class FeedClock(SQLModel, table=True):
    """Commit sequencer of a tenant: order, ``lastUpdated`` and visibility agree."""

    __tablename__: ClassVar[Any] = "feed_clock"
    tenant: str = Field(primary_key=True)
    no: int = Field(unique=True)
    last_seq: int = Field(sa_column=Column(_Big, nullable=False))
    last_ts_us: int = Field(sa_column=Column(_Big, nullable=False))


class VersionRow(SQLModel, table=True):
    """Append-only versions: a row with its body is never written again, see :class:`Superseded`.

    ``event_us`` is when the event happened at the sender that owns the type; a stub has none.
    """

    __tablename__: ClassVar[Any] = "version"
    __table_args__ = (Index("version_type", "type", "seq"),)
    seq: int = _key(_Big)
    type: int
    fhir_id: str
    ver: int
    ts_us: int = Field(sa_column=Column(_Big, nullable=False))
    event_us: int | None = Field(sa_column=Column(_Big))
    deleted: int
    prev_seq: int | None = Field(sa_column=Column(_Big))
    source: str
    sha: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class Superseded(SQLModel, table=True):
    """From which version on another one is no longer the current one.

    Beside ``version``, because a mark in the row would rewrite a page (on PostgreSQL: the row with its
    body), and because whether a snapshot sees a version can be told here without reading it. A
    tombstone supersedes itself, so that no search sees it.
    """

    __tablename__: ClassVar[Any] = "superseded"
    seq: int = _key(_Big)
    next_seq: int = Field(sa_column=Column(_Big, nullable=False))


class Current(SQLModel, table=True):
    """The latest version of each resource.

    ``event_us`` is when the newest event happened that made or confirmed this state: an older one that
    comes late must not win after a restart either.
    """

    __tablename__: ClassVar[Any] = "current"
    __table_args__ = _CLUSTERED
    tenant: int = _key(Integer())
    fhir_id: str = _key(String())  # before the type: what belongs together begins alike
    type: int = _key(Integer())
    seq: int = Field(sa_column=Column(_Big, nullable=False))
    ver: int
    event_us: int | None = Field(sa_column=Column(_Big))


class Sx(SQLModel, table=True):
    """Token and reference postings; ``k`` is the 64-bit hash of (tenant, parameter, value)."""

    __tablename__: ClassVar[Any] = "sx"
    __table_args__ = _CLUSTERED
    k: int = _key(_Big)
    type: int = _key(Integer())
    sys: int = _key(_Big)
    seq: int = _key(_Big)


class SxRange(SQLModel, table=True):
    """Date postings as closed ranges of microseconds, by resource and by time."""

    __tablename__: ClassVar[Any] = "sx_range"
    __table_args__ = (Index("sx_range_lo", "p", "lo", "hi", "seq"), _CLUSTERED)
    seq: int = _key(_Big)
    p: int = _key(_Big)
    lo: int = _key(_Big)
    hi: int = _key(_Big)


class Ident(SQLModel, table=True):
    """Which resource an identifier belongs to; serialises conditional writes."""

    __tablename__: ClassVar[Any] = "ident"
    __table_args__ = _CLUSTERED
    tenant: int = _key(Integer())
    type: int = _key(Integer())
    system: str = _key(String())
    value: str = _key(String())
    fhir_id: str


class Inbox(SQLModel, table=True):
    """Every message: what is known of it. Small and rewritten once, so its bytes live elsewhere."""

    __tablename__: ClassVar[Any] = "inbox"
    __table_args__ = (
        Index("inbox_id", "id", unique=True),
        Index("inbox_repeat", "repeat_key"),
        Index("inbox_sender", "sender", "n"),
        Index(
            "inbox_open",
            "state",
            "n",
            sqlite_where=text("state <> 'stored'"),
            postgresql_where=text("state <> 'stored'"),
        ),
    )
    n: int = _key(_Big)
    id: str
    tenant: str
    adapter: str
    sender: str
    received_us: int = Field(sa_column=Column(_Big, nullable=False))
    state: str
    reason: str
    attempts: int
    control_id: str
    digest: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    repeat_key: int = Field(sa_column=Column(_Big, nullable=False))
    content_type: str
    charset: str
    map_version: str
    first_seq: int = Field(sa_column=Column(_Big, nullable=False))
    versions: int
    outcome: str
    lineage: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    answer: bytes | None = Field(sa_column=Column(LargeBinary))


class InboxRaw(SQLModel, table=True):
    """The bytes of every message, verbatim, written once."""

    __tablename__: ClassVar[Any] = "inbox_raw"
    n: int = _key(_Big)
    meta: str
    raw: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class GapRow(SQLModel, table=True):
    """Codes without a map, counted per sender and table."""

    __tablename__: ClassVar[Any] = "gap"
    __table_args__ = _CLUSTERED
    tenant: str = Field(primary_key=True)
    sender: str = Field(primary_key=True)
    tbl: str = Field(primary_key=True)
    code: str = Field(primary_key=True)
    n: int


class Tally(SQLModel, table=True):
    """Counters kept in the same transaction as what they count."""

    __tablename__: ClassVar[Any] = "tally"
    __table_args__ = _CLUSTERED
    tenant: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    n: int


TABLES = [
    SQLModel.metadata.tables[name]
    for name in (
        "store_meta",
        "feed_clock",
        "version",
        "superseded",
        "current",
        "sx",
        "sx_range",
        "ident",
        "inbox",
        "inbox_raw",
        "gap",
        "tally",
    )
]
"""What :func:`create_all` makes; named, so that no other module's model slips in."""
