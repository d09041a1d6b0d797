"""Erase: takes away for good what versions said: their bodies, their postings, the bytes of their messages.

Rows of versions stay as tombstones that no search sees; what else of a document stays is in docs/ledger.md.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection

from gateway.store.direct import execute, execute_many, is_postgresql
from gateway.store.index import Rows
from gateway.store.method import NUMBERS

PURGED = "purged"
"""``inbox.map_version`` of a message whose bytes are gone: nothing is left to be read anew."""

_EACH = "IN (SELECT q.value FROM EACH(?) q)"
_VERSIONS = f"UPDATE version SET body = ?, sha = ?, method = ? WHERE seq {_EACH}"  # noqa: S608
_UNSEEN = f"UPDATE superseded SET next_seq = seq WHERE seq {_EACH}"  # noqa: S608
_POSTINGS = (
    ("DELETE FROM sx WHERE k = ? AND type = ? AND sys = ? AND seq = ?", "tokens"),
    ("DELETE FROM sx_range WHERE seq = ? AND p = ? AND lo = ? AND hi = ?", "ranges"),
    ("DELETE FROM sx_str WHERE p = ? AND norm = ? AND seq = ?", "strings"),
    ("DELETE FROM sx_number WHERE p = ? AND lo = ? AND hi = ? AND seq = ?", "numbers"),
)
_BYTES = f"UPDATE inbox_raw SET raw = ?, meta = ? WHERE n {_EACH}"  # noqa: S608
_ACCOUNT = f"UPDATE inbox SET lineage = ?, outcome = ?, map_version = ? WHERE n {_EACH}"  # noqa: S608


def erase(connection: Connection, seqs: Sequence[int], unfiled: Rows, messages: Sequence[int]) -> None:
    """Take away bodies, postings and messages, inside the write transaction.

    Args:
        seqs: of the versions.
        unfiled: their postings.
        messages: numbers in the inbox.
    """
    if not (seqs or messages):
        return
    with _overwritten(connection):
        listed = json.dumps(list(seqs))
        execute(connection, _VERSIONS, (b"", b"", NUMBERS["delete"], listed))
        execute(connection, _UNSEEN, (listed,))
        for sql, name in _POSTINGS:
            execute_many(connection, sql, getattr(unfiled, name))
        if messages:
            listed = json.dumps(list(messages))
            execute(connection, _BYTES, (b"", "", listed))
            execute(connection, _ACCOUNT, (b"", "", PURGED, listed))


@contextmanager
def _overwritten(connection: Connection) -> Iterator[None]:
    """Let SQLite write zeros where something was (sqlite.org/pragma.html#secure_delete)."""
    if is_postgresql(connection):
        yield
        return
    execute(connection, "PRAGMA secure_delete = ON").fetchall()
    try:
        yield
    finally:
        execute(connection, "PRAGMA secure_delete = OFF").fetchall()
