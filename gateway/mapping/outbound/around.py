"""Around: of resources at hand, those that one document is made of: what it is about and what that names.

A Bundle may hold other visits, other prescriptions, and other people's results: none of them is in a document
that does not refer to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from gateway.canonical import Resource
from gateway.canonical.elements import reference
from gateway.errors import Rejected
from gateway.mapping.outbound.path import Resources

_SUBJECTS = ("subject", "patient")


def around(type_: str, resources: Iterable[Resource], urls: Mapping[str, Resource]) -> Resources:
    """Return the resources of the one document of a type.

    A prescription is the MedicationRequests of one groupIdentifier, or of one RequestGroup. Diagnoses of the
    visit, and the only Organization of a Bundle, need not be named.

    Args:
        type_: of what the document is about.
        urls: ``Bundle.entry.fullUrl`` → resource.

    Raises:
        Rejected: they are several prescriptions or reports, or of several patients; names them.
    """
    every = list(resources)
    pool = Resources(every, urls)
    about = [one for one in every if one["resourceType"] == type_]
    groups = _groups(every, about) if type_ == "MedicationRequest" else []
    documents = _documents(about, groups, pool)
    if len(documents) > 1:
        told = f"a document is of one; there are {len(documents)}: {', '.join(documents)}"
        raise Rejected(told, code="several", where=type_)
    found = _closure([*about, *groups], pool)
    visits = {id(one) for one in found if one["resourceType"] == "Encounter"}
    found += [
        one for one in every
        if one["resourceType"] == "Condition" and one not in found
        and visits & {id(named) for named in _named(one.get("encounter"), pool)}
    ]  # fmt: skip
    found = _closure(found, pool)
    hospitals = [one for one in every if one["resourceType"] == "Organization"]
    if len(hospitals) == 1 and not any(one is hospitals[0] for one in found):
        found.append(hospitals[0])
    if len(patients := _patients(found, pool)) > 1:
        told = f"a document is of one patient; there are {len(patients)}: {', '.join(patients)}"
        raise Rejected(told, code="several", where=type_)
    return Resources(found, urls)


def _groups(every: Iterable[Resource], about: list[Resource]) -> list[Resource]:
    """Return the RequestGroups that have some of the requests among their actions."""
    names = {f"MedicationRequest/{one.get('id')}" for one in about}
    return [
        one for one in every
        if one["resourceType"] == "RequestGroup" and names & set(_references(one.get("action")))
    ]  # fmt: skip


def _documents(about: list[Resource], groups: list[Resource], pool: Resources) -> list[str]:
    """Return the name of each document that resources are of."""
    return list(dict.fromkeys(_document(one, groups, pool) for one in about))


def _document(one: Resource, groups: list[Resource], pool: Resources) -> str:
    name = f"{one['resourceType']}/{one.get('id', '?')}"
    number = one.get("groupIdentifier") or {}
    if one["resourceType"] == "MedicationRequest":
        if number.get("value"):
            return f"{number.get('system', '')}|{number['value']}".removeprefix("|")
        of = (group for group in groups if name in set(_references(group.get("action"))))
        if (group := next(of, None)) is not None:
            return f"RequestGroup/{group.get('id', '?')}"
    return name


def _closure(front: list[Resource], pool: Resources) -> list[Resource]:
    """Return resources and all that they name, each once, in the order of finding."""
    found: dict[int, Resource] = {}
    while front:
        new = [one for one in front if id(one) not in found]
        found |= {id(one): one for one in new}
        front = [named for one in new for named in _named(one, pool)]
    return list(found.values())


def _named(value: Any, pool: Resources) -> list[Resource]:
    names = (pool.resource(name) for name in _references(value))
    return [one for one in names if one is not None]


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            yield from _references(one)
    elif isinstance(value, dict):
        if name := reference(value) or value.get("reference"):
            yield str(name)
        for one in value.values():
            yield from _references(one)


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
