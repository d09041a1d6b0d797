"""Bounded dictionaries that forget what was used longest ago."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Lru(Generic[K, V]):
    """At most ``size`` entries. Not safe between threads: only the writer uses it."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._entries: OrderedDict[K, V] = OrderedDict()

    def get(self, key: K) -> V | None:
        """Return the entry, which counts as a use, or None."""
        found = self._entries.get(key)
        if found is not None:
            self._entries.move_to_end(key)
        return found

    def peek(self, key: K) -> V | None:
        """Return the entry, which counts as no use, or None."""
        return self._entries.get(key)

    def update(self, entries: Mapping[K, V]) -> None:
        """Put entries in and drop the oldest beyond the size."""
        for key, value in entries.items():
            self._entries[key] = value
            self._entries.move_to_end(key)
        while len(self._entries) > self._size:
            self._entries.popitem(last=False)

    def discard(self, key: K) -> None:
        """Forget one entry, if it is there."""
        self._entries.pop(key, None)

    def clear(self) -> None:
        """Forget everything."""
        self._entries.clear()

    def __len__(self) -> int:
        return len(self._entries)


class Bodies(Lru[int, bytes]):
    """Bytes of versions by their ``seq``: at most ``size`` bytes together."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self._weight = 0

    def update(self, entries: Mapping[int, bytes]) -> None:
        """Put bytes in and drop the oldest beyond the size."""
        for seq, body in entries.items():
            self.discard(seq)
            self._entries[seq] = body
            self._weight += len(body)
        while self._weight > self._size:
            _, body = self._entries.popitem(last=False)
            self._weight -= len(body)

    def discard(self, seq: int) -> None:
        """Forget those of one version, if they are there."""
        self._weight -= len(self._entries.pop(seq, b""))

    def clear(self) -> None:
        """Forget everything."""
        super().clear()
        self._weight = 0
