"""Merkle trees of RFC 9162 §2.1: roots, proofs of inclusion and of consistency, and their verification.

All functions are pure. ``hashed`` is the hash algorithm; leaves are given as their hashes, see :func:`leaf`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gateway.canonical.digest import Digest

Peaks = tuple[tuple[int, bytes], ...]
"""A tree by its perfect subtrees, the largest first, as (leaves, root): what it takes to add a leaf to it."""

Part = Callable[[int, int], bytes]
"""Returns the root over the leaves from the first number up to the second one, which is not among them."""


def leaf(data: bytes, hashed: Digest) -> bytes:
    """Return the hash of a leaf: ``HASH(0x00 || data)`` (§2.1.1)."""
    return hashed(b"\x00" + data)


def node(left: bytes, right: bytes, hashed: Digest) -> bytes:
    """Return the hash of an inner node: ``HASH(0x01 || left || right)`` (§2.1.1)."""
    return hashed(b"\x01" + left + right)


def split(leaves: int) -> int:
    """Return the largest power of two that is smaller than ``leaves`` (at least 2)."""
    return 1 << (leaves - 1).bit_length() - 1


def grown(peaks: Peaks, leaf_hash: bytes, hashed: Digest) -> tuple[Peaks, list[tuple[int, bytes]]]:
    """Return a tree with one leaf more, and the perfect subtrees that it completes, the smallest first."""
    size, made = 1, leaf_hash
    rest, complete = list(peaks), [(1, leaf_hash)]
    while rest and rest[-1][0] == size:
        made, size = node(rest.pop()[1], made, hashed), 2 * size
        complete.append((size, made))
    return (*rest, (size, made)), complete


def joined(peaks: Peaks, hashed: Digest) -> bytes:
    """Return the root of a tree; of an empty one the hash of nothing (§2.1.1)."""
    if not peaks:
        return hashed(b"")
    found = peaks[-1][1]
    for _, left in reversed(peaks[:-1]):
        found = node(left, found, hashed)
    return found


def root(leaves: Sequence[bytes], hashed: Digest) -> bytes:
    """Return the root over leaf hashes."""
    peaks: Peaks = ()
    for one in leaves:
        peaks, _ = grown(peaks, one, hashed)
    return joined(peaks, hashed)


def inclusion(index: int, size: int, part: Part) -> list[bytes]:
    """Return the proof that leaf ``index`` (from 0) is in the tree of ``size`` leaves (§2.1.3.1)."""
    path: list[bytes] = []
    low, high = 0, size
    while high - low > 1:
        middle = low + split(high - low)
        if index < middle:
            path.append(part(middle, high))
            high = middle
        else:
            path.append(part(low, middle))
            low = middle
    return path[::-1]


def consistency(before: int, size: int, part: Part) -> list[bytes]:
    """Return the proof that the tree of ``before`` leaves is the beginning of that of ``size`` (§2.1.4.1).

    Empty where they are the same tree, or the first one is empty.
    """
    if not 0 < before < size:
        return []
    path: list[bytes] = []
    low, high, whole = 0, size, True
    while before != high:
        middle = low + split(high - low)
        if before <= middle:
            path.append(part(middle, high))
            high = middle
        else:
            path.append(part(low, middle))
            low, whole = middle, False
    if not whole:
        path.append(part(low, high))
    return path[::-1]


def included(
    index: int, size: int, leaf_hash: bytes, path: Sequence[bytes], root_hash: bytes, hashed: Digest
) -> bool:
    """Tell whether a proof of inclusion holds (§2.1.3.2)."""
    if not 0 <= index < size:
        return False
    at, last, found = index, size - 1, leaf_hash
    for sibling in path:
        if last == 0:
            return False
        if at & 1 or at == last:
            found = node(sibling, found, hashed)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            found = node(found, sibling, hashed)
        at, last = at >> 1, last >> 1
    return last == 0 and found == root_hash


def consistent(
    before: int, size: int, first: bytes, second: bytes, path: Sequence[bytes], hashed: Digest
) -> bool:
    """Tell whether a proof of consistency holds between two roots (§2.1.4.2)."""
    if before == size:
        return not path and first == second
    if before == 0:
        return not path
    if not 0 < before < size or not path:
        return False
    rest = list(path)
    if before & (before - 1) == 0:
        rest.insert(0, first)
    at, last = before - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old = new = rest[0]
    for one in rest[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            old, new = node(one, old, hashed), node(one, new, hashed)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            new = node(new, one, hashed)
        at, last = at >> 1, last >> 1
    return last == 0 and old == first and new == second
