"""Around: of resources at hand, those that one document is made of: what it is about and what that names.

A Bundle may hold other visits, other prescriptions, and other people's results: none of them is in a document
that does not refer to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from gateway.canonical import Resource
from gateway.canonical.elements import name_of, reference
from gateway.errors import Rejected
from gateway.mapping.outbound.local import local
from gateway.mapping.outbound.path import Resources

_SUBJECTS = ("subject", "patient")
_APART = frozenset(("link", "priorPrescription", "replaces"))
"""References to what is another document, or another record of a person."""


def around(type_: str, resources: Iterable[Resource], urls: Mapping[str, Resource]) -> Resources:
    """Return the resources of the one document of a type.

    A prescription is the MedicationRequests of one groupIdentifier, or of one RequestGroup; one that another
    renews is none of it. Diagnoses of the visit, and Organizations, need not be named.

    Args:
        type_: of what the document is about.
        urls: ``Bundle.entry.fullUrl`` → resource.

    Raises:
        Rejected: they are several prescriptions or reports, or of several patients; names them.
    """
    every, urls = local(resources, urls)
    pool = Resources(every, urls)
    about = [one for one in every if one["resourceType"] == type_]
    groups = _groups(every, about) if type_ == "MedicationRequest" else []
    documents = _documents(about, groups, pool)
    if len(documents) > 1:
        told = f"a document is of one; there are {len(documents)}: {', '.join(documents)}"
        raise Rejected(told, code="several", where=type_)
    about = [one for several in documents.values() for one in several]
    groups = _groups(every, about) if groups else []  # not that of a prescription which this one renews
    found = _closure([*about, *groups], pool)
    visits = _visits([*about, *groups], found, pool)
    found = _closure([*about, *groups, *visits], pool)
    found += [
        one for one in every
        if one["resourceType"] == "Condition" and one not in found
        and {id(visit) for visit in visits} & {id(named) for named in _resolved(one.get("encounter"), pool)}
    ]  # fmt: skip
    found = _closure(found, pool)
    if len(patients := _patients(found, pool)) > 1:
        told = f"a document is of one patient; there are {len(patients)}: {', '.join(patients)}"
        raise Rejected(told, code="several", where=type_)
    there = {id(one) for one in found}
    others = [one for one in every if one["resourceType"] == "Organization" and id(one) not in there]
    return Resources([*found, *others], urls)  # one of them may be the hospital: Told chooses


def followed(resource: Resource) -> Iterator[str]:
    """Yield the references in a resource that lead to what is in one document with it.

    Not to another record of the patient, to the prescription that it renews, nor from a diagnosis to the stay
    in which it was made, which is nobody's business.
    """
    apart = _APART
    if resource["resourceType"] == "Condition":
        apart |= {"encounter"}
    if resource["resourceType"] == "Encounter":
        apart |= {"partOf"}
    renews = resource["resourceType"] == "MedicationRequest"
    for key, value in resource.items():
        if key in apart or type(value) not in (dict, list):
            continue
        for name in _references(value):
            if not (renews and key == "basedOn" and name.startswith("MedicationRequest/")):
                yield name


def group_of(request: Resource) -> tuple[str, str] | None:
    """Return (system, value) of the prescription that a MedicationRequest is of, None where none is told."""
    number = request.get("groupIdentifier") or {}
    return (str(number.get("system", "")), str(number["value"])) if number.get("value") else None


def holds(group: Resource, request: str) -> bool:
    """Tell whether a RequestGroup has a request (``"Type/id"``) among its actions."""
    return request in set(_references(group.get("action")))


def _groups(every: Iterable[Resource], about: list[Resource]) -> list[Resource]:
    """Return the RequestGroups that have some of the requests among their actions."""
    names = {f"MedicationRequest/{one.get('id')}" for one in about}
    return [
        one for one in every
        if one["resourceType"] == "RequestGroup" and names & set(_references(one.get("action")))
    ]  # fmt: skip


def _documents(about: list[Resource], groups: list[Resource], pool: Resources) -> dict[str, list[Resource]]:
    """Return the documents that resources are of, by their names; not those that another one renews."""
    found: dict[str, list[Resource]] = {}
    for one in about:
        found.setdefault(_document(one, groups, pool), []).append(one)
    prior = {id(named) for one in about for named in _prior(one, pool)}
    left = {
        name: several
        for name, several in found.items()
        if not all(id(one) in prior for one in several)
    }  # fmt: skip
    return left or found


def _prior(one: Resource, pool: Resources) -> list[Resource]:
    """Return the prescription that a MedicationRequest renews."""
    named = _resolved([one.get("priorPrescription"), one.get("basedOn")], pool)
    return [other for other in named if other["resourceType"] == "MedicationRequest" and other is not one]


def _document(one: Resource, groups: list[Resource], pool: Resources) -> str:
    if one["resourceType"] == "MedicationRequest":
        if number := group_of(one):
            return "|".join(filter(None, number))
        if (group := next((group for group in groups if holds(group, name_of(one))), None)) is not None:
            return f"RequestGroup/{group.get('id', '?')}"
    return f"{one['resourceType']}/{one.get('id', '?')}"


def _closure(front: list[Resource], pool: Resources) -> list[Resource]:
    """Return resources and all that they name, each once, in the order of finding; visits lead nowhere new.

    An Encounter is in it where it is among those to begin with.
    """
    found: dict[int, Resource] = {}
    while front:
        new = [one for one in front if id(one) not in found]
        found |= {id(one): one for one in new}
        front = [
            named
            for one in new
            for name in followed(one)
            if (named := pool.resource(name)) is not None and named["resourceType"] != "Encounter"
        ]
    return list(found.values())


def _visits(about: list[Resource], found: list[Resource], pool: Resources) -> list[Resource]:
    """Return the visits that the document names, or else the orders that it is of."""
    for several in (about, [one for one in found if one["resourceType"] == "ServiceRequest"]):
        named = _resolved([one.get("encounter") for one in several], pool)
        if visits := {id(one): one for one in named if one["resourceType"] == "Encounter"}:
            return list(visits.values())
    return []


def _resolved(value: Any, pool: Resources) -> list[Resource]:
    names = (pool.resource(name) for name in _references(value))
    return [one for one in names if one is not None]


def _references(value: Any) -> Iterator[str]:
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, list):
            left += reversed(one)
        elif isinstance(one, dict):
            if name := reference(one) or one.get("reference"):
                yield str(name)
            left += [within for within in reversed(one.values()) if type(within) in (dict, list)]


def _patients(found: Iterable[Resource], pool: Resources) -> list[str]:
    """Return whom resources are of: the names of Patients, and of those that are not there."""
    names: dict[str, None] = {}
    for one in found:
        if one["resourceType"] == "Patient":
            names[f"Patient/{one.get('id', '?')}"] = None
        for key in _SUBJECTS:
            for name in _references(one.get(key)):
                there = pool.resource(name)
                if there is None or there["resourceType"] == "Patient":
                    names[f"Patient/{there.get('id', '?')}" if there else name] = None
    return list(names)
