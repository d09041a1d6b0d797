"""What belongs to an internet visit stays with it; a hospital may say that every order has one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gateway.canonical import Draft, Envelope, Refused, Stored, Translation, new_envelope_id, now_us
from gateway.settings import TenantSettings
from gateway.store import Receive, Settle

PHYSICIAN = "Practitioner/w1"


def rules(answer: Any) -> list[str]:
    return [
        one["details"]["coding"][0]["code"] for one in answer.json()["issue"] if one["severity"] == "error"
    ]


def message(clinic: Any, body: Any) -> Any:
    now = now_us()
    envelope = Envelope(new_envelope_id(now), "default", "his/hl7v2", "his", now, "", "", b"MSH|")
    said = Translation([Draft(body["resourceType"], body["id"], body)])
    return clinic.store.write([Receive(envelope, "", b"", 0), Settle(envelope, said, lambda _o: b"")])[
        -1
    ].outcome


def without(body: Any, *names: str) -> Any:
    return {name: value for name, value in body.items() if name not in names}


def flags(clinic: Any, name: str) -> set[str]:
    found = clinic.ask("GET", f"DetectedIssue?implicated={name}&_count=99").json()
    return {one["resource"]["code"]["coding"][0]["code"] for one in found.get("entry", [])}


ELSEWHERE: list[Any] = [
    None,
    {"reference": "Encounter/v2"},
    {"identifier": {"system": "urn:x", "value": "1"}},
    {"reference": "Encounter/v10"},
]


@pytest.mark.parametrize("to", ELSEWHERE)
@pytest.mark.parametrize("type_", ["RequestGroup", "MedicationRequest", "ServiceRequest", "Composition"])
def test_a_document_does_not_leave_its_visit(admitted: Any, type_: str, to: Any) -> None:
    admitted.file(admitted.visit(id="v2"), admitted.visit(id="v10", **{"class": {"code": "AMB"}}))
    group, line = admitted.draft()
    request = admitted.body("ServiceRequest/e1")
    said = {"status": "preliminary", "type": {"text": "病历"}, "title": "病历", "section": None}
    note = admitted.body("Composition/r1", **said)
    body = {one["resourceType"]: one for one in (group, line, request, note)}[type_]
    admitted.write([body])
    gone = without(body, "encounter") | ({"encounter": to} if to else {})
    done = admitted.put(gone)
    assert (done.status_code, rules(done)) == (409, ["state-visit"])
    if to is None:
        name = f"{type_}/{body['id']}"
        patch = [{"op": "remove", "path": "/encounter"}]
        done = admitted.ask("PATCH", name, patch, **{"content-type": "application/json-patch+json"})
        assert (done.status_code, rules(done)) == (409, ["state-visit"])


def test_a_dispense_does_not_leave_its_visit(admitted: Any) -> None:
    admitted.approved()
    dispense = {
        "resourceType": "MedicationDispense", "id": "d1", "status": "preparation",
        "medicationCodeableConcept": {"text": "x"}, "subject": {"reference": "Patient/p1"},
        "context": {"reference": "Encounter/v1"},
        "authorizingPrescription": [{"reference": "MedicationRequest/g1m0"}],
    }  # fmt: skip
    admitted.file(dispense)
    assert rules(admitted.put(without(dispense, "context"))) == ["state-visit"]
    by_drug = without({**dispense, "id": "d2"}, "context")
    admitted.file(by_drug)
    assert rules(admitted.put(without(by_drug, "authorizingPrescription"))) == ["state-visit"]


def test_a_message_takes_no_draft_out_and_what_holds_is_flagged(admitted: Any) -> None:
    _, draft = admitted.draft()
    admitted.write([draft])
    admitted.file(admitted.visit(id="v2", **{"class": {"code": "AMB"}}))
    other = {"encounter": {"reference": "Encounter/v2"}}
    outcome = message(admitted, {**draft, **other})
    assert isinstance(outcome, Refused) and outcome.issues[0].rule == "state-visit"
    request = admitted.body("ServiceRequest/e1", status="active")
    assert isinstance(message(admitted, request), Stored)
    assert isinstance(message(admitted, {**request, **other}), Stored)
    assert "state-visit" in flags(admitted, "ServiceRequest/e1")


def test_an_order_of_the_wards_needs_no_visit(admitted: Any) -> None:
    assert (
        admitted.put(admitted.body("MedicationRequest/m1", status="active", encounter=None)).status_code
        == 201
    )


class TestEveryOrder:
    @pytest.fixture
    def tenant(self) -> TenantSettings:
        return replace(TenantSettings(organization="990101001"), every_order=True)

    @pytest.mark.parametrize("to", [None, *ELSEWHERE[2:], {"reference": "Encounter/none"}])
    @pytest.mark.parametrize("status", ["draft", "active"])
    def test_an_order_names_an_internet_visit_on_file(self, admitted: Any, to: Any, status: str) -> None:
        admitted.file(admitted.visit(id="v10", **{"class": {"code": "AMB"}}))
        for name in ("RequestGroup/g1", "MedicationRequest/m1", "ServiceRequest/e1"):
            done = admitted.put(admitted.body(name, status=status, encounter=to))
            assert (done.status_code, rules(done)) == (422, ["visit-missing"])
            assert "49号" in done.text

    def test_a_dispense_does_too_or_its_prescription(self, admitted: Any) -> None:
        admitted.approved()
        dispense = {
            "resourceType": "MedicationDispense", "status": "completed",
            "medicationCodeableConcept": {"text": "x"}, "subject": {"reference": "Patient/p1"},
        }  # fmt: skip
        assert rules(admitted.ask("POST", "MedicationDispense", dispense)) == ["visit-missing"]
        drug = [{"reference": "MedicationRequest/g1m0"}]
        done = admitted.ask("POST", "MedicationDispense", {**dispense, "authorizingPrescription": drug})
        assert "visit-missing" not in done.text

    def test_a_whole_visit_goes_through(self, admitted: Any) -> None:
        assert admitted.approved()["status"] == "effective"

    def test_of_messages_drafts_are_refused_and_what_holds_is_flagged(self, admitted: Any) -> None:
        line = admitted.body("MedicationRequest/m1", encounter=None)
        assert isinstance(message(admitted, line), Refused)
        assert isinstance(message(admitted, {**line, "status": "active"}), Stored)
        assert flags(admitted, "MedicationRequest/m1") == {"visit-missing"}

    def test_what_held_before_may_end(self, admitted: Any) -> None:
        line = admitted.body("MedicationRequest/m1", status="active", encounter=None)
        admitted.file(line)
        assert admitted.put({**line, "status": "completed"}).status_code == 200
