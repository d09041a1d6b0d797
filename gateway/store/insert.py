"""INSERT of many rows in few statements.

One statement per row gives the interpreter's lock away and takes it back for every row: with a busy
thread beside the writer that waiting costs more than the rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any

from sqlalchemy import Connection

from gateway.store.direct import execute

_SIZES = (128, 32, 8, 4, 2, 1)
"""Rows per statement: few texts, so that the driver keeps them all prepared."""


class Insert:
    """An INSERT whose statement texts are made once.

    Args:
        into: table and columns.
        row: the placeholders of one row.
        conflict: the ON CONFLICT clause.
    """

    def __init__(self, into: str, row: str, conflict: str = "") -> None:
        self._texts = [(size, f"INSERT {into} VALUES {','.join([row] * size)} {conflict}") for size in _SIZES]  # noqa: S608

    def run(self, connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert ``rows`` in their order."""
        at = 0
        for size, text in self._texts:
            while len(rows) - at >= size:
                execute(connection, text, tuple(chain.from_iterable(rows[at : at + size])))
                at += size
