"""The store: inbox, versions, identities and search postings in one database."""

from gateway.store.inbox_walk import Walk
from gateway.store.model import (
    Counts,
    Gap,
    InboxEntry,
    InboxRow,
    Kept,
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
    "Kept",
    "Page",
    "Pending",
    "Receive",
    "Repeat",
    "Settle",
    "State",
    "Store",
    "Version",
    "Walk",
    "Written",
    "open_store",
]
