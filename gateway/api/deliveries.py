"""$deliveries: whether a document has reached everybody who is owed it (docs/writeback.md)."""

from __future__ import annotations

from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from gateway.api import operation
from gateway.api.context import NotFound, context, tenant_of
from gateway.api.interaction import Interaction
from gateway.api.visit_parameters import Parameter
from gateway.feed.standing import Told, standing
from gateway.store import Store

DEFINITION = "urn:qiao:operation:deliveries"
PARAMETERS = (
    Parameter("delivery", "BackboneElement", "Of each entry at each receiver: see the parts", "out", 0, "*"),
)
TYPES = ("Encounter", "RequestGroup", "MedicationRequest", "ServiceRequest", "Composition")
"""What is entered in the ledger and owed to somebody, or belongs to what is."""


async def deliveries(request: Request, id: str, *, type_: str) -> Response:
    """Answer with how each entry of a document stands at each receiver."""
    tenant, store = tenant_of(request), context(request).store
    _, pretty = await operation.given(request, {})
    return await operation.answer(request, pretty, lambda: _said(store, tenant, type_, id))


def _said(store: Store, tenant: str, type_: str, id_: str) -> dict[str, Any]:
    if store.read(tenant, type_, id_) is None:
        raise NotFound("there is no such resource", code="not-found")
    return {
        "resourceType": "Parameters",
        "parameter": [_part(one) for one in standing(store, tenant, f"{type_}/{id_}")],
    }


def _part(told: Told) -> dict[str, Any]:
    rows = {name: value for name, value in told.row().items() if value != ""}
    return {"name": "delivery", "part": [_value(name, value) for name, value in rows.items()]}


def _value(name: str, value: str | int) -> dict[str, Any]:
    if name == "at":
        return {"name": name, "valueInstant": value}
    if isinstance(value, int):
        return {"name": name, "valueInteger": value}
    return {"name": name, "valueCode" if name in ("state", "event", "kind") else "valueString": value}


_SAID = "How the entries of a document stand at each receiver"
INTERACTIONS = tuple(
    Interaction(
        "",
        "GET",
        f"/{type_}/{{id}}/$deliveries",
        partial(deliveries, type_=type_),
        _SAID,
        definition=DEFINITION,
    )
    for type_ in TYPES
)
