"""Reach: what goes with a resource when it is shown: what it refers to, over some references."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from gateway.canonical import Resource
from gateway.canonical.elements import name_of, reference, references_within
from gateway.mapping.outbound import Resources
from gateway.mapping.outbound.path import Path

STEPS = 5
"""References that lead from what was found to what goes with it: order, visit, bed, room, ward."""

AROUND = frozenset(
    ("Condition", "Coverage", "Encounter", "Location", "Medication", "Observation", "Organization",
     "Patient", "Practitioner", "PractitionerRole", "RelatedPerson", "Specimen")
)  # fmt: skip
"""Types of what goes with what was found."""

Named = dict[str, Resource]
"""``"Type/id"`` → resource."""


def refers(resource: Resource) -> Iterator[str]:
    """Yield what a resource refers to, of the types that go with it.

    A Provenance is of everything that came with one message: only who did it goes with what was found.
    """
    told = resource.get("agent", ()) if resource.get("resourceType") == "Provenance" else resource
    return (name for name in references_within(told) if name.partition("/")[0] in AROUND)


def concerns(resource: Resource, own: Collection[str]) -> bool:
    """Tell whether a resource that a search has included goes with what was found, or what that refers to.

    A Provenance does where it is of one of them; that somebody did something else, too, tells nothing.
    """
    if resource.get("resourceType") == "Provenance":
        return any(reference(one) in own for one in resource.get("target", ()) if not _is_around(one))
    return name_of(resource) in own or any(one in own for one in references_within(resource))


def _is_around(target: object) -> bool:
    return reference(target).partition("/")[0] in AROUND


def groups(by: Path | None, matches: Iterable[Resource]) -> list[list[Resource]]:
    """Return what is said together, in the order in which it was written: what has the same value at a path.

    Args:
        by: None: each by itself.
        matches: the newest first.
    """
    found: dict[tuple[str, ...], list[Resource]] = {}
    for one in matches:
        values = by.values(Resources(()), one, {}) if by is not None else []
        found.setdefault(tuple(map(str, values)) or (name_of(one),), []).append(one)
    return [one[::-1] for one in found.values()]


def reach(
    group: Sequence[Resource], around: Mapping[str, Resource], included: Iterable[Resource]
) -> list[Resource]:
    """Return a group with what it refers to, the nearest first, and with what refers to it."""
    own = {name for one in group for name in (name_of(one), *refers(one))}
    back = [one for one in included if concerns(one, own)]
    front = [*group, *back]
    reached = {name_of(one): one for one in front}
    for _ in range(STEPS):
        names = dict.fromkeys(name for one in front for name in refers(one) if name not in reached)
        new = {name: around[name] for name in names if name in around}
        reached |= new
        front = list(new.values())
    return list(reached.values())
