"""Places: what happens at each place of a message structure, and which of its fields are read there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from gateway.mapping.acts import Act, Value
from gateway.mapping.grouping import Walk
from gateway.mapping.reads import WHOLE, FieldReads
from gateway.mapping.rows import MessageFile
from gateway.mapping.shapes import Shapes


@dataclass(slots=True)
class Place:
    """What happens at one leaf: its acts, and which fields they read.

    Attributes:
        known: fields that are read whole, or that the gateway itself reads.
        partly: number of a field → what is read of it, for the others that are read at all.
        read: those two together.
        shapes: what it comes to for segments in which the same fields are valued.
    """

    acts: tuple[Act, ...]
    looked_at: Callable[[], Mapping[int, FieldReads]]
    shapes: Shapes
    known: frozenset[int] = frozenset()
    partly: tuple[tuple[int, FieldReads], ...] = ()
    read: frozenset[int] = frozenset()

    def learn(self, known: frozenset[int]) -> None:
        """Find out what is read here, when the first message comes; most places never see one.

        Args:
            known: fields that the gateway itself reads.
        """
        fields = self.looked_at()
        self.known = known | {at for at, reads in fields.items() if WHOLE in reads.every}
        self.partly = tuple((at, reads) for at, reads in sorted(fields.items()) if at not in self.known)
        self.read = self.known | {at for at, _ in self.partly}


@dataclass(slots=True)
class MessageMap:
    """One compiled message map."""

    file: MessageFile
    walk: Walk
    places: dict[int, Place] = field(default_factory=dict)
    extras: dict[str, Place] = field(default_factory=dict)
    event_at: tuple[Value, ...] = ()

    def place(self, leaf: int, segment: str) -> Place | None:
        """Return what happens at a leaf, or at a segment that the structure does not know."""
        return self.places.get(leaf) if leaf >= 0 else self.extras.get(segment)
