"""Reconciliation: how many documents others say that there are, and what the rules refused."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import Integer, String
from sqlmodel import SQLModel

from gateway.store.tables.column import CLUSTERED, big, key, tables


class StatedRow(SQLModel, table=True):
    """How many documents of a day somebody says that there are; the last statement counts.

    ``party``: ``source``, who made them, or ``platform``, who got them; ``name``: of the system.
    """

    __tablename__: ClassVar[Any] = "stated"
    __table_args__ = CLUSTERED
    tenant: int = key(Integer())
    day: str = key(String())
    kind: str = key(String())
    party: str = key(String())
    name: str = key(String())
    n: int = big()
    listed: int
    at_us: int = big()


class StatedNumber(SQLModel, table=True):
    """The numbers of those documents, where they were said: local numbers or serials."""

    __tablename__: ClassVar[Any] = "stated_number"
    __table_args__ = CLUSTERED
    tenant: int = key(Integer())
    day: str = key(String())
    kind: str = key(String())
    party: str = key(String())
    name: str = key(String())
    number: str = key(String())


class RefusalRow(SQLModel, table=True):
    """How often a rule refused something on a day; counted in the transaction that refused it."""

    __tablename__: ClassVar[Any] = "refusal"
    __table_args__ = CLUSTERED
    tenant: int = key(Integer())
    day: str = key(String())
    rule: str = key(String())
    door: str = key(String())
    n: int = big()


TABLES = tables(StatedRow, StatedNumber, RefusalRow)
