"""Found lately: what a search found in a snapshot, for the pages after the first one.

A snapshot never changes, so neither does what a search finds in it: only memory bounds what is kept.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sized
from threading import Lock
from typing import Generic, TypeVar

MOST = 2_000_000
"""Sequence numbers kept, of all searches together: 16 MB in arrays."""
MOST_FAR = 500_000
"""Names and numbers of far ends kept, of all searches together: 50 MB in sets."""

Kept = TypeVar("Kept", bound=Sized | None)


class Lately(Generic[Kept]):
    """What was found, by what was asked; safe between threads."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._held = 0
        self._lock = Lock()
        self._found: OrderedDict[Hashable, Kept] = OrderedDict()

    def get(self, search: Hashable, work: Callable[[], Kept]) -> Kept:
        """Return what ``work`` found for a search when it was asked last, or does now."""
        with self._lock:
            if search in self._found:
                self._found.move_to_end(search)
                return self._found[search]
        found = work()
        with self._lock:
            if search not in self._found:
                self._found[search] = found
                self._held += _size(found)
            while self._held > self._most and len(self._found) > 1:
                self._held -= _size(self._found.popitem(last=False)[1])
        return found


def _size(found: Sized | None) -> int:
    return 1 + (0 if found is None else len(found))
