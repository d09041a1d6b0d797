"""Statement: what the body of a clinical document says, as data: sections and the statements in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from gateway.mapping.layout.cda.parts import Said

KINDS: Final[dict[str, frozenset[str]]] = {
    "observation": frozenset(),
    "allergy": frozenset(),
    "diagnosis": frozenset({"code", "name", "rank", "dated", "outcome"}),
    "relative": frozenset(),
    "result": frozenset({"item", "value", "unit", "result"}),
    "procedure": frozenset({"name"}),
    "medication": frozenset({"total"}),
}
"""Kind of a statement → the columns of it that a data element may become."""

LENT: Final = frozenset({"rank", "dated", "outcome"})
"""Columns of a diagnosis that a statement beside it says, which stays a statement of its own."""


@dataclass(slots=True)
class Statement:
    """One clinical statement.

    Attributes:
        kind: one of :data:`KINDS`.
        said: column → text, or what repeats.
        parent: the statement that it is a part of.
        focus: the statement that it is about.
        segments: numbers of the segments that it was laid out as.
        of: the data element that began it, and what the document calls that.
    """

    kind: str
    said: Said = field(default_factory=dict)
    parent: Statement | None = None
    segments: list[int] = field(default_factory=list)
    focus: Statement | None = None
    of: tuple[str, str] = ("", "")


@dataclass(slots=True)
class Section:
    """One section.

    Attributes:
        code, name, system: of ``section/code``, ``""`` where they are not said.
        div: its narrative, ``""`` for none.
        inside: the sections in it.
        taken: what a layout has read of it by an XPath, as statements; only its text tells them.
        entered: it has entries, whatever they say.
        beside: media type of what it is in truth, which stands beside the text (nonXMLBody), ``""`` for none.
    """

    title: str = ""
    code: str = ""
    name: str = ""
    system: str = ""
    div: str = ""
    statements: list[Statement] = field(default_factory=list)
    inside: list[Section] = field(default_factory=list)
    taken: list[Statement] = field(default_factory=list)
    entered: bool = False
    beside: str = ""

    @property
    def of_relatives(self) -> bool:
        """Whether it tells of the family and not of the patient (LOINC 10157-6)."""
        return self.code == "10157-6" or "家族史" in (self.title or self.name)

    def all(self) -> Iterator[Section]:
        """Yield this section and those inside, as they stand."""
        yield self
        for one in self.inside:
            yield from one.all()
