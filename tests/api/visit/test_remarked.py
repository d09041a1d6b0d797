"""What a rule remarks at a plain write: told to who asks, and a DetectedIssue (docs/visit.md)."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.settings import TenantSettings
from tests.api.visit.conftest import PHYSICIAN, Clinic, Resource, at

pytestmark = pytest.mark.parametrize(
    "tenant", [TenantSettings(organization="990101001", jurisdiction=("cn-sichuan",))]
)
SLOT, MEDIA = "sc-29-slot", "sc-34-media"
OUTCOME = {"prefer": "return=OperationOutcome"}


def slot(clinic: Clinic) -> Resource:
    """Put a slot that is before its test is done on file; returns what a visit says of it."""
    test = clinic.body("ServiceRequest/e1", id="test", encounter=None, occurrenceDateTime=at(172_800))
    booked = {
        "resourceType": "Appointment", "id": "slot", "status": "booked", "start": at(),
        "basedOn": [{"reference": "ServiceRequest/test"}],
        "participant": [{"actor": {"reference": "Patient/p1"}, "status": "accepted"}],
    }  # fmt: skip
    clinic.file(test, booked)
    return {"appointment": [{"reference": "Appointment/slot"}]}


def told(outcome: Resource) -> dict[str, str]:
    """Return the severity of each rule that an OperationOutcome names."""
    assert outcome["resourceType"] == "OperationOutcome"
    coded = [one for one in outcome["issue"] if "coding" in one.get("details", {})]
    return {one["details"]["coding"][0]["code"]: one["severity"] for one in coded}


def noted(clinic: Clinic, name: str) -> dict[str, Resource]:
    """Return the DetectedIssues beside a document by their rule."""
    found = clinic.ask("GET", f"DetectedIssue?implicated={name}").json().get("entry", [])
    return {one["resource"]["code"]["coding"][0]["code"]: one["resource"] for one in found}


def test_who_asks_is_told_and_it_is_noted_beside_the_visit(admitted: Clinic) -> None:
    late = slot(admitted)
    done = admitted.ask("PUT", "Encounter/v2", admitted.visit(id="v2"), PHYSICIAN, **OUTCOME)
    assert (done.status_code, SLOT in told(done.json())) == (201, False)
    done = admitted.ask("PUT", "Encounter/v3", admitted.visit(id="v3", **late), PHYSICIAN, **OUTCOME)
    assert (done.status_code, told(done.json()).get(SLOT)) == (201, "warning"), done.text
    assert "第二十九条" in done.text and "Encounter/v3.appointment" in done.text
    assert SLOT in noted(admitted, "Encounter/v3") and SLOT not in noted(admitted, "Encounter/v2")
    posted = admitted.ask("POST", "Encounter", admitted.visit(id=None, **late), PHYSICIAN, **OUTCOME)
    assert (posted.status_code, SLOT in told(posted.json())) == (201, True)


def test_who_does_not_ask_finds_it_beside_the_visit(admitted: Clinic) -> None:
    done = admitted.put(admitted.visit(id="v3", **slot(admitted)), PHYSICIAN)
    assert (done.status_code, done.json()["resourceType"]) == (201, "Encounter")
    issue = noted(admitted, "Encounter/v3")[SLOT]
    assert issue["severity"] == "moderate" and "SC-29" in issue["detail"]
    again = admitted.put({**admitted.read("Encounter/v3"), "priority": {"text": "x"}}, PHYSICIAN)
    assert again.status_code == 200
    assert noted(admitted, "Encounter/v3")[SLOT]["meta"]["versionId"] == "1"


def test_a_patch_is_told(admitted: Clinic) -> None:
    late = slot(admitted)
    patch = [{"op": "add", "path": "/appointment", "value": late["appointment"]}]
    said = {**OUTCOME, "content-type": "application/json-patch+json"}
    done = admitted.ask("PATCH", "Encounter/v1", patch, PHYSICIAN, **said)
    assert (done.status_code, SLOT in told(done.json())) == (200, True), done.text


@pytest.mark.parametrize("kind", ["transaction", "batch"])
def test_each_entry_of_a_bundle_is_told_its_own(admitted: Clinic, kind: str) -> None:
    late = slot(admitted)
    visits = [admitted.visit(id="v2"), admitted.visit(id="v3", **late)]
    entries: list[Any] = [
        {"resource": one, "request": {"method": "PUT", "url": f"Encounter/{one['id']}"}} for one in visits
    ]
    bundle = {"resourceType": "Bundle", "type": kind, "entry": entries}
    done = admitted.ask("POST", "", bundle, PHYSICIAN, **OUTCOME)
    assert done.status_code == 200, done.text
    outcomes = [one["response"]["outcome"] for one in done.json()["entry"]]
    assert [SLOT in told(one) for one in outcomes] == [False, True]


def test_media_that_are_in_no_record_are_remarked_at_the_end(admitted: Clinic) -> None:
    here = {"encounter": {"reference": "Encounter/v1"}, "subject": {"reference": "Patient/p1"}}
    film = {"resourceType": "Media", "id": "x1", "status": "completed", "createdDateTime": at(-60), **here}
    admitted.file(film, admitted.body("Composition/r1", status="final", date=at(-30)))
    visit = {**admitted.read("Encounter/v1"), "status": "finished"}
    done = admitted.ask("PUT", "Encounter/v1", visit, PHYSICIAN, **OUTCOME)
    assert (done.status_code, told(done.json()).get(MEDIA)) == (200, "warning"), done.text
    assert MEDIA in noted(admitted, "Encounter/v1")
