"""Along: what is sent along with a document: what its resources lead to in a few steps (docs/feed.md)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from gateway.canonical import Resource
from gateway.canonical.elements import name_of, references_within
from gateway.mapping.outbound.around import followed

AROUND = frozenset(
    ("Condition", "Encounter", "Location", "Medication", "Organization", "Patient", "Practitioner",
     "PractitionerRole", "RelatedPerson", "RequestGroup")
)  # fmt: skip
"""Types of what is sent along with the documents that refer to it."""

TOLD_ALONE = frozenset(("Specimen",))
"""Types of what is sent along, too, to who carries an order out: a laboratory needs the sample."""

STEPS = 2
"""How many references lead from a document to what is sent along: to the visit, and to its institution."""

_UP = 6
"""Organizations, one a part of the other, that are followed further: from a department to its hospital."""


class Named:
    """What resources refer to; each is walked once, as long as all of them are held."""

    def __init__(self, narrow: bool) -> None:
        self._narrow = narrow
        self._known: dict[int, frozenset[str]] = {}
        self.steps = STEPS + _UP if narrow else STEPS

    def by(self, resource: Resource, step: int) -> frozenset[str]:
        """Return the names of what one refers to; in later steps of what an Organization is a part of."""
        if step >= STEPS and resource["resourceType"] != "Organization":
            return frozenset()
        found = self._known.get(id(resource))
        if found is None:
            found = self._known[id(resource)] = frozenset(_references(resource, self._narrow))
        return found


def along(
    members: Sequence[Resource],
    signatures: Sequence[Resource],
    known: Mapping[str, Resource | None],
    named: Named,
) -> dict[str, Resource]:
    """Return what is sent along with some members: what they lead to in so many steps, and the signatures."""
    own = {name_of(one) for one in members}
    found: dict[str, Resource] = {}
    front: Iterable[Resource] = (*members, *signatures)
    for step in range(named.steps):
        names = {name for one in front for name in named.by(one, step)} - own - set(found)
        if not names:
            break
        fresh = {name: one for name in sorted(names) if (one := known.get(name)) is not None}
        found |= fresh
        front = list(fresh.values())
    return found | {name_of(one): one for one in signatures}


def _references(value: Resource, narrow: bool) -> Iterator[str]:
    """Yield the local references in a resource that lead to what is sent along.

    A diagnosis leads to no stay: it may have been made on a ward, which is nobody's business.
    """
    if narrow:
        types = AROUND | TOLD_ALONE
        return (name for name in followed(value) if name.partition("/")[0] in types)
    around = AROUND - {"Encounter"} if value.get("resourceType") == "Condition" else AROUND
    return (name for name in references_within(value) if name.partition("/")[0] in around)
