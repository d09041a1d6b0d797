"""The store: inbox, versions, identities and search postings in one database."""

from gateway.store.inbox_walk import Walk
from gateway.store.model import (
    Change,
    Counts,
    Gap,
    HistoryPage,
    InboxEntry,
    InboxRow,
    Kept,
    Page,
    Pending,
    Receive,
    Repeat,
    Result,
    Settle,
    State,
    Transact,
    Transacted,
    Version,
    Written,
)
from gateway.store.store import Store, open_store

__all__ = [
    "Change",
    "Counts",
    "Gap",
    "HistoryPage",
    "InboxEntry",
    "InboxRow",
    "Kept",
    "Page",
    "Pending",
    "Receive",
    "Repeat",
    "Result",
    "Settle",
    "State",
    "Store",
    "Transact",
    "Transacted",
    "Version",
    "Walk",
    "Written",
    "open_store",
]
