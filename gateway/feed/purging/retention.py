"""Retention: how long what belongs to an internet visit is kept (SC-34, SC-35): the rules of event ``purge``.

They are asked by a purge, and by a plain DELETE of what makes up the record of a visit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gateway.canonical.actor import Principal
from gateway.canonical.elements import references
from gateway.canonical.resource import Resource
from gateway.feed.scope import visit_is_virtual
from gateway.feed.visit.grounds import refusal_of
from gateway.feed.visit.hospital import Hospital, Hospitals
from gateway.policy import Decision
from gateway.store import Desk, Made, Occasion

_DRAFT = {"Composition": "preliminary", "DocumentReference": "preliminary"}
"""Type → the docStatus or status of what is no record yet."""


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
    """Lets nobody delete what makes up the record of a visit over the API while it must be kept.

    Args:
        hospitals: the rules of each tenant.
    """

    types = frozenset(("Composition", "DocumentReference", "Media"))

    def __init__(self, hospitals: Hospitals) -> None:
        self._hospitals = hospitals

    def govern(self, desk: Desk, made: Sequence[Made], occasion: Occasion) -> None:
        """See ``gateway.store.governing.Governor``."""
        if occasion.door != "api" or not isinstance(occasion.caller, Principal):
            return
        gone = [one for each in made if each.method == "delete" and (one := each.before) is not None]
        documents = [one for one in gone if not _is_draft(one) and _of_visit(desk, one)]
        hospital = self._hospitals.of(desk.tenant) if documents else None
        if hospital is not None:
            check(desk, hospital, documents)


def _is_draft(resource: Resource) -> bool:
    status = resource.get("docStatus" if resource["resourceType"] == "DocumentReference" else "status")
    return status is not None and status == _DRAFT.get(resource["resourceType"])


def _of_visit(desk: Desk, resource: Resource) -> bool:
    """Tell whether something belongs to an internet visit, by what it names itself."""
    names = [*references(resource, "encounter"), *references(resource, "context.encounter")]
    return any(name.startswith("Encounter/") and visit_is_virtual(desk, name.split("/")[1]) for name in names)
