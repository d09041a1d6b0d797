"""INSERT of many rows in few statements.

One statement per row gives the interpreter's lock away and takes it back for every row: with a busy
thread beside the writer that waiting costs more than the rows. On PostgreSQL all rows are one statement.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import chain
from typing import Any

from sqlalchemy import Connection, Float, LargeBinary, String
from sqlmodel import SQLModel

from gateway.store import columns
from gateway.store.direct import execute, is_postgresql

_SIZES = (1024, 128, 32, 8, 4, 2, 1)
"""Rows per statement: few texts, so that SQLite's driver keeps them all prepared.

The largest is for backfills: 19 parameters a row are fewer than the 32,766 of a statement
(sqlite.org/limits.html).
"""

_MOST = 2000
"""Rows per statement on PostgreSQL: bounds its memory."""

_INTO = re.compile(r"INTO (\w+) \(([^)]*)\)\Z")


class Insert:
    """An INSERT whose statement texts are made once.

    Args:
        into: table and columns.
        row: one row: a placeholder or a constant for each column.
        conflict: the ON CONFLICT clause. Where it updates, no two rows of a run have the same key.
    """

    def __init__(self, into: str, row: str, conflict: str = "") -> None:
        self._into, self._row, self._conflict = into, row, conflict
        self._texts = [(size, f"INSERT {into} VALUES {','.join([row] * size)} {conflict}") for size in _SIZES]  # noqa: S608
        self._arrays: _Arrays | None = None

    def run(self, connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert ``rows`` in their order."""
        if is_postgresql(connection):
            self._by_columns(connection, rows)
            return
        at = 0
        for size, text in self._texts:
            while len(rows) - at >= size:
                execute(connection, text, tuple(chain.from_iterable(rows[at : at + size])))
                at += size

    def _by_columns(self, connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
        if self._arrays is None:
            self._arrays = _Arrays(self._into, self._row, self._conflict)
        for at in range(0, len(rows), _MOST):
            execute(connection, self._arrays.text, self._arrays.values(rows[at : at + _MOST]))


class _Arrays:
    """The same INSERT from arrays, see ``columns``."""

    def __init__(self, into: str, row: str, conflict: str) -> None:
        found = _INTO.match(into)
        assert found, into
        table = SQLModel.metadata.tables[found[1]]
        names = [name.strip() for name in found[2].split(",")]
        parts = [part.strip() for part in row.strip("()").split(",")]
        given = [name for name, part in zip(names, parts, strict=True) if part == "?"]
        self._kinds = [_kind(table.columns[name].type) for name in given]
        taken = ",".join(
            f"u.{name}" if part == "?" else part for name, part in zip(names, parts, strict=True)
        )
        rows = f"{columns.unnest(self._kinds)} AS u ({','.join(given)})"
        self.text = f"INSERT {into} SELECT {taken} FROM {rows} {conflict}"  # noqa: S608

    def values(self, rows: Sequence[tuple[Any, ...]]) -> list[Any]:
        """Return the columns of ``rows``."""
        return columns.values(self._kinds, rows)


def _kind(type_: Any) -> columns.Kind:
    if isinstance(type_, LargeBinary):
        return "bytea"
    if isinstance(type_, Float):
        return "float8"
    return "text" if isinstance(type_, String) else "bigint"
