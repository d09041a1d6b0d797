"""StructureDefinition: read and search of the types and profiles that resources are checked by (R4 §5.3)."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from gateway.api import artefact, negotiation, operation
from gateway.api.context import NotFound
from gateway.api.interaction import Interaction, Served

KIND = "StructureDefinition"


async def read(request: Request, id: str) -> Response:
    """Answer with one definition."""
    terminology = artefact.terminology_of(request)
    pretty = negotiation.check(request)
    url = terminology.of_id(KIND, id)
    if not url:
        raise NotFound("there is no such resource", code="not-found")
    return await operation.answer(request, pretty, lambda: artefact.resource(terminology, KIND, url))


async def search(request: Request) -> Response:
    """Answer with the definitions, qiao's own first."""
    terminology = artefact.terminology_of(request)
    pretty = negotiation.check(request, allowed=("url", "name", "_id", "_cursor"))
    return await operation.answer(request, pretty, lambda: artefact.searchset(request, terminology, KIND))


SERVED = Served(
    KIND,
    (
        Interaction("search-type", "GET", "/StructureDefinition", search, "The profiles and types"),
        Interaction("read", "GET", "/StructureDefinition/{id}", read, "One profile or type"),
    ),
    (),
)
