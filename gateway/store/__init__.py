"""The store: inbox, versions, identities and search postings in one database."""

from gateway.store.bookkeeping import Bookkeeping
from gateway.store.desk import Desk
from gateway.store.desk_facts import DeskFacts
from gateway.store.governing import Governor, Made, Occasion, Witness
from gateway.store.inbox_walk import Walk
from gateway.store.ledger import Entered, Entry
from gateway.store.model import (
    AskRepeat,
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
from gateway.store.serials import Serial
from gateway.store.store import Store, open_store

__all__ = [
    "AskRepeat",
    "Bookkeeping",
    "Change",
    "Counts",
    "Desk",
    "DeskFacts",
    "Entered",
    "Entry",
    "Gap",
    "Governor",
    "HistoryPage",
    "InboxEntry",
    "InboxRow",
    "Kept",
    "Made",
    "Occasion",
    "Page",
    "Pending",
    "Receive",
    "Repeat",
    "Result",
    "Serial",
    "Settle",
    "State",
    "Store",
    "Transact",
    "Transacted",
    "Version",
    "Walk",
    "Witness",
    "Written",
    "open_store",
]
