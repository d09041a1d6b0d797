"""Orders that hold already when they come: taken and flagged, or refused; what may be handed out of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from gateway.api.front import protect
from gateway.canonical import Draft, Envelope, Merge, Stored, Translation, new_envelope_id, now_us
from gateway.security.client import PREFIX, Client, digest
from gateway.security.clients import Clients
from gateway.security.clients_file import add
from gateway.settings import TenantSettings
from gateway.store import Receive, Settle

PHYSICIAN, PHARMACIST = "Practitioner/w1", "Practitioner/y1"
PHARMACY = {"reference": "Organization/p1"}


def rules(answer: Any) -> list[str]:
    return [
        one["details"]["coding"][0]["code"] for one in answer.json()["issue"] if one["severity"] == "error"
    ]


def flags(clinic: Any, name: str) -> set[str]:
    found = clinic.ask("GET", f"DetectedIssue?implicated={name}&_count=99").json()
    return {one["resource"]["code"]["coding"][0]["code"] for one in found.get("entry", [])}


def effective(clinic: Any, **changes: Any) -> list[dict[str, Any]]:
    group, line = clinic.draft(**changes)
    return [line | {"status": "active"}, group | {"status": "active"}]


def dispense(line: str = "g1m0", **changes: Any) -> dict[str, Any]:
    return {
        "resourceType": "MedicationDispense", "status": "completed", "performer": [{"actor": PHARMACY}],
        "medicationCodeableConcept": {"text": "氨氯地平片 5mg"}, "subject": {"reference": "Patient/p1"},
        "authorizingPrescription": [{"reference": f"MedicationRequest/{line}"}], **changes,
    }  # fmt: skip


def file(clinic: Any, documents: Any, key: str, id_: str) -> None:
    done = clinic.put({**clinic.sign(documents, key), "id": id_})
    assert done.status_code == 201, done.text


def message(clinic: Any, *bodies: dict[str, Any]) -> Any:
    return told(clinic, [Draft(one["resourceType"], one["id"], one) for one in bodies])


def told(clinic: Any, drafts: list[Draft], merges: Sequence[Merge] = ()) -> Any:
    """Store a message; returns its outcome."""
    at = now_us()
    envelope = Envelope(new_envelope_id(at), "default", "his/hl7v2", "his", at, "", "", b"MSH|")
    settle = Settle(envelope, Translation(drafts, list(merges)), lambda _: b"")
    return clinic.store.write([Receive(envelope, "", b"", 0), settle])[-1].outcome


def test_what_nobody_approved_is_taken_flagged_and_not_handed_out(admitted: Any) -> None:
    admitted.write(effective(admitted))
    assert {"nat-20-unapproved", "nat-20-signed"} <= flags(admitted, "RequestGroup/g1")
    used = admitted.call("RequestGroup/g1", "redeem", PHARMACIST, pharmacy=PHARMACY, dispense=dispense())
    assert (used.status_code, rules(used)[0]) == (409, "state-not-cleared")
    assert "NAT-20.5" in used.text
    planned = admitted.ask("POST", "MedicationDispense", dispense(status="preparation"))
    assert planned.status_code == 409
    assert {"nat-20-approved", "state-not-cleared"} == set(rules(planned))
    over = admitted.put(dispense(id="d1"))
    assert over.status_code == 201, "what was handed out is not undone by not storing it"
    assert {"nat-20-dispensed-unapproved", "state-not-cleared"} <= flags(admitted, "MedicationDispense/d1")
    assert admitted.entries()[-1] == ("dispense", "effective", "MedicationDispense/d1")


def test_a_single_line_of_a_forbidden_drug_is_flagged_and_not_handed_out(admitted: Any) -> None:
    _, line = admitted.draft(medicationCodeableConcept={"text": "吗啡缓释片"})
    assert admitted.put(line | {"status": "active"}).status_code == 201
    assert {"nat-20-forbidden-drug", "nat-20-unapproved"} <= flags(admitted, "MedicationRequest/g1m0")
    planned = admitted.ask("POST", "MedicationDispense", dispense(status="in-progress"))
    assert (planned.status_code, "nat-20-approved" in rules(planned)) == (409, True)


def test_signed_by_physician_and_pharmacist_it_is_handed_out(admitted: Any) -> None:
    documents = effective(admitted)
    file(admitted, documents, "physician", "s1")
    file(admitted, documents, "pharmacist", "s2")
    admitted.write(documents)
    assert not flags(admitted, "RequestGroup/g1") & {"nat-20-signed", "nat-20-unapproved"}
    used = admitted.call("RequestGroup/g1", "redeem", PHARMACIST, pharmacy=PHARMACY, dispense=dispense())
    assert used.status_code == 200, used.text


def test_what_is_approved_and_signed_later_is_handed_out_then(admitted: Any) -> None:
    documents = effective(admitted)
    admitted.write(documents)
    file(admitted, documents, "pharmacist", "s2")
    still = admitted.call("RequestGroup/g1", "redeem", PHARMACIST, pharmacy=PHARMACY)
    assert (still.status_code, rules(still)[:1]) == (409, ["state-not-cleared"]), (
        "its physician signed nothing"
    )
    assert "nat-20-unapproved" not in rules(still)
    file(admitted, documents, "physician", "s1")
    used = admitted.call("RequestGroup/g1", "redeem", PHARMACIST, pharmacy=PHARMACY)
    assert used.status_code == 200, used.text


def test_the_physician_approves_nothing(admitted: Any) -> None:
    documents = effective(admitted)
    signed = admitted.sign(documents, "physician", purpose="1.2.840.10065.1.12.1.5")
    assert admitted.put({**signed, "id": "s1"}).status_code == 201
    admitted.write(documents)
    assert "nat-20-unapproved" in flags(admitted, "RequestGroup/g1")


def test_an_approval_is_of_what_was_approved(admitted: Any) -> None:
    admitted.approved()
    line = admitted.read("MedicationRequest/g1m0")
    changed = {**line, "medicationCodeableConcept": {"text": "氯沙坦钾片 50mg"}}
    assert isinstance(message(admitted, {k: v for k, v in changed.items() if k != "meta"}), Stored)
    assert {"nat-20-unapproved", "nat-20-signed"} <= flags(admitted, "RequestGroup/g1")
    used = admitted.call("RequestGroup/g1", "redeem", PHARMACIST, pharmacy=PHARMACY)
    assert (used.status_code, rules(used)[:1]) == (409, ["state-not-cleared"])
    back = {k: v for k, v in line.items() if k != "meta"}
    assert isinstance(message(admitted, back), Stored)
    used = admitted.call("RequestGroup/g1", "redeem", PHARMACIST, pharmacy=PHARMACY)
    assert used.status_code == 200, used.text


def test_a_patient_who_is_joined_with_another_keeps_the_approval(admitted: Any) -> None:
    system = "urn:oid:2.16.156.990101.1"
    other = admitted.body("Patient/p1", id="p2", identifier=[{"system": system, "value": "new"}])
    old = {**admitted.body("Patient/p1"), "identifier": [{"system": system, "value": "old"}]}
    admitted.approved()
    admitted.file(old, other)
    drafts = [
        Draft("Patient", "p2", other, (system, "new")),
        Draft("Patient", "p1", {"resourceType": "Patient", "id": "p1"}, (system, "old")),
    ]
    assert isinstance(told(admitted, drafts, [Merge("Patient", (system, "old"), "p1", "p2")]), Stored)
    assert admitted.read("MedicationRequest/g1m0")["subject"]["reference"] == "Patient/p2"
    used = admitted.call("RequestGroup/g1", "redeem", PHARMACIST, pharmacy=PHARMACY)
    assert used.status_code == 200, used.text


def test_what_the_operations_approved_is_handed_out(admitted: Any) -> None:
    admitted.approved()
    assert not flags(admitted, "RequestGroup/g1") & {"nat-20-unapproved", "nat-20-signed"}
    assert admitted.ask("POST", "MedicationDispense", dispense(status="preparation")).status_code == 201


class TestRefused:
    """``effective_orders = "refuse"``."""

    @pytest.fixture
    def tenant(self) -> TenantSettings:
        return TenantSettings(organization="990101001", effective_orders="refuse")

    @pytest.fixture
    def arrived(self, admitted: Any, tmp_path: Path) -> Any:
        """Let the API be asked by the client of a name; "his" is trusted for what took effect elsewhere."""
        file_ = tmp_path / "clients.toml"
        for name, trusted in (("his", True), ("app", False)):
            token = f"{PREFIX}{name}".encode()
            add(file_, Client(name, digest(token), "write", asserts=True, arrived=trusted))
        admitted.app.middleware_stack = None  # it was asked before: the layers are laid anew
        admitted.app = protect(admitted.app, Clients(file_))

        def ask_as(name: str) -> None:
            admitted.headers = {"authorization": f"Bearer {PREFIX}{name}"}

        return ask_as

    @pytest.mark.parametrize("status", ["active", "completed", "on-hold"])
    @pytest.mark.parametrize("type_", ["MedicationRequest", "RequestGroup", "ServiceRequest"])
    def test_the_api_takes_drafts_alone(self, admitted: Any, type_: str, status: str) -> None:
        group, line = admitted.draft()
        exam = admitted.body("ServiceRequest/e1")
        body = {"RequestGroup": group, "MedicationRequest": line, "ServiceRequest": exam}[type_]
        entered = admitted.entries()
        done = admitted.put({**body, "status": status})
        assert (done.status_code, rules(done)) == (409, ["state-arrived"])
        assert admitted.entries() == entered
        assert admitted.put({**body, "status": "draft"}).status_code == 201

    @pytest.mark.parametrize("first", ["visit", "orders"])
    def test_a_visit_brings_no_orders_with_effect_along(self, admitted: Any, first: str) -> None:
        ward = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"}
        if first == "visit":
            assert admitted.put(admitted.visit(id="v2", **{"class": ward})).status_code == 201
        here = {"encounter": {"reference": "Encounter/v2"}, "status": "active"}
        admitted.write([{**one, **here} for one in admitted.draft()])
        done = admitted.put(admitted.visit(id="v2"), PHYSICIAN)
        assert (done.status_code, rules(done)) == (409, ["state-arrived"])

    def test_the_operations_go_on(self, admitted: Any) -> None:
        admitted.approved()
        assert admitted.call("RequestGroup/g1", "redeem", PHARMACIST, pharmacy=PHARMACY).status_code == 200

    def test_messages_are_never_refused(self, admitted: Any) -> None:
        assert isinstance(message(admitted, *effective(admitted)), Stored)
        assert "nat-20-unapproved" in flags(admitted, "RequestGroup/g1")

    def test_a_trusted_client_brings_orders_and_their_reviews(self, admitted: Any, arrived: Any) -> None:
        line, group = effective(admitted)
        task = {
            "resourceType": "Task", "id": "his-review", "status": "completed", "intent": "order",
            "code": {"coding": [{"system": "urn:qiao:codes:task-code", "code": "pharmacist-review"}]},
            "focus": {"reference": "RequestGroup/g1"}, "owner": {"reference": PHARMACIST},
            "for": {"reference": "Patient/p1"}, "encounter": {"reference": "Encounter/v1"},
        }  # fmt: skip
        arrived("his")
        admitted.write([line, group])
        assert "nat-20-unapproved" in flags(admitted, "RequestGroup/g1")
        assert admitted.put(task).status_code == 201
        assert rules(admitted.put({**task, "status": "rejected"})) == ["state-task"], "what came stays"
        admitted.submitted("g2", "CF2")
        beside = {**task, "id": "beside", "focus": {"reference": "RequestGroup/g2"}}
        assert rules(admitted.put(beside)) == ["state-task"], "that is reviewed here"
        arrived("app")
        assert rules(admitted.put({**task, "id": "mine"})) == ["state-task"], "others bring none"
        planned = admitted.ask("POST", "MedicationDispense", dispense(status="preparation"))
        assert "nat-20-approved" not in rules(planned), "it is approved by now"
