"""A FHIR R4B server by fhirstarter over a dictionary; runs in `.venv-peer`, with ``FHIR_SEQUENCE=R4B``.

It is as its authors meant it: their routes, validation, CapabilityStatement and errors. Only what their
framework leaves to the application is here: the store with versions in ``meta``, and a few searches. What is
written is answered without a body, as in its README: with one it loses its own 201, Location and headers.
It has no R4; its R4B is the same for these types, so it may call itself 4.0.1.
fhirstarter reads the annotations of what it is given, so they are no strings here.
"""

import json
import os
import socket
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from typing import Any
from uuid import uuid4

import uvicorn
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.condition import Condition
from fhir.resources.R4B.encounter import Encounter
from fhir.resources.R4B.medicationrequest import MedicationRequest
from fhir.resources.R4B.meta import Meta
from fhir.resources.R4B.observation import Observation
from fhir.resources.R4B.organization import Organization
from fhir.resources.R4B.patient import Patient
from fhir.resources.R4B.practitioner import Practitioner
from fhirstarter import FHIRProvider, FHIRStarter, InteractionContext
from fhirstarter.exceptions import FHIRGoneError, FHIRResourceNotFoundError

Stored = dict[str, Any]
"""A resource."""
TYPES = (Patient, Practitioner, Organization, Encounter, Observation, Condition, MedicationRequest)
AGE = timedelta(seconds=float(os.environ.get("FHIR_AGE", "0")))
"""How long ago what is stored now says that it was: a run does not look at data that came with it."""
STORE: dict[str, dict[str, str | None]] = {}
"""Type → id → resource as its model writes it; None where it was deleted."""


def keep(name: str, id_: str, resource: Any) -> str:
    """Store a resource as its next version and return its id."""
    before = STORE[name].get(id_)
    number = int(json.loads(before)["meta"]["versionId"]) + 1 if before else 1
    meta = resource.meta or Meta()
    meta.versionId, meta.lastUpdated = str(number), datetime.now(UTC) - AGE
    resource.id, resource.meta = id_, meta
    STORE[name][id_] = resource.model_dump_json()
    return id_


def found(name: str, id_: str) -> str:
    """Return a resource. Raises 404 where there never was one, 410 where it was deleted."""
    if id_ not in STORE[name]:
        raise FHIRResourceNotFoundError
    body = STORE[name][id_]
    if body is None:
        raise FHIRGoneError("deleted")
    return body


def provide(provider: FHIRProvider, kind: Any) -> None:
    """Let a type be read, written, deleted and searched."""
    name = kind.get_resource_type()
    STORE[name] = {}

    def read(context: InteractionContext, id_: str) -> Any:
        return kind.model_validate_json(found(name, id_))

    def create(context: InteractionContext, resource: Any) -> str:
        return keep(name, str(uuid4()), resource)

    def update(context: InteractionContext, id_: str, resource: Any) -> str:
        if not STORE[name].get(id_):
            context.response.status_code = 201
        return keep(name, id_, resource)

    def delete(context: InteractionContext, id_: str) -> None:
        if id_ in STORE[name]:
            STORE[name][id_] = None

    provider.read(kind)(read)
    provider.create(kind)(create)
    provider.update(kind)(update)
    provider.delete(kind)(delete)
    provider.search_type(kind)(searches(name))


def searches(name: str) -> Callable[..., Any]:
    """Return the search of a type; fhirstarter takes the parameters from the signature."""
    if name == "Patient":

        def patients(
            context: InteractionContext,
            _id: str | None,
            identifier: str | None,
            family: str | None,
            gender: str | None,
            birthdate: str | None,
        ) -> Bundle:
            matches = (
                one
                for one in matching(name, _id, identifier)
                if (
                    family is None or any(_begins(said.get("family"), family) for said in one.get("name", ()))
                )
                and gender in (None, one.get("gender"))
                and birthdate in (None, one.get("birthDate"))
            )
            return bundle(context, matches)

        return patients

    def others(context: InteractionContext, _id: str | None, identifier: str | None) -> Bundle:
        return bundle(context, matching(name, _id, identifier))

    return others


def matching(name: str, id_: str | None, identifier: str | None) -> Iterator[Stored]:
    """Yield what has this id and this identifier, ``system|value`` or ``value``."""
    for one in [json.loads(text) for text in STORE[name].values() if text]:
        if id_ in (None, one["id"]) and (identifier is None or _identified(one, identifier)):
            yield one


def bundle(context: InteractionContext, matches: Iterator[Stored]) -> Bundle:
    """Return a searchset."""
    base = str(context.request.base_url)
    entries = [
        {"fullUrl": f"{base}{one['resourceType']}/{one['id']}", "resource": one, "search": {"mode": "match"}}
        for one in matches
    ]
    return Bundle.model_validate({"type": "searchset", "total": len(entries), "entry": entries or None})


def _begins(text: str | None, wanted: str) -> bool:
    return (text or "").lower().startswith(wanted.lower())


def _identified(body: Stored, wanted: str) -> bool:
    system, bar, value = wanted.rpartition("|")
    said = [(one.get("system", ""), one.get("value")) for one in body.get("identifier", ())]
    return any(value == theirs and (not bar or system == whose) for whose, theirs in said)


def as_r4(statement: Stored, request: Any, response: Any) -> Stored:
    """Say in the CapabilityStatement what holds for this application: its version, that an update creates."""
    for one in statement["rest"][0]["resource"]:
        one["updateCreate"] = True
    software = {"name": "fhirstarter", "version": version("fhirstarter")}
    return {**statement, "fhirVersion": "4.0.1", "software": software}


def main() -> None:
    """Say where it is, then serve until it is killed."""
    provider = FHIRProvider()
    for kind in TYPES:
        provide(provider, kind)
    app = FHIRStarter(title="fhirstarter")
    app.add_providers(provider)
    app.set_capability_statement_modifier(as_r4)
    listening = socket.create_server(("127.0.0.1", 0))
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else every answer waits 40 ms
    sys.stdout.write(json.dumps({"fhir": f"http://127.0.0.1:{listening.getsockname()[1]}"}) + "\n")
    sys.stdout.flush()
    uvicorn.Server(uvicorn.Config(app, log_level="critical")).run(sockets=[listening])


if __name__ == "__main__":
    main()
