"""Regulator: the ledger of each tenant, what proves it, and the serials of business documents."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import Index, Integer, String
from sqlmodel import SQLModel

from gateway.store.tables.column import BIG, CLUSTERED, big, blob, key, some, tables


class LedgerRow(SQLModel, table=True):
    """Entries of the ledger, never changed, never deleted (docs/ledger.md). ``members``: packed ``seq``."""

    __tablename__: ClassVar[Any] = "ledger"
    __table_args__ = (
        some("ledger_serial", "serial <> ''", "tenant", "serial", "n"),
        Index("ledger_about", "tenant", "fhir_id", "type", "n"),
        CLUSTERED,
    )
    tenant: int = key(Integer())
    n: int = key(BIG)
    ts_us: int = big()
    algorithm: str
    kind: str
    event: str
    serial: str
    type: int
    fhir_id: str
    ver: int
    members: bytes = blob()
    sha: bytes = blob()
    back: int = big()
    prev: bytes = blob()
    hash: bytes = blob()


class LedgerBlock(SQLModel, table=True):
    """Merkle roots of complete blocks of entries: block ``n`` (from 1) ends with entry ``n`` * 1,024."""

    __tablename__: ClassVar[Any] = "ledger_block"
    __table_args__ = CLUSTERED
    tenant: int = key(Integer())
    n: int = key(BIG)
    root: bytes = blob()


class LedgerDay(SQLModel, table=True):
    """The tree at the end of each day that had entries; written with the first entry after it."""

    __tablename__: ClassVar[Any] = "ledger_day"
    __table_args__ = CLUSTERED
    tenant: int = key(Integer())
    day: str = key(String())
    size: int = big()
    root: bytes = blob()
    head: bytes = blob()


class LedgerHead(SQLModel, table=True):
    """Heads that somebody outside has countersigned."""

    __tablename__: ClassVar[Any] = "ledger_head"
    __table_args__ = CLUSTERED
    tenant: int = key(Integer())
    size: int = key(BIG)
    signer: str = key(String())
    root: bytes = blob()
    head: bytes = blob()
    signature: bytes = blob()
    at_us: int = big()


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
    ts_us: int = big()


class SerialCounter(SQLModel, table=True):
    """The last number of each scope: a serial without number and check character."""

    __tablename__: ClassVar[Any] = "serial_counter"
    __table_args__ = CLUSTERED
    scope: str = key(String())
    n: int = big()


TABLES = tables(LedgerRow, LedgerBlock, LedgerDay, LedgerHead, SerialRow, SerialCounter)
