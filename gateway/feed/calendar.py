"""Calendar: which entries of the ledger belong to a day: those entered on it, in the store's zone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from gateway.canonical.moments import moment
from gateway.errors import Rejected
from gateway.store import Store

LONGEST = 400
"""Days of one reconciliation or measure."""


def day(text: str, where: str = "day") -> date:
    """Return the day that ``"YYYY-MM-DD"`` names. Raises ``Rejected``."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or len(text) != 10:
        raise Rejected("is a day, YYYY-MM-DD", code="value", where=where)
    return found


def days(first: date, last: date) -> list[str]:
    """Return the days from ``first`` to ``last``. Raises ``Rejected``: there are none, or too many."""
    count = (last - first).days + 1
    if not 1 <= count <= LONGEST:
        raise Rejected(f"give 1 to {LONGEST} days, the first one first", code="value", where="from")
    return [(first + timedelta(days=at)).isoformat() for at in range(count)]


def sizes(store: Store, tenant: str) -> dict[str, int]:
    """Return how many entries the ledger had at the end of each day that had entries."""
    return {one.day: one.size for one in store.ledger.days(tenant)}


def ranges(ends: dict[str, int], wanted: list[str]) -> Iterator[tuple[str, int, int]]:
    """Yield (day, entries before it, entries at its end) for each wanted day, in order.

    Args:
        ends: see :func:`sizes`.
    """
    known = sorted(ends)
    for one in wanted:
        before = [ends[other] for other in known if other < one]
        after = before[-1] if before else 0
        yield one, after, ends.get(one, after)


def begin_us(text: str, zone: str) -> int:
    """Return the first microsecond of a day in a zone."""
    found = moment(f"{text}T00:00:00{'+00:00' if zone == 'Z' else zone}")
    assert found is not None
    return found
