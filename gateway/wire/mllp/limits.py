"""Limits, Counters and Peer: what an MLLP door allows, what it has seen, and who is there."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(slots=True, frozen=True)
class Limits:
    """Bounds of one server; they are what keeps memory and time finite.

    Attributes:
        max_message: bytes of one frame's content; a longer one closes the connection.
        max_noise: bytes outside frames since the last good frame, before the connection is closed.
        max_connections: more are closed at once.
        pipeline: frames of one connection that may be under way; beyond it reading pauses.
        frame_timeout: seconds from a frame's first byte to its last, and for the peer to take our answers.
        idle_timeout: seconds between frames, 0 for no bound.
        stop_timeout: seconds that ``stop`` waits for frames under way.
    """

    max_message: int = 10 * MIB
    max_noise: int = 64 * 1024
    max_connections: int = 1024
    pipeline: int = 32
    frame_timeout: float = 30.0
    idle_timeout: float = 0.0
    stop_timeout: float = 10.0


@dataclass(slots=True)
class Counters:
    """Since the start; only ``open`` goes down.

    Attributes:
        connections: accepted, of which ``open`` are open; ``refused``: closed because of ``max_connections``.
        frames: complete frames handed to the handler; ``bytes``: received, framing included.
        answers: written; ``lost_answers``: ready when the peer had gone.
        oversize: frames above ``max_message``; ``truncated``: frames without an end.
        timeouts: connections closed by a timeout; ``noise``: bytes outside frames.
        failures: handlers that raised.
    """

    connections: int = 0
    open: int = 0
    refused: int = 0
    frames: int = 0
    bytes: int = 0
    answers: int = 0
    lost_answers: int = 0
    oversize: int = 0
    truncated: int = 0
    timeouts: int = 0
    noise: int = 0
    failures: int = 0


@dataclass(slots=True, frozen=True)
class Peer:
    """The other end of a connection.

    Attributes:
        host: its address, ``""`` where unknown.
        port: its port.
        subject: common name of its TLS client certificate, ``""`` without one.
    """

    host: str
    port: int
    subject: str = ""
