"""Sorted lately: what a search found in its order, for the pages after the first one.

A snapshot never changes, so neither does what a search finds in it: only memory bounds what is kept.
"""

from __future__ import annotations

from array import array
from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock

MOST = 2_000_000
"""Sequence numbers kept, of all searches together: 16 MB."""


class Lately:
    """Orders by search; safe between threads."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._held = 0
        self._lock = Lock()
        self._orders: OrderedDict[Hashable, array[int]] = OrderedDict()

    def get(self, search: Hashable, work: Callable[[], array[int]]) -> array[int]:
        """Return what ``work`` found for a search when it was asked last, or does now."""
        with self._lock:
            known = self._orders.get(search)
            if known is not None:
                self._orders.move_to_end(search)
                return known
        found = work()
        with self._lock:
            if search not in self._orders:
                self._orders[search] = found
                self._held += len(found)
            while self._held > self._most and len(self._orders) > 1:
                self._held -= len(self._orders.popitem(last=False)[1])
        return found
