"""Tree: parts of a ledger's Merkle tree, read as roots of blocks and as the entries of single blocks."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from gateway.canonical import merkle
from gateway.canonical.digest import Digest
from gateway.canonical.merkle import Peaks
from gateway.store.direct import execute

BLOCK = 1024
"""Entries of which one root is kept; a power of two."""

_BLOCKS = "SELECT root FROM ledger_block WHERE tenant = ? AND n > ? AND n <= ? ORDER BY n"
_HASHES = "SELECT hash FROM ledger WHERE tenant = ? AND n > ? AND n <= ? ORDER BY n"


class Tree:
    """The tree over a tenant's entries, inside one snapshot. Leaves are counted from 0."""

    def __init__(self, connection: Connection, tenant: int, hashed: Digest) -> None:
        self._connection, self._tenant, self._hashed = connection, tenant, hashed
        self._leaves: dict[int, list[bytes]] = {}

    def leaf(self, index: int) -> bytes:
        """Return the hash of a leaf."""
        return self._block(index // BLOCK)[index % BLOCK]

    def part(self, low: int, high: int) -> bytes:
        """Return the root over the leaves from ``low`` up to ``high`` (not among them).

        They are a node of the tree: such parts begin at a multiple of a power of two that is not smaller than
        the part.
        """
        return merkle.joined(self.peaks(low, high), self._hashed)

    def peaks(self, low: int, high: int) -> Peaks:
        """Return the perfect subtrees of a part."""
        found: Peaks = ()
        first, end = low // BLOCK, high // BLOCK
        if low % BLOCK == 0 and end > first:
            rows = execute(self._connection, _BLOCKS, (self._tenant, first, end)).fetchall()
            found = scaled(self._grown((), (bytes(root) for (root,) in rows)))
            low = end * BLOCK
        if low == high:
            return found
        return self._grown(found, self._block(low // BLOCK)[low % BLOCK : (high - 1) % BLOCK + 1])

    def _grown(self, peaks: Peaks, leaves: Iterable[bytes]) -> Peaks:
        for leaf in leaves:
            peaks, _ = merkle.grown(peaks, leaf, self._hashed)
        return peaks

    def _block(self, n: int) -> list[bytes]:
        if n not in self._leaves:
            rows = execute(self._connection, _HASHES, (self._tenant, n * BLOCK, (n + 1) * BLOCK)).fetchall()
            self._leaves[n] = [merkle.leaf(bytes(hash_), self._hashed) for (hash_,) in rows]
        return self._leaves[n]


def scaled(peaks: Peaks) -> Peaks:
    """Return a tree over blocks as the tree over their entries."""
    return tuple((size * BLOCK, root) for size, root in peaks)
