"""Limits, Counters and Peer: what an MLLP door allows, what it has seen, and who is there."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.wire.port import Bounds, Seen


@dataclass(slots=True, frozen=True)
class Limits(Bounds):
    """Bounds of one server.

    Attributes:
        pipeline: frames of one connection that may be under way; beyond it reading pauses.
    """

    pipeline: int = 32


@dataclass(slots=True)
class Counters(Seen):
    """Since the start.

    Attributes:
        answers: written; ``lost_answers``: ready when the peer had gone.
        truncated: frames without an end.
    """

    answers: int = 0
    lost_answers: int = 0
    truncated: int = 0


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
