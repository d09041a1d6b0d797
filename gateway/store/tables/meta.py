"""Meta: facts of the store itself, and who has written to it."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import Integer
from sqlmodel import Field, SQLModel

from gateway.store.tables.column import big, key, tables


class StoreMeta(SQLModel, table=True):
    """Facts of the file itself: schema version and the secret that signs cursors."""

    __tablename__: ClassVar[Any] = "store_meta"
    name: str = Field(primary_key=True)
    value: str


class Turn(SQLModel, table=True):
    """How many write transactions there were; only PostgreSQL counts them (SQLite knows itself).

    A writer that finds another number than it left behind knows that another process has written.
    """

    __tablename__: ClassVar[Any] = "turn"
    one: int = key(Integer())
    n: int = big()


TABLES = tables(StoreMeta, Turn)
