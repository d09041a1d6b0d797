"""Export: bulk exports and their files."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import Column, Integer, LargeBinary
from sqlmodel import Field, SQLModel

from gateway.store.tables.column import CLUSTERED, big, key, tables


class ExportJob(SQLModel, table=True):
    """A bulk export: a snapshot, what was asked for, and how far its files are counted.

    ``part`` and ``position`` say where the next step goes on, ``step`` which one it is: of two processes
    that work on the same job one finds its step taken.
    """

    __tablename__: ClassVar[Any] = "export_job"
    __table_args__ = CLUSTERED
    id: str = Field(primary_key=True)
    tenant: str
    client: str
    state: str
    asked: str
    snapshot: int = big()
    since: int = big()
    at_us: int = big()
    part: int
    position: int = big()
    step: int
    created_us: int = big()
    updated_us: int = big()
    expires_us: int = big()


class ExportFile(SQLModel, table=True):
    """One output file of an export: a slice of its snapshot, read from ``version`` when it is downloaded.

    ``seqs`` is None where every version of the type that the snapshot sees from ``low`` to ``high`` is in
    it; else their packed numbers.
    """

    __tablename__: ClassVar[Any] = "export_file"
    job: str = Field(primary_key=True)
    n: int = key(Integer())
    part: int
    kind: str
    type: str
    low: int = big()
    high: int = big()
    resources: int
    seqs: bytes | None = Field(sa_column=Column(LargeBinary))


TABLES = tables(ExportJob, ExportFile)
