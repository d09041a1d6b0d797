"""Columns: many rows as one parameter for each column, which PostgreSQL takes as arrays.

One statement is then prepared whatever the number of rows, and wherever a value is null: psycopg reads a text
with more than fifty parameters anew each time, which costs more than the rows (postgresql.org/docs, §9.19).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Literal

Kind = Literal["bigint", "float8", "text", "bytea"]


def unnest(kinds: Sequence[Kind]) -> str:
    """Return the SQL of a set of rows, one parameter for each column."""
    return f"unnest({','.join(f'CAST(? AS {kind}[])' for kind in kinds)})"


def values(kinds: Sequence[Kind], rows: Collection[tuple[Any, ...]]) -> list[Any]:
    """Return the columns of ``rows`` (not empty) as parameters."""
    columns = zip(*rows, strict=True)
    return [
        _numbers(column) if kind in ("bigint", "float8") else list(column)
        for kind, column in zip(kinds, columns, strict=True)
    ]


def _numbers(column: tuple[Any, ...]) -> str:
    """Return the text of an array, which is made and read three times as quickly as single numbers."""
    return f"{{{','.join(map(str, column))}}}".replace("None", "NULL")
