"""What stands in none of a parameter's lists: it has no value to be sorted by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from gateway.store.direct import execute
from gateway.store.search.sight import Sight
from gateway.store.tables import TENANT_SHIFT

_ROWS = 20_000
"""Postings that are read at once."""

COLUMNS = {"sx_str": ("norm", "seq"), "sx_range": ("lo", "hi", "seq")}
"""Table → what it is read in the order of, within a list."""


class Unfiled:
    """The versions of one snapshot that are in none of some lists; a bit for each version of the tenant."""

    def __init__(self, sight: Sight, table: str, lists: Sequence[int]) -> None:
        """Read the lists.

        Raises:
            Rejected: it takes too long; code ``too-costly``.
        """
        self._first = sight.tenant << TENANT_SHIFT
        self._filed = bytearray((sight.snapshot - self._first) // 8 + 1)
        for p in lists:
            for seq in _seqs(sight, table, p):
                at = seq - self._first
                if seq <= sight.snapshot:
                    self._filed[at >> 3] |= 1 << (at & 7)

    def __contains__(self, seq: object) -> bool:
        assert isinstance(seq, int)
        at = seq - self._first
        return not self._filed[at >> 3] >> (at & 7) & 1

    def __len__(self) -> int:
        """Return what it takes in memory, in numbers."""
        return len(self._filed) // 8


def _seqs(sight: Sight, table: str, p: int) -> Iterator[int]:
    """Yield the sequence numbers of a list, some of them more than once."""
    columns = COLUMNS[table]
    told = ", ".join(f"x.{column}" for column in columns)
    beyond = f" AND ({told}) > ({', '.join('?' * len(columns))})"
    after: tuple[Any, ...] = ()
    while True:
        sql = f"SELECT {told} FROM {table} x WHERE x.p = ?{beyond if after else ''} ORDER BY {told} LIMIT ?"  # noqa: S608
        rows = execute(sight.connection, sql, (p, *after, _ROWS)).fetchall()
        sight.budget.spend(0)
        yield from (row[-1] for row in rows)
        if len(rows) < _ROWS:
            return
        after = tuple(rows[-1])
