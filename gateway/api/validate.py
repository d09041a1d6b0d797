"""$validate: what is wrong with a resource, as an OperationOutcome (R4 Resource-operation-validate)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from gateway.api import body as bodies
from gateway.api import language, negotiation, outcome
from gateway.api.context import NotFound, check_type, context, tenant_of
from gateway.api.interaction import Interaction
from gateway.canonical.json import dumps, loads
from gateway.errors import Rejected
from gateway.mapping.elements import is_resource
from gateway.validation import xml
from gateway.validation.source_text import Unreadable

LARGEST = 64 * 1024 * 1024
"""Bytes of a body."""


async def validate(request: Request, type: str, id: str = "") -> Response:
    """Check the resource in the body or in the parameter ``resource``; the answer is 200 whatever it says.

    Of any type of R4: what the server does not store can be checked, too, and a Bundle above all.
    """
    if not is_resource(type):
        raise NotFound("R4 has no such resource type", code="not-supported")
    tenant_of(request)
    pretty = negotiation.check(request, allowed=("profile", "mode"))
    with context(request).room.held() as take:
        body = await bodies.bytes_of(request, LARGEST, take)
        return await _answer(request, type, body, request.query_params.getlist("profile"), pretty)


async def validate_stored(request: Request, type: str, id: str) -> Response:
    """Check a resource as it is stored."""
    check_type(type)
    pretty = negotiation.check(request, allowed=("profile", "mode"))
    found = await context(request).reads.current(tenant_of(request), type, id)
    if found is None or not found.body:
        raise NotFound("there is no such resource", code="not-found")
    return await _answer(request, type, found.body, request.query_params.getlist("profile"), pretty)


async def _answer(
    request: Request, type_: str, body: bytes, profiles: Sequence[str], pretty: bool
) -> Response:
    zh = language.in_chinese(request)
    examine = context(request).examine
    if examine is None:
        raise NotFound("this server does not validate", code="not-supported")

    def made() -> bytes:
        data, named = _unpacked(body, profiles)
        if data is None:
            return dumps(outcome.listed([], zh))
        found = examine(data, named)
        if found.type and found.type != type_:
            raise Rejected(f"the resource is of another type than the address: {type_}", code="invalid")
        return dumps(outcome.listed(found.issues, zh))

    text = await asyncio.get_running_loop().run_in_executor(context(request).checker(len(body)), made)
    return negotiation.answer(text, pretty, headers=language.headers(zh))


def _unpacked(body: bytes, profiles: Sequence[str]) -> tuple[bytes | None, Sequence[str]]:
    """Return the bytes of the resource, out of the Parameters, and the profiles; None: nothing to check."""
    if b"Parameters" not in body[:4096]:
        return body, profiles
    try:
        data = loads(body) if not xml.is_xml(body) else _of_xml(body)
    except (ValueError, RecursionError, Unreadable):
        return body, profiles
    if not isinstance(data, dict) or data.get("resourceType") != "Parameters":
        return body, profiles
    listed = data.get("parameter")
    parts = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    resources = [one["resource"] for one in parts if one.get("name") == "resource" and "resource" in one]
    if not resources:
        deleting = any(one.get("valueCode") == "delete" for one in parts if one.get("name") == "mode")
        return (None if deleting else body), profiles
    named = [
        str(one.get("valueUri") or one.get("valueCanonical")) for one in parts if one.get("name") == "profile"
    ]
    return dumps(resources[0]), [*profiles, *named]


def _of_xml(body: bytes) -> dict[str, Any]:
    """Return the JSON of XML; of Parameters only where nothing would be lost on the way."""
    text = xml.read(body)
    if text.faults and text.value["resourceType"] == "Parameters":
        (_, rule), (line, _) = next(iter(text.faults.items()))
        raise Rejected(f"line {line}: {rule.text}", code="invalid")
    return text.value


INTERACTIONS = (
    Interaction("", "POST", "/{type}/$validate", validate, "Everything that is wrong with a resource"),
    Interaction("", "POST", "/{type}/{id}/$validate", validate, "The same, as an update of that resource"),
    Interaction(
        "", "GET", "/{type}/{id}/$validate", validate_stored, "The same for a resource as it is stored"
    ),
)
