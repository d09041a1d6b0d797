"""vread: one version of a resource (R4 http.html#vread)."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import Response

from gateway.api import negotiation
from gateway.api.context import Context, NotFound, check_known, context, tenant_of
from gateway.api.interaction import Interaction
from gateway.api.read import respond
from gateway.store import Version

_MAX_DIGITS = 9
NEAR = 100
"""Versions that a file is walked back while others wait: a tenth of a millisecond."""


async def vread(request: Request, type: str, id: str, ver: str) -> Response:
    """Answer with the bytes of that version."""
    check_known(type, id)
    pretty = negotiation.check(request)
    if not (ver.isascii() and ver.isdigit() and len(ver) <= _MAX_DIGITS):
        raise NotFound("there is no such version", code="not-found")
    found = await _found(context(request), tenant_of(request), type, id, int(ver))
    return respond(request, found, pretty, code="vread")


async def _found(here: Context, tenant: str, type_: str, id_: str, ver: int) -> Version | None:
    """Return a version; it is found by walking back from the current one, a long way in a thread."""
    store = here.store
    if store.local:
        current = store.read(tenant, type_, id_)
        if current is None or current.ver <= ver:
            return current if current is not None and current.ver == ver else None
        if current.ver - ver <= NEAR:
            return store.vread(tenant, type_, id_, ver)
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(here.threads, store.vread, tenant, type_, id_, ver)


INTERACTION = Interaction("vread", "GET", "/{type}/{id}/_history/{ver}", vread, "One version of a resource")
