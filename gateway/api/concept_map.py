"""ConceptMap: the code tables in force and the terminology's, read-only (R4 ConceptMap)."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from gateway.api import artefact, negotiation, operation
from gateway.api.artefact import terminology_of
from gateway.api.context import NotFound, context, tenant_of
from gateway.api.interaction import Interaction
from gateway.canonical.json import dumps
from gateway.mapping.codes import Entry, Table
from gateway.mapping.translate import equivalence

KIND = "ConceptMap"


def tables_of(request: Request) -> dict[str, Table]:
    """Return the code tables in force, by name.

    Raises:
        NotFound: the application runs without maps and terminology, or the tenant is not served.
    """
    tenant_of(request)
    maps = context(request).maps
    if maps is None and context(request).terminology is None:
        raise NotFound("this server has no code tables", code="not-supported")
    return dict(maps.tables) if maps is not None else {}


async def read(request: Request, id: str) -> Response:
    """Answer with one table, or one ConceptMap of the terminology."""
    tables = tables_of(request)
    pretty = negotiation.check(request)
    if id in tables:
        return negotiation.answer(dumps(resource(tables[id])), pretty)
    terminology = terminology_of(request) if context(request).terminology else None
    url = terminology.of_id(KIND, id) if terminology else ""
    if terminology is None or not url:
        raise NotFound("there is no such resource", code="not-found")
    return await operation.answer(request, pretty, lambda: artefact.resource(terminology, KIND, url))


async def search(request: Request) -> Response:
    """Answer with the tables and ConceptMaps, without their codes; by ``url`` or ``_id`` with them."""
    tables = tables_of(request)
    pairs, pretty = await artefact.wanted(request)
    given = dict(pairs)
    asked = {name: value for name, value in pairs if name in ("url", "name", "_id")}
    terminology = terminology_of(request) if context(request).terminology else None

    def work() -> dict[str, Any]:
        fitting = (one for _, one in sorted(tables.items()) if _fits(one, asked))
        found = [resource(one, summary=artefact.is_short(given)) for one in fitting]
        return artefact.searchset(request, terminology, KIND, pairs, found)

    return await operation.answer(request, pretty, work)


def _fits(table: Table, wanted: dict[str, str]) -> bool:
    said = {"url": table.url, "name": machine_name(table.name), "_id": table.name}
    return all(
        said[key].lower().startswith(value.lower()) if key == "name" else said[key] == value
        for key, value in wanted.items()
    )


def machine_name(name: str) -> str:
    """Return the name of a table as ConceptMap.name wants it (invariant cmp-0): ``AdministrativeSex``."""
    return "".join(part.capitalize() for part in name.split("-"))


def resource(table: Table, *, summary: bool = False) -> dict[str, Any]:
    """Return a table as a ConceptMap; a summary has no groups (and says so: SUBSETTED)."""
    made: dict[str, Any] = {"resourceType": "ConceptMap", "id": table.name}
    if summary:
        tag = {"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED"}
        made["meta"] = {"tag": [tag]}
    made |= {"url": table.url, "name": machine_name(table.name), "status": "active"}
    groups = {} if summary else _groups(table)
    if groups:
        made["group"] = list(groups.values())
    return made


def _groups(table: Table) -> dict[str, dict[str, Any]]:
    """Return one group for each target system."""
    source = table.source_system
    groups: dict[str, dict[str, Any]] = {}
    for code, entry in table.entries.items():
        if not entry.code:
            continue  # a rhythm without an abbreviation: there is no code to translate to
        for one in (entry, *entry.also):
            group = groups.get(one.system)
            if group is None:
                group = {"source": source} if source else {}
                group |= {"target": one.system} if one.system else {}
                group["element"] = []
                groups[one.system] = group
            elements = group["element"]
            if not elements or elements[-1]["code"] != code:
                elements.append({"code": code, "target": []})
            elements[-1]["target"].append(_target(code, source, one))
    return groups


_DEPENDS = {
    "unit": ("http://hl7.org/fhir/Observation#Observation.value", "http://unitsofmeasure.org"),
    "specimen": (
        "http://hl7.org/fhir/Specimen#Specimen.type",
        "http://terminology.hl7.org/CodeSystem/v2-0487",
    ),
}
"""What else a test must have: name in the table → property and system; of several values one."""


def _target(code: str, source: str, entry: Entry) -> dict[str, Any]:
    target: dict[str, Any] = {"code": entry.code, "equivalence": equivalence(code, source, entry)}
    if entry.display:
        target["display"] = entry.display
    if target["equivalence"] in ("narrower", "inexact"):
        target["comment"] = "as the code table says"  # invariant cmd-1 asks for a comment
    if needed := [name for name in _DEPENDS if entry.extra.get(name)]:
        target["dependsOn"] = [
            {"property": _DEPENDS[one][0], "system": _DEPENDS[one][1], "value": "|".join(entry.extra[one])}
            for one in needed
        ]
    return target


READ = Interaction("read", "GET", "/ConceptMap/{id}", read, "One code table")
SEARCH = artefact.searches(KIND, search, "The code tables")
