"""Memory: what the writer knows between batches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from gateway.store import lookup
from gateway.store.changes import Changes
from gateway.store.docket import Books
from gateway.store.governing import Governor
from gateway.store.inbox import Slot
from gateway.store.lru import Lru
from gateway.store.reading import Reading
from gateway.store.resources import Applier

_OPEN_MESSAGES = 100_000


@dataclass(slots=True)
class Memory:
    """What the writer knows between batches; all of it can be read again from the database."""

    applier: Applier
    last_n: int
    tenants: dict[str, int] = field(default_factory=dict)
    open: Lru[str, Slot] = field(default_factory=lambda: Lru(_OPEN_MESSAGES))
    books: Books = field(default_factory=Books)
    governor: Governor | None = None
    rehearsed: bool = False
    waits: bool | None = None
    """Whether any message waits for something to be written; None: nobody has looked."""

    def forget(self, last_n: int) -> None:
        """Go back to knowing nothing but the end of the inbox."""
        self.last_n = last_n
        self.applier.forget()
        self.tenants.clear()
        self.open.clear()
        self.books.forget()
        self.waits = None

    def committed(
        self, tenants: Mapping[str, int], changes: Changes, reading: Reading, slots: Mapping[str, Slot]
    ) -> None:
        """Remember what a committed batch wrote: for whom, what, what it looked up, where messages stand."""
        self.tenants.update(tenants)
        self.applier.committed(changes, reading)
        if changes.docket is not None:
            self.books.tails.update(changes.docket.tails)
            self.books.named.update(dict.fromkeys(changes.docket.named, True))
            for seq in changes.docket.erased:  # another item of the batch may have read it meanwhile
                self.books.erased(seq)
        for id_, slot in slots.items():
            slot.receive = None
            if slot.state == "received":
                self.open.update({id_: slot})
            else:
                self.open.discard(id_)

    def slots(self, connection: Connection, ids: Sequence[str]) -> dict[str, Slot]:
        """Return the places of those messages that are in the inbox."""
        known = {id_: replace(slot) for id_ in ids if (slot := self.open.get(id_)) is not None}
        missing = [id_ for id_ in ids if id_ not in known]
        for id_, (n, state, reason) in lookup.inbox_states(connection, missing).items():
            known[id_] = Slot(n, state, reason)
        return known
