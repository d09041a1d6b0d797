"""$everything: the record of a patient or of a visit, page by page (R4 patient-operation-everything.html).

That of all patients at once is refused: what they share (practitioners, organizations) is in it once,
and no page knows of those before it without reading them again. ``Patient/$export`` does.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from gateway.api import operation
from gateway.api.context import NotFound, base_of, check_known, context, tenant_of
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


async def of_all(request: Request) -> Response:
    """Refuse what is asked of a type and not of one resource.

    Raises:
        NotFound: says what there is.
    """
    tenant_of(request)
    raise NotFound(
        "$everything is of one patient or visit: [type]/[id]/$everything; of all patients: Patient/$export",
        code="not-supported",
    )


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
        "", "GET", "/Patient/{id}/$everything", patient, "The record of one patient", parameters=PARAMETERS
    ),
    Interaction(
        "", "POST", "/Patient/{id}/$everything", patient, "The record of one patient", body="resource"
    ),
    Interaction(
        "", "GET", "/Encounter/{id}/$everything", encounter, "The record of one visit", parameters=PARAMETERS
    ),
    Interaction(
        "", "POST", "/Encounter/{id}/$everything", encounter, "The record of one visit", body="resource"
    ),
)
REFUSED = (
    Interaction("", "GET", "/Patient/$everything", of_all, "Refused"),
    Interaction("", "POST", "/Patient/$everything", of_all, "Refused"),
    Interaction("", "GET", "/Encounter/$everything", of_all, "Refused"),
    Interaction("", "POST", "/Encounter/$everything", of_all, "Refused"),
)
"""What is served to say no; neither claimed nor described."""
