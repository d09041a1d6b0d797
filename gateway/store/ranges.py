"""What a date prefix asks of a stored range (R4 §3.1.1.4.5)."""

from __future__ import annotations

import time

from gateway.store.dates import EARLIEST, LATEST, Range
from gateway.store.postings import SHORT_US
from gateway.store.query import DateFilter


def both(one: Range, other: Range) -> Range:
    """Return what two ranges share; it is empty where its ends have crossed."""
    return max(one[0], other[0]), min(one[1], other[1])


def approximate(span: Range) -> Range:
    """Widen by a tenth of the distance to now, as R4 §3.1.1.4.5 recommends."""
    now = time.time_ns() // 1000
    slack = abs(now - (span[0] + span[1]) // 2) // 10
    return span[0] - slack, span[1] + slack


def test(prefix: str, span: Range) -> tuple[str, tuple[int, ...]]:
    """Return the condition of a prefix on a stored range ``r`` (R4 §3.1.1.4.5).

    ``ge`` and ``le`` take a range that only overlaps, as the widely used servers do: a period that ends
    within the day asked for is not earlier than that day.
    """
    low, high = approximate(span) if prefix == "ap" else span
    inside = "(r.lo >= ? AND r.hi <= ?)"
    return {
        "eq": (inside, (low, high)),
        "ne": (f"NOT {inside}", (low, high)),
        "gt": ("r.hi > ?", (high,)),
        "lt": ("r.lo < ?", (low,)),
        "ge": ("r.hi >= ?", (low,)),
        "le": ("r.lo <= ?", (high,)),
        "sa": ("r.lo > ?", (high,)),
        "eb": ("r.hi < ?", (low,)),
        "ap": ("(r.lo <= ? AND r.hi >= ?)", (high, low)),
    }[prefix]


def hulls(each: DateFilter) -> tuple[Range, Range]:
    """Return the beginnings that can fulfil a filter, for short and for long stored ranges."""
    found = [_hull(prefix, span) for prefix, span in each.any_of]
    short = min(low - SHORT_US for low, _ in found), max(high for _, high in found)
    exact = all(prefix in ("eq", "sa") for prefix, _ in each.any_of)
    long = min(low for low, _ in found) if exact else EARLIEST, short[1]
    return (max(short[0], EARLIEST), short[1]), long


def _hull(prefix: str, span: Range) -> Range:
    """Return the beginnings that can fulfil a prefix, for a stored range of one moment."""
    low, high = approximate(span) if prefix == "ap" else span
    return {
        "eq": (low, high),
        "ap": (low, high),
        "ne": (EARLIEST, LATEST),
        "gt": (high, LATEST),
        "sa": (high, LATEST),
        "ge": (low, LATEST),
        "lt": (EARLIEST, low),
        "eb": (EARLIEST, low),
        "le": (EARLIEST, high),
    }[prefix]
