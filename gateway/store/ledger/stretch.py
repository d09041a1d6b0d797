"""Stretch: entries in a row are checked one by one, with the versions that they are about."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import Connection

from gateway.canonical import merkle
from gateway.canonical.digest import Digest, digest
from gateway.canonical.merkle import Peaks
from gateway.store.body import head as body_head
from gateway.store.day import day_of
from gateway.store.direct import execute
from gateway.store.ledger.entry import NOTHING, PURGED, encode
from gateway.store.ledger.rows import COLUMNS, unpacked
from gateway.store.ledger.tree import BLOCK
from gateway.store.method import NUMBERS
from gateway.store.tables import TENANT_SHIFT
from gateway.store.types import NAME

_ENTRIES = f"SELECT {COLUMNS} FROM ledger WHERE tenant = ? AND n >= ? AND n <= ? ORDER BY n"  # noqa: S608
_BEFORE = "SELECT hash, ts_us FROM ledger WHERE tenant = ? AND n = ?"
_VERSIONS = (
    "SELECT v.seq, v.type, v.fhir_id, v.ver, v.ts_us, v.method, v.body FROM EACH(?) q CROSS JOIN version v "
    "WHERE v.seq = q.value"
)
_BACK = "SELECT members, sha FROM ledger WHERE tenant = ? AND n = ?"
_AT_ONCE = 256
"""Entries whose versions are read together."""
_DELETE = NUMBERS["delete"]
_PIECE = 512

Versions = dict[int, tuple[int, str, int, bytes | None]]
"""``seq`` → (type, id, version, hash of the body; None where the row is not what its body says)"""


class Stretch(NamedTuple):
    """Entries from the first to the last number; it begins with a block."""

    first: int
    last: int


@dataclass(slots=True)
class Found:
    """What was found in a stretch.

    Attributes:
        bad: number of the first entry that is not as it must be, 0 for none.
        roots: of its blocks, empty for one that is not complete.
        parts: per block: size of the ledger → the perfect subtrees of the block up to there, and the hash of
            that entry.
        days: number of the last entry of a day → the day, where an entry of a later day follows.
        gone: entries whose members have no body, with their hash.
        purges: (number of the entry, hash) that entries say to have been purged.
    """

    first: int
    last: int
    bad: int = 0
    reason: str = ""
    roots: list[bytes] = field(default_factory=list)
    parts: list[dict[int, tuple[Peaks, bytes]]] = field(default_factory=list)
    days: dict[int, str] = field(default_factory=dict)
    gone: dict[int, bytes] = field(default_factory=dict)
    purges: list[tuple[int, bytes]] = field(default_factory=list)


class _Bad(Exception):
    def __init__(self, n: int, reason: str) -> None:
        super().__init__(reason)
        self.n, self.reason = n, reason


@dataclass(slots=True, frozen=True)
class Checks:
    """How a ledger is checked; can be sent to another process.

    Attributes:
        wanted: sizes of which the tree is to be known.
    """

    name: str
    tenant: int
    algorithm: str
    zone: str
    wanted: frozenset[int]

    def run(self, connection: Connection, stretch: Stretch) -> Found:
        """Check a stretch up to the first entry that is not as it must be."""
        found = Found(*stretch)
        try:
            _Walk(self, connection, found).run()
        except _Bad as bad:
            found.bad, found.reason = bad.n, bad.reason
        return found


class _Walk:
    def __init__(self, checks: Checks, connection: Connection, found: Found) -> None:
        self._checks, self._connection, self._found = checks, connection, found
        self._hashed: Digest = digest(checks.algorithm)
        self._prev, self._ts_us, self._day = NOTHING, 0, ""
        self._leaves: list[bytes] = []
        self._parts: dict[int, tuple[Peaks, bytes]] = {}

    def run(self) -> None:
        found = self._found
        self._before(found.first - 1)
        n = found.first - 1
        for rows in self._chunks():
            versions = self._versions(rows)
            for row in rows:
                n += 1
                if row[0] != n:
                    raise _Bad(n, "it is missing")
                self._entry(row, versions)
                self._leaf(n, row[13])
        if n != found.last:
            raise _Bad(n + 1, "it is missing")
        if self._leaves:
            self._close(b"")

    def _before(self, n: int) -> None:
        if n:
            row = execute(self._connection, _BEFORE, (self._checks.tenant, n)).fetchone()
            if row is None:
                raise _Bad(n, "it is missing")
            self._prev, self._ts_us = bytes(row[0]), row[1]
            self._day = day_of(self._ts_us, self._checks.zone)

    def _chunks(self) -> Iterator[list[Any]]:
        first, last = self._found.first, self._found.last
        for low in range(first, last + 1, _AT_ONCE):
            high = min(low + _AT_ONCE - 1, last)
            yield execute(self._connection, _ENTRIES, (self._checks.tenant, low, high)).fetchall()

    def _versions(self, rows: Sequence[Any]) -> Versions:
        seqs = sorted({seq for row in rows for seq in _named(row[9])})
        hashed, found = self._hashed, Versions()
        for at in range(0, len(seqs), _PIECE):
            asked = (json.dumps(seqs[at : at + _PIECE]),)
            for seq, type_, id_, ver, ts_us, method, body in execute(self._connection, _VERSIONS, asked):
                body = bytes(body)
                says = method == _DELETE and not body
                sound = (says or body.startswith(body_head(NAME.get(type_, ""), id_, ver, ts_us))) and (
                    (method == _DELETE) == (not body)
                )
                found[seq] = (type_, id_, ver, hashed(body) if sound else None)
        return found

    def _entry(self, row: Any, versions: Versions) -> None:
        checks = self._checks
        n, algorithm, ts_us, kind, event, serial, type_, id_, ver, members, sha, back, prev, hash_ = row
        about = f"{NAME.get(type_, '')}/{id_}/_history/{ver}"
        count = len(members) // 8
        if prev != self._prev:
            raise _Bad(n, "it does not follow the entry before it")
        try:
            encoded = encode(
                checks.name, n, algorithm, ts_us, kind, event, serial, about, count, sha, back, prev
            )
        except (AttributeError, ValueError, OverflowError, OSError):
            # Text where bytes belong, a year that there is not: nothing that was ever entered.
            raise _Bad(n, "it is not what its hash says") from None
        if algorithm != checks.algorithm or self._hashed(encoded) != hash_:
            raise _Bad(n, "it is not what its hash says")
        if ts_us < self._ts_us or not 0 <= back < n:
            raise _Bad(n, "it is out of order")
        if event == PURGED:
            self._purge(n, back, members, sha)
        else:
            self._members(n, (type_, id_, ver), _named(members), sha, versions)
        self._moment(n, ts_us)
        self._prev = hash_ if isinstance(hash_, bytes) else bytes(hash_)

    def _members(
        self, n: int, about: tuple[int, str, int], seqs: Sequence[int], sha: bytes, versions: Versions
    ) -> None:
        try:
            found = [versions[seq] for seq in seqs]
        except KeyError:
            raise _Bad(n, "a version that it is about is missing") from None
        if about not in [one[:3] for one in found]:
            raise _Bad(n, "it is about another version than its members")
        tenant, hashes = self._checks.tenant, [one[3] for one in found]
        if None in hashes or any(seq >> TENANT_SHIFT != tenant for seq in seqs):
            raise _Bad(n, "a version that it is about is not what its body says")
        if self._hashed(b"".join(hashes)) != sha:  # type: ignore[arg-type]
            if self._hashed(b"") not in hashes:
                raise _Bad(n, "what it is about was changed")
            self._found.gone[n] = bytes(sha)

    def _purge(self, n: int, back: int, members: bytes, sha: bytes) -> None:
        row = execute(self._connection, _BACK, (self._checks.tenant, back)).fetchone()
        if row is None or bytes(row[0]) != bytes(members) or bytes(row[1]) != bytes(sha):
            raise _Bad(n, "it says of another entry that it was purged")
        self._found.purges.append((back, bytes(sha)))

    def _moment(self, n: int, ts_us: int) -> None:
        day = day_of(ts_us, self._checks.zone)
        if self._day and day != self._day:
            self._found.days[n - 1] = self._day
        self._ts_us, self._day = ts_us, day

    def _leaf(self, n: int, hash_: bytes) -> None:
        self._leaves.append(self._hashed(b"\x00" + hash_))
        if n in self._checks.wanted:
            self._parts[n] = self._peaks(), bytes(hash_)
        if n % BLOCK == 0:
            self._close(_root(self._leaves, self._hashed))

    def _peaks(self) -> Peaks:
        peaks: Peaks = ()
        for leaf in self._leaves:
            peaks, _ = merkle.grown(peaks, leaf, self._hashed)
        return peaks

    def _close(self, root: bytes) -> None:
        self._found.roots.append(root)
        self._found.parts.append(self._parts)
        self._leaves, self._parts = [], {}


def _named(members: object) -> tuple[int, ...]:
    """Return the ``seq`` of the members; none of bytes that nobody but a forger has written."""
    return (
        unpacked(bytes(members)) if isinstance(members, bytes | memoryview) and not len(members) % 8 else ()
    )


def _root(leaves: list[bytes], hashed: Digest) -> bytes:
    """Return the root of a complete block, level by level."""
    while len(leaves) > 1:
        pairs = iter(leaves)
        leaves = [hashed(b"\x01" + left + right) for left, right in zip(pairs, pairs, strict=True)]
    return leaves[0]
