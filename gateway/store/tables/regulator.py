"""Regulator: the ledger of each tenant, what proves it, and the serials of business documents."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import Column, Index, Integer, LargeBinary, String, text
from sqlmodel import Field, SQLModel

from gateway.store.tables.column import BIG, CLUSTERED, key, tables


class LedgerRow(SQLModel, table=True):
    """Entries of the ledger, never changed, never deleted (docs/ledger.md). ``members``: packed ``seq``."""

    __tablename__: ClassVar[Any] = "ledger"
    __table_args__ = (
        Index(
            "ledger_serial",
            "tenant",
            "serial",
            "n",
            sqlite_where=text("serial <> ''"),
            postgresql_where=text("serial <> ''"),
        ),
        Index("ledger_about", "tenant", "fhir_id", "type", "n"),
        CLUSTERED,
    )
    tenant: int = key(Integer())
    n: int = key(BIG)
    ts_us: int = Field(sa_column=Column(BIG, nullable=False))
    algorithm: str
    kind: str
    event: str
    serial: str
    type: int
    fhir_id: str
    ver: int
    members: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    sha: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    back: int = Field(sa_column=Column(BIG, nullable=False))
    prev: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class LedgerBlock(SQLModel, table=True):
    """Merkle roots of complete blocks of entries: block ``n`` (from 1) ends with entry ``n`` * 1,024."""

    __tablename__: ClassVar[Any] = "ledger_block"
    __table_args__ = CLUSTERED
    tenant: int = key(Integer())
    n: int = key(BIG)
    root: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class LedgerDay(SQLModel, table=True):
    """The tree at the end of each day that had entries; written with the first entry after it."""

    __tablename__: ClassVar[Any] = "ledger_day"
    __table_args__ = CLUSTERED
    tenant: int = key(Integer())
    day: str = key(String())
    size: int = Field(sa_column=Column(BIG, nullable=False))
    root: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    head: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class LedgerHead(SQLModel, table=True):
    """Heads that somebody outside has countersigned."""

    __tablename__: ClassVar[Any] = "ledger_head"
    __table_args__ = CLUSTERED
    tenant: int = key(Integer())
    size: int = key(BIG)
    signer: str = key(String())
    root: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    head: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    signature: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    at_us: int = Field(sa_column=Column(BIG, nullable=False))


class SerialRow(SQLModel, table=True):
    """Serials and the one document that has each; rows never go."""

    __tablename__: ClassVar[Any] = "serial"
    __table_args__ = (
        Index("serial_document", "tenant", "kind", "local", "organisation", unique=True),
        CLUSTERED,
    )
    serial: str = key(String())
    tenant: int
    organisation: str
    kind: str
    local: str
    minted_by: str
    ts_us: int = Field(sa_column=Column(BIG, nullable=False))


class SerialCounter(SQLModel, table=True):
    """The last number of each scope: a serial without number and check character."""

    __tablename__: ClassVar[Any] = "serial_counter"
    __table_args__ = CLUSTERED
    scope: str = key(String())
    n: int = Field(sa_column=Column(BIG, nullable=False))


TABLES = tables(LedgerRow, LedgerBlock, LedgerDay, LedgerHead, SerialRow, SerialCounter)
