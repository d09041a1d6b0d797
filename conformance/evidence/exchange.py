"""Exchanges: what went to the target and what came back, as it was; it is masked before it is written."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Protocol = Literal["http", "mllp", "astm", "dicom", "inbound", "tls", "sql", "file"]


@dataclass(slots=True, frozen=True)
class Message:
    """One direction of an exchange.

    Attributes:
        line: ``"POST http://…"`` of a request, ``"201"`` of an answer; ``""`` where the protocol has none.
        body: the bytes as they went; of what is long only the first part.
        length: of the whole body, in bytes.
    """

    line: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    length: int = 0


@dataclass(slots=True, frozen=True)
class Exchange:
    """A request and its answer.

    Attributes:
        step: what was being done.
        at: when it began, RFC 3339 in UTC.
        seconds: until the answer was read.
        response: None where none came.
        error: why none came, ``""`` where one did.
    """

    step: str
    protocol: Protocol
    at: str
    seconds: float
    request: Message
    response: Message | None
    error: str = ""


class Book:
    """The exchanges of one check, in their order; threads may write at the same time."""

    def __init__(self) -> None:
        self._kept: list[Exchange] = []
        self._about: list[str] = []
        self._secrets: set[str] = set()
        self._lock = threading.Lock()

    def note(self, exchange: Exchange) -> int:
        """Keep one; returns its number, from 1."""
        with self._lock:
            self._kept.append(exchange)
            return len(self._kept)

    def about(self, resource: str) -> None:
        """Keep what a call in a form of the target's own says, as JSON of FHIR: whom it is about shows there.

        It is not evidence: only what it says of people is learned, so that it is masked in any form.
        """
        with self._lock:
            self._about.append(resource)

    def hide(self, *secrets: str) -> None:
        """Keep what was fetched to be let in with: nobody may read it, wherever it stands."""
        with self._lock:
            self._secrets.update(secrets)

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """What was kept so far."""
        with self._lock:
            return tuple(self._kept)

    @property
    def secrets(self) -> tuple[str, ...]:
        """What nobody may read, see :meth:`hide`."""
        with self._lock:
            return tuple(sorted(self._secrets))

    @property
    def spoken_of(self) -> tuple[str, ...]:
        """What calls were about, see :meth:`about`."""
        with self._lock:
            return tuple(self._about)
