"""Evidence: how the dated documents that a hospital must have stand today (docs/feedback.md)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from gateway.api import negotiation, operation
from gateway.api.context import NotFound, context, tenant_of
from gateway.api.interaction import Interaction
from gateway.canonical import now_us
from gateway.feed.obligations import Obligations


async def evidence(request: Request) -> Response:
    """Answer with every kind that is asked for: red, yellow or green, its last day and its article."""
    tenant, obligations = tenant_of(request), obligations_of(request)
    negotiation.check(request)

    def work() -> dict[str, Any]:
        found = obligations.evidence(tenant, now_us())
        red = any(one.colour == "red" for one in found)
        return {"tenant": tenant, "ready": not red, "evidence": [one.row() for one in found]}

    return await operation.told(request, work)


def obligations_of(request: Request) -> Obligations:
    """Return what tells what tenants owe. Raises ``NotFound``: nothing does."""
    found = context(request).obligations
    if found is None:
        raise NotFound("nothing is served at this address", code="not-found")
    return found


INTERACTION = Interaction(
    "",
    "GET",
    "/$feed-evidence",
    evidence,
    "How the dated evidence of a hospital stands",
    definition="urn:qiao:operation:feed-evidence",
    media=("application/json",),
)
SHORT = replace(INTERACTION, path="/evidence")
"""The same below ``/feed/{tenant}``."""
