"""Column: what columns are made of on both engines, and the tables that models declare."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, String, Table, Text, text
from sqlmodel import AutoString, Field, SQLModel

BIG = BigInteger().with_variant(Integer(), "sqlite")  # INTEGER PRIMARY KEY is SQLite's rowid itself
CLUSTERED: dict[str, Any] = {"sqlite_with_rowid": False}
"""Of a table that stands in the order of its key, without a number of its own for each row."""

_TEXT = String().with_variant(Text(collation="C"), "postgresql")
"""Compared by bytes on both engines, whatever the language of a server is."""


def key(kind: Any) -> Any:
    """Return the field of a column that is (part of) the primary key and counts nothing by itself."""
    return Field(sa_column=Column(kind, primary_key=True, nullable=False, autoincrement=False))


def big() -> Any:
    """Return the field of a whole number of 64 bits: a sequence number, microseconds, a count without end."""
    return Field(sa_column=Column(BIG, nullable=False))


def blob() -> Any:
    """Return the field of bytes."""
    return Field(sa_column=Column(LargeBinary, nullable=False))


def some(name: str, where: str, *columns: str, unique: bool = False) -> Index:
    """Return an index of some rows only."""
    rows = text(where)
    return Index(name, *columns, unique=unique, sqlite_where=rows, postgresql_where=rows)


def tables(*models: type[SQLModel]) -> list[Table]:
    """Return the tables of ``models``, their texts compared by bytes."""
    found = [SQLModel.metadata.tables[str(model.__tablename__)] for model in models]
    for table in found:
        for column in table.columns:
            if isinstance(column.type, String | AutoString):
                column.type = _TEXT
    return found
