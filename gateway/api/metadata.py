"""metadata: the CapabilityStatement, made from what is registered (R4 http.html#capabilities)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from gateway.api import negotiation, terminology_capabilities
from gateway.api.compartment import DEFINITIONS
from gateway.api.context import STORED, base_of, context, tenant_of
from gateway.api.interaction import Interaction, Served
from gateway.api.routes import PATCHES
from gateway.canonical.json import dumps
from gateway.security.caller import CALLER, LOCAL
from gateway.store.index import Parameter, parameters

Entry = dict[str, Any]
_URL = "http://hl7.org/fhir/SearchParameter/"
_OPERATION = "http://hl7.org/fhir/OperationDefinition/"
_SYSTEM = ("transaction", "batch", "search-system", "history-system")

_SERVICES = "http://terminology.hl7.org/CodeSystem/restful-security-service"
_SECURITY: Entry = {
    "service": [{"coding": [{"system": _SERVICES, "code": "OAuth"}], "text": "Bearer token (RFC 6750)"}],
    "description": "Send with every request the token that the operator of this server gave you, as "
    "Authorization: Bearer TOKEN; no authorization server gives out others. A token has one role, which says "
    "what it may do, and one tenant, whose resources it sees.",
}


@dataclass(slots=True, frozen=True)
class Described:
    """What a statement is made of.

    Attributes:
        version: of the program.
        started: when the server was.
        served: the interactions of every type and of the system.
        others: the types that stand in no store.
        more: what is said of a type beside the usual.
    """

    version: str
    started: datetime
    served: tuple[Interaction, ...]
    others: tuple[Served, ...] = ()
    more: Mapping[str, Entry] = field(default_factory=dict)

    def codes(self) -> list[str]:
        """The interactions, as CapabilityStatement names them."""
        return list(dict.fromkeys(one.code for one in self.served if one.code))

    def has(self, method: str, path: str) -> bool:
        """Whether something is served."""
        return any((one.method, one.path) == (method, path) for one in self.served)


def statement(about: Described, base: str, secured: bool) -> bytes:
    """Return the CapabilityStatement as JSON."""
    resources = [_stored(about, type_) for type_ in sorted(STORED)]
    resources += [_artefacts(one) for one in about.others]
    resources.sort(key=lambda each: str(each["type"]))
    operations = _operations(about)
    for entry in resources:
        entry |= about.more.get(entry["type"], {})
        shared = operations.get("", []) if entry["type"] in STORED else operations.get("every", [])
        own = [*operations.get(entry["type"], ()), *shared]
        if own:
            entry["operation"] = own
    rest: Entry = {"mode": "server"}
    if secured:
        rest["security"] = _SECURITY
    rest["resource"] = resources
    rest["interaction"] = [{"code": code} for code in about.codes() if code in _SYSTEM]
    rest["searchParam"] = [_common("_id")]  # the others not of types that stand in no store
    if "system" in operations:
        rest["operation"] = operations["system"]
    rest["compartment"] = list(DEFINITIONS)
    made = {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": about.started.isoformat(timespec="seconds"),
        "kind": "instance",
        "software": {"name": "qiao", "version": about.version},
        "implementation": {"description": "HL7 FHIR R4 gateway for internet hospitals", "url": base},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json", "application/fhir+xml", "json", "xml"],
    }
    if about.has("GET", "/$export"):
        made["instantiates"] = ["http://hl7.org/fhir/uv/bulkdata/CapabilityStatement/bulk-data"]
    if "patch" in about.codes():
        made["patchFormat"] = list(PATCHES)
    return dumps({**made, "rest": [rest]})


def _stored(about: Described, type_: str) -> Entry:
    writes = "update" in about.codes()
    entry: Entry = {
        "type": type_,
        "interaction": [{"code": code} for code in about.codes() if code not in _SYSTEM],
        "versioning": "versioned-update" if writes else "versioned",
        "readHistory": True,
        "updateCreate": writes,
        "conditionalCreate": writes,
        "conditionalRead": "full-support",
        "conditionalUpdate": about.has("PUT", "/{type}"),
        "conditionalDelete": "multiple" if about.has("DELETE", "/{type}") else "not-supported",
        "referencePolicy": ["literal", "logical"],
    }
    references = [one for one in parameters(type_).values() if one.type == "reference"]
    if references:
        entry["searchInclude"] = [f"{type_}:{one.name}" for one in references]
    if type_ in _referring():
        entry["searchRevInclude"] = list(_referring()[type_])
    searched = (one for one in parameters(type_).values() if served(one))
    entry["searchParam"] = [{"name": one.name, "type": one.type, "definition": one.url} for one in searched]
    return entry


def served(parameter: Parameter) -> bool:
    """Tell whether a search takes a parameter; there are no named queries."""
    return parameter.name != "_query"


@cache
def _referring() -> dict[str, tuple[str, ...]]:
    """Return the reference parameters that may name a type, by that type."""
    found: dict[str, list[str]] = {}
    for type_ in sorted(STORED):
        for one in parameters(type_).values():
            for target in one.targets if one.type == "reference" else ():
                found.setdefault(target, []).append(f"{type_}:{one.name}")
    return {type_: tuple(names) for type_, names in found.items()}


def _artefacts(one: Served) -> Entry:
    """Return the entry of a type that stands in no store: read-only, not versioned."""
    return {
        "type": one.type,
        "interaction": [{"code": each.code} for each in one.interactions if each.code],
        "versioning": "no-version",
        "searchParam": [
            _common("_id"),
            {"name": "url", "type": "uri", "definition": f"{_URL}conformance-url"},
            {"name": "name", "type": "string", "definition": f"{_URL}conformance-name"},
        ],
    }


def _common(name: str) -> Entry:
    one = parameters("Basic")[name]
    return {"name": one.name, "type": one.type, "definition": one.url}


def _operations(about: Described) -> dict[str, list[Entry]]:
    """Return the operations by type.

    ``""`` are those of every type that is stored, ``"every"`` those of them that any type has ($validate),
    ``"system"`` those of no type.
    """
    found: dict[str, dict[str, Entry]] = {}
    for type_, one in _called(about):
        url = one.definition or f"{_OPERATION}{type_ or 'Resource'}-{one.operation}"
        told = {"name": one.operation, "definition": url, "documentation": one.summary}
        found.setdefault(type_, {}).setdefault(url, told)
        if (type_, one.operation) == ("", "validate"):
            found.setdefault("every", {})[url] = found[""][url]
    return {type_: list(named.values()) for type_, named in found.items()}


def _called(about: Described) -> Iterator[tuple[str, Interaction]]:
    for one in (*about.served, *(each for other in about.others for each in other.interactions)):
        if one.operation:
            first = one.path.split("/")[1]
            yield "system" if first.startswith("$") else "" if first.startswith("{") else first, one


def interaction(
    served: Sequence[Interaction],
    others: Sequence[Served] = (),
    version: str = "0",
    more: Mapping[str, Entry] | None = None,
) -> Interaction:
    """Return the interaction that describes what is served; see :class:`Described`."""
    about = Described(version, datetime.now(UTC), tuple(served), tuple(others), more or {})

    @lru_cache(maxsize=16)
    def told(base: str, secured: bool) -> bytes:
        return statement(about, base, secured)

    async def metadata(request: Request) -> Response:
        """Answer with what this server really does."""
        tenant_of(request)
        pretty = negotiation.check(request, allowed=("mode",))
        terminology = context(request).terminology
        if request.query_params.get("mode") == "terminology" and terminology is not None:
            capabilities = terminology_capabilities.statement(
                version, base_of(request), about.started, terminology
            )
            return negotiation.answer(capabilities, pretty)
        secured = request.scope.get(CALLER, LOCAL) != LOCAL
        return negotiation.answer(told(base_of(request), secured), pretty)

    return Interaction("", "GET", "/metadata", metadata, "What this server can do", parameters=("mode",))
