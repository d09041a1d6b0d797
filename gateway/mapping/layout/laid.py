"""Laid: a message that was laid out by a layout; the engine reads it like one in ER7."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from gateway.canonical import Issue
from gateway.mapping.layout.cda import Section
from gateway.wire import er7

SEPARATORS = er7.Separators("|", "^", "~", "\\", "&")


@dataclass(slots=True)
class LaidSegment:
    """One segment.

    Attributes:
        name: ``"PID"``, or ``"R01"`` for a place of its own.
        fields: as those of ``er7.Segment``.
        leaf: number of its place in the layout's structure; -1 where a message structure decides.
        groups: the open groups around it, outermost first, each with the number of its repetition.
        text: its fields as they would be written; the walk looks there for escapes, nulls and repetitions.
        told_by: the record that tells it (astm).
    """

    name: str
    fields: list[str]
    leaf: int = -1
    groups: tuple[tuple[str, int], ...] = ()
    text: str = ""
    told_by: object = None


class Laid(er7.Message):
    """A message without a text: its segments were never one.

    Attributes:
        holds_control: some text has a control character.
        left: paths of the record that no segment has → how often.
        sections: of a clinical document.
        clinical: it is one, and ``raw`` its bytes without what was wrapped around them.
        remarks: what was found wrong with the record before it was laid out.
        content: what tells a repetition of it, where that is not all of ``raw``.
        passed_over: yields the paths that its layout ignores by name, and why.
    """

    def __init__(self, raw: bytes, segments: Sequence[LaidSegment], *, escaped: bool, control: bool) -> None:
        text = "\\" * 10 if escaped else ""
        found: list[LaidSegment] = list(segments)
        for one in found:
            one.text = "|".join(one.fields)
        super().__init__(raw, 0, text, "utf-8", False, SEPARATORS, found)  # type: ignore[arg-type]  # (same attributes)
        self.holds_control = control
        self.left: dict[str, int] = {}
        self.sections: Sequence[Section] = ()
        self.clinical = False
        self.remarks: Sequence[Issue] = ()
        self.content = b""
        self.passed_over: Callable[[], Iterator[tuple[str, str]]] | None = None
