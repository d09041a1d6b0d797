"""Straight checks: objects with the keys that most have are checked in one piece, not key by key.

Which keys an object has, and in which order, decides much: what is missing, which check each value takes,
which invariants can fail. Once a type has met the same keys often, the check is compiled again for them
(``emit_straight.py``); it finds the same as the one for any keys.
"""

from __future__ import annotations

from collections.abc import Callable, Set
from typing import Any

Keys = tuple[str, ...]
Straight = Callable[[Any, Any], Any]

OFTEN = 32
"""So often keys must come before they are worth a millisecond of compiling."""

MOST, MOST_MET = 64, 256
"""Combinations of one type that are compiled, and that are counted at once: memory stays bounded."""


class Straights(dict[Keys, "Straight | None"]):
    """The straight checks of one type by the keys of an object; None where all keys must be looked at.

    Args:
        known: the JSON names of the type; objects with others are not counted, as a sender may think of many.
        make: compiles the check, None where there is none for these keys.
    """

    __slots__ = ("_known", "_make", "_met")

    def __init__(self, known: Set[str], make: Callable[[Keys], Straight | None]) -> None:
        super().__init__()
        self._known = known
        self._make = make
        self._met: dict[Keys, int] = {}

    def __missing__(self, keys: Keys) -> Straight | None:
        """Count keys that have no check yet, and make one when it is time."""
        if len(self) >= MOST or not self._known >= set(keys):
            return None
        if len(self._met) >= MOST_MET:
            self._met.clear()
        met = self._met[keys] = self._met.get(keys, 0) + 1
        if met < OFTEN:
            return None
        made = self[keys] = self._make(keys)
        return made
