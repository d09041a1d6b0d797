"""Posting: what the versions are found by, see ``index``."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import Double, Index, Integer, String
from sqlmodel import SQLModel

from gateway.store.tables.column import BIG, CLUSTERED, key, tables


class Sx(SQLModel, table=True):
    """Token, reference and uri postings: ``k`` hashes tenant, list and value; see ``index.keys``."""

    __tablename__: ClassVar[Any] = "sx"
    __table_args__ = CLUSTERED
    k: int = key(BIG)
    type: int = key(Integer())
    sys: int = key(BIG)
    seq: int = key(BIG)


class SxRange(SQLModel, table=True):
    """Date postings as closed ranges of microseconds, by resource and by time."""

    __tablename__: ClassVar[Any] = "sx_range"
    __table_args__ = (Index("sx_range_lo", "p", "lo", "hi", "seq"), CLUSTERED)
    seq: int = key(BIG)
    p: int = key(BIG)
    lo: int = key(BIG)
    hi: int = key(BIG)


class SxStr(SQLModel, table=True):
    """String postings: normal texts of one list, in their order."""

    __tablename__: ClassVar[Any] = "sx_str"
    __table_args__ = CLUSTERED
    p: int = key(BIG)
    norm: str = key(String())
    seq: int = key(BIG)


class SxNumber(SQLModel, table=True):
    """Postings of numbers and quantities: from where to where, whatever their unit."""

    __tablename__: ClassVar[Any] = "sx_number"
    __table_args__ = CLUSTERED
    p: int = key(BIG)
    lo: float = key(Double())
    hi: float = key(Double())
    seq: int = key(BIG)


TABLES = tables(Sx, SxRange, SxStr, SxNumber)
