"""Head: one row of a view as it was read, with the rows that belong to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from adapters.his.sql_view.where import Key


@dataclass(slots=True)
class Head:
    """One row as it was read.

    Attributes:
        changed: what it is read forward by, None where it has none.
        key: its key as the database has it.
        row: our column → text.
        details: name → rows that belong to it.
    """

    changed: Any
    key: Key
    row: dict[str, str | None]
    details: dict[str, list[dict[str, str | None]]]
