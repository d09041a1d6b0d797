"""Fixed values and patterns (R4 §2.26.7: fixed[x], pattern[x]), and bounds (minValue[x], maxValue[x])."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

NUMBERS = (int, float, Decimal)


def same(value: Any, fixed: Any) -> bool:
    """Return whether a value is exactly the fixed one, in all its parts."""
    if isinstance(fixed, dict):
        return (
            isinstance(value, dict)
            and value.keys() == fixed.keys()
            and all(same(value[k], fixed[k]) for k in fixed)
        )
    if isinstance(fixed, list):
        return isinstance(value, list) and len(value) == len(fixed) and all(map(same, value, fixed))
    return _equal(value, fixed)


def fits(value: Any, pattern: Any) -> bool:
    """Return whether a value has at least what the pattern has; each item of a list somewhere."""
    if isinstance(pattern, dict):
        return isinstance(value, dict) and all(
            name in value and fits(value[name], pattern[name]) for name in pattern
        )
    if isinstance(pattern, list):
        return isinstance(value, list) and all(any(fits(one, item) for one in value) for item in pattern)
    return _equal(value, pattern)


def beyond(value: Any, lowest: Any, highest: Any) -> bool:
    """Return whether a number or a date lies outside of its bounds; what cannot be compared does not."""
    return _less(value, lowest) or _less(highest, value)


def _less(one: Any, other: Any) -> bool:
    """Numbers by their value; dates by what both of them say (2026 is not less than 2026-03)."""
    if _is_number(one) and _is_number(other):
        try:
            return Decimal(str(one)) < Decimal(str(other))
        except InvalidOperation:
            return False
    if isinstance(one, str) and isinstance(other, str):
        shorter = min(len(one), len(other), 10)  # times have zones: the day is what can be compared safely
        return one[:shorter] < other[:shorter]
    return False


def _is_number(value: Any) -> bool:
    return isinstance(value, NUMBERS) and not isinstance(value, bool)


def _equal(value: Any, wanted: Any) -> bool:
    if isinstance(value, bool) or isinstance(wanted, bool):
        return value is wanted
    if isinstance(value, NUMBERS) and isinstance(wanted, NUMBERS):
        return Decimal(str(value)) == Decimal(str(wanted))
    return bool(value == wanted)
