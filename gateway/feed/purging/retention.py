"""Retention: how long what belongs to an internet visit is kept (SC-34, SC-35): the rules of event ``purge``.

They are asked by a purge, and by a plain DELETE of what makes up the record of a visit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gateway.canonical.actor import Principal
from gateway.canonical.elements import references
from gateway.canonical.resource import Resource
from gateway.feed.kinds import FAMILIES
from gateway.feed.scope import in_visit, visit_is_virtual
from gateway.feed.visit.grounds import refusal_of
from gateway.feed.visit.hospital import Hospital, Hospitals
from gateway.policy import Decision
from gateway.store import Desk, Made, Occasion
from gateway.store.index import types_naming

RECORDS = frozenset(("Composition", "DocumentReference", "Media"))
"""Types of which the rules are asked before the states of a visit: they name the article."""

_NAMING = ("encounter", "context")
"""Search parameters by which a resource says of which visit it is."""
_PATHS = ("encounter", "context", "context.encounter")
"""The elements that these read."""


def _of_visits() -> frozenset[str]:
    """Return the types of what may belong to a visit."""
    return types_naming("Encounter", *_NAMING) | {*FAMILIES, "Provenance"}


def check(desk: Desk, hospital: Hospital, documents: Sequence[Resource]) -> None:
    """Make sure that documents need not be kept any longer.

    A text that has run out since only warns elsewhere. What was made while it was in force was made to be
    kept, and nothing that is gone comes back: here it still refuses.

    Args:
        documents: as they stand, and as they first stood: a date is not changed to be rid of something.

    Raises:
        Refusal: they must be kept, with the article.
    """
    found = hospital.decide(desk, "purge", documents, None).findings
    said = tuple(replace(one, verdict="refuse") if one.lapsed else one for one in found)
    refusal = refusal_of(Decision(said))
    if refusal is not None:
        raise refusal


class Retention:
    """Lets nobody delete what belongs to a visit over the API while it must be kept.

    Args:
        hospitals: the rules of each tenant.
        types: which types, None: whatever may belong to a visit.
    """

    def __init__(self, hospitals: Hospitals, types: frozenset[str] | None = None) -> None:
        self._hospitals = hospitals
        self.types = _of_visits() if types is None else types

    def govern(self, desk: Desk, made: Sequence[Made], occasion: Occasion) -> None:
        """See ``gateway.store.governing.Governor``."""
        if occasion.door != "api" or not isinstance(occasion.caller, Principal):
            return
        gone = [one for each in made if each.method == "delete" and (one := each.before) is not None]
        documents = [one for one in gone if _is_kept(desk, one)]
        hospital = self._hospitals.of(desk.tenant) if documents else None
        if hospital is not None:
            check(desk, hospital, documents)


def _is_kept(desk: Desk, resource: Resource) -> bool:
    """Tell whether something is of an internet visit, and no draft; a signature is where its document is."""
    if resource["resourceType"] == "Provenance":
        targets = (desk.read(*name.split("/")[:2]) for name in references(resource, "target"))
        return any(
            _is_kept(desk, one) for one in targets if one is not None and one["resourceType"] != "Provenance"
        )
    return not _is_draft(resource) and _of_visit(desk, resource)


def _is_draft(resource: Resource) -> bool:
    if resource["resourceType"] == "DocumentReference":
        return resource.get("docStatus") == "preliminary"
    family = FAMILIES.get(resource["resourceType"])
    return family is not None and family.phase(resource) == "draft"


def _of_visit(desk: Desk, resource: Resource) -> bool:
    """Tell whether something belongs to an internet visit, by what it names itself."""
    names = [name for path in _PATHS for name in references(resource, path)]
    named = any(
        name.startswith("Encounter/") and visit_is_virtual(desk, name.split("/")[1]) for name in names
    )
    return named or in_visit(desk, resource)
