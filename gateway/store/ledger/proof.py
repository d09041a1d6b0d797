"""Proof: what is told of a ledger to somebody who does not trust who keeps it (RFC 9162 §2.1.3, §2.1.4)."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.canonical import merkle
from gateway.canonical.digest import digest
from gateway.store.ledger.entry import Entered, sealed


@dataclass(slots=True, frozen=True)
class Head:
    """A ledger as it stood when it had ``size`` entries.

    Attributes:
        tenant: whose.
        size: entries.
        root: of the Merkle tree over the hashes of all of them.
        head: hash of the last entry, 32 zero bytes where there is none.
        ts_us: moment of the last entry, 0 where there is none.
        algorithm: ``sm3`` or ``sha256``.
    """

    tenant: str
    size: int
    root: bytes
    head: bytes
    ts_us: int
    algorithm: str

    def encoded(self) -> bytes:
        """Return the bytes that a countersignature is made over: lines ``name=value``, as of an entry."""
        return (
            f"format=qiao-ledger-head/1\ntenant={self.tenant}\nalgorithm={self.algorithm}\nsize={self.size}\n"
            f"root={self.root.hex()}\nhead={self.head.hex()}\n"
        ).encode()


@dataclass(slots=True, frozen=True)
class Countersigned:
    """A head that somebody outside has signed.

    Attributes:
        signer: who: a name by which the key is known.
        signature: over :meth:`Head.encoded`, as its algorithm has it; the store does not look into it.
        at_us: when it was kept here.
    """

    size: int
    root: bytes
    head: bytes
    signer: str
    signature: bytes
    at_us: int


@dataclass(slots=True, frozen=True)
class DayHead:
    """The ledger at the end of a day that had entries.

    Attributes:
        day: ``"2026-03-06"``, in the store's zone.
        closed: the day is over: an entry of a later day follows.
    """

    day: str
    size: int
    root: bytes
    head: bytes
    closed: bool


@dataclass(slots=True, frozen=True)
class Inclusion:
    """The proof that an entry is in the tree of a head."""

    entry: Entered
    head: Head
    path: tuple[bytes, ...]

    def holds(self) -> bool:
        """Tell whether the entry is what its hash says, and is in the tree."""
        hashed, entry = digest(self.head.algorithm), self.entry
        leaf = merkle.leaf(entry.hash, hashed)
        return sealed(entry) == entry.hash and merkle.included(
            entry.n - 1, self.head.size, leaf, self.path, self.head.root, hashed
        )


@dataclass(slots=True, frozen=True)
class Consistency:
    """The proof that the ledger of one head is the beginning of that of a later one."""

    before: Head
    after: Head
    path: tuple[bytes, ...]

    def holds(self) -> bool:
        """Tell whether it is."""
        one, two = self.before, self.after
        return merkle.consistent(one.size, two.size, one.root, two.root, self.path, digest(two.algorithm))
