"""Moment: which of two times is the later one, however an export writes them."""

from __future__ import annotations

import re

_DIGITS = re.compile(r"\d+", re.ASCII)
_RUN = re.compile(r"(\d{4})(\d\d)(\d\d)(\d\d)?(\d\d)?(\d\d)?(\d*)", re.ASCII)
_AFTERNOON = re.compile(r"下午|晚上|p\.?m", re.IGNORECASE)
_MORNING = re.compile(r"上午|凌晨|早上|a\.?m", re.IGNORECASE)


def order(text: str | None) -> tuple[tuple[int, ...], str]:
    """Return what times are compared by: year to second, and the text where that says nothing.

    ``2026-3-7 10:05`` comes after ``2026-3-7 9:05``, and ``20260307`` before both.
    """
    said = text or ""
    parts = _DIGITS.findall(said)
    if parts and (run := _RUN.fullmatch(parts[0])):
        parts = [*filter(None, run.groups()), *parts[1:]]
    if len(parts) < 3 or len(parts[0]) != 4:
        return (), said
    numbers = [int(one) for one in parts[:6]]
    if len(numbers) > 3 and _AFTERNOON.search(said) and numbers[3] < 12:
        numbers[3] += 12
    elif len(numbers) > 3 and _MORNING.search(said) and numbers[3] == 12:
        numbers[3] = 0
    return tuple(numbers), said
