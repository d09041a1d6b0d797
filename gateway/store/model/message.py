"""Message: what the store takes of a message and gives of it: Receive, Settle, Written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gateway.canonical import Envelope, NotUnderstood, Outcome, Quarantined, Refused, Translation
from gateway.errors import Retry


@dataclass(slots=True)
class Receive:
    """Keep an envelope's bytes, before anybody looks at them.

    Attributes:
        envelope: what came in.
        control_id: the sender's own number (MSH-10), ``""`` where it could not be read.
        digest: of the content apart from MSH-7.
        repeat_key: 64-bit number under which a repeat is looked for (signed or unsigned).
    """

    envelope: Envelope
    control_id: str
    digest: bytes
    repeat_key: int


@dataclass(slots=True)
class Settle:
    """End a received message: write its resources, or the reason why there are none.

    Attributes:
        envelope: the one that was received; a row that is already settled is settled anew (replay).
        outcome: a Translation becomes ``Stored``, or ``Quarantined`` where the store must refuse it.
        answer: makes the bytes for the sender from the final Outcome; called inside the transaction.
        keeps: a replay of many: what newer messages have said since stays (``spare.py``), and a message
            that is stored stays so where this new end would only quarantine it.
    """

    envelope: Envelope
    outcome: Translation | Quarantined | Refused | NotUnderstood
    answer: Callable[[Outcome], bytes]
    keeps: bool = False


@dataclass(slots=True)
class Written:
    """What became of one item of a batch, in the batch's order.

    Attributes:
        envelope_id: of the item.
        outcome: None for a Receive that went well; a Receive that could not be kept is ``Refused``.
        answer: the committed bytes for the sender; None for a Receive.
        later: why a message cannot be ended now, though others can; it stays received, and nothing of it is
            written.
    """

    envelope_id: str
    outcome: Outcome | None = None
    answer: bytes | None = None
    later: Retry | None = None
