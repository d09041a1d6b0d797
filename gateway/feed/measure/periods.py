"""Periods: a month, quarter, year or any days, of the calendar of the store's zone."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date

from gateway.errors import Rejected
from gateway.feed.calendar import LONGEST, day

_NAME = re.compile(r"(\d{4})(?:-(?:Q([1-4])|(\d{2})))?").fullmatch


@dataclass(slots=True, frozen=True)
class Period:
    """From the first to the last day."""

    first: date
    last: date


def period_of(name: str) -> Period:
    """Return the period ``"2026-03"``, ``"2026-Q1"`` or ``"2026"``. Raises ``Rejected``."""
    found = _NAME(name)
    month = int(found[3]) if found and found[3] else 1
    if not found or not 1 <= month <= 12 or found[1] == "0000":
        raise Rejected(
            "is a month (2026-03), a quarter (2026-Q1) or a year (2026)", code="value", where="period"
        )
    year = int(found[1])
    if found[2]:
        begin = int(found[2]) * 3 - 2
        return _months(year, begin, begin + 2)
    return _months(year, month, month) if found[3] else _months(year, 1, 12)


def between(first: str, last: str) -> Period:
    """Return the period of ``periodStart`` and ``periodEnd``, FHIR dates. Raises ``Rejected``."""
    start, end = _whole(first, "periodStart").first, _whole(last, "periodEnd").last
    if not 0 <= (end - start).days < LONGEST:
        raise Rejected(f"give 1 to {LONGEST} days, the first one first", code="value", where="periodStart")
    return Period(start, end)


def _whole(text: str, where: str) -> Period:
    if len(text) in (4, 7):
        return period_of(text)
    found = day(text, where)
    return Period(found, found)


def _months(year: int, first: int, last: int) -> Period:
    return Period(date(year, first, 1), date(year, last, monthrange(year, last)[1]))
