"""read: the current version of a resource, unless the client has it already (R4 http.html#read, #cread)."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from gateway.api import binary, negotiation, outcome
from gateway.api.conditional import unchanged
from gateway.api.context import NotFound, check_known, context, tenant_of, trail_of
from gateway.api.interaction import Interaction
from gateway.api.own import owns
from gateway.api.read_trail import shown_of
from gateway.api.shape import PARAMETERS, WHOLE, Shape, shape
from gateway.api.version import tags
from gateway.security.caller import caller_of
from gateway.store import Version


async def read(request: Request, type: str, id: str) -> Response:
    """Answer with the stored bytes; a read by primary key is quicker inline than in a thread."""
    check_known(type, id)
    if binary.wanted(request, type):
        found = await context(request).reads.current(tenant_of(request), type, id)
        if found is None or found.deleted:
            return respond(request, found, pretty=False)
        noted(request, found, "read")
        return binary.content(request, found)
    pretty = negotiation.check(request, allowed=PARAMETERS)
    wanted = shape(request.query_params.multi_items(), type) if request.url.query else WHOLE
    return respond(
        request, await context(request).reads.current(tenant_of(request), type, id), pretty, wanted
    )


def respond(
    request: Request, version: Version | None, pretty: bool, wanted: Shape = WHOLE, code: str = "read"
) -> Response:
    """Return the answer for one version: 200, 304, 404 or 410 (R4 http.html#read, #cread).

    Whose a version is tells that version itself: the current one may belong to another client by now.
    """
    if version is None or not owns(caller_of(request.scope), version):
        raise NotFound("there is no such resource", code="not-found")
    headers = tags(request, version)
    if version.deleted:
        return outcome.of_status(410, headers)
    asked = request.headers
    if unchanged(version, headers["ETag"], asked.get("if-none-match"), asked.get("if-modified-since")):
        return Response(status_code=304, headers=headers)
    noted(request, version, code)
    body = version.body if wanted.whole else wanted.of(version)
    return negotiation.answer(body, pretty, headers=headers)


def noted(request: Request, version: Version, code: str) -> None:
    """Let the trail know what is about to be shown. Raises ``Retry``: it cannot be kept."""
    trail = trail_of(request)
    if trail is not None:
        trail.note(caller_of(request.scope), code, request.scope["headers"], shown_of((version,)))


INTERACTION = Interaction(
    "read", "GET", "/{type}/{id}", read, "Current version of a resource", parameters=PARAMETERS
)
