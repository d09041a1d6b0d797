"""Supervision: what the regulator may see of a tenant, and how far those have read who pull its ledger."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import Column, Integer, String
from sqlmodel import Field, SQLModel

from gateway.store.tables.column import BIG, CLUSTERED, key, tables


class SupervisedRow(SQLModel, table=True):
    """Resources that belong to the supervised business (``gateway/store/supervision.py``); rows never go."""

    __tablename__: ClassVar[Any] = "supervised"
    __table_args__ = CLUSTERED
    tenant: int = key(Integer())
    type: int = key(Integer())
    fhir_id: str = key(String())


class FeedPlace(SQLModel, table=True):
    """Up to which entry of a tenant's ledger a client has acknowledged."""

    __tablename__: ClassVar[Any] = "feed_place"
    __table_args__ = CLUSTERED
    tenant: int = key(Integer())
    client: str = key(String())
    n: int = Field(sa_column=Column(BIG, nullable=False))
    at_us: int = Field(sa_column=Column(BIG, nullable=False))


TABLES = tables(SupervisedRow, FeedPlace)
