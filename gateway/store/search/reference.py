"""Reference parameters: ``Type/id``, an id, an absolute URL, or ``:identifier`` (R4 §3.1.1.4.12)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from gateway.canonical.logical_id import ID, is_id
from gateway.errors import Rejected
from gateway.store.index import Parameter, identifier, references, unversioned
from gateway.store.search import canonical
from gateway.store.search.escape import plain, split
from gateway.store.types import NUMBER, TYPES

_LITERAL = re.compile(rf"([A-Z][A-Za-z]+)/({ID})\Z")


@dataclass(slots=True, frozen=True)
class Target:
    """One value of a reference search: any of these literals, whatever their version, or canonicals."""

    any_of: frozenset[str]
    canonicals: frozenset[str] = frozenset()

    def holds(self, kind: str, value: Any) -> bool:
        """Tell whether an element refers to it."""
        return any(
            each in self.any_of
            or unversioned(each) in self.any_of
            or (kind in canonical.KINDS and each in self.canonicals)
            for each in references(kind, value)
        )


@dataclass(slots=True, frozen=True)
class Identified:
    """``:identifier``: the Reference names its target by this identifier, not by where it is."""

    system: str | None
    value: str

    def holds(self, kind: str, value: Any) -> bool:
        """Tell whether an element is such a Reference."""
        return kind == "Reference" and any(
            text.casefold() == self.value and self.system in (None, system)
            for system, text in identifier(value)
        )


def parse(text: str, modifier: str, parameter: Parameter, base: str) -> Target | Identified:
    """Return the value of a reference parameter; ``modifier`` is ``""``, ``identifier`` or a resource type.

    Raises:
        Rejected: it is no reference, or one to a type that the parameter never has; code ``value``.
    """
    if modifier == "identifier":
        return _identified(text, parameter)
    bare = plain(text)
    bare = bare.removeprefix(base.rstrip("/") + "/") if base else bare
    targets = (modifier,) if modifier else parameter.targets
    if modifier and parameter.targets and modifier not in parameter.targets:
        raise Rejected(f"never refers to {modifier}", code="value", where=parameter.name)
    if found := _LITERAL.match(bare):
        if found[1] not in (targets or NUMBER):
            raise Rejected(
                f"refers to {', '.join(targets) or 'R4 types'} only", code="value", where=parameter.name
            )
        return Target(frozenset((bare,)))
    if "://" in bare or bare.startswith("urn:"):
        return Target(frozenset((bare,)))
    if is_id(bare):
        return Target(frozenset(f"{target}/{bare}" for target in targets or TYPES))
    raise Rejected("takes Type/id, id or an absolute URL", code="value", where=parameter.name)


def resources(target: Target, parameter: Parameter) -> tuple[tuple[str, str], ...]:
    """Return the (type, id) that a value names, of which an element may have the canonical URL instead."""
    found = (_LITERAL.match(each) for each in target.any_of) if canonical.by_url(parameter) else ()
    return tuple((each[1], each[2]) for each in found if each and each[1] in canonical.targets(parameter))


def _identified(text: str, parameter: Parameter) -> Identified:
    parts = [plain(part) for part in split(text, "|")]
    if len(parts) > 2 or not parts[-1]:
        raise Rejected("is written value, system|value or |value", code="value", where=parameter.name)
    return Identified(parts[0] if len(parts) == 2 else None, parts[-1].casefold())
