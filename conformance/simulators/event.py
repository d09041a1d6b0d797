"""Event: one thing that a simulated system puts on the wire, and how."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

System = Literal["HIS", "LIS", "RIS"]

Transport = Literal[
    "frame", "own-frame", "split", "no-final-cr", "empty-frame", "bare-bytes", "half-frame", "no-trailer"
]  # fmt: skip
"""How the bytes travel. ``frame`` is a proper MLLP frame on the system's own connection; everything
else goes over a connection of its own: ``own-frame`` properly framed, but with framing bytes inside."""

DELIVERS: frozenset[str] = frozenset({"frame", "own-frame", "split", "no-final-cr"})
"""The transports after which a whole message has reached the receiver."""


@dataclass(slots=True, frozen=True)
class Event:
    """One message of the day.

    Attributes:
        at: when the system sends it, Asia/Shanghai wall clock, naive.
        sender: which of the three systems.
        message: the bytes without MLLP framing.
        note: short English label, e.g. ``"admit"``.
        patient: key of the person; messages of one person are sent in order across the systems.
        fault: what is wrong with it (``"no-pid"``), ``""`` for a sound message.
        transport: how it travels.
        repeat: True where the same message went out before.
    """

    at: datetime
    sender: System
    message: bytes
    note: str
    patient: str = ""
    fault: str = ""
    transport: Transport = "frame"
    repeat: bool = False
