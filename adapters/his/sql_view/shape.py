"""Shape: the columns that a view has now, and what they are called in the template."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, literal_column, select, text

from adapters.his.sql_view.database import Unanswered
from adapters.his.sql_view.views import Detail, View


@dataclass(slots=True, frozen=True)
class Shape:
    """The columns of a view, as the database says them now.

    Attributes:
        columns: ours → theirs, quoted.
        lost: columns of the template or of the hospital's file that it does not have.
    """

    columns: Mapping[str, str]
    lost: tuple[str, ...]

    def fields(self, names: Sequence[str]) -> list[Any]:
        """Return some of our columns as SQL has them."""
        return [literal_column(self.columns[name]) for name in names]


def described(connection: Connection, source: str, where: str) -> tuple[list[str], dict[str, Any]]:
    """Return the names of the columns of a view, and one row of it by its names in small letters."""
    asked: Any = select(literal_column("*")).select_from(text(source)).limit(1)
    result: Any = connection.execute(asked.where(text(where)) if where else asked)
    names = [str(one[0]) for one in result.cursor.description]
    row = result.first()
    return names, dict(zip(map(str.lower, names), row, strict=True)) if row is not None else {}


def shaped(view: View | Detail, names: Sequence[str], needed: Sequence[str], quote: Any) -> Shape:
    """Return the shape of a view.

    Args:
        names: of its columns, as the database says them.
        needed: ours without which nothing can be read.
        quote: what quotes a name.

    Raises:
        Unanswered: a column that is needed is not there.
    """
    ours = {str(name).lower(): own for own, name in view.names.items()}
    columns = {
        ours.get(name.lower(), name.lower()): quote(name) for name in names if name.lower() not in view.leave
    }
    lost = tuple(sorted({*view.names, *view.required, *needed} - {*columns}))
    if gone := [one for one in needed if one not in columns]:
        said = view.names.get(gone[0], gone[0])
        raise Unanswered(
            f"{view.source} has no column {said}; nothing is read of it until it has, "
            "or the view's file names another",
            lasting=True,
        )
    return Shape(columns, lost)
