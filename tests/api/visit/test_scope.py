"""What only mentions an internet visit stays the ward's: no rule, no entry, nothing for the regulator."""

from __future__ import annotations

from typing import Any

import pytest

PHYSICIAN = "Practitioner/w1"
VISIT = {"reference": "Encounter/v1"}
WARD = {"reference": "Encounter/ward"}
ACT = "http://terminology.hl7.org/CodeSystem/v3-ActCode"


@pytest.fixture
def hospital(admitted: Any) -> Any:
    """The internet visit v1, and a stay of its patient on a ward."""
    stay = admitted.visit(id="ward", **{"class": {"system": ACT, "code": "IMP"}})
    assert admitted.put(stay).status_code == 201
    return admitted


def exam(**said: Any) -> Any:
    kind = [{"coding": [{"system": "urn:qiao:codes:request-kind", "code": "exam"}]}]
    own = {"resourceType": "ServiceRequest", "id": "s1", "status": "active", "intent": "order"}
    return {
        **own,
        "category": kind,
        "code": {"text": "胸部CT"},
        "subject": {"reference": "Patient/p1"},
        **said,
    }


def discharge(**said: Any) -> Any:
    return {"resourceType": "Composition", "id": "d1", "status": "final", "type": {"text": "出院小结"},
            "subject": {"reference": "Patient/p1"}, "date": "2026-11-22", "title": "出院小结",
            "author": [{"reference": PHYSICIAN}], **said}  # fmt: skip


MENTIONS = [
    exam(encounter=WARD, supportingInfo=[VISIT]),
    discharge(encounter=WARD, section=[{"title": "既往", "entry": [VISIT]}]),
    {"resourceType": "MedicationRequest", "id": "x1", "status": "active", "intent": "order",
     "medicationCodeableConcept": {"text": "吗啡缓释片"}, "subject": {"reference": "Patient/p1"},
     "encounter": WARD, "supportingInformation": [VISIT]},
    {"resourceType": "MedicationDispense", "id": "x2", "status": "completed", "context": WARD,
     "medicationCodeableConcept": {"text": "吗啡缓释片"}, "subject": {"reference": "Patient/p1"},
     "supportingInformation": [VISIT]},
    {"resourceType": "QuestionnaireResponse", "id": "x3", "status": "completed", "encounter": WARD,
     "item": [{"linkId": "1", "answer": [{"valueReference": VISIT}]}]},
    {"resourceType": "Task", "id": "x4", "status": "requested", "intent": "order", "encounter": WARD,
     "code": {"text": "随访"}, "reasonReference": VISIT},
]  # fmt: skip


@pytest.mark.parametrize("body", MENTIONS, ids=[one["resourceType"] for one in MENTIONS])
def test_what_a_ward_writes_about_a_visit_is_stored_and_nothing_else(hospital: Any, body: Any) -> None:
    before = hospital.entries()
    done = hospital.put(body)
    assert done.status_code == 201, done.text
    assert hospital.entries() == before
    type_, id_ = body["resourceType"], body["id"]
    assert "urn:qiao:id:serial" not in done.text
    assert hospital.ask("GET", f"DetectedIssue?implicated={type_}/{id_}").json()["total"] == 0
    assert not hospital.store.supervised_business.has("default", type_, id_)
    assert not hospital.store.supervised_business.has("default", "Encounter", "ward")
    gone = hospital.ask("DELETE", f"{type_}/{id_}")
    assert gone.status_code == 204, "it is the ward's to delete"


def test_what_says_that_it_is_of_the_visit_is_governed(hospital: Any) -> None:
    assert hospital.put(discharge(encounter=VISIT), PHYSICIAN).status_code in (401, 422)
    absolute = {"reference": "http://elsewhere.example/fhir/Encounter/v1"}
    assert hospital.put(exam(status="draft", encounter=absolute)).status_code == 422


def test_a_dispense_belongs_to_the_visit_of_its_prescription(hospital: Any) -> None:
    hospital.submitted()
    line = {"reference": "MedicationRequest/g1m0"}
    given = {"resourceType": "MedicationDispense", "id": "y1", "status": "completed", "context": WARD,
             "medicationCodeableConcept": {"text": "氨氯地平片"}, "subject": {"reference": "Patient/p1"},
             "authorizingPrescription": [line]}  # fmt: skip
    done = hospital.put(given)
    assert done.status_code == 409, done.text


def test_a_stay_that_becomes_a_visit_takes_along_only_its_own(hospital: Any) -> None:
    hospital.file(hospital.visit(id="v2", **{"class": {"system": ACT, "code": "AMB"}}))
    own, others = (
        {"reference": "Encounter/v2"},
        {"encounter": WARD, "supportingInfo": [{"reference": "Encounter/v2"}]},
    )
    hospital.file(exam(id="mine", encounter=own), exam(id="theirs", **others))
    done = hospital.put(hospital.visit(id="v2"), PHYSICIAN)
    assert done.status_code == 200, done.text
    entered = {name for _, _, name in hospital.entries()}
    assert "ServiceRequest/mine" in entered
    assert "ServiceRequest/theirs" not in entered
