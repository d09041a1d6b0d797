"""ConceptMap: the code tables in force, read-only, as FHIR (R4 ConceptMap, §3.1.0.1, §3.1.1)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from gateway.api import negotiation
from gateway.api.context import NotFound, base_of, context, tenant_of
from gateway.api.interaction import Interaction
from gateway.canonical.json import dumps
from gateway.errors import Rejected
from gateway.mapping.codes import Table
from gateway.mapping.translate import equivalence

PAGE = 50
"""Tables in one page of the search."""


def tables_of(request: Request) -> dict[str, Table]:
    """Return the code tables in force, by name.

    Raises:
        NotFound: the application runs without maps, or the tenant is not served.
    """
    tenant_of(request)
    maps = context(request).maps
    if maps is None:
        raise NotFound("this server has no code tables", code="not-supported")
    return dict(maps.tables)


async def read(request: Request, id: str) -> Response:
    """Answer with one table."""
    tables = tables_of(request)
    pretty = negotiation.check(request)
    if id not in tables:
        raise NotFound("there is no such resource", code="not-found")
    return negotiation.answer(dumps(resource(tables[id])), pretty)


async def search(request: Request) -> Response:
    """Answer with the tables, without their codes; by ``url`` or ``name`` with them."""
    tables = tables_of(request)
    pretty = negotiation.check(request, allowed=("url", "name", "_id", "_cursor"))
    wanted = {key: request.query_params[key] for key in ("url", "name", "_id") if key in request.query_params}
    found = [one for _, one in sorted(tables.items()) if _fits(one, wanted)]
    start = _start(request.query_params.get("_cursor", "0"))
    base = base_of(request)
    entries = [
        {
            "fullUrl": f"{base}/ConceptMap/{one.name}",
            "resource": resource(one, summary=not wanted),
            "search": {"mode": "match"},
        }
        for one in found[start : start + PAGE]
    ]
    links = [
        {
            "relation": "self",
            "url": f"{base}/ConceptMap" + (f"?{request.url.query}" if request.url.query else ""),
        }
    ]
    if start + PAGE < len(found):
        links.append({"relation": "next", "url": f"{base}/ConceptMap?{_following(request, start)}"})
    body: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset", "total": len(found), "link": links}
    if entries:
        body["entry"] = entries
    return negotiation.answer(dumps(body), pretty)


def _following(request: Request, start: int) -> str:
    told = [pair for pair in request.query_params.multi_items() if pair[0] != "_cursor"]
    return urlencode([*told, ("_cursor", start + PAGE)])


def _start(cursor: str) -> int:
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 7):
        raise Rejected("this is no cursor of ours", code="value", where="_cursor")
    return int(cursor)


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
        group = groups.get(entry.system)
        if group is None:
            group = {"source": source} if source else {}
            group |= {"target": entry.system} if entry.system else {}
            group["element"] = []
            groups[entry.system] = group
        target = {"code": entry.code, "equivalence": equivalence(code, source, entry)}
        if entry.display:
            target["display"] = entry.display
        if target["equivalence"] in ("narrower", "inexact"):
            target["comment"] = "as the code table says"  # invariant cmd-1 asks for a comment
        group["element"].append({"code": code, "target": [target]})
    return groups


READ = Interaction("read", "GET", "/ConceptMap/{id}", read, "One code table")
SEARCH = Interaction("search-type", "GET", "/ConceptMap", search, "The code tables")
