"""CodeSystem, ValueSet, ConceptMap, StructureDefinition: what the server goes by (R4 http.html#read)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from gateway.api import negotiation, operation
from gateway.api.context import NotFound, base_of, context, tenant_of
from gateway.api.interaction import Interaction
from gateway.errors import Rejected
from gateway.validation.terminology import Terminology

PAGE = 50
"""Artefacts in one page of a search."""
PARAMETERS = ("url", "name", "_id", "_cursor")
"""What a search of artefacts takes."""
_LONG = ("concept", "compose", "expansion", "group", "snapshot", "differential")
_SUBSETTED = {"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED"}


def interactions(kind: str, one: str, many: str) -> tuple[Interaction, Interaction]:
    """Return the search and the read of a type of artefacts.

    Args:
        one: summary of the read.
        many: summary of the search.
    """

    async def read(request: Request, id: str) -> Response:
        """Answer with one artefact; a large code system that was imported comes without its concepts."""
        terminology = terminology_of(request)
        pretty = negotiation.check(request)
        url = terminology.of_id(kind, id)
        if not url:
            raise NotFound("there is no such resource", code="not-found")
        return await operation.answer(request, pretty, lambda: resource(terminology, kind, url))

    async def search(request: Request) -> Response:
        """Answer with a page of the artefacts."""
        terminology = terminology_of(request)
        pretty = negotiation.check(request, allowed=PARAMETERS)
        return await operation.answer(request, pretty, lambda: searchset(request, terminology, kind))

    return (
        Interaction("search-type", "GET", f"/{kind}", search, many, parameters=PARAMETERS),
        Interaction("read", "GET", f"/{kind}/{{id}}", read, one),
    )


def terminology_of(request: Request) -> Terminology:
    """Return the terminology, as of now.

    Raises:
        NotFound: the application runs without one, or the tenant is not served.
    """
    tenant_of(request)
    terminology = context(request).terminology
    if terminology is None:
        raise NotFound("this server has no terminology", code="not-supported")
    terminology.refresh()
    return terminology


def canonical(request: Request, terminology: Terminology, kind: str, given: Mapping[str, Any]) -> str:
    """Return the canonical URL of the artefact that an operation is about: by its id or by ``url``.

    Raises:
        NotFound: the id is not there.
        Rejected: neither is given, or both, and they do not agree.
    """
    url = str(given.get("url", ""))
    id_ = request.path_params.get("id")
    if id_ is None:
        if not url:
            raise Rejected("say which one by its url", code="invalid", where="url")
        return url
    found = terminology.of_id(kind, id_)
    if not found:
        raise NotFound(f"there is no such {kind}", code="not-found")
    if url and url.partition("|")[0] != found:
        raise Rejected(f"it is not the url of this {kind}", code="value", where="url")
    return found


def resource(terminology: Terminology, kind: str, url: str, summary: bool = False) -> dict[str, Any]:
    """Return an artefact as it is served; without its codes where those are too many, or in a summary."""
    made = dict(terminology.artefact(url, kind) or {})
    short = summary or (kind == "CodeSystem" and "concept" not in made and "count" in made)
    if short:
        made = {name: value for name, value in made.items() if name not in _LONG}
    head: dict[str, Any] = {"resourceType": kind, "id": terminology.id_of(kind, url)}
    # The official structures are kept without their prose.
    if short or (kind == "StructureDefinition" and "fhirVersion" not in made):
        meta = made.get("meta", {})
        head["meta"] = {**meta, "tag": [*meta.get("tag", []), _SUBSETTED]}
    return head | {name: value for name, value in made.items() if name not in head}


def searchset(
    request: Request,
    terminology: Terminology | None,
    kind: str,
    before: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """Return a page of the artefacts of a type; by ``url`` or ``_id`` whole, else without their codes.

    Args:
        terminology: None for a server that has none.
        before: matches that others have, which come first.
    """
    query = request.query_params
    start = _start(query.get("_cursor", "0"))
    first = before or []
    urls = list(_found(terminology, kind, query)) if terminology else []
    short = not ("url" in query or "_id" in query)
    total = len(first) + len(urls)
    page: list[dict[str, Any]] = first[start : start + PAGE]
    rest = max(0, start - len(first))
    if terminology:
        page += [resource(terminology, kind, url, short) for url in urls[rest : rest + PAGE - len(page)]]
    base = base_of(request)
    links = [
        {"relation": "self", "url": f"{base}/{kind}" + (f"?{request.url.query}" if request.url.query else "")}
    ]
    if start + PAGE < total:
        told = [pair for pair in query.multi_items() if pair[0] != "_cursor"]
        following = urlencode([*told, ("_cursor", start + PAGE)])
        links.append({"relation": "next", "url": f"{base}/{kind}?{following}"})
    made: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset", "total": total, "link": links}
    if page:
        made["entry"] = [
            {"fullUrl": f"{base}/{kind}/{one['id']}", "resource": one, "search": {"mode": "match"}}
            for one in page
        ]
    return made


def _found(terminology: Terminology, kind: str, query: Mapping[str, str]) -> Iterator[str]:
    if "url" in query:
        found = query["url"] if terminology.artefact(query["url"], kind) else ""
        if found and query.get("_id") in (None, terminology.id_of(kind, found)):
            yield found
    elif "_id" in query:
        found = terminology.of_id(kind, query["_id"])
        if found:
            yield found
    elif "name" not in query:
        yield from terminology.urls(kind)
    else:
        wanted = query["name"].lower()
        for url in terminology.urls(kind):
            if str((terminology.artefact(url, kind) or {}).get("name", "")).lower().startswith(wanted):
                yield url


def _start(cursor: str) -> int:
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 7):
        raise Rejected("this is no cursor of ours", code="value", where="_cursor")
    return int(cursor)
