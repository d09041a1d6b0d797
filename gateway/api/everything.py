"""$everything: the record of a patient or of a visit, page by page (R4 patient-operation-everything.html)."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from gateway.api import operation
from gateway.api.context import base_of, check_known, context, tenant_of
from gateway.api.interaction import Interaction
from gateway.api.own import view_of
from gateway.api.query import Pairs, pairs_of
from gateway.api.search import answer
from gateway.security.caller import caller_of
from gateway.store import Page

PARAMETERS = ("start", "end", "_since", "_type", "_count", "_cursor")
_POSTED: dict[str, operation.Kind] = {
    "start": "text",
    "end": "text",
    "_since": "text",
    "_type": "texts",
    "_count": "integer",
}


async def patient(request: Request, id: str) -> Response:
    """Answer with the patient and all that belongs to it."""
    return await _run(request, "Patient", id)


async def encounter(request: Request, id: str) -> Response:
    """Answer with the visit and all that belongs to it."""
    return await _run(request, "Encounter", id)


async def _run(request: Request, type_: str, id_: str) -> Response:
    check_known(type_, id_)
    tenant, base, store = tenant_of(request), base_of(request), context(request).store
    pairs = pairs_of(request)
    if request.method == "POST":
        pairs += await operation.posted_pairs(request, _POSTED)

    view = view_of(caller_of(request.scope))

    def find(asked: Pairs, _lenient: bool) -> Page:
        return store.everything(tenant, type_, id_, asked, base=base, view=view)

    return await answer(request, pairs, f"{base}/{type_}/{id_}/$everything", find)


INTERACTIONS = (
    Interaction(
        "", "GET", "/Patient/{id}/$everything", patient, "The record of a patient", parameters=PARAMETERS
    ),
    Interaction("", "POST", "/Patient/{id}/$everything", patient, "The record of a patient", body="resource"),
    Interaction(
        "", "GET", "/Encounter/{id}/$everything", encounter, "The record of a visit", parameters=PARAMETERS
    ),
    Interaction(
        "", "POST", "/Encounter/{id}/$everything", encounter, "The record of a visit", body="resource"
    ),
)
OPERATIONS = {"Patient": ("everything",), "Encounter": ("everything",)}
