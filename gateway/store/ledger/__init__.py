"""The ledger: a hash chain over a tenant's documents, with a Merkle tree over it (docs/ledger.md)."""

from gateway.store.ledger.entry import Entered, Entry

__all__ = ["Entered", "Entry"]
