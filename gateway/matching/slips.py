"""Slips: what a clerk mistypes: a digit, two neighbours, day and month, a character of a name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product

_LEAST = {"name": 3, "phone": 8, "date": 10}
"""How long two texts must be: 张三 and 张四 are two people more often than one."""


def is_slip(one: str, other: str) -> bool:
    """Tell whether two texts of one length differ by one character, or by two neighbours exchanged."""
    if len(one) != len(other) or one == other:
        return False
    wrong = [at for at, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
    if len(wrong) == 1:
        return True
    first, last = wrong[0], wrong[-1]
    return last - first == 1 and one[first] == other[last] and one[last] == other[first]


def is_near_date(one: str, other: str) -> bool:
    """Tell whether two days differ by a slip, or by day and month exchanged."""
    if len(one) != _LEAST["date"] or len(other) != _LEAST["date"]:
        return False
    return is_slip(one, other) or (one != other and f"{one[:4]}-{one[8:]}-{one[5:7]}" == other)


def is_near_name(one: str, other: str) -> bool:
    """Tell whether two names differ by a slip."""
    return len(one) >= _LEAST["name"] and is_slip(one, other)


def is_near_phone(one: str, other: str) -> bool:
    """Tell whether two telephone numbers differ by a slip."""
    return len(one) >= _LEAST["phone"] and is_slip(one, other)


NEAR: Mapping[str, Callable[[str, str], bool]] = {
    "name": is_near_name,
    "date": is_near_date,
    "phone": is_near_phone,
}
"""How → what tells that two values are one with a slip; of the others nothing does."""


def are_near(how: str, one: set[str], other: set[str]) -> bool:
    """Tell whether a value of one is a value of the other with a slip."""
    near = NEAR.get(how)
    return near is not None and any(near(a, b) for a, b in product(one, other))
