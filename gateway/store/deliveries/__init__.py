"""Deliveries: how each entry of a ledger stands with each receiver (design §3 "Serials and ledger").

The ledger is the outbox. A receiver has a position in it; what it is owed gets a row when the position passes
it, in one transaction. A row goes from ``waiting`` (or ``sent``: it left and no answer came) to
``acknowledged``, or is an exception: ``refused``, ``held`` (an earlier entry of its document is) or
``given-up``.
"""

from __future__ import annotations

from gateway.store.deliveries.owed import Owed
from gateway.store.deliveries.receivers import Receivers
from gateway.store.deliveries.sending import Sending
from gateway.store.deliveries.standing import Standing
from gateway.store.model.delivery import EXCEPTIONS, STATES, Delivery, Due, Receiver, Settled, State

__all__ = [
    "EXCEPTIONS",
    "STATES",
    "Deliveries",
    "Delivery",
    "Due",
    "Receiver",
    "Settled",
    "State",
]


class Deliveries(Receivers, Owed, Sending, Standing):
    """The tables ``receiver`` and ``delivery`` of a store; any thread."""
