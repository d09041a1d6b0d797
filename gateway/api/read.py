"""read: the current version of a resource (R4 §3.1.0.1)."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime

from starlette.requests import Request
from starlette.responses import Response

from gateway.api import negotiation, outcome
from gateway.api.context import NotFound, check_type, context, tenant_of
from gateway.api.interaction import Interaction
from gateway.store import Version


async def read(request: Request, type: str, id: str) -> Response:
    """Answer with the stored bytes; a read by primary key is quicker inline than in a thread."""
    check_type(type)
    pretty = negotiation.check(request)
    return respond(request, context(request).store.read(tenant_of(request), type, id), pretty)


def respond(request: Request, version: Version | None, pretty: bool) -> Response:
    """Return the answer for one version: 200, 304, 404 or 410 (R4 §3.1.0.1.2, §3.1.0.5)."""
    if version is None:
        raise NotFound("there is no such resource", code="not-found")
    etag = f'W/"{version.ver}"'
    moment = datetime.fromtimestamp(version.ts_us // 1_000_000, UTC)
    headers = {"ETag": etag, "Last-Modified": format_datetime(moment, usegmt=True)}
    if version.deleted:
        return outcome.of_status(410, headers)
    if _has(request.headers.get("if-none-match"), etag):
        return Response(status_code=304, headers=headers)
    return negotiation.answer(version.body, pretty, headers=headers)


def _has(condition: str | None, etag: str) -> bool:
    """Tell whether If-None-Match names the version; weak comparison (RFC 9110 §8.8.3.2)."""
    if condition is None:
        return False
    return condition.strip() == "*" or etag[2:] in {
        tag.strip().removeprefix("W/") for tag in condition.split(",")
    }


INTERACTION = Interaction("read", "GET", "/{type}/{id}", read, "Current version of a resource")
