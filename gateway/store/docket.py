"""Docket: ledger entries and serials of a batch that are not in the tables yet, and what they go on from."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from gateway.canonical import Resource
from gateway.store.bookkeeping import Bookkeeping
from gateway.store.erase import erase
from gateway.store.index import Rows
from gateway.store.insert import Insert
from gateway.store.ledger.entry import Entered
from gateway.store.ledger.tail import Tail
from gateway.store.lru import Bodies, Lru
from gateway.store.serials.serial import Serial

SerialKey = tuple[int, str, str, str]
"""(tenant number, organisation, kind, local number)"""

_LEDGER = Insert(
    "INTO ledger (tenant, n, ts_us, algorithm, kind, event, serial, type, fhir_id, ver, members, sha, back, "
    "prev, hash)",
    "(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
)
_BLOCK = Insert("INTO ledger_block (tenant, n, root)", "(?,?,?)")
_DAY = Insert("INTO ledger_day (tenant, day, size, root, head)", "(?,?,?,?,?)")
_SERIAL = Insert(
    "INTO serial (serial, tenant, organisation, kind, local, minted_by, ts_us)", "(?,?,?,?,?,?,?)"
)
_COUNTER = Insert(
    "INTO serial_counter (scope, n)", "(?,?)", "ON CONFLICT (scope) DO UPDATE SET n = excluded.n"
)

_SUPERVISED = Insert(
    "INTO supervised (tenant, type, fhir_id, n)",
    "(?,?,?,?)",
    "ON CONFLICT (tenant, type, fhir_id) DO UPDATE SET n = excluded.n "
    "WHERE supervised.n = 0 AND excluded.n > 0",
)

Row = tuple[Any, ...]

Key = tuple[int, int, str]
"""(tenant number, type number, id)"""


@dataclass(slots=True)
class Books:
    """What the writer knows of the books between batches; all of it can be read again from the database.

    Attributes:
        bookkeeping: by tenant; who has none keeps the books as :class:`Bookkeeping` has it by default.
        tails: the end of each tenant's ledger, by its number.
        parsed: bodies of committed versions as resources, by ``seq``.
        bodies: bytes of those that were written last and will be asked for: what comes in pieces.
        gists: what a function has made of committed versions, by ``seq`` (``Desk.gist``).
        named: what committed entries are about or name: of it there is nothing more to write down.
        zone: in which the days of the ledgers begin.
    """

    bookkeeping: dict[str, Bookkeeping] = field(default_factory=dict)
    tails: dict[int, Tail] = field(default_factory=dict)
    parsed: Lru[int, Resource] = field(default_factory=lambda: Lru(2048))
    bodies: Bodies = field(default_factory=lambda: Bodies(16 * 1024 * 1024))
    gists: Lru[int, tuple[Callable[..., object], object]] = field(default_factory=lambda: Lru(16_384))
    named: Lru[Key, bool] = field(default_factory=lambda: Lru(4096))
    zone: str = "Z"

    def of(self, tenant: str) -> Bookkeeping:
        """Return how a tenant's books are kept."""
        found = self.bookkeeping.get(tenant)
        if found is None:
            found = self.bookkeeping[tenant] = Bookkeeping()
        return found

    def erased(self, seq: int) -> None:
        """Forget what a version said that is taken away."""
        self.parsed.discard(seq)
        self.bodies.discard(seq)
        self.gists.discard(seq)

    def forget(self) -> None:
        """Go back to knowing nothing of the database."""
        self.tails.clear()
        self.parsed.clear()
        self.bodies.clear()
        self.gists.clear()
        self.named.clear()


class Docket:
    """Rows to write; those of one item lie on those of its batch (``below``) until it has gone well."""

    __slots__ = (
        "below", "blocks", "counted", "counters", "days", "emptied", "entered", "erased", "named", "purged",
        "rows", "serial_rows", "serials", "supervised", "tails", "unfiled", "values",
    )  # fmt: skip

    def __init__(self, below: Docket | None = None) -> None:
        self.below = below
        self.tails: dict[int, Tail] = {}
        self.entered: list[Entered] = []
        self.rows: list[Row] = []
        self.blocks: list[Row] = []
        self.days: list[Row] = []
        self.purged: list[int] = []
        self.erased: set[int] = set()  # of the purged those that are gone from the tables
        self.unfiled = Rows()  # postings that go with what is purged
        self.emptied: list[int] = []  # messages whose bytes go with it
        self.serials: dict[SerialKey, Serial] = {}
        self.values: dict[str, SerialKey] = {}
        self.serial_rows: list[Row] = []
        self.counters: dict[str, int] = {}
        self.counted: dict[str, int] = {}
        self.supervised: dict[Key, int] = {}
        self.named: set[Key] = set()  # of the supervised those that entries name, after they were written

    def tail(self, tenant: int) -> Tail | None:
        """Return the end of a ledger as this batch has left it."""
        found = self.tails.get(tenant)
        return found if found is not None or self.below is None else self.below.tail(tenant)

    def serial(self, key: SerialKey) -> Serial | None:
        """Return the serial that a document got in this batch."""
        found = self.serials.get(key)
        return found if found is not None or self.below is None else self.below.serial(key)

    def owner(self, value: str) -> SerialKey | None:
        """Return the document that got a serial in this batch."""
        found = self.values.get(value)
        return found if found is not None or self.below is None else self.below.owner(value)

    def counter(self, scope: str) -> int | None:
        """Return the last number of a counter, where this batch has asked for it."""
        found = self.counters.get(scope)
        return found if found is not None or self.below is None else self.below.counter(scope)

    def supervise(self, keys: Iterable[Key], n: int) -> None:
        """Let resources belong to the supervised business, because of entry ``n`` (0: of none)."""
        for key in keys:
            self.supervised[key] = self.supervised.get(key) or n

    def naming(self, key: Key) -> int:
        """Return the first entry of this batch that is about a resource or names it, 0 for none."""
        found = self.supervised.get(key, 0)
        return (self.below.naming(key) if self.below else 0) or found

    def waiting(self) -> list[Entered]:
        """Return the entries that are not in the table yet, in their order."""
        return [*(self.below.waiting() if self.below else ()), *self.entered]

    def absorb(self, other: Docket) -> None:
        """Take over the rows of one item that went well."""
        self.tails.update(other.tails)
        self.entered += other.entered
        self.rows += other.rows
        self.blocks += other.blocks
        self.days += other.days
        self.purged += other.purged
        self.erased |= other.erased
        self.unfiled.absorb(other.unfiled)
        self.emptied += other.emptied
        self.serials.update(other.serials)
        self.values.update(other.values)
        self.serial_rows += other.serial_rows
        self.counters.update(other.counters)
        self.counted.update(other.counted)
        for key, n in other.supervised.items():
            self.supervise((key,), n)

    def flush(self, connection: Connection) -> None:
        """Write every row and drop it; the state of what was touched stays known."""
        _LEDGER.run(connection, self.rows)
        _BLOCK.run(connection, self.blocks)
        _DAY.run(connection, self.days)
        erase(connection, self.purged, self.unfiled, self.emptied)
        self.erased.update(self.purged)
        _SERIAL.run(connection, self.serial_rows)
        _COUNTER.run(connection, list(self.counted.items()))
        _SUPERVISED.run(connection, [(*key, n) for key, n in sorted(self.supervised.items())])
        self.named |= {key for key, n in self.supervised.items() if n}
        for rows in (
            self.entered, self.rows, self.blocks, self.days, self.purged, self.emptied, self.serial_rows,
            self.counted, self.supervised,
        ):  # fmt: skip
            rows.clear()
        self.unfiled = Rows()
