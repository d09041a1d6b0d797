"""Awaited: what quarantined messages wait for, and their release in the transaction that writes it.

A message that waits is filed under the keys of the numbers that it names, as the index files identifiers.
When a version is filed under one of them, the message is unfinished again: whoever ends unfinished messages
tries it once more, also after a crash between the two.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import Connection

from gateway.errors import Rejected
from gateway.store import lookup
from gateway.store.changes import Changes
from gateway.store.direct import execute, execute_many
from gateway.store.index import parameters, token_keys
from gateway.store.insert import Insert

_PLACES = {
    "Specimen": ("identifier", "container-id", "accession"),
    "ServiceRequest": ("identifier", "requisition"),
    "Patient": ("identifier",),
}
"""Type (of ``changes.AWAITED``) → token parameters that select its numbers."""

_AWAITED = Insert("INTO awaited (k, n)", "(?,?)", "ON CONFLICT DO NOTHING")
_RELEASED = (
    "UPDATE inbox SET state = 'received', reason = '', attempts = 1 "
    "WHERE n = ? AND state = 'quarantined' AND reason = ? RETURNING tenant"
)
_WAITING = "SELECT 1 FROM awaited LIMIT 1"


class Awaiting(Rejected):
    """A message that waits for something to be written: it is kept, and tried again by itself.

    Args:
        numbers: of samples, orders or patients; any of them may bring what it waits for.
    """

    def __init__(self, reason: str, *, code: str, where: str, numbers: Collection[str]) -> None:
        super().__init__(reason, code=code, where=where)
        self.numbers = frozenset(numbers)


def keys_of(tenant: int, numbers: Iterable[str]) -> set[int]:
    """Return the keys under which versions with any of these numbers are filed."""
    return {
        k
        for number in numbers
        for type_, names in _PLACES.items()
        for name in names
        for k in token_keys(parameters(type_)[name], tenant, number)
    }


def is_any(connection: Connection) -> bool:
    """Tell whether any message waits."""
    return execute(connection, _WAITING).fetchone() is not None


def wait(connection: Connection, rows: Collection[tuple[int, int]]) -> None:
    """Write down (key, number in the inbox) of messages that wait from now on."""
    if rows:
        _AWAITED.run(connection, sorted(set(rows)))


def release(connection: Connection, spoken: Collection[int], changes: Changes) -> int:
    """Make those unfinished again that wait for what was filed under these keys; return how many."""
    found = lookup.awaited(connection, spoken)
    if not found:
        return 0
    released = 0
    for n, reason in lookup.reasons(connection, found).items():
        for (tenant,) in execute(connection, _RELEASED, (n, reason)).fetchall():
            changes.tallies[tenant, "inbox", "quarantined"] -= 1
            changes.tallies[tenant, "inbox", "received"] += 1
            changes.tallies[tenant, "quarantine", reason] -= 1
            released += 1
    execute_many(connection, "DELETE FROM awaited WHERE n = ?", [(n,) for n in found])
    return released
