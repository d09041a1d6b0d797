"""CodeSystem, ValueSet, ConceptMap, StructureDefinition: what the server goes by (R4 http.html#read)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from gateway.api import negotiation, operation
from gateway.api.context import NotFound, base_of, context, tenant_of
from gateway.api.interaction import Interaction
from gateway.api.query import Pairs, form_of, negotiated, once, pairs_of
from gateway.api.shape import shape
from gateway.errors import Rejected
from gateway.validation.terminology import Terminology

PAGE = 50
"""Artefacts in one page of a search, at most."""
PARAMETERS = ("url", "name", "_id", "_count", "_summary", "_elements", "_total", "_cursor")
"""What a search of artefacts takes."""
_KNOWN = frozenset((*PARAMETERS, "_format", "_pretty"))
_SUMMARIES = {"true": True, "text": True, "data": False, "false": False, "count": True}
"""Values of ``_summary``, and whether artefacts come without their codes."""
_TOTALS = ("none", "estimate", "accurate")
_LONG = ("concept", "compose", "expansion", "group", "snapshot", "differential")
_SUBSETTED = {"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED"}


def interactions(kind: str, one: str, many: str) -> tuple[Interaction, ...]:
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
        pairs, pretty = await wanted(request)
        return await operation.answer(request, pretty, lambda: searchset(request, terminology, kind, pairs))

    return (
        *searches(kind, search, many),
        Interaction("read", "GET", f"/{kind}/{{id}}", read, one),
    )


def searches(
    kind: str, search: Callable[[Request], Awaitable[Response]], summary: str
) -> tuple[Interaction, Interaction]:
    """Return the search of a type of artefacts by GET, and the same by POST with a form."""
    return (
        Interaction("search-type", "GET", f"/{kind}", search, summary, parameters=PARAMETERS),
        Interaction("", "POST", f"/{kind}/_search", search, summary, body="form"),
    )


async def wanted(request: Request) -> tuple[Pairs, bool]:
    """Return the parameters of a search of artefacts, and whether the answer is to be indented.

    Raises:
        Rejected: one that is not known, or twice there, or a value that it does not take.
    """
    pairs = await form_of(request) if request.method == "POST" else pairs_of(request)
    given = once(pairs, _KNOWN)
    for name, values in (("_summary", _SUMMARIES), ("_total", _TOTALS)):
        if given.get(name, "") not in ("", *values):
            raise Rejected(f"is one of {', '.join(values)}", code="value", where=name)
    return pairs, negotiated(request, pairs)


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
    pairs: Pairs,
    before: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """Return a page of the artefacts of a type; by ``url`` or ``_id`` whole, else without their codes.

    Args:
        terminology: None for a server that has none.
        pairs: the parameters; see :func:`wanted`.
        before: matches that others have, which come first.

    Raises:
        Rejected: ``_elements`` names what the type does not have, or stands beside ``_summary``.
    """
    given = dict(pairs)
    start, size = _number(given, "_cursor", 0), _size(given)
    first = before or []
    urls = list(_found(terminology, kind, given)) if terminology else []
    general = ("_elements",) if terminology else ("_elements", "_summary")
    asked = shape([pair for pair in pairs if pair[0] in general and pair != ("_summary", "")], kind)
    short = is_short(given)
    total = len(first) + len(urls)
    page: list[dict[str, Any]] = first[start : start + size]
    rest = max(0, start - len(first))
    if terminology:
        page += [resource(terminology, kind, url, short) for url in urls[rest : rest + size - len(page)]]
    address = f"{base_of(request)}/{kind}"
    links = [_link("self", address, pairs)]
    if size and start + size < total:
        told = [pair for pair in pairs if pair[0] != "_cursor"]
        links.append(_link("next", address, [*told, ("_cursor", str(start + size))]))
    made: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset", "total": total, "link": links}
    if page:
        made["entry"] = [
            {"fullUrl": f"{address}/{one['id']}", "resource": asked.cut(one), "search": {"mode": "match"}}
            for one in page
        ]
    return made


def is_short(given: Mapping[str, str]) -> bool:
    """Tell whether artefacts come without their codes."""
    return _SUMMARIES.get(given.get("_summary", ""), given.keys().isdisjoint(("url", "_id", "_elements")))


def _link(relation: str, address: str, pairs: Pairs) -> dict[str, str]:
    query = urlencode(pairs)
    return {"relation": relation, "url": f"{address}?{query}" if query else address}


def _size(given: Mapping[str, str]) -> int:
    return 0 if given.get("_summary") == "count" else min(_number(given, "_count", PAGE), PAGE)


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


def _number(given: Mapping[str, str], name: str, default: int) -> int:
    text = given.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Rejected("is a number that is not negative", code="value", where=name)
    return int(text)
