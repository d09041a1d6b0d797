"""vread: one version of a resource (R4 §3.1.0.2)."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from gateway.api import negotiation
from gateway.api.context import NotFound, check_type, context, tenant_of
from gateway.api.interaction import Interaction
from gateway.api.read import respond

_MAX_DIGITS = 9


async def vread(request: Request, type: str, id: str, ver: str) -> Response:
    """Answer with the bytes of that version."""
    check_type(type)
    pretty = negotiation.check(request)
    if not (ver.isascii() and ver.isdigit() and len(ver) <= _MAX_DIGITS):
        raise NotFound("there is no such version", code="not-found")
    return respond(request, context(request).store.vread(tenant_of(request), type, id, int(ver)), pretty)


INTERACTION = Interaction("vread", "GET", "/{type}/{id}/_history/{ver}", vread, "One version of a resource")
