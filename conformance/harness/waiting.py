"""Waiting: looking again and again for what a target does in its own time; what is there costs no wait."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
PAUSE, LONGEST_PAUSE = 0.05, 0.5
"""Seconds between two looks at something that is waited for."""


def awaited(probe: Callable[[], T | None], seconds: float) -> T | None:
    """Return what a probe finds as soon as it does; None where it does not within some seconds.

    Args:
        probe: finds something, or None or False.
    """
    until, pause = time.monotonic() + seconds, PAUSE
    while True:
        found = probe()
        if found is not None and found is not False:
            return found
        if time.monotonic() > until:
            return None
        time.sleep(pause)
        pause = min(pause * 1.2, LONGEST_PAUSE)  # what does not come is not asked for a thousand times
