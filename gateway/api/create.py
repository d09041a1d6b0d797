"""create: a new resource under an id that the server gives; If-None-Exist (R4 http.html#create, #ccreate)."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from gateway.api import change, negotiation
from gateway.api.conditional import if_none_exist
from gateway.api.context import check_type, tenant_of
from gateway.api.interaction import Interaction
from gateway.api.resource import resource_of
from gateway.store.model import Change


async def create(request: Request, type: str) -> Response:
    """Store the resource in the body, unless one that If-None-Exist finds is there already."""
    check_type(type)
    tenant_of(request)
    pretty = negotiation.check(request)
    condition = if_none_exist(request.headers.get("if-none-exist"))
    body = await resource_of(request, type)
    wanted = Change("create", type, body=body.value, condition=condition)
    return change.answer(request, await change.make(request, wanted, body.size), body.issues, pretty)


INTERACTION = Interaction("create", "POST", "/{type}", create, "Store a new resource", body="resource")
