"""``_lastUpdated`` as sequence numbers: commit order and ``lastUpdated`` agree (R4 §3.1.1.4.2)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from gateway.store.dates import Range
from gateway.store.direct import execute
from gateway.store.search.date import Moment
from gateway.store.tables import TENANT_SHIFT


def spans(connection: Connection, tenant: int, snapshot: int, any_of: Sequence[Moment]) -> list[Range]:
    """Return the sequence numbers that any of the moments allows, as closed ranges; empty: crossed."""
    return [span for moment in any_of for span in _of(connection, tenant, snapshot, moment)]


def _of(connection: Connection, tenant: int, snapshot: int, moment: Moment) -> list[Range]:
    first, last = (tenant << TENANT_SHIFT) + 1, snapshot
    begin = first_at(connection, tenant, moment.span[0], last)
    end = first_at(connection, tenant, moment.span[1] + 1, last)
    return {
        "eq": [(begin, end - 1)],
        "ap": [(begin, end - 1)],
        "ne": [(first, begin - 1), (end, last)],
        "gt": [(end, last)],
        "sa": [(end, last)],
        "ge": [(begin, last)],
        "lt": [(first, begin - 1)],
        "eb": [(first, begin - 1)],
        "le": [(first, end - 1)],
    }[moment.prefix]


def first_at(connection: Connection, tenant: int, ts_us: int, snapshot: int) -> int:
    """Return the first sequence number at or after a moment, by bisection; beyond the snapshot if none is."""
    low, high = (tenant << TENANT_SHIFT) + 1, snapshot + 1
    while low < high:
        middle = (low + high) // 2
        found = execute(connection, "SELECT ts_us FROM version WHERE seq = ?", (middle,)).fetchone()
        if found is not None and found[0] < ts_us:
            low = middle + 1
        else:
            high = middle
    return low
