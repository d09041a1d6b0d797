"""Door: what the lines of one server share, and what is done with a message."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from gateway.wire.astm.assembly import Received
from gateway.wire.astm.profile import Counters, Limits, Profile
from gateway.wire.mllp.limits import Peer

Handle = Callable[[Received, Peer], Awaitable[Sequence[bytes] | None]]
"""Commits a message, then returns: messages for the same line (the answer to a query), or None."""


@dataclass(slots=True)
class Door:
    """What the links of one server share.

    Attributes:
        handle: see :data:`Handle`; told of messages that were cut off, too (``Received.whole``).
        profile: of the senders.
        limits: see :class:`Limits`.
        counters: see :class:`Counters`.
        clock: monotonic seconds.
        busy: says whether ENQ is to be answered NAK, as long as that is so.
        held: bytes of the messages that are not complete, of all links.
    """

    handle: Handle
    profile: Profile
    limits: Limits
    counters: Counters
    clock: Callable[[], float]
    busy: Callable[[], bool] = lambda: False
    held: int = 0
