"""Delivery: receivers of the ledger, how each entry stands with each of them, and alerts."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import Column, Index, Integer, text
from sqlmodel import Field, SQLModel

from gateway.store.tables.column import BIG, CLUSTERED, key, tables

_OPEN = text("state < 2")
_UNTAKEN = text("state <> 2")
_CURRENT = text("cleared_us = 0")


def _some(name: str, where: Any, *columns: str, unique: bool = False) -> Index:
    """Return an index of some rows only."""
    return Index(name, *columns, unique=unique, sqlite_where=where, postgresql_where=where)


class ReceiverRow(SQLModel, table=True):
    """Receivers; the columns are those of ``deliveries.Receiver``. One that is taken out of use stays."""

    __tablename__: ClassVar[Any] = "receiver"
    __table_args__ = (Index("receiver_name", "tenant", "name", unique=True),)
    no: int = key(Integer())
    tenant: int
    name: str
    begun: int = Field(sa_column=Column(BIG, nullable=False))
    upto: int = Field(sa_column=Column(BIG, nullable=False))
    failures: int
    since_us: int = Field(sa_column=Column(BIG, nullable=False))
    next_us: int = Field(sa_column=Column(BIG, nullable=False))
    taken_us: int = Field(sa_column=Column(BIG, nullable=False))
    error: str
    signed: str
    sign_failures: int
    sign_next_us: int = Field(sa_column=Column(BIG, nullable=False))


class DeliveryRow(SQLModel, table=True):
    """How entry ``n`` of the ledger stands with a receiver; ``doc``: what it is kept in order with."""

    __tablename__: ClassVar[Any] = "delivery"
    __table_args__ = (
        _some("delivery_open", _OPEN, "receiver", "n", "next_us", "doc", "state"),
        _some("delivery_doc", _UNTAKEN, "receiver", "doc", "n", "state"),
        _some("delivery_state", _UNTAKEN, "receiver", "state", "n"),
        CLUSTERED,
    )
    receiver: int = key(Integer())
    n: int = key(BIG)
    state: int
    doc: str
    attempts: int
    since_us: int = Field(sa_column=Column(BIG, nullable=False))
    next_us: int = Field(sa_column=Column(BIG, nullable=False))
    at_us: int = Field(sa_column=Column(BIG, nullable=False))
    receipt: str
    reason: str


class AlertRow(SQLModel, table=True):
    """Alerts, each told when it begins and when it clears; of a subject and kind one is open at most."""

    __tablename__: ClassVar[Any] = "alert"
    __table_args__ = (_some("alert_open", _CURRENT, "tenant", "subject", "kind", unique=True),)
    no: int = key(BIG)
    tenant: str
    subject: str
    kind: str
    detail: str
    begun_us: int = Field(sa_column=Column(BIG, nullable=False))
    cleared_us: int = Field(sa_column=Column(BIG, nullable=False))


TABLES = tables(ReceiverRow, DeliveryRow, AlertRow)
