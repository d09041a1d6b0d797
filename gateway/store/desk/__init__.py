"""Desk: what code inside the write transaction sees and does, for one Transact or message.

It sees what the batch has written so far, one writer at a time, so that what it finds stays true until the
commit. Whatever it does is undone together where its Transact or message fails.
"""

from __future__ import annotations

from gateway.store.desk.entering import Entering
from gateway.store.desk.erasing import Erasing
from gateway.store.desk.numbering import Numbering
from gateway.store.desk.place import LARGEST_KEPT, Seen
from gateway.store.desk.writing import Writing

__all__ = ["LARGEST_KEPT", "Desk", "Seen"]


class Desk(Writing, Numbering, Entering, Erasing):
    """One item's place in the write transaction. Of no use after the call that it was given to."""
