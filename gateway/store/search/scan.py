"""``_sort`` by the index: where matches are many, postings of a date or string already stand in order.

It shows what :mod:`order` would, a page at a time, without reading what comes after the page.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from heapq import merge
from itertools import groupby
from typing import Any

from gateway.canonical.json import glance
from gateway.store.cursor import Place, Placed
from gateway.store.direct import execute
from gateway.store.index import Parameter, range_keys, string_keys, strings, values
from gateway.store.index.normal import filed_strings
from gateway.store.model import Version
from gateway.store.search.driver import COUNT_CAP
from gateway.store.search.filters import Missing
from gateway.store.search.plan import Plan
from gateway.store.search.query import Order
from gateway.store.search.sight import Sight
from gateway.store.search.unfiled import Unfiled

_CHUNK = 256
MARK = "i"
"""Begins a place in the index, so that later pages go on as the first one began."""

Row = tuple[Any, int]
"""(value, sequence number)"""

_TABLES: dict[str, tuple[str, str, Callable[[Parameter, int], Sequence[int]]]] = {
    "date": (
        "sx_range",
        "lo",
        lambda parameter, tenant: [p for pair in range_keys(parameter, tenant) for p in pair],
    ),
    "string": ("sx_str", "norm", lambda parameter, tenant: list(string_keys(parameter, tenant))),
}


def fits(plans: dict[str, Plan], orders: Sequence[Order]) -> bool:
    """Tell whether so many may match that the index is read instead of sorting them."""
    if len(plans) != 1 or len(orders) != 1:
        return False
    (type_, plan), order = next(iter(plans.items())), orders[0]
    parameter = order.parameters.get(type_)
    return (
        parameter is not None
        and parameter.type in _TABLES
        and parameter.exact  # a list that several parameters share stands in the order of all of them
        and plan.driver.size >= COUNT_CAP
        and not plan.empty
    )


class Scan:
    """The matches of one type in the order of one parameter's postings."""

    def __init__(self, sight: Sight, type_: str, plan: Plan, order: Order) -> None:
        self._sight = sight
        self._type = type_
        self._plan = plan
        self._order = order
        self._parameter = order.parameters[type_]
        self._table, self._column, keys = _TABLES[self._parameter.type]
        self._lists = keys(self._parameter, sight.tenant)
        self._windowed = any(p in plan.windows for p in self._lists)

    def page(self, place: Place, wanted: int) -> Iterator[Placed]:
        """Yield the matches that follow a place, each with its own; ``wanted`` are most often enough.

        A place is (value, sequence number), or (sequence number,) where there is no value; those that are
        returned have ``MARK`` in front.
        """
        if len(place) != 1:
            after = (place[0], int(place[1])) if place else None
            for row, version in self._valued(after):
                yield version, (MARK, *row)
        if self._windowed:
            return  # whoever asks for a date asks for what has one
        position = int(place[0]) if len(place) == 1 else self._sight.end()
        for version in self._missing(position, wanted):
            yield version, (MARK, version.seq)

    def _valued(self, after: Row | None) -> Iterator[tuple[Row, Version]]:
        lists = [self._rows(p, after) for p in self._lists]
        if self._order.descending:
            rows = merge(*lists, reverse=True)
        else:
            rows = merge(*lists, key=lambda row: (row[0], -row[1]))
        chunk: list[Row] = []
        for row, _ in groupby(rows):
            chunk.append(row)
            if len(chunk) == _CHUNK:
                yield from self._matching(chunk)
                chunk = []
        yield from self._matching(chunk)

    def _rows(self, p: int, after: Row | None) -> Iterator[Row]:
        """Yield the rows of a list that follow one; those of one value newest first."""
        column, sign, order = self._column, *(("<", "DESC") if self._order.descending else (">", "ASC"))
        low, high = self._plan.windows.get(p, (None, None))
        bounds = f" AND x.{column} >= ? AND x.{column} <= ?" if low is not None else ""
        within = (p,) if low is None else (p, low, high)
        head = f"SELECT x.{column}, x.seq FROM {self._table} x WHERE x.p = ?{bounds} "  # noqa: S608
        same = f"{head}AND x.{column} = ? AND x.seq < ? ORDER BY x.seq DESC LIMIT ?"
        tail = f"ORDER BY x.{column} {order}, x.seq DESC LIMIT ?"
        beyond = f"{head}AND x.{column} {sign} ? {tail}"
        while True:
            found = self._ask(same, (*within, *after, _CHUNK)) if after else []
            if len(found) < _CHUNK:
                sql, last = (beyond, (after[0],)) if after else (head + tail, ())
                found += self._ask(sql, (*within, *last, _CHUNK - len(found)))
            yield from found
            if len(found) < _CHUNK:
                return
            after = found[-1]

    def _ask(self, sql: str, values: tuple[Any, ...]) -> list[Row]:
        return [(row[0], row[1]) for row in execute(self._sight.connection, sql, values)]

    def _matching(self, chunk: list[Row]) -> Iterator[tuple[Row, Version]]:
        """Yield the matches of a chunk, each at the value that comes first in the order."""
        if not chunk:
            return
        sight = self._sight
        sight.budget.spend(len(chunk))
        candidates = dict.fromkeys(seq for _, seq in chunk)
        seqs = self._plan.passing(sight.connection, candidates)
        versions = {each.seq: each for each in sight.fetch(seqs)}
        sight.budget.spend(0, len(versions))
        first = self._firsts(versions)
        for value, seq in chunk:
            if first.get(seq) == value and sight.fulfils(self._plan, versions[seq]):
                yield (value, seq), versions[seq]

    def _firsts(self, found: dict[int, Version]) -> dict[int, Any]:
        """Return the value of each version at which it is shown."""
        best = max if self._order.descending else min
        if self._parameter.type == "string":  # no posting of a string is found by its version
            texts = {seq: self._strings(version) for seq, version in found.items()}
            return {seq: best(filed) for seq, filed in texts.items() if filed}
        sql = (
            f"SELECT x.seq, {best.__name__}(x.lo) FROM EACH(?) q CROSS JOIN sx_range x "  # noqa: S608
            f"WHERE x.seq = q.value AND x.p IN ({','.join('?' * len(self._lists))}) GROUP BY x.seq"
        )
        rows = execute(self._sight.connection, sql, (json.dumps(list(found)), *self._lists))
        return {row[0]: row[1] for row in rows}

    def _strings(self, version: Version) -> list[str]:
        selected = values(self._parameter, glance(version.body))
        return filed_strings(text for each in selected for text in strings(*each))

    def _missing(self, position: int, wanted: int) -> Iterator[Version]:
        """Yield the matches without a value, newest first."""
        unfiled = self._sight.keep(
            ("unfiled", self._type, self._parameter.name),
            lambda: Unfiled(self._sight, self._table, self._lists),
        )
        missing = Missing(self._parameter, missing=True)
        plan = replace(self._plan, known={**self._plan.known, missing: unfiled})
        return self._sight.matches({self._type: plan}, position, wanted)
