"""Appending: entries are appended to a tenant's ledger, inside the write transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection

from gateway.canonical import merkle
from gateway.canonical.digest import digest
from gateway.errors import Rejected
from gateway.store.clock import Ticks
from gateway.store.day import day_of
from gateway.store.docket import Books, Docket
from gateway.store.ledger import rows
from gateway.store.ledger.entry import PURGED, Entered, Entry, sealed, sha_of
from gateway.store.ledger.tail import Tail, load
from gateway.store.ledger.tree import BLOCK


def append(
    connection: Connection,
    docket: Docket,
    books: Books,
    ticks: Ticks,
    entry: Entry,
    bodies: Sequence[bytes],
) -> Entered:
    """Append an entry.

    Args:
        bodies: of its members, in their order.

    Raises:
        Rejected: no kind or event, a serial with spaces, or it goes back to no entry before it.
    """
    entry.check()
    tail = _tail(connection, docket, books, ticks)
    sha = sha_of(bodies, digest(tail.algorithm))
    members = tuple(version.seq for version in entry.members or (entry.about,))
    about = entry.about
    entered = Entered(
        ticks.tenant, tail.n + 1, tail.algorithm, max(ticks.ts_us, tail.ts_us), entry.kind, entry.event,
        entry.serial, about.type, about.id, about.ver, members, sha, entry.back, tail.hash,
    )  # fmt: skip
    return _sealed(docket, ticks.no, books.zone, tail, entered)


def purge(
    connection: Connection, docket: Docket, books: Books, ticks: Ticks, entered: Entered, gone: Sequence[int]
) -> Entered:
    """Take away the bodies of an entry's members, and append the entry that says so: with the same hash.

    Args:
        gone: the members that go.
    """
    tail = _tail(connection, docket, books, ticks)
    docket.purged += gone
    for seq in gone:
        books.erased(seq)
    after = replace(
        entered, n=tail.n + 1, algorithm=tail.algorithm, ts_us=max(ticks.ts_us, tail.ts_us), event=PURGED,
        back=entered.n, prev=tail.hash, hash=b"",
    )  # fmt: skip
    return _sealed(docket, ticks.no, books.zone, tail, after)


def _tail(connection: Connection, docket: Docket, books: Books, ticks: Ticks) -> Tail:
    found = docket.tail(ticks.no) or books.tails.get(ticks.no)
    if found is None:
        found = load(connection, ticks.no, books.of(ticks.tenant).algorithm)
        books.tails[ticks.no] = found  # it is what is committed: nothing of this batch is in the table yet
    return found


def _sealed(docket: Docket, tenant: int, zone: str, tail: Tail, unsealed: Entered) -> Entered:
    if not 0 <= unsealed.back < unsealed.n:
        raise Rejected("an entry goes back to an earlier one", code="value")
    entered = replace(unsealed, hash=sealed(unsealed))
    hashed = digest(tail.algorithm)
    if tail.n and (day := day_of(tail.ts_us, zone)) != day_of(entered.ts_us, zone):
        docket.days.append((tenant, day, tail.n, tail.root, tail.hash))
    peaks, complete = merkle.grown(tail.peaks, merkle.leaf(entered.hash, hashed), hashed)
    if entered.n % BLOCK == 0:
        root = next(root for size, root in complete if size == BLOCK)
        docket.blocks.append((tenant, entered.n // BLOCK, root))
    docket.tails[tenant] = Tail(entered.n, entered.hash, entered.ts_us, tail.algorithm, peaks)
    docket.entered.append(entered)
    docket.rows.append(rows.row(entered, tenant))
    return entered
