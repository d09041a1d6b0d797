"""Where: the conditions by which rows are found again, so that every database can use its index."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, or_

IN_LIST = 400
"""Values of one list: Oracle takes 1000, SQL Server 2100 parameters in all."""

Key = tuple[Any, ...]


def from_(pairs: Sequence[tuple[Any, Any]]) -> Any:
    """Return the condition that a row stands at a position or behind it.

    Args:
        pairs: column and value, in their order, none of them None. The first column is bounded by a condition
            of its own: a database that finds an ``OR`` there would read from the beginning.
    """
    field, value = pairs[0]
    if len(pairs) == 1:
        return field >= value
    return and_(field >= value, or_(field > value, from_(pairs[1:])))


def among(fields: Sequence[Any], keys: Sequence[Key]) -> Any:
    """Return the condition that a row has one of some keys."""
    if len(fields) == 1:
        return fields[0].in_([key[0] for key in keys])
    return or_(*(and_(*(field == value for field, value in zip(fields, key, strict=True))) for key in keys))


def parts(keys: Sequence[Key], columns: int) -> list[Sequence[Key]]:
    """Return some keys in as many lists as a database takes them."""
    size = max(1, IN_LIST // columns)
    return [keys[at : at + size] for at in range(0, len(keys), size)]
