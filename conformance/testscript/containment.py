"""Whether one resource has at least the content of another (R4 TestScript.assert.minimumId)."""

from __future__ import annotations

from typing import Any

from conformance.simulators.exact import Number

MOST_STEPS = 1_000_000
"""Comparisons; arrays are matched with backtracking, which malicious ones could make long."""


class TooMuch(Exception):
    """Too many comparisons."""


def missing(minimum: Any, actual: Any) -> str | None:
    """Return the first place of ``minimum`` that ``actual`` does not have, ``None`` where it has all.

    Members of objects are looked for by name; each item of an array needs an item of its own on the other
    side, in any order, as R4 gives most arrays none. Numbers are equal by what is written: 5.0 is not 5.

    Raises:
        TooMuch: they cannot be compared in bounded time.
    """
    return _Comparison().missing(minimum, actual, "")


class _Comparison:
    def __init__(self) -> None:
        self._steps = 0

    def missing(self, minimum: Any, actual: Any, place: str) -> str | None:
        self._steps += 1
        if self._steps > MOST_STEPS:
            raise TooMuch
        if isinstance(minimum, dict):
            return self._object(minimum, actual, place)
        if isinstance(minimum, list):
            return self._array(minimum, actual, place)
        return None if _same(minimum, actual) else place or "."

    def _object(self, minimum: dict[str, Any], actual: Any, place: str) -> str | None:
        if not isinstance(actual, dict):
            return place or "."
        for name, value in minimum.items():
            where = f"{place}.{name}".lstrip(".")
            found = self.missing(value, actual[name], where) if name in actual else where
            if found is not None:
                return found
        return None

    def _array(self, minimum: list[Any], actual: Any, place: str) -> str | None:
        if not isinstance(actual, list):
            return place
        fits = [
            [at for at, one in enumerate(actual) if self.missing(each, one, "") is None] for each in minimum
        ]
        for at, places in enumerate(fits):
            if not places:
                return f"{place}[{at}]"
        unmatched = _unmatched(fits)
        return None if unmatched is None else f"{place}[{unmatched}]"


def _unmatched(fits: list[list[int]]) -> int | None:
    """Return the first item that cannot get a partner of its own (bipartite matching)."""
    taken: dict[int, int] = {}

    def place(item: int, seen: set[int]) -> bool:
        for at in fits[item]:
            if at not in seen:
                seen.add(at)
                if at not in taken or place(taken[at], seen):
                    taken[at] = item
                    return True
        return False

    return next((item for item in range(len(fits)) if not place(item, set())), None)


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    numbers = tuple(isinstance(each, Number | int) for each in (one, other))
    return numbers[0] == numbers[1] and str(one) == str(other)
