"""update: a new version, or a resource under the client's id (R4 http.html#update, #cond-update)."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from gateway.api import change, negotiation
from gateway.api.conditional import check_versions, condition
from gateway.api.context import check_id, check_type, tenant_of
from gateway.api.interaction import Interaction
from gateway.api.resource import resource_of
from gateway.store.model import Change


async def update(request: Request, type: str, id: str) -> Response:
    """Store the resource in the body under the id that the address names."""
    check_type(type)
    tenant_of(request)
    pretty = negotiation.check(request)
    wanted = Change("update", type, check_id(id))
    return await _made(request, wanted, pretty, id)


async def update_conditional(request: Request, type: str) -> Response:
    """The same for the one resource that a search finds; where it finds none, a new one."""
    check_type(type)
    tenant_of(request)
    found = condition(request.url.query, "update")
    pretty = negotiation.wished(request)
    return await _made(request, Change("update", type, condition=found), pretty)


async def _made(request: Request, wanted: Change, pretty: bool, id_: str = "") -> Response:
    check_versions(wanted, request.headers)
    body = await resource_of(request, wanted.type, id_)
    wanted.body = body.value
    if not id_ and "id" in body.value:
        wanted.id = check_id(body.value["id"])
    return change.answer(request, await change.make(request, wanted, body.size), body.issues, pretty)


INTERACTION = Interaction(
    "update", "PUT", "/{type}/{id}", update, "Store a resource under this id", body="resource"
)
CONDITIONAL = Interaction(
    "", "PUT", "/{type}", update_conditional, "Update the one that a search finds", body="resource"
)
