"""search: one type or all, by GET or by POST to ``_search`` (R4 http.html#search, search.html)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from gateway.api import bundle, negotiation, outcome, patient_access
from gateway.api.context import base_of, check_type, context, tenant_of, trail_of
from gateway.api.interaction import Interaction
from gateway.api.language import in_chinese
from gateway.api.own import view_of
from gateway.api.prefer import prefer
from gateway.api.query import Pairs, form_of, negotiated, pairs_of
from gateway.api.read_trail import Shown, shown_of
from gateway.api.shape import shape
from gateway.errors import Rejected
from gateway.security.caller import caller_of
from gateway.store import Page

Find = Callable[[Pairs, bool], Page]
"""Runs a search in a thread: parameters, and whether it is lenient."""


async def search(request: Request, type: str) -> Response:
    """Answer with a page of matches of one type."""
    check_type(type)
    return await _of_type(request, type, pairs_of(request))


async def search_post(request: Request, type: str) -> Response:
    """The same with the parameters in a form, beside any in the URL."""
    check_type(type)
    return await _of_type(request, type, await form_of(request))


async def search_system(request: Request) -> Response:
    """Answer with a page of matches of the types in ``_type``, or of all."""
    return await _of_type(request, "", pairs_of(request))


async def search_system_post(request: Request) -> Response:
    """The same with a form."""
    return await _of_type(request, "", await form_of(request))


async def _of_type(request: Request, type_: str, pairs: Pairs) -> Response:
    tenant, base, store = tenant_of(request), base_of(request), context(request).store
    view = view_of(caller_of(request.scope))

    def find(asked: Pairs, lenient: bool) -> Page:
        return store.search(tenant, type_, asked, base=base, lenient=lenient, view=view)

    return await answer(request, pairs, f"{base}/{type_}" if type_ else base, find, type_)


async def answer(request: Request, pairs: Pairs, url: str, find: Find, type_: str = "") -> Response:
    """Answer with the Bundle of one page; the search runs in a thread, others must not wait for it.

    Args:
        url: what is searched, without its parameters.
        type_: of the matches, ``""`` for several.
    """
    base = base_of(request)
    pretty = negotiated(request, pairs)
    lenient, chinese = prefer(request).lenient, in_chinese(request)
    wanted = shape(pairs, type_, lenient)
    asked = [pair for pair in pairs if pair[0] not in bundle.GENERAL]
    if wanted.summary == "count":
        asked = [pair for pair in asked if pair[0] not in ("_count", "_total", "_cursor")]
        asked += [("_count", "0"), ("_total", "accurate")]
    if wanted.summary == "text" and any(name.partition(":")[0] in _INCLUDES for name, _ in asked):
        raise Rejected("goes without _include and _revinclude", code="value", where="_summary")

    trail, caller = trail_of(request), caller_of(request.scope)

    def work() -> tuple[bytes, Shown]:
        page = patient_access.own_page(lambda one: find(one, lenient), asked, caller, counted=bool(type_))
        page.warnings = [outcome.spoken(text, chinese) for text in page.warnings]
        shown = shown_of((*page.matches, *page.included)) if trail is not None else ()
        return bundle.searchset(page, url, base, pairs, wanted), shown

    body, shown = await asyncio.get_running_loop().run_in_executor(context(request).threads, work)
    if trail is not None:
        query = f"{url[len(base) + 1 :]}?{urlencode(pairs, safe=':/,')}".removesuffix("?")
        trail.note(caller, "search", request.scope["headers"], shown, query)
    return negotiation.answer(body, pretty)


_INCLUDES = ("_include", "_revinclude")

INTERACTIONS = (
    Interaction("search-type", "GET", "/{type}", search, "Search one type"),
    Interaction("", "POST", "/{type}/_search", search_post, "Search one type with a form", body="form"),
    Interaction("search-system", "GET", "", search_system, "Search several types"),
    Interaction("", "GET", "/", search_system, "Search several types"),
    Interaction("", "POST", "/_search", search_system_post, "Search several types with a form", body="form"),
)
