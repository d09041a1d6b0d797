"""The tables of the store, declared with SQLModel; the hot path writes them with driver SQL.

A version's ``seq`` is its tenant's number in the bits above 40 and the tenant's commit order below:
unique in the whole store, so one integer is the primary key, and a posting names its tenant without
a column. 2^40 versions per tenant and 8,191 tenants stay below 2^53, where JSON numbers end.
"""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import BigInteger, Column, Double, Index, Integer, LargeBinary, String, Text, text
from sqlmodel import AutoString, Field, SQLModel

SCHEMA_VERSION = 3
TENANT_SHIFT = 40

_Big = BigInteger().with_variant(Integer(), "sqlite")  # INTEGER PRIMARY KEY is SQLite's rowid itself
_CLUSTERED: dict[str, Any] = {"sqlite_with_rowid": False}
_TEXT = String().with_variant(Text(collation="C"), "postgresql")
"""Compared by bytes on both engines, whatever the language of a server is."""


def _key(kind: Any) -> Any:
    return Field(sa_column=Column(kind, primary_key=True, nullable=False, autoincrement=False))


class StoreMeta(SQLModel, table=True):
    """Facts of the file itself: schema version and the secret that signs cursors."""

    __tablename__: ClassVar[Any] = "store_meta"
    name: str = Field(primary_key=True)
    value: str


class Turn(SQLModel, table=True):
    """How many write transactions there were; only PostgreSQL counts them (SQLite knows itself).

    A writer that finds another number than it left behind knows that another process has written.
    """

    __tablename__: ClassVar[Any] = "turn"
    one: int = _key(Integer())
    n: int = Field(sa_column=Column(_Big, nullable=False))


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
    """Token, reference and uri postings: ``k`` hashes tenant, list and value; see ``index.keys``."""

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


class SxStr(SQLModel, table=True):
    """String postings: normal texts of one list, in their order."""

    __tablename__: ClassVar[Any] = "sx_str"
    __table_args__ = _CLUSTERED
    p: int = _key(_Big)
    norm: str = _key(String())
    seq: int = _key(_Big)


class SxNumber(SQLModel, table=True):
    """Postings of numbers and quantities: from where to where, whatever their unit."""

    __tablename__: ClassVar[Any] = "sx_number"
    __table_args__ = _CLUSTERED
    p: int = _key(_Big)
    lo: float = _key(Double())
    hi: float = _key(Double())
    seq: int = _key(_Big)


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


class ExportJob(SQLModel, table=True):
    """A bulk export: a snapshot, what was asked for, and how far its files are counted.

    ``part`` and ``position`` say where the next step goes on, ``step`` which one it is: of two processes
    that work on the same job one finds its step taken.
    """

    __tablename__: ClassVar[Any] = "export_job"
    __table_args__ = _CLUSTERED
    id: str = Field(primary_key=True)
    tenant: str
    client: str
    state: str
    asked: str
    snapshot: int = Field(sa_column=Column(_Big, nullable=False))
    since: int = Field(sa_column=Column(_Big, nullable=False))
    at_us: int = Field(sa_column=Column(_Big, nullable=False))
    part: int
    position: int = Field(sa_column=Column(_Big, nullable=False))
    step: int
    created_us: int = Field(sa_column=Column(_Big, nullable=False))
    updated_us: int = Field(sa_column=Column(_Big, nullable=False))
    expires_us: int = Field(sa_column=Column(_Big, nullable=False))


class ExportFile(SQLModel, table=True):
    """One output file of an export: a slice of its snapshot, read from ``version`` when it is downloaded.

    ``seqs`` is None where every version of the type that the snapshot sees from ``low`` to ``high`` is in
    it; else their packed numbers.
    """

    __tablename__: ClassVar[Any] = "export_file"
    job: str = Field(primary_key=True)
    n: int = _key(Integer())
    part: int
    kind: str
    type: str
    low: int = Field(sa_column=Column(_Big, nullable=False))
    high: int = Field(sa_column=Column(_Big, nullable=False))
    resources: int
    seqs: bytes | None = Field(sa_column=Column(LargeBinary))


class SubscriptionRow(SQLModel, table=True):
    """How each Subscription stands; its columns are those of ``subscriptions.Standing``."""

    __tablename__: ClassVar[Any] = "subscription"
    __table_args__ = (Index("subscription_id", "tenant", "fhir_id", unique=True),)
    n: int = _key(_Big)
    tenant: int
    fhir_id: str
    seq: int = Field(sa_column=Column(_Big, nullable=False))
    ver: int
    shown: str
    status: str
    error: str
    greeted: int
    number: int = Field(sa_column=Column(_Big, nullable=False))
    delivered: int = Field(sa_column=Column(_Big, nullable=False))
    failures: int
    since_us: int = Field(sa_column=Column(_Big, nullable=False))
    next_us: int = Field(sa_column=Column(_Big, nullable=False))
    sent_us: int = Field(sa_column=Column(_Big, nullable=False))


class SubscriptionEvent(SQLModel, table=True):
    """Events of a Subscription: its event number and the version that is the event."""

    __tablename__: ClassVar[Any] = "subscription_event"
    __table_args__ = _CLUSTERED
    n: int = _key(_Big)
    number: int = _key(_Big)
    seq: int = Field(sa_column=Column(_Big, nullable=False))


class SubscriptionLook(SQLModel, table=True):
    """Up to which version a tenant was looked through for events."""

    __tablename__: ClassVar[Any] = "subscription_look"
    tenant: int = _key(Integer())
    seq: int = Field(sa_column=Column(_Big, nullable=False))


TABLES = [
    SQLModel.metadata.tables[name]
    for name in (
        "store_meta",
        "turn",
        "feed_clock",
        "version",
        "superseded",
        "current",
        "sx",
        "sx_range",
        "sx_str",
        "sx_number",
        "ident",
        "inbox",
        "inbox_raw",
        "gap",
        "tally",
        "subscription",
        "subscription_event",
        "subscription_look",
        "export_job",
        "export_file",
    )
]
"""What :func:`create_all` makes; named, so that no other module's model slips in."""

for _table in TABLES:
    for _column in _table.columns:
        if isinstance(_column.type, String | AutoString):
            _column.type = _TEXT
