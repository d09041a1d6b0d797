"""Order of dates and times of different precision (FHIRPath 2.0 §6.2: what cannot be told is empty)."""

from __future__ import annotations

from gateway.validation.fhirpath.system import compare, moment


def after(first: str, second: str) -> bool:
    """Return whether ``first`` is certainly later than ``second``; malformed and undecidable ones are not."""
    if first <= second and (first[-6:] == second[-6:] or len(first) == len(second) <= len("2026-03-09")):
        return False
    one, other = moment(first), moment(second)
    try:
        return one is not None and other is not None and compare(one, other) == 1
    except (ValueError, OverflowError):  # no such day, or the year 0
        return False
