"""What a prefix asks of a stored range: dates, numbers and quantities alike (R4 §3.1.1.4.5)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

PREFIXES = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")

_PREFIX = re.compile(r"[a-z]{2}(?=[-+.0-9])")


def take(text: str) -> tuple[str, str]:
    """Return the prefix, ``eq`` where there is none, and the rest."""
    return (text[:2], text[2:]) if _PREFIX.match(text) and text[:2] in PREFIXES else ("eq", text)


TESTS: dict[str, Callable[[Any, Any, Any, Any], bool]] = {
    "eq": lambda lo, hi, low, high: bool(lo >= low and hi <= high),
    "ne": lambda lo, hi, low, high: bool(lo < low or hi > high),
    "gt": lambda lo, hi, low, high: bool(hi > high),
    "lt": lambda lo, hi, low, high: bool(lo < low),
    "ge": lambda lo, hi, low, high: bool(hi >= low),
    "le": lambda lo, hi, low, high: bool(lo <= high),
    "sa": lambda lo, hi, low, high: bool(lo > high),
    "eb": lambda lo, hi, low, high: bool(hi < low),
    "ap": lambda lo, hi, low, high: bool(lo <= high and hi >= low),
}
"""Prefix → test of a stored range ``lo..hi`` against the one asked for, ``low..high``.

``ge`` and ``le`` take a range that only overlaps, as the widely used servers do: a period that ends within
the day asked for is not earlier than that day. ``ap`` expects a range that is widened already.
"""

SQL: dict[str, tuple[str, str]] = {
    "eq": ("(x.lo >= ? AND x.hi <= ?)", "lh"),
    "ne": ("(x.lo < ? OR x.hi > ?)", "lh"),
    "gt": ("x.hi > ?", "h"),
    "lt": ("x.lo < ?", "l"),
    "ge": ("x.hi >= ?", "l"),
    "le": ("x.lo <= ?", "h"),
    "sa": ("x.lo > ?", "h"),
    "eb": ("x.hi < ?", "l"),
    "ap": ("(x.lo <= ? AND x.hi >= ?)", "hl"),
}
"""The same as SQL on a row ``x``, and which ends of the range asked for it is run with."""
