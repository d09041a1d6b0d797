"""RowRecord: one row with the rows that belong to it, a ``gateway.canonical.Record``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

Row = Mapping[str, str | None]
"""Column → text, None for NULL; a column that is left out is not said anything about."""


class RowRecord:
    """A row of a view and, by the name of each detail, the rows that belong to it.

    A path is a column (``visit_no``) or a column of a detail (``items.dose``).

    Attributes:
        view: name of the view, as the layouts call it.
        row: its columns.
        details: name → rows, in their order.
        control: number of the delivery, ``""`` for none.
    """

    __slots__ = ("_asked", "control", "details", "row", "view")

    def __init__(self, view: str, row: Row, details: Mapping[str, Sequence[Row]], control: str = "") -> None:
        self.view, self.row, self.details, self.control = view, row, details, control
        self._asked: set[str] = set()

    def get(self, path: str) -> str | None:
        """Return the first value at ``path``, None where there is none."""
        return next(self.each(path), None)

    def each(self, path: str) -> Iterator[str]:
        """Yield every value at ``path`` in the order of the rows."""
        self._asked.add(path)
        name, dot, column = path.partition(".")
        rows = self.details.get(name, ()) if dot else (self.row,)
        for row in rows:
            value = row.get(column if dot else path)
            if value:
                yield value

    def unread(self) -> Iterator[str]:
        """Yield the paths of the valued columns that nothing has asked for."""
        for path in self.paths():
            if path not in self._asked:
                yield path

    def paths(self) -> Iterator[str]:
        """Yield the path of every valued column, once."""
        yield from (name for name, value in self.row.items() if value)
        for name, rows in self.details.items():
            columns = dict.fromkeys(column for row in rows for column, value in row.items() if value)
            yield from (f"{name}.{column}" for column in columns)
