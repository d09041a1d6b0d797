"""Growth: copies of JSON that stay within bounds, however often a patch copies (RFC 6902 §4.5, §5)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from gateway.patch.failure import MalformedPatch, Unprocessable

MOST_ADDED = 4 * 1024 * 1024
"""What a patch may add to a resource: characters of its names and texts, and one for each value."""

DEEPEST = 128
"""Levels of lists and objects inside each other; a resource has some dozens at most."""

MOST_OPERATIONS = 1000
"""Operations of a patch."""


class Growth:
    """What a patch may still add.

    Args:
        most: how much in all, None for no bound.
    """

    def __init__(self, most: int | None = MOST_ADDED) -> None:
        self._left = most

    def copied(self, value: Any, depth: int = 0) -> Any:
        """Return a copy that shares no list and no object with ``value``.

        Args:
            depth: how deep it will stand.

        Raises:
            Unprocessable: it is too large or too deep.
            MalformedPatch: it is no JSON.
        """
        if depth > DEEPEST:
            raise Unprocessable(f"it is nested deeper than {DEEPEST} levels", code="too-costly")
        kind = type(value)
        self._spend(_size(value))
        if kind is dict:
            self._spend(sum(map(len, value)))
            return {name: self.copied(one, depth + 1) for name, one in value.items()}
        if kind is list:
            return [self.copied(one, depth + 1) for one in value]
        if value is None or kind in (str, bool, int) or (kind is Decimal and value.is_finite()):
            return value
        raise MalformedPatch("a value is no JSON (decimals are Decimal, NaN is none)")

    def _spend(self, size: int) -> None:
        if self._left is None:
            return
        self._left -= size
        if self._left < 0:
            raise Unprocessable("the patch adds too much to the resource", code="too-costly")


def _size(value: Any) -> int:
    """Return about how many characters a value has without what is inside it."""
    if type(value) is int:
        return 1 + value.bit_length() // 3
    return 1 + len(str(value)) if type(value) in (str, Decimal) else 1


def equal(one: Any, other: Any) -> bool:
    """Return whether two JSON values are the same: numbers by their value, objects in any order (§4.6)."""
    if type(one) is dict and type(other) is dict:
        return len(one) == len(other) and all(
            name in other and equal(value, other[name]) for name, value in one.items()
        )
    if type(one) is list and type(other) is list:
        return len(one) == len(other) and all(map(equal, one, other))
    if type(one) in (int, Decimal) and type(other) in (int, Decimal):
        return bool(one == other)
    return type(one) is type(other) and bool(one == other)
