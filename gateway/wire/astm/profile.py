"""Profile: how far a line departs from the standard; Limits: what it may cost; Counters: what it has seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from gateway.wire.astm.frame import SIZE
from gateway.wire.astm.states import State

MIB = 1024 * 1024


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
class Limits:
    """Bounds of a line and of a server; they are what keeps memory and time finite.

    Attributes:
        max_frame: bytes of one frame or bare record; a longer one closes the line.
        max_message: bytes of one message; a longer one closes the line.
        max_held: bytes of all unfinished messages of a server; half of it answers ENQ with NAK, all of it
            closes the line that adds to it.
        max_noise: bytes that are no frame since the last good one, before the line is closed.
        max_enquiries: ENQ without a good frame between them, in half a second, before the line is closed.
        max_waiting: messages that wait to be sent on one line.
        max_connections: open ones of a server; more are closed at once.
        tries: how often a frame or an ENQ is sent before the sender gives up.
        frame_timeout: seconds from a frame's first byte to its last, and for the peer to take our bytes.
        send_timeout: seconds that a message waits for its turn and its acknowledgement.
        idle_timeout: seconds without a byte, 0 for no bound.
        stop_timeout: seconds that a stop waits for what is being committed.
    """

    max_frame: int = MIB
    max_message: int = 10 * MIB
    max_held: int = 256 * MIB
    max_noise: int = 64 * 1024
    max_enquiries: int = 64
    max_waiting: int = 64
    max_connections: int = 1024
    tries: int = 6
    frame_timeout: float = 120.0
    send_timeout: float = 300.0
    idle_timeout: float = 0.0
    stop_timeout: float = 10.0


@dataclass(slots=True)
class Counters:
    """Since the start; only ``open`` goes down.

    Attributes:
        connections: accepted, of which ``open`` are open; ``refused``: closed because of ``max_connections``.
        bytes: received; ``noise``: those of them that belong to no frame.
        frames: good ones; ``repeated``: of which we had acknowledged one before; ``bad``: answered NAK.
        messages: committed; ``incomplete``: handed over without their end.
        sent: our messages that were taken; ``unsent``: given up.
        failures: handlers that raised; ``lost``: without L or incomplete, and nobody took them.
        oversize: lines closed by a limit of size; ``timeouts``: by a limit of time.
        contentions: both ends sent ENQ.
    """

    connections: int = 0
    open: int = 0
    refused: int = 0
    bytes: int = 0
    noise: int = 0
    frames: int = 0
    repeated: int = 0
    bad: int = 0
    messages: int = 0
    incomplete: int = 0
    sent: int = 0
    unsent: int = 0
    failures: int = 0
    lost: int = 0
    oversize: int = 0
    timeouts: int = 0
    contentions: int = 0
