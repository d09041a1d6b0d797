"""delete: the resource goes, its history stays; or whatever a search finds (R4 http.html#delete)."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from gateway.api import change, language, negotiation
from gateway.api.conditional import check_versions, condition
from gateway.api.context import check_id, check_type, tenant_of
from gateway.api.interaction import Interaction
from gateway.api.prefer import prefer
from gateway.api.version import etag, note
from gateway.canonical.json import dumps
from gateway.canonical.operation_outcome import issue, operation_outcome
from gateway.store.model import Change, Result


async def delete(request: Request, type: str, id: str) -> Response:
    """Delete one resource; one that is not there is as good as deleted."""
    check_type(type)
    tenant_of(request)
    pretty = negotiation.check(request)
    wanted = Change("delete", type, check_id(id))
    check_versions(wanted, request.headers)
    return _answer(request, await change.make(request, wanted), pretty)


async def delete_conditional(request: Request, type: str) -> Response:
    """Delete all resources that a search finds, together or none of them."""
    check_type(type)
    tenant_of(request)
    found = condition(request.url.query, "delete")
    pretty = negotiation.wished(request)
    wanted = Change("delete", type, condition=found, many=True)
    check_versions(wanted, request.headers)
    return _answer(request, await change.make(request, wanted), pretty)


def _answer(request: Request, result: Result, pretty: bool) -> Response:
    """Return 204, or 200 where the client prefers to read what happened."""
    headers = {}
    if result.version is not None:
        note(request, result.version)
        headers["ETag"] = etag(result.version)
    if prefer(request).returns != "OperationOutcome":
        return Response(status_code=204, headers=headers)
    count = result.deleted or int(result.status == "deleted")
    zh = language.in_chinese(request)
    text = f"已删除 {count} 个资源" if zh else f"{count} deleted"
    told = operation_outcome([issue("information", "informational", text)])
    return negotiation.answer(dumps(told), pretty, headers=headers | language.headers(zh))


INTERACTION = Interaction("delete", "DELETE", "/{type}/{id}", delete, "Delete a resource")
CONDITIONAL = Interaction("", "DELETE", "/{type}", delete_conditional, "Delete what a search finds")
