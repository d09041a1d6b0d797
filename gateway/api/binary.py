"""Binary: taken and given as what it is in itself, too, where the client says so (R4 binary.html#rest)."""

from __future__ import annotations

import base64
import re

from starlette.requests import Request
from starlette.responses import Response

from gateway.api import body, negotiation, outcome
from gateway.api.conditional import unchanged
from gateway.api.version import tags
from gateway.canonical import Resource
from gateway.canonical.json import dumps, loads
from gateway.store import Version

TYPE = "Binary"
_MEDIA = re.compile(
    r"[a-z0-9!#$&^_.+-]{1,127}/[a-z0-9!#$&^_.+-]{1,127}(?:\s*;[\x20-\x7e]{0,200})?", re.IGNORECASE
).fullmatch
_SAFE = {"Content-Security-Policy": "sandbox; default-src 'none'"}
"""Somebody else wrote it: a browser must not run it as ours (R4 binary.html, security). Nor does it guess
what it is: the server says so of every answer."""


def is_raw(request: Request, type_: str) -> bool:
    """Tell whether a body is the content of a Binary, and no resource."""
    media = body.media_of(request)
    return type_ == TYPE and media not in body.RESOURCE and bool(_MEDIA(media))


def resource_bytes(request: Request, data: bytes, id_: str) -> bytes:
    """Return the Binary that a raw body is, as JSON."""
    made: Resource = {"resourceType": TYPE}
    if id_:
        made["id"] = id_
    made["contentType"] = request.headers["content-type"]
    context_of = request.headers.get("x-security-context")
    if context_of:
        made["securityContext"] = {"reference": context_of}
    if data:
        made["data"] = base64.b64encode(data).decode()
    return dumps(made)


def wanted(request: Request, type_: str) -> bool:
    """Tell whether a client wants the content of a Binary: it takes no format of resources."""
    accept = negotiation.accept_of(request)
    if type_ != TYPE or not accept or "_format" in request.query_params:
        return False
    return not negotiation.chosen(accept, None)


def content(request: Request, version: Version) -> Response:
    """Return the content itself.

    Raises:
        NotAcceptable: it is of another type than the client takes, or there is none.
    """
    resource = loads(version.body)
    media, data = str(resource.get("contentType", "")), str(resource.get("data", ""))
    if not _MEDIA(media) or not _takes(negotiation.accept_of(request) or "", media):
        raise negotiation.NotAcceptable(f"the content is {media[:100]}", code="not-supported")
    headers = tags(request, version)
    asked = request.headers
    if unchanged(version, headers["ETag"], asked.get("if-none-match"), asked.get("if-modified-since")):
        return Response(status_code=304, headers=headers)
    try:
        raw = base64.b64decode(data)
    except ValueError:  # not of the alphabet, or not even ASCII
        return outcome.of_status(406, headers)
    return Response(raw, headers={**headers, **_SAFE, "Content-Type": media, "Vary": "accept"})


def _takes(accept: str, media: str) -> bool:
    """Tell whether one of the media ranges of Accept has a media type."""
    kind = media.partition(";")[0].strip().lower()
    ranges = {wish.partition(";")[0].strip().lower() for wish in accept.split(",")}
    return bool(ranges & {kind, kind.partition("/")[0] + "/*", "*/*"})
