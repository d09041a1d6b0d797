"""Told: a pool as a document of WS/T 500 sees it: reports with their results, and one hospital."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from gateway.canonical import Resource
from gateway.canonical.elements import each, name_of, references, references_within
from gateway.errors import Rejected
from gateway.mapping.outbound.path import Pool
from gateway.mapping.outbound.results import with_results

_NAMING = (
    *("DiagnosticReport", "Encounter", "Medication", "MedicationRequest", "Observation"),
    *("RequestGroup", "ServiceRequest", "Specimen"),
)
"""Types that name an Organization in another part: laboratory, manufacturer."""


DEPARTMENTS = "urn:oid:2.16.156.10011.1.26"
"""Register of the departments of a hospital (WS/T 500)."""

CODE_LENGTH = 18
"""Characters of the code of an institution (GB 32100, WS 218)."""

_PROVIDER = "prov"
"""Type of an institution (R4 organization-type)."""

MOST_PARTS = 8
"""Organizations that one is a part of, one within the other."""


class Told:
    """The resources that one document tells; others are found where they are named.

    Args:
        about: type of what the document is about.
        code: of the institution that writes.
    """

    def __init__(self, pool: Pool, about: str, code: str) -> None:
        self._pool = pool
        self._reports: list[Resource] | None = None
        found = _hospital(pool, about, code)
        self._hospital = [found] if found is not None else []

    def of_type(self, type_: str) -> Iterable[Resource]:
        """Return the resources of a type. Raises ``Rejected``: a result of a report cannot be told."""
        if type_ == "Organization":
            return self._hospital
        if type_ != "DiagnosticReport":
            return self._pool.of_type(type_)
        if self._reports is None:
            self._reports = [with_results(one, self._pool) for one in self._pool.of_type(type_)]
        return self._reports

    def resource(self, name: str) -> Resource | None:
        """Return a resource by ``"Type/id"``."""
        return self._pool.resource(name)


def _hospital(pool: Pool, about: str, code: str) -> Resource | None:
    """Return the institution: who has the code, whose visit it is, or the only one of no other part.

    Raises ``Rejected``: several may be it.
    """
    every = list(pool.of_type("Organization"))
    if code and (own := [one for one in every if code in each(one, "identifier.value")]):
        return own[0]
    for type_ in (about, "ServiceRequest"):
        for visit in _resolved(pool, pool.of_type(type_), "encounter"):
            served = list(_resolved(pool, [visit], "serviceProvider"))
            if served:
                found = _whole(served[0], pool)
                if found is not None or _chain(served[0], pool)[-1].get("partOf"):
                    return found  # never somebody else than the one it is a part of, who is not at hand
    # Who orders may be of a department, or of the hospital itself.
    for naming in ((*_NAMING, "PractitionerRole"), _NAMING):
        names = {name for type_ in naming for one in pool.of_type(type_) for name in references_within(one)}
        named = {id(one) for one in map(pool.resource, names)}
        left = [one for one in every if id(one) not in named]
        if len(left) == 1:
            return left[0]
    return None


def _whole(found: Resource, pool: Pool) -> Resource | None:
    """Return the institution that an Organization is, or is a part of; None where nobody knows of which.

    The first with a code of an institution; else the only one that may be one: by its type, or since it is no
    part that has not even a number. Of an institution that is a part of a group the group is none.

    Raises:
        Rejected: several may be it.
    """
    chain = _chain(found, pool)
    for one in chain:
        if any(len(str(code)) == CODE_LENGTH for code in each(one, "identifier.value")):
            return one
    left = [one for one in chain if not _is_department(one)]
    named = [one for one in left if _PROVIDER in each(one, "type.coding.code")]
    several = named or [one for one in left if not each(one, "type.coding.code")] or left[-1:]
    while len(several) > 1 and not several[0].get("identifier"):  # without a number it is only a part
        several = several[1:]
    if len(several) > 1:
        names = ", ".join(name_of(one) for one in several)
        told = f"several may be the hospital: {names}; give it its 18-character code, or type prov it alone"
        raise Rejected(told, code="several", where="Organization")
    whole = bool(named) or not chain[-1].get("partOf")
    return several[0] if several and whole else None


def _chain(found: Resource, pool: Pool) -> list[Resource]:
    """Return an Organization and those at hand that it is a part of, one within the other."""
    chain = [found]
    for _ in range(MOST_PARTS):
        above = next(_resolved(pool, [chain[-1]], "partOf"), None)
        if above is None or above in chain:
            break
        chain.append(above)
    return chain


def _is_department(organization: Resource) -> bool:
    """Tell whether an Organization says that it is a department: by its type, or by whose its numbers are."""
    types = set(each(organization, "type.coding.code"))
    systems = set(each(organization, "identifier.system"))
    return "dept" in types or (bool(systems) and systems <= {DEPARTMENTS})


def _resolved(pool: Pool, resources: Iterable[Any], path: str) -> Iterator[Resource]:
    for one in resources:
        for name in references(one, path) or each(one, f"{path}.reference"):
            if (found := pool.resource(name)) is not None:
                yield found
