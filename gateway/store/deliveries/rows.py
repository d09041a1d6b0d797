"""Rows: what all who read and write the rows of deliveries share."""

from __future__ import annotations

from gateway.store.ledger import rows as ledger_rows
from gateway.store.session import Session

LONGEST = 500
"""Characters of a receipt or reason that are kept."""

ENTRY = ", ".join(f"l.{name.strip()}" for name in ledger_rows.COLUMNS.split(","))
"""Columns of an entry, of the ledger as ``l``."""


class Rows:
    """The tables ``receiver`` and ``delivery`` of a store; any thread."""

    def __init__(self, session: Session) -> None:
        self._session = session


def plain(text: str) -> str:
    """Return what somebody else wrote as it can be stored and shown: no control characters, no half ones."""
    return "".join(char if char.isprintable() else " " for char in text[:LONGEST])
