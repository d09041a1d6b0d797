"""Envelope: the bytes that a sender sent, and where they came from."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from struct import unpack

_DRAWN = 512
_random: deque[int] = deque()
"""Numbers of 64 bits, drawn by the handful: whoever asks the system gives up its turn among the threads."""
os.register_at_fork(after_in_child=_random.clear)  # a child has numbers of its own


def new_envelope_id(received_at: int) -> str:
    """Return a 32-digit hexadecimal id that sorts by time (UUID version 7, RFC 9562 §5.7).

    Args:
        received_at: microseconds since 1970-01-01T00:00:00Z.
    """
    head = (received_at // 1000) << 16 | 0x7000 | (received_at % 1000) * 4
    tail = _drawn() & 0x3FFFFFFFFFFFFFFF | 0x8000000000000000
    return f"{head:016x}{tail:016x}"


def _drawn() -> int:
    """Return one number, whichever thread asks; no number twice."""
    try:
        return _random.popleft()
    except IndexError:
        one, *rest = unpack(f"{_DRAWN}Q", os.urandom(8 * _DRAWN))
        _random.extend(rest)
        return int(one)


def now_us() -> int:
    """Return the present moment as microseconds since 1970-01-01T00:00:00Z."""
    return time.time_ns() // 1000


@dataclass(slots=True)
class Envelope:
    """Raw bytes and their origin; kept verbatim whatever happens afterwards.

    Attributes:
        id: inbox id, see :func:`new_envelope_id`.
        tenant: the hospital (``"default"`` unless several share the process).
        adapter: id of the adapter that received it, e.g. ``"his/hl7v2"``.
        sender: id of the sender profile (``mappings/senders/<sender>.yaml``), or ``""`` until
            the message's own header has been read.
        received_at: microseconds since 1970-01-01T00:00:00Z.
        content_type: e.g. ``"x-application/hl7-v2+er7"``.
        charset: the charset that the transport or profile dictates, ``""`` where the bytes decide.
        raw: the bytes, without transport framing.
        meta: facts of the transport (``peer``, ``port``, ``file``), never patient data.
        zone: in which the sender is answered, ``"+08:00"``; set with ``sender``, not kept.
        answer: what it hears of orders, ``order`` or ``ack`` (a plain ACK); likewise.
    """

    id: str
    tenant: str
    adapter: str
    sender: str
    received_at: int
    content_type: str
    charset: str
    raw: bytes
    meta: Mapping[str, str] = field(default_factory=dict)
    zone: str = "+08:00"
    answer: str = "order"
