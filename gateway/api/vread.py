"""vread: one version of a resource (R4 http.html#vread)."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import Response

from gateway.api import negotiation
from gateway.api.context import NotFound, check_known, context, tenant_of
from gateway.api.interaction import Interaction
from gateway.api.read import respond

_MAX_DIGITS = 9


async def vread(request: Request, type: str, id: str, ver: str) -> Response:
    """Answer with the bytes of that version."""
    check_known(type, id)
    pretty = negotiation.check(request)
    if not (ver.isascii() and ver.isdigit() and len(ver) <= _MAX_DIGITS):
        raise NotFound("there is no such version", code="not-found")
    tenant, store = tenant_of(request), context(request).store
    if store.local:
        return respond(request, store.vread(tenant, type, id, int(ver)), pretty)
    loop = asyncio.get_running_loop()
    found = await loop.run_in_executor(context(request).threads, store.vread, tenant, type, id, int(ver))
    return respond(request, found, pretty)


INTERACTION = Interaction("vread", "GET", "/{type}/{id}/_history/{ver}", vread, "One version of a resource")
