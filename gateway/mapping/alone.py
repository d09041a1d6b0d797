"""Alone: a message tells of one patient and one visit in each of its groups.

A second PID where the structure has one would put the orders of one person under the number of another.
"""

from __future__ import annotations

from typing import Final

from gateway.errors import Rejected
from gateway.mapping.layout.alone import PATIENTS, VISITS

_NUMBERS: Final = {"PID": (3, 19), "PV1": (19,)}
"""Fields that name who or what a segment is about."""

_NAME: Final = 5


def check_same(first: list[str], again: list[str]) -> None:
    """Pass a segment that comes again, where it does not name somebody else.

    Args:
        first, again: fields of two segments of one name, which fill one resource.

    Raises:
        Rejected: ``several-patients`` or ``several-visits``; says what to do.
    """
    name = again[0]
    numbers = _NUMBERS.get(name)
    if numbers is None or not _is_other(first, again, numbers):
        return
    if name == "PID":
        raise Rejected("the message tells of several patients; send one for each", code=PATIENTS, where="PID")
    raise Rejected("the message tells of several visits; send one for each", code=VISITS, where="PV1")


def _is_other(first: list[str], again: list[str], numbers: tuple[int, ...]) -> bool:
    pairs = [(_values(first, at), _values(again, at)) for at in numbers]
    both = [(one, other) for one, other in pairs if one and other]
    if both:
        return any(one.isdisjoint(other) for one, other in both)
    named = again[0] == "PID" and len(again) > _NAME and again[_NAME] not in ("", '""')
    return named and (len(first) <= _NAME or again[_NAME] != first[_NAME])


def _values(fields: list[str], at: int) -> set[str]:
    text = fields[at] if at < len(fields) else ""
    return {number for one in text.split("~") if (number := one.split("^", 1)[0].strip()) not in ("", '""')}
