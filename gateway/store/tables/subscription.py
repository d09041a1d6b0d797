"""Subscription: how each one stands, and its events."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import Index, Integer
from sqlmodel import SQLModel

from gateway.store.tables.column import BIG, CLUSTERED, big, key, tables


class SubscriptionRow(SQLModel, table=True):
    """How each Subscription stands; its columns are those of ``subscriptions.Standing``."""

    __tablename__: ClassVar[Any] = "subscription"
    __table_args__ = (Index("subscription_id", "tenant", "fhir_id", unique=True),)
    n: int = key(BIG)
    tenant: int
    fhir_id: str
    seq: int = big()
    ver: int
    shown: str
    status: str
    error: str
    greeted: int
    number: int = big()
    delivered: int = big()
    failures: int
    since_us: int = big()
    next_us: int = big()
    sent_us: int = big()


class SubscriptionEvent(SQLModel, table=True):
    """Events of a Subscription: its event number and the version that is the event."""

    __tablename__: ClassVar[Any] = "subscription_event"
    __table_args__ = CLUSTERED
    n: int = key(BIG)
    number: int = key(BIG)
    seq: int = big()


class SubscriptionLook(SQLModel, table=True):
    """Up to which version a tenant was looked through for events."""

    __tablename__: ClassVar[Any] = "subscription_look"
    tenant: int = key(Integer())
    seq: int = big()


TABLES = tables(SubscriptionRow, SubscriptionEvent, SubscriptionLook)
