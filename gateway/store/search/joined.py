"""Which resources the many matches of a far end refer to, told by the postings of their references."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from gateway.store.direct import execute
from gateway.store.index import Parameter, reference_keys
from gateway.store.search import visible
from gateway.store.types import NUMBER

MAX_ROWS = 20_000
"""Postings that are read at once."""


@dataclass(slots=True, frozen=True, eq=False)
class Join:
    """Resources of a type that matches of another one refer to.

    Attributes:
        tenant: the tenant's number.
        near: the type of the resources.
        far: the type of the matches.
        parameter: of ``far``, an exact one; what selects the references.
        seqs: the matches.
        span: from the first to the last of them.
        spend: told how many postings are read; raises where they are too many.
    """

    tenant: int
    near: str
    far: str
    parameter: Parameter
    seqs: frozenset[int]
    span: tuple[int, int]
    spend: Callable[[int], None]

    def passing(self, connection: Connection, candidates: Sequence[int]) -> list[int]:
        """Return the versions of ``near`` that are referred to, in their order."""
        ids = visible.ids(connection, candidates)
        found = self.among(connection, set(ids.values()))
        return [seq for seq in candidates if ids.get(seq) in found]

    def among(self, connection: Connection, ids: Collection[str]) -> set[str]:
        """Return those of the logical ids of ``near`` that are referred to."""
        by_list: dict[int, dict[int, str]] = {}
        for id_ in ids:
            for k, sys in reference_keys(self.parameter, self.tenant, f"{self.near}/{id_}"):
                by_list.setdefault(sys, {})[k] = id_
        return {
            of_key[k]
            for sys, of_key in by_list.items()
            for k in self._referred(connection, sys, list(of_key))
        }

    def _referred(self, connection: Connection, sys: int, keys: Sequence[int]) -> Iterable[int]:
        """Return the keys under which a match is filed; halves those that have too many postings together."""
        if not self.seqs or not keys:
            return ()
        if len(keys) == 1:
            return keys if any(seq in self.seqs for seq in self._filed(connection, sys, keys[0])) else ()
        sql = (
            "SELECT x.k, x.seq FROM EACH(?) q CROSS JOIN sx x "
            "WHERE x.k = q.value AND x.type = ? AND x.sys = ? AND x.seq >= ? AND x.seq <= ? LIMIT ?"
        )
        values = (json.dumps(keys), NUMBER[self.far], sys, *self.span, MAX_ROWS + 1)
        rows = execute(connection, sql, values).fetchall()
        self.spend(len(rows))
        if len(rows) <= MAX_ROWS:
            return {k for k, seq in rows if seq in self.seqs}
        half = len(keys) // 2
        return [
            *self._referred(connection, sys, keys[:half]),
            *self._referred(connection, sys, keys[half:]),
        ]

    def _filed(self, connection: Connection, sys: int, key: int) -> Iterator[int]:
        sql = (
            "SELECT x.seq FROM sx x WHERE x.k = ? AND x.type = ? AND x.sys = ? AND x.seq >= ? AND x.seq <= ? "
            "ORDER BY x.seq LIMIT ?"
        )
        low, high = self.span
        while True:
            rows = execute(connection, sql, (key, NUMBER[self.far], sys, low, high, MAX_ROWS)).fetchall()
            self.spend(len(rows))
            yield from (row[0] for row in rows)
            if len(rows) < MAX_ROWS:
                return
            low = rows[-1][0] + 1
