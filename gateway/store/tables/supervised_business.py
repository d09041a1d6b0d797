"""Supervision: what the regulator may see of a tenant, and how far those have read who pull its ledger."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import Integer, String
from sqlmodel import SQLModel

from gateway.store.tables.column import CLUSTERED, big, key, tables


class SupervisedRow(SQLModel, table=True):
    """Resources that belong to the supervised business (``store/supervised_business.py``); rows never go.

    ``n``: the first entry that is about it or names it; 0: none, it stands beside a document; -1: there is
    one, of before this was written down.
    """

    __tablename__: ClassVar[Any] = "supervised"
    __table_args__ = CLUSTERED
    tenant: int = key(Integer())
    type: int = key(Integer())
    fhir_id: str = key(String())
    n: int = big()


class FeedPlace(SQLModel, table=True):
    """Up to which entry of a tenant's ledger a client has acknowledged."""

    __tablename__: ClassVar[Any] = "feed_place"
    __table_args__ = CLUSTERED
    tenant: int = key(Integer())
    client: str = key(String())
    n: int = big()
    at_us: int = big()


TABLES = tables(SupervisedRow, FeedPlace)
