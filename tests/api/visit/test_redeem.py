"""$redeem: at a pharmacy that is on file, by who belongs to it, under the agreements of the hospital."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.feed.visit.hospital import Hospital
from gateway.policy import Decision, Finding

PHARMACIST = "Practitioner/y1"
OUTSIDE = {"resourceType": "Organization", "id": "x3", "active": True, "name": "云桥大药房"}
CONTRACT = {
    "resourceType": "Contract",
    "id": "x3",
    "status": "executed",
    "type": {"coding": [{"system": "urn:qiao:codes:contract-kind", "code": "pharmacy"}]},
    "subject": [{"reference": "Organization/o1"}, {"reference": "Organization/x3"}],
}
CLERK = {
    "resourceType": "PractitionerRole",
    "id": "x3",
    "active": True,
    "practitioner": {"reference": "Practitioner/x3"},
    "organization": {"reference": "Organization/x3"},
}


def named(answer: Any, severity: str = "error") -> list[str]:
    body = answer.json()
    issues = body.get("issue") or next(
        (one["resource"]["issue"] for one in body["parameter"] if one["name"] == "findings"), []
    )
    return [one["details"]["coding"][0]["code"] for one in issues if one["severity"] == severity]


def redeem(clinic: Any, pharmacy: str, by: str = "") -> Any:
    return clinic.call("RequestGroup/g1", "redeem", by, pharmacy={"reference": pharmacy})


@pytest.mark.parametrize("by", ["", PHARMACIST])
@pytest.mark.parametrize("pharmacy", ["Organization/nowhere", "Organization/closed", "Location/o1"])
def test_the_pharmacy_is_on_file(admitted: Any, pharmacy: str, by: str) -> None:
    admitted.file({**OUTSIDE, "id": "closed", "active": False})
    admitted.approved()
    done = redeem(admitted, pharmacy, by)
    assert (done.status_code, named(done)) == (422, ["pharmacy-unknown"])
    assert "PUT Organization/" in done.text
    assert admitted.read("RequestGroup/g1")["status"] == "active"
    assert redeem(admitted, "Organization/p1", by).status_code == 200


@pytest.mark.parametrize("pharmacy", ["Organization/o1", "Organization/p1", "Organization/pharmacy"])
def test_the_hospitals_own_needs_no_agreement(admitted: Any, pharmacy: str) -> None:
    admitted.approved()
    done = redeem(admitted, pharmacy, PHARMACIST)
    assert (done.status_code, named(done, "warning")) == (200, [])


def test_who_acts_belongs_to_the_pharmacy(admitted: Any) -> None:
    admitted.file(OUTSIDE, CONTRACT, CLERK, {"resourceType": "Practitioner", "id": "x3"})
    admitted.approved()
    done = redeem(admitted, "Organization/x3", PHARMACIST)
    assert (done.status_code, named(done)) == (403, ["nat-20-redeemer"])
    assert named(redeem(admitted, "Organization/p1", "Practitioner/x3")) == ["nat-20-redeemer"]
    done = redeem(admitted, "Organization/x3", "Practitioner/x3")
    assert (done.status_code, named(done, "warning")) == (200, [])


def test_who_has_no_institution_on_file_is_remarked(admitted: Any) -> None:
    admitted.file({"resourceType": "Practitioner", "id": "x3"})
    admitted.approved()
    done = redeem(admitted, "Organization/p1", "Practitioner/x3")
    assert (done.status_code, named(done, "warning")) == (200, ["nat-20-redeemer-unknown"])


def test_a_pharmacy_without_an_agreement_is_remarked(admitted: Any) -> None:
    admitted.file(OUTSIDE)
    admitted.approved()
    done = redeem(admitted, "Organization/x3")
    assert (done.status_code, named(done, "warning")) == (200, ["nat-20-pharmacy-unseen"])


@pytest.mark.parametrize("change", [{"status": "terminated"}, {"applies": {"end": "2020-01-01"}}])
def test_where_agreements_are_on_file_one_in_force_is_with_it(admitted: Any, change: Any) -> None:
    admitted.file(OUTSIDE, {**CONTRACT, **change})
    admitted.approved()
    done = redeem(admitted, "Organization/x3")
    assert (done.status_code, named(done)) == (422, ["nat-20-pharmacy-agreement"])
    admitted.file(CONTRACT)
    done = redeem(admitted, "Organization/x3")
    assert (done.status_code, named(done, "warning")) == (200, [])


@pytest.mark.parametrize(
    ("event", "about"), [("redeem", "Task/"), ("dispense", "MedicationDispense/")], ids=["task", "dispense"]
)
def test_what_is_flagged_is_on_file_too(
    admitted: Any, monkeypatch: pytest.MonkeyPatch, event: str, about: str
) -> None:
    decide = Hospital.decide

    def flagging(self: Hospital, desk: Any, of: Any, *more: Any) -> Decision:
        own = Finding("own-rule", "X-1", "第一条", "flag", "business-rule", "look at it", "请核对")
        found = decide(self, desk, of, *more).findings
        return Decision((*found, own) if of == event else found)

    admitted.approved()
    monkeypatch.setattr(Hospital, "decide", flagging)
    body = {
        "resourceType": "MedicationDispense", "status": "completed", "subject": {"reference": "Patient/p1"},
        "medicationCodeableConcept": {"text": "氨氯地平片 5mg"}, "quantity": {"value": 7, "unit": "片"},
        "authorizingPrescription": [{"reference": "MedicationRequest/g1m0"}],
    }  # fmt: skip
    pharmacy = {"reference": "Organization/p1"}
    done = admitted.call("RequestGroup/g1", "redeem", PHARMACIST, pharmacy=pharmacy, dispense=body)
    assert (done.status_code, named(done, "information")) == (200, ["own-rule"])
    found = admitted.ask("GET", "DetectedIssue?implicated=RequestGroup/g1").json()["entry"]
    (issue,) = [
        one["resource"] for one in found if one["resource"]["code"]["coding"][0]["code"] == "own-rule"
    ]
    assert issue["implicated"][0]["reference"].startswith(about)
