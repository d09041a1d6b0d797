"""Tail: the end of a tenant's ledger, from which the next entry goes on."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from gateway.canonical import merkle
from gateway.canonical.digest import digest
from gateway.canonical.merkle import Peaks
from gateway.store.direct import execute
from gateway.store.ledger.entry import NOTHING
from gateway.store.ledger.tree import Tree

_LAST = (
    "SELECT n, hash, ts_us, algorithm FROM ledger WHERE tenant = ? AND n = "
    "(SELECT MAX(n) FROM ledger WHERE tenant = ?)"
)


@dataclass(slots=True, frozen=True)
class Tail:
    """The end of a ledger.

    Attributes:
        n: number of the last entry, 0 where there is none.
        hash: of the last entry, zeros where there is none.
        ts_us: its moment.
        algorithm: of every hash in the ledger.
        peaks: the Merkle tree over all entries.
    """

    n: int
    hash: bytes
    ts_us: int
    algorithm: str
    peaks: Peaks

    @property
    def root(self) -> bytes:
        """Root of the tree over all entries."""
        return merkle.joined(self.peaks, digest(self.algorithm))


def load(connection: Connection, tenant: int, algorithm: str) -> Tail:
    """Read the end of a ledger.

    Args:
        algorithm: of a ledger that is empty; another one keeps the one that it began with.
    """
    row = execute(connection, _LAST, (tenant, tenant)).fetchone()
    if row is None:
        return Tail(0, NOTHING, 0, algorithm, ())
    n, last, ts_us, algorithm = row
    return Tail(n, bytes(last), ts_us, algorithm, Tree(connection, tenant, digest(algorithm)).peaks(0, n))
