"""Levels: which record belongs to which, told by their order (LIS2-A2, hierarchy of records)."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.wire.astm.records.record import Record

LEVELS = {"H": 0, "P": 1, "Q": 1, "S": 1, "O": 2, "R": 3, "L": 1}
"""Level of a record; L stands under H, C and M under what they follow."""


def link(records: Sequence[Record]) -> None:
    """Set the parent of each record: the last one before it whose level is less.

    A sender that leaves out P or O loses nothing: its records belong to what is above.
    """
    above: list[tuple[int, Record]] = []
    last = None
    for record in records:
        level = LEVELS.get(record.type)
        if level is None:
            record.parent = _followed(record, last)
            last = record if record.type == "M" else last
            continue
        while above and above[-1][0] >= level:
            above.pop()
        record.parent = above[-1][1] if above else None
        above.append((level, record))
        last = record


def _followed(record: Record, last: Record | None) -> Record | None:
    """Return what a C, an M or an unknown record follows: a C may follow an M, an M does not."""
    while last is not None and last.type == "M" and record.type != "C":
        last = last.parent
    return last
