"""Owns how type, id and version are taken from a fixture or a message (R4 operation.targetId)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from conformance.testscript.content import Content
from conformance.testscript.unusable import Unusable

_located = re.compile(
    r"(?:^|/)([A-Z][A-Za-z]+)/([A-Za-z0-9.\-]{1,64})(?:/_history/([A-Za-z0-9.\-]{1,64}))?/?$"
).search
_tagged = re.compile(r'^(?:W/)?"([A-Za-z0-9.\-]{1,64})"$').search


@dataclass(slots=True, frozen=True)
class Identity:
    """Of a resource on a server; what is not known is ``""``."""

    type: str = ""
    id: str = ""
    version: str = ""


def identity(content: Content) -> Identity:
    """Return who a resource is: by its body, else by ``Location``; the version by body, address or ETag."""
    said, found = _said(content), located(content)
    if not said.id or said.type == "OperationOutcome":
        said = found
    tag = _tagged(content.headers.get("etag", ""))
    return Identity(said.type, said.id, said.version or found.version or (tag[1] if tag else ""))


def located(content: Content) -> Identity:
    """Return what ``Location`` or ``Content-Location`` names, a request's own address for a request."""
    for place in (content.headers.get("location"), content.headers.get("content-location"), content.url):
        if place and (match := _located(place.partition("?")[0])):
            return Identity(match[1], match[2], match[3] or "")
    return Identity()


def _said(content: Content) -> Identity:
    try:
        body = content.resource
    except Unusable:
        return Identity()
    meta = body.get("meta")
    version = meta.get("versionId", "") if isinstance(meta, dict) else ""
    return Identity(*(str(one) for one in (body["resourceType"], body.get("id", ""), version)))
