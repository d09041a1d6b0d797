"""How many bytes of resources one page may hold, whatever its count: the memory is that of all clients."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, islice
from typing import TypeVar

from gateway.store.model import Version

MAX_BYTES = 64 * 1024 * 1024
"""Bodies of one page; beyond it the page ends early, and the next one goes on."""
AT_ONCE = 32
"""Resources that are read at once where none is tested."""

Place = TypeVar("Place")


def page(matches: Iterable[tuple[Version, Place]], count: int) -> list[tuple[Version, Place]]:
    """Return a page and one match more; no more of them than memory should hold."""
    found: list[tuple[Version, Place]] = []
    size = 0
    for each in islice(matches, count + 1):
        found.append(each)
        if size > MAX_BYTES:
            break
        size += len(each[0].body)
    return found


def fitting(sizes: Iterable[int]) -> int:
    """Return how many resources of these sizes one page may hold, one at least."""
    return max(1, sum(size <= MAX_BYTES for size in accumulate(sizes)))


def parts(seqs: Sequence[int]) -> Iterator[Sequence[int]]:
    """Yield the versions in parts that are read at once."""
    for at in range(0, len(seqs), AT_ONCE):
        yield seqs[at : at + AT_ONCE]
