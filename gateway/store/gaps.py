"""Codes without a map, counted by sender and table: what ``qiao mapping gaps`` lists."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from gateway.store.direct import execute
from gateway.store.model import Gap


def gaps(
    connection: Connection, tenant: str | None = None, sender: str | None = None, table: str | None = None
) -> list[Gap]:
    """Return the codes without a map, most frequent first."""
    where, values = ["1 = 1"], list[Any]()
    for column, value in (("tenant", tenant), ("sender", sender), ("tbl", table)):
        if value is not None:
            where.append(f"{column} = ?")
            values.append(value)
    found = execute(
        connection,
        f"SELECT tenant, sender, tbl, code, n FROM gap WHERE {' AND '.join(where)} "  # noqa: S608
        "ORDER BY n DESC, tenant, sender, tbl, code",
        tuple(values),
    )
    return [Gap(*row) for row in found]
