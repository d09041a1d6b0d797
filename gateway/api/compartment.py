"""Compartments: what belongs to a patient, visit, practitioner … (R4 compartmentdefinition.html)."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from gateway.api.context import NotFound, base_of, check_known, check_type, context, tenant_of
from gateway.api.interaction import Interaction
from gateway.api.own import view_of
from gateway.api.query import Pairs, form_of, pairs_of
from gateway.api.search import answer
from gateway.security.caller import caller_of
from gateway.store import Page

COMPARTMENTS = ("Patient", "Encounter", "Practitioner", "RelatedPerson", "Device")
_URL = "http://hl7.org/fhir/CompartmentDefinition/"
DEFINITIONS = tuple(_URL + name.lower() for name in COMPARTMENTS)
"""For CapabilityStatement.rest.compartment."""


async def compartment(request: Request, type: str, id: str, member: str) -> Response:
    """Answer with the resources of one type, or of all (``*``), that belong to a resource."""
    return await _run(request, type, id, member, pairs_of(request))


async def compartment_post(request: Request, type: str, id: str, member: str) -> Response:
    """The same with the parameters in a form."""
    return await _run(request, type, id, member, await form_of(request))


async def _run(request: Request, type_: str, id_: str, member: str, pairs: Pairs) -> Response:
    if type_ not in COMPARTMENTS:
        raise NotFound("nothing is served at this address", code="not-found")
    check_known(type_, id_)
    if member != "*":
        check_type(member)
    tenant, base, store = tenant_of(request), base_of(request), context(request).store
    view = view_of(caller_of(request.scope))

    def find(asked: Pairs, lenient: bool) -> Page:
        return store.compartment(tenant, type_, id_, member, asked, base=base, lenient=lenient, view=view)

    kind = "" if member == "*" else member
    return await answer(request, pairs, f"{base}/{type_}/{id_}/{member}", find, kind)


INTERACTIONS = (
    Interaction("", "GET", "/{type}/{id}/{member}", compartment, "Search what belongs to a resource"),
    Interaction(
        "", "POST", "/{type}/{id}/{member}/_search", compartment_post,
        "Search what belongs to a resource with a form", body="form",
    ),
)  # fmt: skip
