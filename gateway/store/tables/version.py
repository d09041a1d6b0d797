"""Version: every version of every resource, which one is current, and whose an identifier is.

A version's ``seq`` is its tenant's number in the bits above 40 and the tenant's commit order below:
unique in the whole store, so one integer is the primary key, and a posting names its tenant without
a column. 2^40 versions per tenant and 8,191 tenants stay below 2^53, where JSON numbers end.
"""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import Column, Index, Integer, String
from sqlmodel import Field, SQLModel

from gateway.store.tables.column import BIG, CLUSTERED, big, blob, key, tables

TENANT_SHIFT = 40


class FeedClock(SQLModel, table=True):
    """Commit sequencer of a tenant: order, ``lastUpdated`` and visibility agree."""

    __tablename__: ClassVar[Any] = "feed_clock"
    tenant: str = Field(primary_key=True)
    no: int = Field(unique=True)
    last_seq: int = big()
    last_ts_us: int = big()


class VersionRow(SQLModel, table=True):
    """Append-only versions: a row with its body is never written again, see :class:`Superseded`.

    ``event_us`` is when the event happened at the sender that owns the type; a stub has none. ``method`` is
    the interaction that made it, see ``store.method``; a deletion has no body.
    """

    __tablename__: ClassVar[Any] = "version"
    __table_args__ = (Index("version_type", "type", "seq"),)
    seq: int = key(BIG)
    type: int
    fhir_id: str
    ver: int
    ts_us: int = big()
    event_us: int | None = Field(sa_column=Column(BIG))
    method: int
    prev_seq: int | None = Field(sa_column=Column(BIG))
    source: str
    sha: bytes = blob()
    body: bytes = blob()


class Superseded(SQLModel, table=True):
    """From which version on another one is no longer the current one.

    Beside ``version``, because a mark in the row would rewrite a page (on PostgreSQL: the row with its
    body), and because whether a snapshot sees a version can be told here without reading it. A
    tombstone supersedes itself, so that no search sees it.
    """

    __tablename__: ClassVar[Any] = "superseded"
    seq: int = key(BIG)
    next_seq: int = big()


class Current(SQLModel, table=True):
    """The latest version of each resource.

    ``event_us`` is when the newest event happened that made or confirmed this state: an older one that
    comes late must not win after a restart either.
    """

    __tablename__: ClassVar[Any] = "current"
    __table_args__ = CLUSTERED
    tenant: int = key(Integer())
    fhir_id: str = key(String())  # before the type: what belongs together begins alike
    type: int = key(Integer())
    seq: int = big()
    ver: int
    event_us: int | None = Field(sa_column=Column(BIG))


class Ident(SQLModel, table=True):
    """Which resource an identifier belongs to; serialises conditional writes."""

    __tablename__: ClassVar[Any] = "ident"
    __table_args__ = CLUSTERED
    tenant: int = key(Integer())
    type: int = key(Integer())
    system: str = key(String())
    value: str = key(String())
    fhir_id: str


TABLES = tables(FeedClock, VersionRow, Superseded, Current, Ident)
