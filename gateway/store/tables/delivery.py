"""Delivery: receivers of the ledger, how each entry stands with each of them, and alerts."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import Index, Integer
from sqlmodel import SQLModel

from gateway.store.tables.column import BIG, CLUSTERED, big, key, some, tables

_OPEN = "state < 2"
_UNTAKEN = "state <> 2"
_CURRENT = "cleared_us = 0"


class ReceiverRow(SQLModel, table=True):
    """Receivers; the columns are those of ``deliveries.Receiver``. One that is taken out of use stays."""

    __tablename__: ClassVar[Any] = "receiver"
    __table_args__ = (Index("receiver_name", "tenant", "name", unique=True),)
    no: int = key(Integer())
    tenant: int
    name: str
    begun: int = big()
    upto: int = big()
    failures: int
    since_us: int = big()
    next_us: int = big()
    taken_us: int = big()
    error: str
    signed: str
    sign_failures: int
    sign_next_us: int = big()


class DeliveryRow(SQLModel, table=True):
    """How entry ``n`` of the ledger stands with a receiver; ``doc``: what it is kept in order with."""

    __tablename__: ClassVar[Any] = "delivery"
    __table_args__ = (
        some("delivery_open", _OPEN, "receiver", "n", "next_us", "doc", "state"),
        some("delivery_doc", _UNTAKEN, "receiver", "doc", "n", "state"),
        some("delivery_state", _UNTAKEN, "receiver", "state", "n"),
        CLUSTERED,
    )
    receiver: int = key(Integer())
    n: int = key(BIG)
    state: int
    doc: str
    attempts: int
    since_us: int = big()
    next_us: int = big()
    at_us: int = big()
    receipt: str
    reason: str


class AlertRow(SQLModel, table=True):
    """Alerts, each told when it begins and when it clears; of a subject and kind one is open at most."""

    __tablename__: ClassVar[Any] = "alert"
    __table_args__ = (some("alert_open", _CURRENT, "tenant", "subject", "kind", unique=True),)
    no: int = key(BIG)
    tenant: str
    subject: str
    kind: str
    detail: str
    begun_us: int = big()
    cleared_us: int = big()


TABLES = tables(ReceiverRow, DeliveryRow, AlertRow)
