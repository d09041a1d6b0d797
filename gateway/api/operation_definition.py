"""OperationDefinition: what the server's own operations take and answer (R4 operationdefinition.html).

Those of R4 itself are HL7's, and named by their canonical URLs in the CapabilityStatement.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from gateway.api import (
    artefact,
    critical,
    deliveries,
    delta,
    doors,
    feedback,
    match_decide,
    negotiation,
    operation,
    purge,
)
from gateway.api.context import NotFound, tenant_of
from gateway.api.interaction import Interaction, Served
from gateway.api.visit import DEFINITION, OPERATIONS
from gateway.api.visit_parameters import Parameter
from gateway.canonical.json import dumps

KIND = "OperationDefinition"

Definition = dict[str, Any]
_PARAMETERS: Mapping[str, Sequence[Parameter]] = {
    **{one.name: one.parameters for one in OPERATIONS},
    **{one.name: one.parameters for one in feedback.OPERATIONS},
    "purge": purge.PARAMETERS,
    "deliveries": deliveries.PARAMETERS,
    "decide-match": match_decide.PARAMETERS,
    "acknowledge": critical.PARAMETERS,
    "critical-values": critical.LISTING,
    "doors": doors.PARAMETERS,
    "delta": delta.PARAMETERS,
}


def served(interactions: Sequence[Interaction]) -> Served:
    """Return the read and the search of the definitions of those own operations that are served."""
    own = definitions(interactions)

    async def read(request: Request, id: str) -> Response:
        """Answer with one definition."""
        tenant_of(request)
        pretty = negotiation.check(request)
        if id not in own:
            raise NotFound("there is no such resource", code="not-found")
        return negotiation.answer(dumps(own[id]), pretty)

    async def search(request: Request) -> Response:
        """Answer with the definitions that a url or name finds."""
        tenant_of(request)
        pairs, pretty = await artefact.wanted(request)
        found = [one for one in own.values() if _fits(one, dict(pairs))]
        return await operation.answer(
            request, pretty, lambda: artefact.searchset(request, None, KIND, pairs, found)
        )

    said = "The server's own operations"
    reading = Interaction("read", "GET", f"/{KIND}/{{id}}", read, "One of the server's own operations")
    return Served(KIND, (*artefact.searches(KIND, search, said), reading), ())


def definitions(interactions: Sequence[Interaction]) -> Mapping[str, Definition]:
    """Return the definitions of own operations by id, made of what is served."""
    found: dict[str, Definition] = {}
    for one in interactions:
        if one.operation and one.definition.startswith(DEFINITION):
            made = found.setdefault(f"qiao-{one.operation}", _definition(one))
            _add_place(made, one)
    return found


def _definition(one: Interaction) -> Definition:
    known = _PARAMETERS.get(one.operation)
    made: Definition = {
        "resourceType": KIND,
        "id": f"qiao-{one.operation}",
        "url": one.definition,
        "version": "1.0.0",
        "name": "".join(part.capitalize() for part in one.operation.split("-")),
        "status": "active",
        "kind": "operation",
        "publisher": "qiao",
        "description": one.summary,
        "affectsState": one.method != "GET",
        "code": one.operation,
        "system": False,
        "type": False,
        "instance": False,
    }
    if known is not None:
        made["parameter"] = [_parameter(each) for each in known]
    elif one.parameters:
        said = [
            Parameter(name, "string", "See the documentation of the operation") for name in one.parameters
        ]
        made["parameter"] = [_parameter(each) for each in said]
    return made


def _add_place(made: Definition, one: Interaction) -> None:
    """Say where an operation is called: of the system, a type or an instance."""
    first, *rest = one.path.split("/")[1:]
    if first.startswith("$"):
        made["system"] = True
        return
    name = "Resource" if first.startswith("{") else first
    made["resource"] = list(dict.fromkeys([*made.get("resource", []), name]))
    made["instance" if len(rest) > 1 else "type"] = True


def _parameter(one: Parameter) -> Definition:
    return {
        "name": one.name,
        "use": one.use,
        "min": one.least,
        "max": one.most,
        "documentation": one.text,
        "type": one.type,
    }


def _fits(one: Definition, wanted: Mapping[str, str]) -> bool:
    name = str(wanted.get("name", "")).lower()
    return (
        wanted.get("url") in (None, one["url"])
        and wanted.get("_id") in (None, one["id"])
        and str(one["name"]).lower().startswith(name)
    )
