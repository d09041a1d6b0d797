"""What every TCP port of a door allows and has seen, whatever is spoken there."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(slots=True, frozen=True)
class Bounds:
    """Bounds of a server; they are what keeps memory and time finite.

    Attributes:
        max_message: bytes of one message; a longer one closes the line.
        max_noise: bytes that belong to no frame since the last good one, before the line is closed.
        max_connections: open ones; more are closed at once.
        frame_timeout: seconds from a frame's first byte to its last, and for the peer to take our bytes.
        idle_timeout: seconds between frames, 0 for no bound.
        stop_timeout: seconds that a stop waits for what is under way.
    """

    max_message: int = 10 * MIB
    max_noise: int = 64 * 1024
    max_connections: int = 1024
    frame_timeout: float = 30.0
    idle_timeout: float = 0.0
    stop_timeout: float = 10.0


@dataclass(slots=True)
class Seen:
    """Since the start; only ``open`` goes down.

    Attributes:
        connections: accepted, of which ``open`` are open; ``refused``: closed because of ``max_connections``.
        bytes: received, framing included; ``noise``: those of them that belong to no frame.
        frames: good ones.
        oversize: lines closed by a limit of size; ``timeouts``: by a limit of time.
        failures: handlers that raised.
    """

    connections: int = 0
    open: int = 0
    refused: int = 0
    bytes: int = 0
    noise: int = 0
    frames: int = 0
    oversize: int = 0
    timeouts: int = 0
    failures: int = 0
