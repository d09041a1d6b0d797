"""Proofs of a Merkle tree (RFC 9162 §2.1.3.2, §2.1.4.2), as docs/ledger.md makes its leaves and nodes."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.simulators.regulator.ledger import hashed


def included(algorithm: str, leaf: str, n: int, size: int, path: Sequence[str], root: str) -> bool:
    """Tell whether entry ``n`` (from 1) with this hash is in the tree of a size and root (§2.1.3.2)."""
    at, last = n - 1, size - 1
    if not 0 <= at <= last:
        return False
    node = hashed(algorithm, b"\0" + bytes.fromhex(leaf))
    for one in map(bytes.fromhex, path):
        if last == 0:
            return False
        if at & 1 or at == last:
            node = hashed(algorithm, b"\1" + one + node)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            node = hashed(algorithm, b"\1" + node + one)
        at, last = at >> 1, last >> 1
    return last == 0 and node.hex() == root


def consistent(algorithm: str, first: tuple[int, str], second: tuple[int, str], path: Sequence[str]) -> bool:
    """Tell whether a tree (size, root) is the beginning of another one (§2.1.4.2)."""
    (old, old_root), (new, new_root) = first, second
    if old == new:
        return old_root == new_root and not path
    if not 0 < old < new:
        return False
    nodes = [bytes.fromhex(one) for one in path]
    if old & (old - 1) == 0:
        nodes.insert(0, bytes.fromhex(old_root))
    if not nodes:
        return False
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    low = high = nodes[0]
    for one in nodes[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            low, high = hashed(algorithm, b"\1" + one + low), hashed(algorithm, b"\1" + one + high)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            high = hashed(algorithm, b"\1" + high + one)
        at, last = at >> 1, last >> 1
    return last == 0 and low.hex() == old_root and high.hex() == new_root
