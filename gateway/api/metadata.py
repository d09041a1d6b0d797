"""metadata: the CapabilityStatement, made from what is registered (R4 §3.1.0.6, CapabilityStatement)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from gateway.api import negotiation, terminology_capabilities
from gateway.api.context import base_of, context, tenant_of
from gateway.api.interaction import Interaction, Served
from gateway.canonical.json import dumps
from gateway.store.parameters import PARAMETERS, Parameter

_SHARED = {
    ("clinical", "identifier"): "Encounter Condition AllergyIntolerance MedicationRequest ServiceRequest "
    "Observation DiagnosticReport",
    (
        "clinical",
        "code",
    ): "Condition AllergyIntolerance MedicationRequest ServiceRequest Observation DiagnosticReport",
    ("clinical", "patient"): "Encounter Condition AllergyIntolerance MedicationRequest ServiceRequest "
    "Observation DiagnosticReport",
    ("clinical", "encounter"): "ServiceRequest Observation DiagnosticReport",
    ("clinical", "date"): "Encounter AllergyIntolerance Observation DiagnosticReport",
    ("medications", "status"): "MedicationRequest",
    ("medications", "encounter"): "MedicationRequest",
    ("medications", "date"): "MedicationRequest",
}
"""Parameters whose official definition several types share, by (group, name)."""

_URL = "http://hl7.org/fhir/SearchParameter/"
_COMMON = (
    {"name": "_id", "type": "token", "definition": f"{_URL}Resource-id"},
    {"name": "_lastUpdated", "type": "date", "definition": f"{_URL}Resource-lastUpdated"},
)


def definition(type_: str, name: str) -> str:
    """Return the canonical URL of the official SearchParameter."""
    for (group, shared), types in _SHARED.items():
        if shared == name and type_ in types.split():
            return f"{_URL}{group}-{name}"
    return f"{_URL}{type_}-{name}"


def _parameter(type_: str, parameter: Parameter) -> dict[str, str]:
    kind = "token" if parameter.kind == "code" else parameter.kind
    return {"name": parameter.name, "type": kind, "definition": definition(type_, parameter.name)}


def _resource(type_: str, interactions: Sequence[Interaction]) -> dict[str, Any]:
    parameters = PARAMETERS[type_].values()
    references = [f"{type_}:{each.name}" for each in parameters if each.kind == "reference"]
    entry: dict[str, Any] = {
        "type": type_,
        "interaction": [{"code": each.code} for each in interactions if each.code],
        "versioning": "versioned",
        "readHistory": True,
        "updateCreate": False,
    }
    if references:
        entry["searchInclude"] = references
    entry["searchParam"] = [*_COMMON, *(_parameter(type_, each) for each in parameters if each.searched)]
    return entry


def _served(one: Served) -> dict[str, Any]:
    """Return the entry of a type that stands in no store: read-only, not versioned, with operations."""
    return {
        "type": one.type,
        "interaction": [{"code": each.code} for each in one.interactions if each.code],
        "versioning": "no-version",
        "searchParam": [
            _COMMON[0],
            {"name": "url", "type": "uri", "definition": f"{_URL}conformance-url"},
            {"name": "name", "type": "string", "definition": f"{_URL}conformance-name"},
        ],
    }


def _operations(type_: str, operations: Sequence[str]) -> list[dict[str, str]]:
    """Return the operations of a type; $validate is defined for all types at once."""
    url = "http://hl7.org/fhir/OperationDefinition/"
    return [
        {"name": name, "definition": f"{url}{'Resource' if name == 'validate' else type_}-{name}"}
        for name in operations
    ]


def statement(
    version: str,
    base: str,
    started: datetime,
    interactions: Sequence[Interaction],
    others: Sequence[Served] = (),
    validates: bool = False,
) -> bytes:
    """Return the CapabilityStatement as JSON; ``others`` are the types that stand in no store."""
    resources = [_resource(type_, interactions) for type_ in PARAMETERS]
    resources += [_served(one) for one in others]
    own = {one.type: one.operations for one in others}
    for entry in resources:
        names = [*own.get(entry["type"], ()), *(["validate"] if validates else [])]
        if names:
            entry["operation"] = _operations(entry["type"], names)
    return dumps(
        {
            "resourceType": "CapabilityStatement",
            "status": "active",
            "date": started.isoformat(timespec="seconds"),
            "kind": "instance",
            "software": {"name": "qiao", "version": version},
            "implementation": {"description": "HL7 FHIR R4 gateway for internet hospitals", "url": base},
            "fhirVersion": "4.0.1",
            "format": ["application/fhir+json", "application/fhir+xml", "json", "xml"],
            "rest": [
                {
                    "mode": "server",
                    "resource": sorted(resources, key=lambda each: str(each["type"])),
                }
            ],
        }
    )


def interaction(served: Sequence[Interaction], others: Sequence[Served] = ()) -> Interaction:
    """Return the interaction that describes the ``served`` ones and the ``others``."""
    started = datetime.now(UTC)

    async def metadata(request: Request) -> Response:
        """Answer with what this server really does."""
        tenant_of(request)
        pretty = negotiation.check(request, allowed=("mode",))
        terminology = context(request).terminology
        if request.query_params.get("mode") == "terminology" and terminology is not None:
            about = terminology_capabilities.statement(
                context(request).version, base_of(request), started, terminology
            )
            return negotiation.answer(about, pretty)
        validates = context(request).examine is not None
        body = statement(context(request).version, base_of(request), started, served, others, validates)
        return negotiation.answer(body, pretty)

    handler: Callable[..., Awaitable[Response]] = metadata
    return Interaction("", "GET", "/metadata", handler, "What this server can do")
