"""$lastn: the newest observations of each code (R4 observation-operation-lastn.html)."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from gateway.api import operation
from gateway.api.context import base_of, context, tenant_of
from gateway.api.interaction import Interaction
from gateway.api.own import view_of
from gateway.api.query import Pairs, pairs_of
from gateway.api.search import answer
from gateway.security.caller import caller_of
from gateway.store import Page
from gateway.store.index import parameters


async def lastn(request: Request) -> Response:
    """Answer with the ``max`` newest observations of each code among those that a search finds."""
    tenant, base, store = tenant_of(request), base_of(request), context(request).store
    pairs = pairs_of(request)
    if request.method == "POST":
        pairs += await operation.posted_pairs(request, _posted())

    view = view_of(caller_of(request.scope))

    def find(asked: Pairs, _lenient: bool) -> Page:
        return store.lastn(tenant, asked, base=base, view=view)

    return await answer(request, pairs, f"{base}/Observation/$lastn", find, "Observation")


def _posted() -> dict[str, operation.Kind]:
    """Return what a Parameters resource may have: ``max``, and whatever observations are searched by."""
    return {**dict.fromkeys(parameters("Observation"), "texts"), "max": "integer"}


_SAID = "The newest observations of each code"
INTERACTIONS = (
    Interaction("", "GET", "/Observation/$lastn", lastn, _SAID, parameters=("max",)),
    Interaction("", "POST", "/Observation/$lastn", lastn, _SAID, body="resource"),
)
