"""The store: inbox, versions, identities and search postings in one database."""

from gateway.store.model import (
    Counts,
    Gap,
    InboxEntry,
    InboxRow,
    Page,
    Pending,
    Receive,
    Repeat,
    Settle,
    State,
    Version,
    Written,
)
from gateway.store.store import Store, open_store

__all__ = [
    "Counts",
    "Gap",
    "InboxEntry",
    "InboxRow",
    "Page",
    "Pending",
    "Receive",
    "Repeat",
    "Settle",
    "State",
    "Store",
    "Version",
    "Written",
    "open_store",
]
