"""Where the candidates of a search come from: posting lists, a set in memory, or the whole type."""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import Connection

from gateway.store.dates import LATEST
from gateway.store.direct import execute
from gateway.store.search.filters import Filter
from gateway.store.search.sources import Source
from gateway.store.tables import TENANT_SHIFT
from gateway.store.types import NUMBER

COUNT_CAP = 5000
"""How far postings are counted to find the most selective ones."""
MAX_LISTS = 16
"""Posting lists that one statement joins."""
MAX_HELD = 200_000
"""Candidates that are held in memory once as much has been spent on others."""


@dataclass(slots=True)
class Driver:
    """Where candidates come from.

    Attributes:
        sources: rows of posting tables; () with no ``known``: the whole type.
        known: candidates in memory, instead, in commit order.
        filter: the filter that they all fulfil; None: none.
        size: how many there are at most, as far as it was counted.
    """

    sources: tuple[Source, ...] = ()
    known: list[int] | None = None
    filter: Filter | None = None
    size: int = COUNT_CAP * 4  # a dense posting is still better than the whole type

    @property
    def narrow(self) -> bool:
        """Tell whether it leaves anything of the type out."""
        return bool(self.sources) or self.known is not None

    def chunk(
        self, connection: Connection, scan: tuple[int, int], position: int, limit: int, *, ascending: bool
    ) -> list[int]:
        """Return the next candidates beyond a position; ``scan`` is (type number, first of the tenant)."""
        if self.known is not None:
            if ascending:
                begin = bisect_right(self.known, position)
                return self.known[begin : begin + limit]
            end = bisect_left(self.known, position)
            return self.known[max(0, end - limit) : end][::-1]
        sign, order = (">", "ASC") if ascending else ("<", "DESC")
        if not self.sources:
            first, last = (position, LATEST) if ascending else (scan[1], position)
            sql = (
                f"SELECT seq FROM version WHERE type = ? AND seq > ? AND seq < ? ORDER BY seq {order} LIMIT ?"  # noqa: S608
            )
            top = min(last, scan[1] + (1 << TENANT_SHIFT))
            return column(connection, sql, (scan[0], first, top, limit))
        parts: list[str] = []
        values: list[Any] = []
        for each in self.sources:
            distinct = "" if each.table == "sx" else "DISTINCT "
            parts.append(
                f"SELECT seq FROM (SELECT {distinct}x.seq FROM {each.table} x WHERE {each.where} "  # noqa: S608
                f"AND x.seq {sign} ? ORDER BY x.seq {order} LIMIT ?) p{len(parts)}"
            )
            values += [*each.values, position, limit]
        if len(parts) == 1:
            return column(connection, parts[0], values)
        sql = f"SELECT seq FROM ({' UNION '.join(parts)}) u ORDER BY seq {order} LIMIT ?"  # noqa: S608
        return column(connection, sql, [*values, limit])

    def count(self, connection: Connection, scan: tuple[int, int], most: int) -> int:
        """Count the candidates, those in several lists more than once; ``most`` + 1 where there are more."""
        if self.known is not None:
            return len(self.known)
        if not self.sources:
            rows = "SELECT 1 FROM version WHERE type = ? AND seq > ? AND seq < ? LIMIT ?"
            sql = f"SELECT COUNT(*) FROM ({rows}) c"  # noqa: S608
            values = (*scan, scan[1] + (1 << TENANT_SHIFT), most + 1)
            return int(execute(connection, sql, values).fetchone()[0])
        found = 0
        for each in self.sources:
            if found <= most:
                found += size(connection, each, most - found)
        return min(found, most + 1)


@dataclass(slots=True, frozen=True)
class Aside:
    """What could drive a search too: how much it is was not counted to its end when the search was planned.

    Attributes:
        sources: rows of posting tables that hold all matches.
        filter: the filter that the candidates of a single list fulfil; None: none.
    """

    sources: tuple[Source, ...]
    filter: Filter | None = None

    def driver(self, connection: Connection, most: int) -> Driver | None:
        """Return it as a driver; None: it is more than ``most`` rows."""
        if self.sources[0].table == "sx" and len(self.sources) <= MAX_LISTS:
            rows = 0
            for each in self.sources:
                rows += size(connection, each, most - rows)
                if rows > most:
                    return None
            return Driver(self.sources, None, self.filter, rows)
        found = read(connection, self.sources, min(most, MAX_HELD))
        return None if found is None else Driver((), sorted(found), self.filter, len(found))


def read(connection: Connection, sources: Sequence[Source], most: int) -> set[int] | None:
    """Return the candidates of many sources, lists of one kind in one statement; None: over ``most`` rows.

    One candidate may have several rows.
    """
    found, left = set[int](), most
    for (table, rest), group in groupby(sources, lambda each: (each.table, each.values[1:])):
        of_kind = list(group)
        if table == "sx":
            sql = (
                "SELECT x.seq FROM EACH(?) q CROSS JOIN sx x "
                "WHERE x.k = q.value AND x.type = ? AND x.sys = ? LIMIT ?"
            )
            keys = json.dumps([each.values[0] for each in of_kind])
            asked = [(sql, (keys, *rest))]
        else:
            sql = f"SELECT x.seq FROM {table} x WHERE %s LIMIT ?"  # noqa: S608
            asked = [(sql % each.where, each.values) for each in of_kind]
        for sql, values in asked:
            rows = column(connection, sql, (*values, left + 1))
            if len(rows) > left:
                return None
            left -= len(rows)
            found.update(rows)
    return found


def size(connection: Connection, source: Source, most: int) -> int:
    """Count the rows of a source; ``most`` + 1 where there are more."""
    sql = f"SELECT COUNT(*) FROM (SELECT 1 FROM {source.table} x WHERE {source.where} LIMIT ?) c"  # noqa: S608
    return int(execute(connection, sql, (*source.values, most + 1)).fetchone()[0])


def scan_of(tenant: int, type_: str) -> tuple[int, int]:
    """Return what a driver without postings scans: (type number, just below the tenant's first)."""
    return NUMBER[type_], tenant << TENANT_SHIFT


def column(connection: Connection, sql: str, values: Sequence[Any]) -> list[int]:
    """Run a statement and return its first column."""
    return [row[0] for row in execute(connection, sql, values)]
