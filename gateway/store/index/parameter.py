"""A search parameter of one type, as the rest of the store sees it (R4 SearchParameter)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from gateway.store.index.expression import Member, Path

Kind = Literal["token", "string", "date", "reference", "number", "quantity", "uri", "composite", "special"]


@dataclass(slots=True, frozen=True, eq=False)
class Parameter:
    """One search parameter of one resource type. There is one object of each, so that it can be a key.

    Attributes:
        name: as it stands in the URL.
        type: what kind of value it takes.
        base: the resource type.
        url: canonical URL of the official definition.
        expression: FHIRPath, only what speaks of ``base``; of a component on the elements that its composite
            selects; ``""`` where R4 gives none (``_text``).
        targets: resource types that a reference may name, () for any.
        system: the code system that the required binding of a ``code`` element implies, ``""`` for none.
        components: of a composite: what its values are made of.
        postings: names of the lists in which its values are filed; () where none are: see ``exact``.
        exact: a value that is in the lists is a match of a plain search (no modifier), and one that is not is
            none. Otherwise the lists hold all matches and more: each must be tested on the resource.
            Never so for quantities (units), for strings longer than ``STRING_LENGTH``, for canonical URLs
            and references with a version: those are filed without.
        unfiled: token values that nearly all resources have: they are in no list.
        paths: its expression, read.
        present: its value is whether anything but ``false`` stands at ``paths`` (``Patient.deceased``).
    """

    name: str
    type: Kind
    base: str
    url: str
    expression: str
    targets: tuple[str, ...] = ()
    system: str = ""
    components: tuple[Parameter, ...] = ()
    postings: tuple[str, ...] = ()
    exact: bool = False
    unfiled: frozenset[str] = frozenset()
    paths: tuple[Path, ...] = field(default=(), repr=False)
    present: bool = False

    @property
    def single(self) -> bool:
        """Whether a resource that is as R4 has it has one value of it at most."""
        steps = [step for path in self.paths for step in path.steps if isinstance(step, Member)]
        one_place = len({path.place for path in self.paths}) == 1
        return one_place and not any(step.many and step.entry is None for step in steps)

    @property
    def modifiers(self) -> tuple[str, ...]:
        """The modifiers that R4 defines for the type (§3.1.1.4); a reference takes resource types too."""
        return MODIFIERS[self.type]

    @property
    def comparators(self) -> tuple[str, ...]:
        """The prefixes that its values may have."""
        return COMPARATORS if self.type in ("date", "number", "quantity") else ()


COMPARATORS = ("eq", "ne", "gt", "ge", "lt", "le", "sa", "eb", "ap")

MODIFIERS: dict[str, tuple[str, ...]] = {
    "token": ("missing", "text", "not", "above", "below", "in", "not-in", "of-type"),
    "string": ("missing", "exact", "contains"),
    "date": ("missing",),
    "reference": ("missing", "type", "identifier", "above", "below"),
    "number": ("missing",),
    "quantity": ("missing",),
    "uri": ("missing", "above", "below"),
    "composite": ("missing",),
    "special": ("missing",),
}
