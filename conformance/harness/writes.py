"""Writes: which call of a target makes what a check writes, where it takes no FHIR; data of its profile.

Each type has calls of its own (the first that fits is made), or is taken as FHIR (``fhir``), or is not needed
(``none``); ``*`` is every type that is not named.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.harness.action import Action
from conformance.harness.paths import pick
from conformance.simulators.exact import Resource

AS_FHIR, NOTHING, ANY = "fhir", "none", "*"
NUMBER, BY = "number", "by"
"""What a template may name beside the resource: the target's number of it, and who acts."""


@dataclass(slots=True, frozen=True)
class Write:
    """One call by which a target is told of a resource.

    Attributes:
        action: the call; its ``answer`` says where ``reference`` and ``number`` of what was made stand, and,
            by their type, the numbers of what went along.
        when: path → what must stand there for this call; None: nothing, ``*``: anything.
        along: types of what goes in the same call; a template names them by their type.
    """

    action: Action
    when: Mapping[str, str | None] = field(default_factory=dict)
    along: tuple[str, ...] = ()

    def fits(self, given: Resource) -> bool:
        """Tell whether it is made for this; one that names no ``{number}`` is for what is new."""
        if NUMBER in given and not self.again:
            return False
        return all(_is(pick(given, path), wanted) for path, wanted in self.when.items())

    @property
    def again(self) -> bool:
        """Whether it changes what was made before."""
        return NUMBER in self.named or NUMBER in self.when

    @property
    def named(self) -> set[str]:
        """Paths of a resource that its templates name."""
        return self.action.named


Way = str | tuple[Write, ...]
"""``fhir``, ``none``, or the calls."""


def way(writes: Mapping[str, Way], kind: str) -> Way | None:
    """Return how a type is written; None where the target does not say."""
    return writes.get(kind, writes.get(ANY)) if writes else AS_FHIR


def carried(writes: Mapping[str, Way], kind: str) -> Iterator[str]:
    """Return the paths of a type that some call carries to the target."""
    for owner, found in writes.items():
        for one in found if isinstance(found, tuple) else ():
            paths = {*one.named, *one.when} - {NUMBER, BY, f"{BY}.{NUMBER}", f"{kind}.{NUMBER}"}
            if owner == kind:
                yield from paths
            yield from (path.removeprefix(f"{kind}.") for path in paths if path.startswith(f"{kind}."))


def _is(found: Any, wanted: str | None) -> bool:
    return found is None if wanted is None else found is not None and wanted in (ANY, str(found))
