"""A hospital with a physician, a pharmacist and keys, and the API that governs its internet visits."""

from __future__ import annotations

import asyncio
import copy
import json
import threading
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from fastapi import FastAPI

from conformance.simulators.internet.api import parameter
from gateway.api import Context, create_app
from gateway.feed.visit.governor import Visits
from gateway.feed.visit.hospital import bookkeeping_of
from gateway.security.signature import AUTHOR, REVIEW, Signatures, open_signatures
from gateway.security.signature.demonstration import Hospital, Signer, demonstration
from gateway.settings import SignatureSettings, TenantSettings
from gateway.store import Store, Transact, Transacted
from gateway.validation import Examination, Validator, examine

Resource = dict[str, Any]
ON_FILE = ("Organization", "HealthcareService", "Practitioner", "PractitionerRole", "VerificationResult",
           "DocumentReference", "Contract", "Patient", "RelatedPerson")  # fmt: skip
PHYSICIAN, PHARMACIST = "Practitioner/w1", "Practitioner/y1"
HOSPITAL = Hospital("渡桥市人民医院互联网医院", "990101001")
SIGNERS = (Signer("physician", "温如玉", "110990101000017"), Signer("pharmacist", "苏合", "310990101000025"))


def shifted(value: Any, days: timedelta) -> Any:
    """Return resources with every day of their dates moved; times of a visit are said anew by the tests."""
    if isinstance(value, dict):
        return {name: shifted(one, days) for name, one in value.items()}
    if isinstance(value, list):
        return [shifted(one, days) for one in value]
    if isinstance(value, str) and len(value) == 10 and value[4] == value[7] == "-":
        return (datetime.fromisoformat(value) + days).strftime("%Y-%m-%d")
    return value


@pytest.fixture(scope="session")
def scene() -> dict[str, Resource]:
    """The resources of a visit in which everything is right, as of now."""
    told = yaml.safe_load((files("gateway.policy") / "fixtures" / "visit.yaml").read_text("utf-8"))
    found = {}
    now = datetime.now(UTC)
    born = told["resources"]["Patient/p1"]["birthDate"]
    for name, body in shifted(
        told["resources"], timedelta(days=(now - datetime(2025, 3, 6, tzinfo=UTC)).days)
    ).items():
        type_, _, id_ = name.partition("/")
        found[name] = {"resourceType": type_, "id": id_, **body}
    found["Patient/p1"]["birthDate"] = born
    lasting = found["MedicationRequest/m1"]["dispenseRequest"]["expectedSupplyDuration"]
    lasting |= {"system": "http://unitsofmeasure.org", "unit": "d"}
    del found["PractitionerRole/y1"]["availableTime"]
    return found


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the keys of physician and pharmacist, by ES256."""
    folder = tmp_path_factory.mktemp("keys")
    demonstration(folder, SIGNERS, HOSPITAL, "ES256")
    return folder


@pytest.fixture(scope="session")
def signatures(keys: Path) -> Signatures:
    return open_signatures(SignatureSettings(trust=(str(keys / "trust.pem"),), keys=str(keys / "keys")))


@pytest.fixture
def tenant() -> TenantSettings:
    """What is said of the tenant; a test of another one overrides it."""
    return TenantSettings(organization="990101001")


def at(seconds: float = 0) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class Clinic:
    """Drives a visit over the API."""

    app: FastAPI
    store: Store
    scene: dict[str, Resource]
    signatures: Signatures
    headers: dict[str, str] = field(default_factory=dict)
    tenant: str = "default"

    def body(self, name: str, **changes: Any) -> Resource:
        """Return a resource of the scene, as of now."""
        made = copy.deepcopy(self.scene[name])
        if "authoredOn" in made:
            made["authoredOn"] = at()
        return {name: value for name, value in {**made, **changes}.items() if value is not None}

    def ask(self, method: str, url: str, body: Any = None, /, by: str = "", **headers: str) -> httpx.Response:
        async def run() -> httpx.Response:
            said = {"content-type": "application/fhir+json", **self.headers, **headers}
            said |= {"x-qiao-practitioner": by} if by else {}
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8080") as client:
                content = None if body is None else json.dumps(body).encode()
                root = "/fhir" if self.tenant == "default" else f"/t/{self.tenant}/fhir"
                return await client.request(method, f"{root}/{url}", content=content, headers=said)

        return asyncio.run(run())

    def put(self, body: Resource, by: str = "") -> httpx.Response:
        return self.ask("PUT", f"{body['resourceType']}/{body['id']}", body, by=by)

    def file(self, *bodies: Resource) -> None:
        """Put resources on file past the API and the governor."""
        done = self.store.write(
            [Transact(self.tenant, "test", [], act=lambda desk: [desk.write(one) for one in bodies])]
        )
        assert done[0].error is None, done[0].error

    def read(self, name: str) -> Resource:
        found = self.ask("GET", name)
        assert found.status_code == 200, found.text
        made: Resource = found.json()
        return made

    def call(self, name: str, operation: str, by: str = "", **given: Any) -> httpx.Response:
        """Call an operation; resources, references, texts and booleans as its parameters."""
        parameters = [parameter(key, value) for key, value in given.items() if value is not None]
        body = {"resourceType": "Parameters", "parameter": parameters}
        return self.ask("POST", f"{name}/${operation}", body, by=by)

    def admit(self, by: str = PHYSICIAN) -> None:
        """Everybody on file, the patient has consented, and the visit goes on."""
        self.file(*(one for name, one in self.scene.items() if name.split("/")[0] in ON_FILE))
        self.file(self.body("Consent/z1", dateTime=at(-600)))
        done = self.put(self.visit(), by)
        assert done.status_code == 201, done.text
        self.file(self.body("Condition/c1"))

    def visit(self, **changes: Any) -> Resource:
        return self.body("Encounter/v1", **{"period": {"start": at(-300)}, **changes})

    def draft(self, id_: str = "g1", number: str = "CF1", lines: int = 1, **changes: Any) -> list[Resource]:
        """Return a prescription: the group, then its drugs."""
        own = {"identifier": [{"system": "urn:oid:2.16.156.10011.1.20", "value": number}]}
        drugs = [self.body("MedicationRequest/m1", id=f"{id_}m{n}", **own, **changes) for n in range(lines)]
        listed = [{"resource": {"reference": f"MedicationRequest/{one['id']}"}} for one in drugs]
        return [self.body("RequestGroup/g1", id=id_, action=listed, **own), *drugs]

    def write(self, documents: Sequence[Resource]) -> None:
        for one in documents:
            done = self.put(one)
            assert done.status_code in (200, 201), done.text

    def sign(self, documents: Sequence[Resource], key: str = "physician", **more: Any) -> Resource:
        who, purpose = (PHYSICIAN, AUTHOR) if key == "physician" else (PHARMACIST, REVIEW)
        return self.signatures.sign(documents, key, **{"who": who, "purpose": purpose, **more})

    def submitted(self, id_: str = "g1", number: str = "CF1", **changes: Any) -> Resource:
        """Write, sign and submit a prescription; returns the answer by name."""
        documents = self.draft(id_, number, **changes)
        self.write(documents)
        done = self.call(f"RequestGroup/{id_}", "submit", PHYSICIAN, signature=self.sign(documents))
        assert done.status_code == 200, done.text
        return told(done)

    def approved(self, id_: str = "g1", number: str = "CF1", **changes: Any) -> Resource:
        """The same, and the pharmacist approves it."""
        task = self.submitted(id_, number, **changes)["task"]
        done = self.review(task, id_)
        assert done.status_code == 200, done.text
        return told(done)

    def review(self, task: str, id_: str = "g1", decision: str = "approved", **more: Any) -> httpx.Response:
        group = self.read(f"RequestGroup/{id_}")
        lines = [self.read(one["resource"]["reference"]) for one in group["action"]]
        signed = self.sign([group, *lines], "pharmacist") if decision == "approved" else None
        return self.call(task, "review", PHARMACIST, **{"decision": decision, "signature": signed, **more})

    def entries(self) -> list[tuple[str, str, str]]:
        """Return (kind, event, document) of the ledger."""
        return [
            (one.kind, one.event, f"{one.type}/{one.id}")
            for one in self.store.ledger.entries(self.tenant, 0, 999)
        ]


def told(answer: httpx.Response) -> Resource:
    """Return the out-parameters by name; references and identifiers as their text."""
    found: Resource = {}
    for one in answer.json()["parameter"]:
        value = next(value for key, value in one.items() if key != "name")
        if isinstance(value, dict):
            value = value.get("reference") or value.get("value") or value
        found[one["name"]] = value
    return found


def rules(answer: httpx.Response) -> list[str]:
    """Return the rules that an OperationOutcome names."""
    return [
        one["details"]["coding"][0]["code"] for one in answer.json()["issue"] if one["severity"] == "error"
    ]


@pytest.fixture
def clinic(
    store: Store,
    scene: dict[str, Resource],
    signatures: Signatures,
    tenant: TenantSettings,
    validator: Validator,
    writes: Callable[[Transact], Awaitable[Transacted]],
) -> Clinic:
    visits = Visits(lambda _tenant: tenant, signatures)
    store.keep_books("default", bookkeeping_of(tenant))
    store.govern(visits)
    lock = threading.Lock()

    def check(data: bytes, profiles: Sequence[str]) -> Examination:
        with lock:
            return examine(validator, data, profiles)

    app = create_app(Context(store, examine=check, write=writes, visits=visits), "1.2.3")
    return Clinic(app, store, scene, signatures)


@pytest.fixture
def admitted(clinic: Clinic) -> Clinic:
    clinic.admit()
    return clinic
