"""Exchange: what the engine and a process that works for it say to each other, and how: frames over a pipe.

A frame is its length (8 bytes, little endian) and a pickle. Both ends are this program, started by itself;
nobody else can write into the pipe.
"""

from __future__ import annotations

import pickle
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO, Any

from gateway.canonical import Envelope
from gateway.pipeline.header import Flaw, Header
from gateway.pipeline.steps import Result

_LENGTH = struct.Struct("<Q")


@dataclass(slots=True)
class Asked:
    """Messages to be read and mapped.

    Attributes:
        version: of the maps of who asks.
    """

    version: str
    envelopes: Sequence[Envelope]


@dataclass(slots=True)
class Done:
    """One message, read and mapped.

    Attributes:
        sender, charset, zone: of its envelope, as reading has found them.
        profile: id of its sender's profile; ``""`` where nobody could read it.
        flaw: as of ``steps.Reading``.
        parsed: whether it has a record; ``echoed``: as of ``steps.Reading``.
    """

    sender: str
    charset: str
    zone: str
    profile: str
    header: Header
    flaw: Flaw | None
    parsed: bool
    echoed: bool
    result: Result


@dataclass(slots=True)
class NotKept:
    """One message that is none: what ``Rejected`` says."""

    reason: str
    code: str
    where: str


Answered = Sequence[Done | NotKept]


def send(pipe: IO[bytes], what: object) -> None:
    """Write one frame. Raises ``OSError`` where nobody reads any more."""
    data = pickle.dumps(what, pickle.HIGHEST_PROTOCOL)
    pipe.write(_LENGTH.pack(len(data)))
    pipe.write(data)
    pipe.flush()


def receive(pipe: IO[bytes]) -> Any:
    """Return the next frame. Raises ``EOFError`` where nobody writes any more."""
    (length,) = _LENGTH.unpack(_read(pipe, _LENGTH.size))
    return pickle.loads(_read(pipe, length))  # noqa: S301 -- see above


def _read(pipe: IO[bytes], length: int) -> bytes:
    data = pipe.read(length)
    if len(data) < length:
        raise EOFError
    return data
