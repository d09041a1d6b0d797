"""The visit itself: who may open it, how it goes on, how it ends, and what its end means for orders."""

from __future__ import annotations

from typing import Any

import pytest

V3 = "http://terminology.hl7.org/CodeSystem/v3-"
PHYSICIAN, PHARMACIST = "Practitioner/w1", "Practitioner/y1"


def out(answer: Any) -> dict[str, Any]:
    return {one["name"]: next(v for k, v in one.items() if k != "name") for one in answer.json()["parameter"]}


def rules(answer: Any) -> list[str]:
    return [
        one["details"]["coding"][0]["code"] for one in answer.json()["issue"] if one["severity"] == "error"
    ]


def test_a_visit_without_consent_is_refused_and_nothing_is_kept(admitted: Any) -> None:
    admitted.file(admitted.body("Consent/z1", status="inactive"))
    done = admitted.put(admitted.visit(id="v2"), PHYSICIAN)
    assert (done.status_code, rules(done)) == (422, ["nat-18-consent"])
    assert admitted.ask("GET", "Encounter/v2").status_code == 404
    assert [event for _, event, name in admitted.entries() if name == "Encounter/v2"] == []


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"extension": None}, "nat-19-revisit"),
        ({"serviceType": {"coding": [{"system": "urn:qiao:codes:clinical-subjects", "code": "04.01"}]}},
         "nata-1-subject-approved"),
        ({"priority": {"coding": [{"system": f"{V3}ActPriority", "code": "EM"}]}}, "nat-19-unfit"),
    ],
)  # fmt: skip
def test_first_visits_foreign_subjects_and_emergencies_are_refused(
    admitted: Any, changes: Any, rule: str
) -> None:
    done = admitted.put(admitted.visit(id="v2", **changes), PHYSICIAN)
    assert done.status_code == 422 and rule in rules(done)


def test_nobody_and_somebody_else_do_not_open_a_visit(admitted: Any) -> None:
    assert admitted.put(admitted.visit(id="v2")).status_code == 401
    assert admitted.put(admitted.visit(id="v2"), PHARMACIST).status_code == 403


def test_a_visit_of_the_wards_is_nobodys_business(clinic: Any) -> None:
    ward = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP"}
    assert clinic.put(clinic.visit(**{"class": ward})).status_code == 201
    order = clinic.body("ServiceRequest/e1", status="active")
    assert clinic.put(order).status_code == 201
    assert clinic.put({**order, "priority": "urgent"}).status_code == 200
    assert clinic.ask("DELETE", "Encounter/v1").status_code == 204
    assert clinic.entries() == []


def test_a_planned_visit_may_begin_or_be_cancelled_and_one_that_began_may_not(admitted: Any) -> None:
    planned = admitted.visit(id="v2", status="planned")
    assert admitted.put(planned, PHYSICIAN).status_code == 201
    assert admitted.put({**planned, "status": "in-progress"}, PHYSICIAN).status_code == 200
    for status, rule in (("cancelled", "state-began"), ("planned", "state-jump")):
        done = admitted.put({**planned, "status": status}, PHYSICIAN)
        assert (done.status_code, rules(done)) == (409, [rule])
    changed = admitted.put(
        {**planned, "class": {"code": "AMB", "system": planned["class"]["system"]}}, PHYSICIAN
    )
    assert (changed.status_code, rules(changed)) == (409, ["state-class"])
    assert admitted.ask("DELETE", "Encounter/v2").status_code == 409
    never = admitted.visit(id="v3", status="planned")
    admitted.put(never, PHYSICIAN)
    assert admitted.put({**never, "status": "cancelled"}, PHYSICIAN).status_code == 200
    told = [event for _, event, name in admitted.entries() if name != "Encounter/v1"]
    assert told == ["submitted", "effective", "submitted", "cancelled"]


def test_a_visit_ends_with_its_record_and_then_takes_no_orders(admitted: Any) -> None:
    visit = admitted.read("Encounter/v1")
    done = admitted.put({**visit, "status": "finished"}, PHYSICIAN)
    assert (done.status_code, rules(done)) == (422, ["nat-21-record"])
    record = _record(admitted)
    assert admitted.put(record).status_code == 201, "preliminary: nobody is asked"
    done = admitted.call("Composition/r1", "submit", PHYSICIAN)
    assert (done.status_code, rules(done)) == (422, ["nat-20-diagnosis-signed"])
    done = admitted.call("Composition/r1", "submit", PHYSICIAN, signature=admitted.sign([record]))
    assert done.status_code == 200, done.text
    assert out(done)["status"] == "effective"
    assert admitted.read("Composition/r1")["status"] == "final"
    assert admitted.put({**visit, "status": "finished"}, PHYSICIAN).status_code == 200
    order = admitted.put(admitted.body("ServiceRequest/e1"))
    assert (order.status_code, rules(order)) == (409, ["state-visit-over"])
    assert [kind for kind, _, _ in admitted.entries()] == ["visit", "record", "visit"]


def test_a_record_may_come_signed_in_one_transaction(admitted: Any) -> None:
    record = _record(admitted, status="final")
    signed = admitted.sign([record])
    bundle = {
        "resourceType": "Bundle", "type": "transaction",
        "entry": [
            {"resource": record, "request": {"method": "PUT", "url": "Composition/r1"}},
            {"resource": signed, "request": {"method": "POST", "url": "Provenance"}},
        ],
    }  # fmt: skip
    unsigned = admitted.put(record, PHYSICIAN)
    assert (unsigned.status_code, rules(unsigned)) == (422, ["nat-20-diagnosis-signed"])
    done = admitted.ask("POST", "", bundle, by=PHYSICIAN)
    assert done.status_code == 200, done.text
    assert admitted.entries()[-1] == ("record", "effective", "Composition/r1")
    other = {**record, "title": "改动"}
    changed = admitted.put(other, PHYSICIAN)
    assert changed.status_code == 422, "the signature is of another content"
    assert admitted.ask("DELETE", "Composition/r1").status_code == 409
    assert admitted.put({**record, "status": "preliminary"}, PHYSICIAN).status_code == 409


def test_terminating_ends_the_visit_tells_the_patient_and_takes_back_what_does_not_hold(
    admitted: Any,
) -> None:
    admitted.approved("g1", "CF1")
    admitted.submitted("g2", "CF2")
    draft = admitted.draft("g3", "CF3")
    admitted.write(draft)
    assert admitted.call("Encounter/v1", "terminate", reason="胸痛").status_code == 401
    assert admitted.call("Encounter/v1", "terminate", PHARMACIST, reason="胸痛").status_code == 403
    assert admitted.call("Encounter/v1", "terminate", PHYSICIAN).status_code == 422
    done = admitted.call("Encounter/v1", "terminate", PHYSICIAN, reason="胸痛，疑似急症")
    assert done.status_code == 200, done.text
    visit = admitted.read("Encounter/v1")
    assert visit["status"] == "finished" and "end" in visit["period"]
    assert "胸痛，疑似急症" in str(visit["extension"])
    notice = admitted.read(out(done)["notice"]["reference"])
    assert notice["recipient"] == [{"reference": "Patient/p1"}]
    assert admitted.read("RequestGroup/g1")["status"] == "active", "it held before"
    assert admitted.read("RequestGroup/g2")["status"] == "revoked"
    late = admitted.call("RequestGroup/g3", "submit", PHYSICIAN, signature=admitted.sign(draft))
    assert (late.status_code, rules(late)) == (409, ["nat-19-visit-over"])
    assert admitted.put(admitted.body("ServiceRequest/e1")).status_code == 409
    assert admitted.put(admitted.body("ServiceRequest/e1", status="active")).status_code == 409
    again = admitted.call("Encounter/v1", "terminate", PHYSICIAN, reason="x")
    assert again.json()["parameter"] == [one for one in done.json()["parameter"] if one["name"] != "findings"]
    assert admitted.entries()[-1] == ("visit", "terminated", "Encounter/v1")


def test_an_evaluation_enters_the_ledger_and_stays(admitted: Any) -> None:
    said = {
        "resourceType": "QuestionnaireResponse", "id": "q1", "status": "completed",
        "encounter": {"reference": "Encounter/v1"}, "subject": {"reference": "Patient/p1"},
        "questionnaire": "urn:qiao:questionnaire:satisfaction",
        "item": [{"linkId": "satisfaction", "answer": [{"valueInteger": 5}]}],
    }  # fmt: skip
    assert admitted.put(said).status_code == 201
    assert admitted.entries()[-1] == ("evaluation", "effective", "QuestionnaireResponse/q1")
    assert admitted.ask("DELETE", "QuestionnaireResponse/q1").status_code == 409


def test_the_review_is_not_written_by_hand(admitted: Any) -> None:
    task = admitted.submitted()["task"]
    found = admitted.read(task)
    done = admitted.put({**found, "status": "completed"}, PHARMACIST)
    assert (done.status_code, rules(done)) == (409, ["state-task"])
    forged = {**found, "id": "forged", "status": "completed", "owner": {"reference": PHARMACIST}}
    assert admitted.put(forged, PHARMACIST).status_code == 409


def _record(clinic: Any, **changes: Any) -> dict[str, Any]:
    said = {
        "type": {"coding": [{"system": "http://loinc.org", "code": "34133-9"}]}, "title": "互联网诊疗病历",
        "status": "preliminary", "date": clinic.body("RequestGroup/g1")["authoredOn"],
    }  # fmt: skip
    made: dict[str, Any] = clinic.body("Composition/r1", **{**said, **changes})
    return made


def test_what_an_encounter_holds_that_becomes_an_internet_visit_is_entered_then(admitted: Any) -> None:
    ward = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"}
    admitted.put(admitted.visit(id="v2", **{"class": ward}))
    here = {"encounter": {"reference": "Encounter/v2"}, "status": "active"}
    documents = [{**one, **here} for one in admitted.draft()]
    admitted.write(documents)
    admitted.write([admitted.body("ServiceRequest/e1", **{**here, "status": "draft"})])
    before = admitted.entries()
    assert admitted.put(admitted.visit(id="v2"), PHYSICIAN).status_code == 200
    assert admitted.entries()[len(before) :] == [
        ("visit", "effective", "Encounter/v2"),
        ("prescription", "effective", "RequestGroup/g1"),
    ]
    assert admitted.read("MedicationRequest/g1m0")["groupIdentifier"]["value"].startswith("CN")
    assert admitted.ask("GET", "DetectedIssue?implicated=RequestGroup/g1").json()["total"]
    admitted.put(admitted.visit(id="v2", priority={"text": "x"}), PHYSICIAN)
    assert len(admitted.entries()) == len(before) + 3


def test_orders_that_come_before_their_visit_are_entered_with_it(admitted: Any) -> None:
    here = {"encounter": {"reference": "Encounter/v3"}, "status": "active"}
    admitted.write([{**one, **here} for one in admitted.draft()])
    assert admitted.put(admitted.visit(id="v3"), PHYSICIAN).status_code == 201
    assert admitted.entries()[-1] == ("prescription", "effective", "RequestGroup/g1")


def test_drugs_that_come_before_their_group_are_the_same_document(admitted: Any) -> None:
    group, *lines = admitted.draft(lines=2)
    for one in (*reversed(lines), group):
        assert admitted.put({**one, "status": "active"}).status_code == 201
    names = ("RequestGroup/g1", "MedicationRequest/g1m0", "MedicationRequest/g1m1")
    assert len({admitted.read(one)["groupIdentifier"]["value"] for one in names}) == 1
    told = [one for one in admitted.store.ledger.entries("default", 0, 99) if one.kind == "prescription"]
    assert [one.event for one in told] == ["effective", "corrected", "corrected"]
    assert [one.back for one in told] == [0, told[0].n, told[1].n]
