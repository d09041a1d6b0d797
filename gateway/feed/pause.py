"""Pauses: how long to wait before the next attempt: twice as long each time, and never all at once."""

from __future__ import annotations

import random
from collections.abc import Callable

FIRST = 1.0
"""Seconds after the first failure, at most."""

_DOUBLINGS = 30


def pause(
    failures: int, longest: float, asked: float | None = None, chance: Callable[[], float] = random.random
) -> float:
    """Return the seconds to wait.

    Args:
        failures: attempts that failed in a row, at least 1.
        longest: pause at most, whatever the receiver asks.
        asked: seconds that the receiver asked for (``Retry-After``).
        chance: a number in [0, 1): half of a pause is left to it, so that many receivers that went away
            together are not all tried at the same moment.
    """
    grown = min(longest, FIRST * 2.0 ** min(failures - 1, _DOUBLINGS))
    waited = grown * (0.5 + chance() / 2)
    return min(longest, max(waited, asked or 0.0))
