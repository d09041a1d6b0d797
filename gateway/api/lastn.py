"""$lastn: the newest observations of each code (R4 observation-operation-lastn.html)."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from gateway.api.context import base_of, context, tenant_of
from gateway.api.interaction import Interaction
from gateway.api.query import Pairs, pairs_of
from gateway.api.search import answer
from gateway.store import Page


async def lastn(request: Request) -> Response:
    """Answer with the ``max`` newest observations of each code among those that a search finds."""
    tenant, base, store = tenant_of(request), base_of(request), context(request).store

    def find(asked: Pairs, _lenient: bool) -> Page:
        return store.lastn(tenant, asked, base=base)

    return await answer(request, pairs_of(request), f"{base}/Observation/$lastn", find, "Observation")


INTERACTIONS = (
    Interaction(
        "", "GET", "/Observation/$lastn", lastn, "The newest observations of each code", parameters=("max",)
    ),
)
OPERATIONS = {"Observation": ("lastn",)}
