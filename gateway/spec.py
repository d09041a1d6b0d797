"""AdapterSpec and the Source protocol: all that an adapter sees of the gateway."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

from gateway.canonical import Envelope, Outcome, Record
from gateway.canonical.asked import Answer, Ask, Question, Value
from gateway.errors import Retry

__all__ = [
    "AdapterSpec",
    "Answer",
    "Ask",
    "Asking",
    "Backlog",
    "Deliver",
    "Field",
    "Question",
    "Source",
    "Value",
]


class Deliver(Protocol):
    """Hands Envelopes to the pipeline; nothing is answered before it is committed."""

    def __call__(self, envelope: Envelope, /) -> Awaitable[bytes]:
        """Deliver one; the awaited bytes are the answer for the sender (an ACK).

        Raises:
            Retry: nothing could be committed; the sender must keep its message.
        """

    async def many(self, envelopes: Sequence[Envelope], /) -> list[bytes | Retry]:
        """Deliver what a source has at once, in its order, and wait for all of it.

        Each has the outcome that it would have alone, at a fraction of the cost.

        Returns:
            The answer of each, in the same order; ``Retry`` where it could not be committed.
        """


class Source(Protocol):
    """A running door: receives bytes, delivers them, writes the answers back. Nothing else."""

    async def start(self, deliver: Deliver) -> None:
        """Bind and begin to receive; returns once the door is open."""

    async def stop(self) -> None:
        """Accept nothing new, finish what is under way, close."""

    def status(self) -> Mapping[str, int | str]:
        """Return counters and the bound address, for the console and ``qiao doctor``."""


@runtime_checkable
class Asking(Protocol):
    """A source at whose door questions are asked."""

    def answered_by(self, ask: Ask) -> None:
        """Take what answers; called once, before ``start``."""


@runtime_checkable
class Lays(Protocol):
    """A source whose settings name layouts, for records that come by one of its lines."""

    @property
    def layouts(self) -> Mapping[str, str]:
        """Name of a layout → where it is set, ``"line urine"``."""


class Backlog(Protocol):
    """A source that can read all that is there now and end, as ``qiao adapter run`` asks it to."""

    async def backlog(self, deliver: Deliver, told: Callable[[str, int, int], object]) -> None:
        """Read it, in its order; calling again after a stop goes on where it was.

        Args:
            told: called with what is read, how many of it are worked, and how many there are.

        Raises:
            QiaoError: it cannot be read now; says why and what to do.
        """

    async def stop(self) -> None:
        """Close."""

    def status(self) -> Mapping[str, int | str]:
        """Return counters."""


@dataclass(slots=True, frozen=True)
class Field:
    """One setting of an adapter; the documentation and the check are made from it."""

    name: str
    type: Literal["str", "int", "float", "bool"]
    default: str | int | float | bool
    doc: str


@dataclass(slots=True, frozen=True)
class AdapterSpec:
    """One way in, found by dropping a folder into ``adapters/<kind>/<name>/``.

    Attributes:
        id: ``"<kind>/<name>"``, equal to the folder.
        kind: which system stands behind it.
        title: one line, English.
        title_zh: the same in Chinese.
        content_type: of the bytes that it delivers.
        source: makes a Source from the adapter's settings (validated against ``fields``).
        parse: bytes → Record; raises ``Rejected`` on anything that is not the format.
        answer: Envelope, Record (None where it could not be parsed), Outcome → bytes for the sender.
        fields: its settings.
        keeps: what it delivers is kept in quarantine where nobody can read it, because nobody who could mend
            it hears an answer at this door.
        asked: it opens only where the settings have a section for it, although it has a port.
        read: a file on disk, the settings and what its rows are (``""``: whatever says so) → what the door
            would deliver of it, for who wants to see that before; None where it reads no files.
    """

    id: str
    kind: Literal["his", "lis", "pacs"]
    title: str
    title_zh: str
    content_type: str
    source: Callable[[Mapping[str, str | int | float | bool]], Source]
    parse: Callable[[Envelope], Record]
    answer: Callable[[Envelope, Record | None, Outcome], bytes]
    fields: tuple[Field, ...] = field(default_factory=tuple)
    keeps: bool = False
    asked: bool = False
    read: Callable[[Path, Mapping[str, str | int | float | bool], str], Iterator[Envelope]] | None = None
