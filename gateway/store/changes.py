"""The rows that a batch will write, gathered in memory and inserted with one statement per table."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection

from gateway.canonical import Resource
from gateway.store.docket import Docket
from gateway.store.index import Rows
from gateway.store.insert import Insert
from gateway.store.lookup import Entry, IdentKey, ResourceKey
from gateway.store.types import NUMBER

_VERSION = Insert(
    "INTO version (seq, type, fhir_id, ver, ts_us, event_us, prev_seq, source, sha, body, method)",
    "(?,?,?,?,?,?,?,?,?,?,?)",
)
_SUPERSEDED = Insert("INTO superseded (seq, next_seq)", "(?,?)")
_CURRENT = Insert(
    "INTO current (tenant, type, fhir_id, seq, ver, event_us)",
    "(?,?,?,?,?,?)",
    "ON CONFLICT (tenant, fhir_id, type) DO UPDATE SET seq = excluded.seq, ver = excluded.ver, "
    "event_us = excluded.event_us",
)
_IDENT = Insert(
    "INTO ident (tenant, type, system, value, fhir_id)",
    "(?,?,?,?,?)",
    "ON CONFLICT (tenant, type, system, value) DO UPDATE SET fhir_id = excluded.fhir_id",
)
_SX = Insert("INTO sx (k, type, sys, seq)", "(?,?,?,?)", "ON CONFLICT DO NOTHING")
_SX_RANGE = Insert("INTO sx_range (seq, p, lo, hi)", "(?,?,?,?)", "ON CONFLICT DO NOTHING")
_SX_STR = Insert("INTO sx_str (p, norm, seq)", "(?,?,?)", "ON CONFLICT DO NOTHING")
_SX_NUMBER = Insert("INTO sx_number (p, lo, hi, seq)", "(?,?,?,?)", "ON CONFLICT DO NOTHING")
_TALLY = Insert(
    "INTO tally (tenant, kind, name, n)",
    "(?,?,?,?)",
    "ON CONFLICT (tenant, kind, name) DO UPDATE SET n = tally.n + excluded.n",
)
_GAP = Insert(
    "INTO gap (tenant, sender, tbl, code, n)",
    "(?,?,?,?,?)",
    "ON CONFLICT (tenant, sender, tbl, code) DO UPDATE SET n = gap.n + excluded.n",
)
_REFUSAL = Insert(
    "INTO refusal (tenant, day, rule, door, n)",
    "(?,?,?,?,?)",
    "ON CONFLICT (tenant, day, rule, door) DO UPDATE SET n = refusal.n + excluded.n",
)


AWAITED = frozenset(NUMBER[name] for name in ("Patient", "ServiceRequest", "Specimen"))
"""Types whose numbers messages in quarantine wait for."""

Change = tuple[ResourceKey, int, int, bool]
"""(resource, ``seq`` of the version that lived before or 0, ``seq`` now, whether it lives now)"""


def _seq(row: tuple[Any, ...]) -> int:
    return int(row[0])


def _by_id(row: tuple[Any, ...]) -> str:
    return str(row[2])


class Changes:
    """Rows to write, and the state of what they touch as the next message must see it.

    Those of one message lie on those of its batch (``below``) until the message has gone well.
    """

    __slots__ = (
        "below",
        "currents",
        "docket",
        "entries",
        "filed",
        "flushes",
        "gaps",
        "idents",
        "made",
        "moved",
        "new_idents",
        "postings",
        "refused",
        "said",
        "spoken",
        "superseded",
        "tallies",
        "versions",
    )

    def __init__(self, below: Changes | None = None) -> None:
        self.below = below
        self.flushes = 0  # how often rows were inserted before the end of the batch; counted at the bottom
        self.entries: dict[ResourceKey, Entry] = {}
        self.idents: dict[IdentKey, str] = {}
        self.versions: list[tuple[Any, ...]] = []
        self.superseded: list[tuple[int, int]] = []
        self.currents: list[tuple[Any, ...]] = []
        self.new_idents: dict[IdentKey, str] = {}
        self.postings = Rows()
        self.filed = Rows()  # the postings that were inserted last
        self.tallies: Counter[tuple[str, str, str]] = Counter()
        self.gaps: Counter[tuple[str, str, str, str]] = Counter()
        self.refused: Counter[tuple[int, str, str, str]] = Counter()
        self.docket: Docket | None = None
        self.spoken: set[int] = set()  # keys of numbers in rows that were inserted before its end
        self.made: list[Change] = []  # of governed types, for the governor: not handed down
        self.said: dict[int, Resource] = {}  # the same by ``seq`` as they were composed
        self.moved: list[Change] = []

    def entry(self, key: ResourceKey) -> Entry | None:
        """Return the state of a resource where these changes or those below touched it."""
        found = self.entries.get(key)
        return found if found is not None or self.below is None else self.below.entry(key)

    def owner(self, key: IdentKey) -> str | None:
        """Return what an identifier was given to by these changes or those below; ``""``: it was let go."""
        found = self.idents.get(key)
        return found if found is not None or self.below is None else self.below.owner(key)

    @property
    def bottom(self) -> Changes:
        """The changes of the batch, below those of its messages."""
        return self if self.below is None else self.below.bottom

    def booked(self) -> Docket:
        """Return the ledger entries and serials of these changes, on those of what is below."""
        if self.docket is None:
            self.docket = Docket(None if self.below is None else self.below.booked())
        return self.docket

    def touched(self) -> bool:
        """Tell whether anything is known that the tables may not say."""
        return bool(self.entries) or (self.below is not None and self.below.touched())

    def waiting_version(self, seq: int) -> tuple[Any, ...] | None:
        """Return the row of a version that is not in the table yet."""
        at = bisect_left(self.versions, seq, key=_seq)
        if at < len(self.versions) and self.versions[at][0] == seq:
            return self.versions[at]
        return None if self.below is None else self.below.waiting_version(seq)

    def waiting_of(self, k: int, type_no: int) -> Iterator[tuple[int, str, bytes]]:
        """Yield (``seq``, id, body) of versions filed under a key whose postings are not in the table yet."""
        if self.below is not None:
            yield from self.below.waiting_of(k, type_no)
        for seq in self.postings.versions(k, type_no):
            row = self.waiting_version(seq)
            if row is not None:
                yield seq, row[2], row[9]

    def absorb(self, other: Changes) -> None:
        """Take over the changes of one message that went well."""
        if other.docket is not None:
            self.booked().absorb(other.docket)
        self.entries.update(other.entries)
        self.idents.update(other.idents)
        self.versions += other.versions
        self.superseded += other.superseded
        self.currents += other.currents
        self.new_idents.update(other.new_idents)
        self.postings.absorb(other.postings)
        self.tallies.update(other.tallies)
        self.gaps.update(other.gaps)
        self.refused.update(other.refused)

    def numbers(self) -> set[int]:
        """Return the keys under which this batch has filed what messages wait for (``awaited.py``)."""
        return self.spoken | {row[0] for row in self.postings.tokens if row[1] in AWAITED}

    def waiting(self) -> bool:
        """Tell whether there are rows that a search could ask for and that are not in the tables."""
        return bool(self.versions or self.currents)

    def flush(self, connection: Connection) -> None:
        """Write every row and drop it; the state of what was touched stays known."""
        self.bottom.flushes += 1
        self.bottom.spoken = self.bottom.numbers() | self.numbers()
        _VERSION.run(connection, self.versions)
        _SUPERSEDED.run(connection, self.superseded)
        newest = {row[:3]: row for row in self.currents}
        _CURRENT.run(connection, sorted(newest.values(), key=_by_id))
        _IDENT.run(connection, [(*key, fhir_id) for key, fhir_id in self.new_idents.items()])
        _SX.run(connection, sorted(self.postings.tokens))  # in key order the b-tree's pages stay warm
        _SX_RANGE.run(connection, self.postings.ranges)
        _SX_STR.run(connection, sorted(self.postings.strings))
        _SX_NUMBER.run(connection, sorted(self.postings.numbers))
        _TALLY.run(connection, [(*key, n) for key, n in self.tallies.items() if n])
        _GAP.run(connection, [(*key, n) for key, n in self.gaps.items()])
        _REFUSAL.run(connection, [(*key, n) for key, n in self.refused.items()])
        if self.docket is not None:
            self.docket.flush(connection)
        for rows in (
            self.versions, self.superseded, self.currents, self.new_idents, self.tallies, self.gaps,
            self.refused,
        ):  # fmt: skip
            rows.clear()
        self.filed, self.postings = self.postings, Rows()
