"""One item's place in the write transaction: whose it is, what it was given, and versions as resources."""

from __future__ import annotations

from gateway.canonical import Resource
from gateway.canonical.json import stored
from gateway.errors import Ground
from gateway.store import lookup
from gateway.store.body import rendered
from gateway.store.clock import Ticks
from gateway.store.docket import Books, Docket
from gateway.store.interaction import Interactions
from gateway.store.lookup import ResourceKey
from gateway.store.types import NUMBER

LARGEST_KEPT = 32_768
"""Bytes of a body that is worth keeping as a resource."""

Seen = dict[int, tuple[bytes, Resource]]
"""``seq`` → bytes of a version of this batch, and what they say; a ``seq`` may go back and come again."""


class Place:
    """What all that a desk does stands on.

    Attributes:
        tenant: whose store it is.
        tenant_no: the tenant's number.
        source: what versions that are written here say of their origin.
        zone: in which dates without a zone are read.
        rehearsed: nothing of it will be kept.
        told: what :meth:`Writing.tell` was given: ("Type/id", remark).
    """

    def __init__(
        self,
        interactions: Interactions,
        ticks: Ticks,
        books: Books,
        zone: str,
        *,
        source: str,
        committed: int,
        rehearsed: bool = False,
        seen: Seen | None = None,
    ) -> None:
        """
        Args:
            committed: the newest ``seq`` of the tenant before this batch.
            seen: what other desks of this batch have read.
        """
        self.tenant, self.tenant_no = ticks.tenant, ticks.no
        self.source, self.zone, self.rehearsed = source, zone, rehearsed
        self._do, self._ticks, self._books, self._committed = interactions, ticks, books, committed
        self._seen: Seen = {} if seen is None else seen
        self.told: list[tuple[str, Ground]] = []

    @property
    def ts_us(self) -> int:
        """The moment of the commit, microseconds since 1970: later than all that was committed before."""
        return self._ticks.ts_us

    def _docket(self) -> Docket:
        return self._do.changes.booked()

    def _key(self, type_: str, id_: str) -> ResourceKey:
        return self.tenant_no, NUMBER.get(type_, 0), id_

    def _made(self, seq: int) -> tuple[int, int | None, int]:
        """Return when a version was made, the ``seq`` of the one before it, and the bytes of its body."""
        row = self._do.changes.waiting_version(seq)
        return (row[4], row[6], len(row[9])) if row else lookup.made(self._do.connection, seq)

    def _parsed(self, seq: int, body: bytes | None) -> Resource:
        """Return a version as a resource; remembered once committed: till then a ``seq`` may go back."""
        found = self._books.parsed.get(seq)
        if found is None:
            row = None
            if body is None:
                row = self._do.changes.waiting_version(seq)
                body = row[9] if row else self._do.reading.version(seq)
            seen = self._seen.get(seq)
            if seen is not None and seen[0] is body:
                return seen[1]
            said = self._do.changes.said.get(seq) if row else None
            found = stored(body) if said is None or row is None else rendered(said, row[3], row[4])
            self._seen[seq] = body, found
            if seq <= self._committed and len(body) <= LARGEST_KEPT:
                self._books.parsed.update({seq: found})
        return found
