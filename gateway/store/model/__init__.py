"""What the store takes and gives: messages, changes of the API, what is read, what the inbox knows."""

from __future__ import annotations

from gateway.store.method import Method
from gateway.store.model.change import ANY_VERSION, Change, Result, Transact, Transacted
from gateway.store.model.inbox import (
    AskRepeat,
    Counts,
    Gap,
    InboxEntry,
    InboxRow,
    Kept,
    Pending,
    Repeat,
    State,
)
from gateway.store.model.message import Receive, Settle, Written
from gateway.store.model.read import HistoryPage, Page, Version

__all__ = [
    "ANY_VERSION",
    "AskRepeat",
    "Change",
    "Counts",
    "Gap",
    "HistoryPage",
    "InboxEntry",
    "InboxRow",
    "Kept",
    "Method",
    "Page",
    "Pending",
    "Receive",
    "Repeat",
    "Result",
    "Settle",
    "State",
    "Transact",
    "Transacted",
    "Version",
    "Written",
]
