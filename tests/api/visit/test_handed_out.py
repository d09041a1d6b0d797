"""What is handed out is what was prescribed: the drug that was signed, for this patient, no more of it."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.canonical import now_us
from gateway.settings import TenantSettings

PHARMACY = {"reference": "Organization/pharmacy"}
MEDICATION = {"resourceType": "Medication", "id": "x1", "code": {"text": "氨氯地平片"}}
MORPHINE = {"text": "盐酸吗啡缓释片"}


def rules(answer: Any) -> list[str]:
    body = answer.json()
    told = body.get("issue") or [
        issue for one in body["parameter"] if one["name"] == "findings" for issue in one["resource"]["issue"]
    ]
    return [one["details"]["coding"][0]["code"] for one in told]


def dispense(**changes: Any) -> Any:
    return {
        "resourceType": "MedicationDispense",
        "status": "completed",
        "medicationCodeableConcept": {"text": "氨氯地平片 5mg"},
        "subject": {"reference": "Patient/p1"},
        "authorizingPrescription": [{"reference": "MedicationRequest/g1m0"}],
        "quantity": {"value": 7, "unit": "片"},
        **changes,
    }


def redeem(clinic: Any, **more: Any) -> Any:
    return clinic.call("RequestGroup/g1", "redeem", "", pharmacy=PHARMACY, **more)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"medicationCodeableConcept": MORPHINE}, "nat-20-dispensed-forbidden"),
        ({"subject": {"reference": "Patient/p2"}}, "nat-20-dispensed-patient"),
        ({"quantity": {"value": 70, "unit": "片"}}, "nat-20-dispensed-more"),
    ],
)
def test_another_drug_patient_or_amount_is_not_handed_out(admitted: Any, changes: Any, rule: str) -> None:
    admitted.file(admitted.body("Patient/p1", id="p2"))
    admitted.approved()
    done = redeem(admitted, dispense=dispense(**changes))
    assert done.status_code == 409
    assert rule in rules(done)
    done = admitted.put(dispense(id="d1", **changes))
    assert done.status_code == 409
    assert rule in rules(done)
    assert admitted.read("RequestGroup/g1")["status"] == "active"


def test_what_was_approved_is_not_remarked_as_unapproved(admitted: Any) -> None:
    admitted.approved()
    done = redeem(admitted, dispense=dispense())
    assert done.status_code == 200
    assert "nat-20-dispensed-unapproved" not in rules(done)


def test_another_name_is_remarked_only(admitted: Any) -> None:
    admitted.approved()
    done = redeem(admitted, dispense=dispense(medicationCodeableConcept={"text": "络活喜"}))
    assert (done.status_code, "nat-20-dispensed-drug" in rules(done)) == (200, True)


def by_reference(clinic: Any) -> list[Any]:
    clinic.file(MEDICATION)
    group, line = clinic.draft()
    del line["medicationCodeableConcept"]
    return [group, {**line, "medicationReference": {"reference": "Medication/x1"}}]


def submitted(clinic: Any) -> Any:
    documents = by_reference(clinic)
    clinic.write(documents)
    done = clinic.call("RequestGroup/g1", "submit", "Practitioner/w1", signature=clinic.sign(documents))
    assert done.status_code == 200, done.text
    found = next(one for one in done.json()["parameter"] if one["name"] == "task")
    return found["valueReference"]["reference"]


def test_a_medication_that_becomes_another_drug_is_not_approved(admitted: Any) -> None:
    task = submitted(admitted)
    assert admitted.put({**MEDICATION, "code": MORPHINE}).status_code == 200
    done = admitted.review(task)
    assert (done.status_code, rules(done)) == (409, ["drug-changed"])
    assert admitted.put({**MEDICATION, "status": "active"}).status_code == 200
    assert admitted.review(task).status_code == 200


def test_a_medication_that_became_another_drug_after_the_signature_is_not_submitted(admitted: Any) -> None:
    documents = by_reference(admitted)
    admitted.write(documents)
    signed = admitted.sign(documents, at_us=now_us() - 5_000_000)
    aspirin = {**MEDICATION, "code": {"text": "阿司匹林肠溶片"}}
    assert admitted.put(aspirin).status_code == 200
    entered = admitted.entries()

    def submit(signature: Any) -> Any:
        return admitted.call("RequestGroup/g1", "submit", "Practitioner/w1", signature=signature)

    done = submit(signed)
    assert (done.status_code, rules(done)) == (409, ["drug-changed"])
    assert done.json()["issue"][0]["expression"] == ["MedicationRequest/g1m0.medicationReference"]
    assert admitted.entries() == entered and "groupIdentifier" not in admitted.read("RequestGroup/g1")
    assert admitted.put({**signed, "id": "s1"}).status_code == 201
    assert rules(submit(None)) == ["drug-changed"], "one that is on file neither"
    assert admitted.ask("DELETE", "Medication/x1").status_code in (200, 204)
    assert rules(submit(signed)) == ["drug-changed"]
    assert admitted.put({**MEDICATION, "status": "active"}).status_code in (200, 201)
    assert submit(signed).status_code == 200, "it was put right"


def test_a_medication_that_changes_within_the_second_of_the_signature_is_not_submitted(admitted: Any) -> None:
    documents = by_reference(admitted)
    admitted.write(documents)
    signed = admitted.sign(documents)
    assert admitted.put({**MEDICATION, "code": {"text": "阿司匹林肠溶片"}}).status_code == 200
    done = admitted.call("RequestGroup/g1", "submit", "Practitioner/w1", signature=signed)
    assert (done.status_code, rules(done)) == (409, ["drug-changed"])


def test_a_medication_that_was_another_drug_before_the_signature_is_submitted(admitted: Any) -> None:
    documents = by_reference(admitted)
    admitted.write(documents)
    assert admitted.put({**MEDICATION, "code": {"text": "阿司匹林肠溶片"}}).status_code == 200
    signed = admitted.sign(documents, at_us=now_us() + 5_000_000)
    done = admitted.call("RequestGroup/g1", "submit", "Practitioner/w1", signature=signed)
    assert done.status_code == 200, done.text


def test_a_medication_that_becomes_another_drug_is_not_handed_out(admitted: Any) -> None:
    assert admitted.review(submitted(admitted)).status_code == 200
    assert admitted.put({**MEDICATION, "code": MORPHINE}).status_code == 200
    done = redeem(admitted)
    assert done.status_code == 409
    assert "drug-changed" in rules(done)
    named = {"medicationCodeableConcept": None, "medicationReference": {"reference": "Medication/x1"}}
    body = {key: value for key, value in dispense(id="d1", **named).items() if value}
    done = admitted.put({**body, "status": "in-progress"})
    assert done.status_code == 409
    assert admitted.ask("DELETE", "Medication/x1").status_code == 409


def test_a_cancelled_drug_is_not_submitted(admitted: Any) -> None:
    documents = admitted.draft(lines=2)
    admitted.write(documents)
    admitted.write([{**documents[2], "status": "cancelled"}])
    now = [*documents[:2], admitted.read("MedicationRequest/g1m1")]
    done = admitted.call("RequestGroup/g1", "submit", "Practitioner/w1", signature=admitted.sign(now))
    assert (done.status_code, rules(done)) == (409, ["line-over"])


def test_a_drug_that_was_cancelled_on_the_way_stays_cancelled(admitted: Any) -> None:
    task = admitted.submitted(lines=2)["task"]
    admitted.file({**admitted.read("MedicationRequest/g1m1"), "status": "cancelled"})
    assert admitted.review(task).status_code == 200
    assert admitted.read("MedicationRequest/g1m0")["status"] == "active"
    assert admitted.read("MedicationRequest/g1m1")["status"] == "cancelled"
    assert redeem(admitted).status_code == 200
    assert admitted.read("MedicationRequest/g1m1")["status"] == "cancelled"


@pytest.mark.parametrize("status", ["draft", "active"])
def test_a_part_of_a_visit_is_no_visit(admitted: Any, status: str) -> None:
    said = {"status": status, "encounter": {"reference": "Encounter/v1#x"}}
    done = admitted.put({**admitted.draft()[1], **said})
    assert (done.status_code, rules(done)) == (422, ["visit-reference"])


def test_a_visit_whose_orders_stand_keeps_its_patient(admitted: Any) -> None:
    other = {**admitted.read("Consent/z1"), "id": "z2", "patient": {"reference": "Patient/p2"}}
    admitted.file(admitted.body("Patient/p1", id="p2"), other)
    admitted.submitted()
    visit = admitted.read("Encounter/v1")
    for said in ({"subject": {"reference": "Patient/p2"}}, {"status": "entered-in-error"}):
        done = admitted.put({**visit, **said}, "Practitioner/w1")
        assert (done.status_code, rules(done)) == (409, ["visit-used"])
    assert admitted.call("RequestGroup/g1", "cancel", "Practitioner/w1", reason="x").status_code == 200
    done = admitted.put({**visit, "subject": {"reference": "Patient/p2"}}, "Practitioner/w1")
    assert done.status_code == 200


def test_a_request_is_of_one_kind_and_an_exam_is_not_referred(admitted: Any) -> None:
    request = admitted.body("ServiceRequest/e1")
    kinds = [{"coding": [{"system": "urn:qiao:codes:request-kind", "code": "referral"}]}]
    both = {**request, "category": request["category"] + kinds}
    admitted.write([both])
    done = admitted.call("ServiceRequest/e1", "submit", "Practitioner/w1", signature=admitted.sign([both]))
    assert (done.status_code, rules(done)) == (422, ["kind-unknown"])
    admitted.write([request])
    admitted.call("ServiceRequest/e1", "submit", "Practitioner/w1", signature=admitted.sign([request]))
    done = admitted.call("ServiceRequest/e1", "refer", "Practitioner/w1")
    assert (done.status_code, rules(done)) == (422, ["no-referral"])


def test_a_prescription_without_any_drug_left_is_not_approved(admitted: Any) -> None:
    task = admitted.submitted()["task"]
    admitted.file({**admitted.read("MedicationRequest/g1m0"), "status": "cancelled"})
    done = admitted.review(task)
    assert (done.status_code, rules(done)) == (409, ["line-over"])
    assert "possible: $cancel" in done.text
    done = admitted.call("RequestGroup/g1", "cancel", "Practitioner/w1", reason="x")
    assert done.status_code == 200


def test_a_bad_signature_on_file_hides_no_good_one(admitted: Any) -> None:
    documents = admitted.draft()
    admitted.write(documents)
    good = admitted.sign(documents)
    bad = {**good, "id": "bad", "signature": [{**good["signature"][0], "data": "eC4ueQ=="}]}
    for one in ({**good, "id": "good"}, bad):
        assert admitted.put(one).status_code == 201
    done = admitted.call("RequestGroup/g1", "submit", "Practitioner/w1")
    assert done.status_code == 200, done.text


@pytest.mark.parametrize(
    "tenant", [TenantSettings(organization="990101001", parameters={"record-years": -1})]
)
def test_a_purge_leaves_the_formulary(admitted: Any) -> None:
    submitted(admitted)
    said = [{"name": "document", "valueString": "RequestGroup/g1"}]
    done = admitted.ask("POST", "$purge", {"resourceType": "Parameters", "parameter": said})
    assert done.status_code == 200, done.text
    assert admitted.ask("GET", "RequestGroup/g1").status_code == 410
    assert admitted.read("Medication/x1")["code"] == MEDICATION["code"]
    assert admitted.store.ledger.verify("default").ok
