"""Profile: how far a line departs from the standard; Limits: what it may cost; Counters: what it has seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from gateway.wire.astm.frame import SIZE
from gateway.wire.astm.states import State
from gateway.wire.port import MIB, Bounds, Seen


@dataclass(slots=True, frozen=True)
class Profile:
    """What one sender does its own way. Long frames, small letters in checksums and missing CR LF need none.

    Attributes:
        role: ours, for contention: an instrument asks again after 1 s, a computer waits 20 s.
        checksum: ``"ignored"``: two characters of any kind; ``"absent"``: a frame ends with ETX or ETB.
        numbers: ``"any"``: frame numbers are not counted; a frame like the one before is its repetition.
        enquiry: False: frames come without ENQ before them.
        bare: records without frames are taken too, ended by CR or LF.
        size: bytes of text in the frames that we write.
        packed: fill the frames that we write; else each record begins a frame.
        interrupt: answer EOT instead of ACK after a message where we have something to send.
        timeouts: seconds of a state, where they are not those of ``states.TIMEOUTS``.
    """

    role: Literal["computer", "instrument"] = "computer"
    checksum: Literal["checked", "ignored", "absent"] = "checked"
    numbers: Literal["checked", "any"] = "checked"
    enquiry: bool = True
    bare: bool = True
    size: int = SIZE
    packed: bool = False
    interrupt: bool = False
    timeouts: Mapping[State, float] = field(default_factory=dict)


@dataclass(slots=True, frozen=True)
class Limits(Bounds):
    """Bounds of a line and of a server.

    Attributes:
        max_frame: bytes of one frame or bare record; a longer one closes the line.
        max_held: bytes of all unfinished messages of a server; half of it answers ENQ with NAK, all of it
            closes the line that adds to it.
        max_enquiries: ENQ without a good frame between them, in half a second, before the line is closed.
        max_waiting: messages that wait to be sent on one line.
        tries: how often a frame or an ENQ is sent before the sender gives up.
        send_timeout: seconds that a message waits for its turn and its acknowledgement.
    """

    max_frame: int = MIB
    max_held: int = 256 * MIB
    max_enquiries: int = 64
    max_waiting: int = 64
    tries: int = 6
    frame_timeout: float = 120.0
    send_timeout: float = 300.0


@dataclass(slots=True)
class Counters(Seen):
    """Since the start.

    Attributes:
        repeated: frames of which we had acknowledged one before; ``bad``: answered NAK.
        messages: committed; ``incomplete``: handed over without their end.
        sent: our messages that were taken; ``unsent``: given up.
        lost: messages without L or incomplete, and nobody took them.
        contentions: both ends sent ENQ.
    """

    repeated: int = 0
    bad: int = 0
    messages: int = 0
    incomplete: int = 0
    sent: int = 0
    unsent: int = 0
    lost: int = 0
    contentions: int = 0
