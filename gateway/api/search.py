"""search: one type, by GET or by POST to ``_search`` (R4 §3.1.1, §3.1.1.1)."""

from __future__ import annotations

import asyncio
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response

from gateway.api import bundle, negotiation, outcome
from gateway.api.context import base_of, check_type, context, tenant_of
from gateway.api.interaction import Interaction
from gateway.errors import Rejected

_FORM = "application/x-www-form-urlencoded"


async def search(request: Request, type: str) -> Response:
    """Answer with a page of matches."""
    return await _run(request, type, _pairs(request, request.url.query))


async def search_post(request: Request, type: str) -> Response:
    """The same with the parameters in a form, beside any in the URL."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        return outcome.of_status(415)
    form = bytearray()
    async for chunk in request.stream():
        form += chunk
        if len(form) > context(request).options.max_form:
            return outcome.of_status(413)
    return await _run(
        request, type, _pairs(request, request.url.query) + _pairs(request, form.decode("latin-1"))
    )


def _pairs(request: Request, query: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(
            query,
            keep_blank_values=True,
            errors="strict",
            max_num_fields=context(request).options.max_parameters,
        )
    except ValueError as error:
        raise Rejected("the parameters are too many or not UTF-8", code="value") from error


async def _run(request: Request, type_: str, pairs: list[tuple[str, str]]) -> Response:
    """Search in a thread: a search may read much, and others must not wait for it."""
    check_type(type_)
    told = dict(pairs)
    negotiation.remember(request, told)
    pretty = negotiation.negotiate(request.headers.get("accept"), told.get("_format"), told.get("_pretty"))
    tenant, base = tenant_of(request), base_of(request)
    store = context(request).store

    def work() -> bytes:
        return bundle.searchset(store.search(tenant, type_, pairs, base=base), base, type_, pairs)

    body = await asyncio.get_running_loop().run_in_executor(context(request).threads, work)
    return negotiation.answer(body, pretty)


INTERACTION = Interaction("search-type", "GET", "/{type}", search, "Search one type")
POST_INTERACTION = Interaction("", "POST", "/{type}/_search", search_post, "Search one type with a form")
