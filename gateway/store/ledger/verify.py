"""Verify: whether a ledger is whole, by computing anew everything that it says (docs/ledger.md)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from typing import NamedTuple

from sqlalchemy import Connection

from gateway.canonical import merkle
from gateway.canonical.digest import ALGORITHMS, digest
from gateway.canonical.merkle import Peaks
from gateway.store.direct import execute
from gateway.store.ledger.entry import PURGED
from gateway.store.ledger.stretch import Checks, Found, Stretch
from gateway.store.ledger.tree import BLOCK, scaled
from gateway.store.session import Session

BLOCKS_AT_ONCE = 16
"""Blocks of one stretch: what one process does before it is heard of."""

Progress = Callable[[int, int], object]

_LAST = "SELECT MAX(n) FROM ledger WHERE tenant = ?"
_FIRST = "SELECT algorithm FROM ledger WHERE tenant = ? ORDER BY n LIMIT 1"
_BLOCKS = "SELECT n, root FROM ledger_block WHERE tenant = ? ORDER BY n"
_PURGED = "SELECT back, sha FROM ledger WHERE tenant = ? AND n > ? AND event = ?"
_DAYS = "SELECT day, size, root, head FROM ledger_day WHERE tenant = ? ORDER BY size"


def silent(_done: int, _of: int) -> None:
    """Nobody looks."""


class Checked(NamedTuple):
    """A head that is known to be true: size, root of the tree and hash of the last entry."""

    size: int
    root: bytes
    head: bytes


@dataclass(slots=True, frozen=True)
class Verification:
    """Whether a ledger is whole.

    Attributes:
        entries: how many it has.
        first_bad: number of the first entry that is not as it must be, None where all are.
        reason: what is wrong with it.
        root: of the tree over all entries, as computed; empty where something is wrong.
        signed: up to which entry a countersigned head vouches for the past; 0: there is none.
        purged: entries whose bodies were taken away, with an entry that says so.
    """

    ok: bool
    entries: int
    first_bad: int | None = None
    reason: str = ""
    root: bytes = b""
    signed: int = 0
    purged: int = 0


class _Bad(Exception):
    def __init__(self, n: int, reason: str) -> None:
        super().__init__(reason)
        self.n, self.reason = n, reason


def verify(
    session: Session,
    name: str,
    tenant: int,
    zone: str,
    start: int,
    heads: Sequence[Checked],
    processes: int,
    progress: Progress,
) -> Verification:
    """See ``Ledger.verify``."""
    with session.snapshot() as connection:
        whole = _Whole(connection, tenant, heads)
    last, signed = whole.last, max((head.size for head in heads), default=0)
    first = (max(min(start, last), 1) - 1) // BLOCK * BLOCK + 1
    checks = Checks(name, tenant, whole.algorithm, zone, frozenset(whole.wanted))
    try:
        whole.begin(first)
        for found in _stretches(session, checks, first, last, processes):
            whole.add(found)
            progress(found.last, last)
        with session.reading() as connection:
            whole.purged_since(connection)
        root = whole.end(first)
    except _Bad as bad:
        return Verification(False, last, bad.n, bad.reason, signed=signed)
    return Verification(True, last, root=root, signed=signed, purged=whole.purged)


def _stretches(session: Session, checks: Checks, first: int, last: int, processes: int) -> Iterator[Found]:
    step = BLOCK * BLOCKS_AT_ONCE
    stretches = [Stretch(low, min(low + step - 1, last)) for low in range(first, last + 1, step)]
    if processes < 2 or len(stretches) < 2:
        for stretch in stretches:
            with session.snapshot() as connection:
                yield checks.run(connection, stretch)
        return
    workers = min(processes, len(stretches))
    with ProcessPoolExecutor(workers, get_context("spawn"), _open, (session.url,)) as pool:
        try:
            yield from pool.map(partial(_elsewhere, checks), stretches)
        finally:
            pool.shutdown(cancel_futures=True)


_session: Session | None = None


def _open(url: str) -> None:
    global _session
    _session = Session(url, "FULL", check=False)


def _elsewhere(checks: Checks, stretch: Stretch) -> Found:
    assert _session is not None
    with _session.snapshot() as connection:
        return checks.run(connection, stretch)


class _Whole:
    """Puts together what the stretches have found, in their order."""

    def __init__(self, connection: Connection, tenant: int, heads: Sequence[Checked]) -> None:
        last = execute(connection, _LAST, (tenant,)).fetchone()[0] or 0
        row = execute(connection, _FIRST, (tenant,)).fetchone()
        blocks = execute(connection, _BLOCKS, (tenant,)).fetchall()
        days = execute(connection, _DAYS, (tenant,)).fetchall()
        self._blocks = {n: bytes(root) for n, root in blocks}
        # Another name is no algorithm of ours, and so not what the first entry's hash says.
        self.algorithm = row[0] if row and row[0] in ALGORITHMS else "sha256"
        self.last, self.purged = last, 0
        self._tenant, self._hashed = tenant, digest(self.algorithm)
        self._heads = sorted(heads)
        self._days = {size: (day, bytes(root), bytes(head)) for day, size, root, head in days}
        self._tree: Peaks = ()
        self._roots: dict[int, tuple[bytes, bytes]] = {}
        self._ends: dict[int, str] = {}
        self._gone: dict[int, bytes] = {}
        self.wanted = {head.size for head in heads} | set(self._days) | {last}

    def begin(self, first: int) -> None:
        """Take what comes before ``first`` as it is."""
        for n in range(1, (first - 1) // BLOCK + 1):
            if n not in self._blocks:
                raise _Bad((n - 1) * BLOCK + 1, "the root of its block is missing")
            self._tree, _ = merkle.grown(self._tree, self._blocks[n], self._hashed)

    def add(self, found: Found) -> None:
        """Take over a stretch.

        Raises:
            _Bad: something is wrong in it.
        """
        at = (found.first - 1) // BLOCK
        for here, (root, parts) in enumerate(zip(found.roots, found.parts, strict=True), at + 1):
            for size, (peaks, head) in parts.items():
                self._roots[size] = merkle.joined((*scaled(self._tree), *peaks), self._hashed), head
            if root and self._blocks.get(here) != root:
                first = found.bad or (here - 1) * BLOCK + 1
                raise _Bad(first, found.reason or "the root of its block is another")
            if root:
                self._tree, _ = merkle.grown(self._tree, root, self._hashed)
        if found.bad:
            raise _Bad(found.bad, found.reason)
        self._ends.update(found.days)
        self._gone.update(found.gone)
        for back, sha in found.purges:
            if self._gone.pop(back, None) == sha:
                self.purged += 1

    def purged_since(self, connection: Connection) -> None:
        """Excuse bodies that were taken away while this verification ran."""
        if self._gone:
            for back, sha in execute(connection, _PURGED, (self._tenant, self.last, PURGED)).fetchall():
                if self._gone.get(back) == bytes(sha):
                    del self._gone[back]

    def end(self, first: int) -> bytes:
        """Look at what speaks about the whole; returns its root.

        Raises:
            _Bad: something is wrong with it.
        """
        if self._gone:
            raise _Bad(min(self._gone), "what it is about has no body, and no entry says that it was purged")
        for size, day in self._ends.items():
            if self._days.get(size, ("",))[0] != day:
                raise _Bad(size, "the head of its day is missing")
        for size, (_, root, head) in self._days.items():
            self._same(size, root, head, first, "the head of its day is another")
        for one in self._heads:
            self._same(one.size, one.root, one.head, first, "the countersigned head is another")
        return self._roots.get(self.last, (b"", b""))[0]

    def _same(self, size: int, root: bytes, head: bytes, first: int, reason: str) -> None:
        if size > self.last:
            raise _Bad(self.last + 1, "the ledger ends before a head that it has had")
        if size >= first and self._roots.get(size) != (root, head):
            raise _Bad(size, reason)
