"""Bookkeeping: how a tenant's ledger is hashed and what its serials look like; settings decide."""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.store.serials.format import Format, load


@dataclass(slots=True, frozen=True)
class Bookkeeping:
    """How the books of a tenant are kept.

    Attributes:
        algorithm: ``sm3`` or ``sha256``; a ledger that has an entry keeps the one that it began with.
        serials: what the serials look like.
        node: number of this database among those of one hospital: part of the serial, so that two databases
            never mint the same one.
    """

    algorithm: str = "sm3"
    serials: Format = field(default_factory=lambda: load("cn"))
    node: int = 0
