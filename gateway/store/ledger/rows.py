"""Rows of the ledger: how an entry stands in the table, and how it is read."""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection

from gateway.store.direct import execute
from gateway.store.ledger.entry import Entered
from gateway.store.types import NAME, NUMBER

COLUMNS = "n, algorithm, ts_us, kind, event, serial, type, fhir_id, ver, members, sha, back, prev, hash"

_FOUND = (  # an index gives the numbers: asked for whole rows at once, SQLite would read the ledger through
    "SELECT " + ", ".join(f"e.{name}" for name in COLUMNS.split(", ")) + " FROM ledger o CROSS JOIN ledger e "  # noqa: S608
    "WHERE o.tenant = ? AND {} AND e.tenant = o.tenant AND e.n = o.n ORDER BY o.n"
)
_SERIAL = _FOUND.format("o.serial = ? AND o.serial <> ''")
_ABOUT = _FOUND.format("o.fhir_id = ? AND o.type = ?")
_AFTER = f"SELECT {COLUMNS} FROM ledger WHERE tenant = ? AND n > ? ORDER BY n LIMIT ?"  # noqa: S608
_MEMBERS = "SELECT n, members FROM ledger WHERE tenant = ? AND n > ? ORDER BY n LIMIT ?"
STRETCH = 4096
"""Entries whose members are looked through at once."""


def packed(seqs: Sequence[int]) -> bytes:
    """Return the ``seq`` of the members as the table has them: 8 bytes each."""
    return struct.pack(f">{len(seqs)}q", *seqs)


def unpacked(data: bytes) -> tuple[int, ...]:
    """Return the ``seq`` of the members."""
    return struct.unpack(f">{len(data) // 8}q", data)


def row(entered: Entered, tenant: int) -> tuple[Any, ...]:
    """Return the row of an entry."""
    return (
        tenant, entered.n, entered.ts_us, entered.algorithm, entered.kind, entered.event, entered.serial,
        NUMBER[entered.type], entered.id, entered.ver, packed(entered.members), entered.sha, entered.back,
        entered.prev, entered.hash,
    )  # fmt: skip


def of(tenant: str, row: Sequence[Any]) -> Entered:
    """Return the entry of a row of :data:`COLUMNS`."""
    n, algorithm, ts_us, kind, event, serial, type_, id_, ver, members, sha, back, prev, hash_ = row
    return Entered(
        tenant, n, algorithm, ts_us, kind, event, serial, NAME.get(type_, ""), id_, ver, unpacked(members),
        bytes(sha), back, bytes(prev), bytes(hash_),
    )  # fmt: skip


def of_serial(connection: Connection, tenant: str, tenant_no: int, serial: str) -> list[Entered]:
    """Return the entries of a serial, oldest first."""
    return [of(tenant, found) for found in execute(connection, _SERIAL, (tenant_no, serial)).fetchall()]


def about(connection: Connection, tenant: str, tenant_no: int, type_no: int, id_: str) -> list[Entered]:
    """Return the entries about versions of a resource, oldest first."""
    return [of(tenant, found) for found in execute(connection, _ABOUT, (tenant_no, id_, type_no)).fetchall()]


def after(connection: Connection, tenant: str, tenant_no: int, n: int, count: int) -> Iterator[Entered]:
    """Yield the next entries after number ``n``, at most ``count``."""
    for found in execute(connection, _AFTER, (tenant_no, n, count)).fetchall():
        yield of(tenant, found)


def naming(
    connection: Connection, tenant_no: int, seqs: Collection[int], n: int
) -> tuple[dict[int, frozenset[int]], int]:
    """Look through the next :data:`STRETCH` entries after number ``n`` for those that have some versions.

    Returns:
        number of an entry → which of ``seqs`` it has; and the number of the last entry that was looked at, 0
        where there is none any more.
    """
    wanted, found, last = frozenset(seqs), dict[int, frozenset[int]](), 0
    for last, members in execute(connection, _MEMBERS, (tenant_no, n, STRETCH)).fetchall():
        if named := wanted.intersection(unpacked(members)):
            found[last] = named
    return found, last
