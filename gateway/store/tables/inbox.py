"""Inbox: every message with its bytes, and what is counted of them."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import Column, Index, LargeBinary
from sqlmodel import Field, SQLModel

from gateway.store.tables.column import BIG, CLUSTERED, big, blob, key, some, tables


class Inbox(SQLModel, table=True):
    """Every message: what is known of it. Small and rewritten once, so its bytes live elsewhere."""

    __tablename__: ClassVar[Any] = "inbox"
    __table_args__ = (
        Index("inbox_id", "id", unique=True),
        Index("inbox_repeat", "repeat_key"),
        Index("inbox_sender", "sender", "n"),
        some("inbox_open", "state <> 'stored'", "state", "n"),
    )
    n: int = key(BIG)
    id: str
    tenant: str
    adapter: str
    sender: str
    received_us: int = big()
    state: str
    reason: str
    attempts: int
    control_id: str
    digest: bytes = blob()
    repeat_key: int = big()
    content_type: str
    charset: str
    map_version: str
    first_seq: int = big()
    versions: int
    outcome: str
    lineage: bytes = blob()
    answer: bytes | None = Field(sa_column=Column(LargeBinary))


class InboxRaw(SQLModel, table=True):
    """The bytes of every message, verbatim, written once."""

    __tablename__: ClassVar[Any] = "inbox_raw"
    n: int = key(BIG)
    meta: str
    raw: bytes = blob()


class GapRow(SQLModel, table=True):
    """Codes without a map, counted per sender and table."""

    __tablename__: ClassVar[Any] = "gap"
    __table_args__ = CLUSTERED
    tenant: str = Field(primary_key=True)
    sender: str = Field(primary_key=True)
    tbl: str = Field(primary_key=True)
    code: str = Field(primary_key=True)
    n: int


class Tally(SQLModel, table=True):
    """Counters kept in the same transaction as what they count."""

    __tablename__: ClassVar[Any] = "tally"
    __table_args__ = CLUSTERED
    tenant: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    n: int


class Awaited(SQLModel, table=True):
    """What messages in quarantine wait for: they are tried again when something is filed under that key."""

    __tablename__: ClassVar[Any] = "awaited"
    __table_args__ = (Index("awaited_n", "n"), CLUSTERED)
    k: int = key(BIG)
    n: int = key(BIG)


TABLES = tables(Inbox, InboxRaw, GapRow, Tally, Awaited)
