"""What documents of the ledger name: a diagnosis that changes is entered, nothing of it is deleted."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.canonical import Draft, Envelope, Stored, Translation, new_envelope_id, now_us
from gateway.feed.document import MARK, Documents
from gateway.feed.purging import draw
from gateway.store import Change, Receive, Settle, Transact

PHYSICIAN = "Practitioner/w1"
OTHER = {
    "coding": [{"system": "urn:oid:2.16.156.10011.2.3.3.11", "code": "F20.0"}],
    "text": "偏执型精神分裂症",
}


def message(clinic: Any, *bodies: Any) -> Any:
    now = now_us()
    envelope = Envelope(new_envelope_id(now), "default", "his/hl7v2", "his", now, "", "", b"MSH|")
    said = Translation([Draft(one["resourceType"], one["id"], one) for one in bodies])
    done = clinic.store.write([Receive(envelope, "", b"", 0), Settle(envelope, said, lambda _o: b"")])
    return done[-1].outcome


def imported(clinic: Any, method: Any, type_: str, id_: str) -> None:
    """Change something as ``$import`` does: governed, but no request of anybody."""
    (done,) = clinic.store.write([Transact("default", "import", [Change(method, type_, id_)])])
    assert done.error is None, done.error


def ledger(clinic: Any) -> Any:
    return clinic.store.ledger.entries("default", 0, 999)


def flags(clinic: Any, name: str) -> set[str]:
    found = clinic.ask("GET", f"DetectedIssue?implicated={name}&_count=99").json()
    return {one["resource"]["code"]["coding"][0]["code"] for one in found.get("entry", [])}


def members(clinic: Any, entry: Any) -> list[str]:
    return [f"{one.type}/{one.id}/{one.ver}" for one in clinic.store.ledger.members(entry)]


def test_the_diagnosis_is_a_member_of_the_entries_of_its_prescription(admitted: Any) -> None:
    admitted.approved()
    told = [one for one in ledger(admitted) if one.kind == "prescription"]
    assert [one.event for one in told] == ["submitted", "effective"]
    assert all("Condition/c1/1" in members(admitted, one) for one in told)


@pytest.mark.parametrize("door", ["api", "message", "import"])
def test_another_diagnosis_is_stored_flagged_and_entered(admitted: Any, door: str) -> None:
    serial = admitted.approved()["serial"]
    changed = {**admitted.read("Condition/c1"), "code": OTHER}
    if door == "api":
        assert admitted.put(changed).status_code == 200
    elif door == "message":
        assert isinstance(message(admitted, changed), Stored)
    else:
        change = Change("update", "Condition", "c1", changed)
        assert admitted.store.write([Transact("default", "import", [change])])[0].error is None
    assert admitted.read("Condition/c1")["code"]["text"] == OTHER["text"]
    last = ledger(admitted)[-1]
    assert (last.kind, last.event, last.serial) == ("diagnosis", "corrected", serial)
    assert members(admitted, last) == ["Condition/c1/2"]
    assert ledger(admitted)[last.back - 1].kind == "prescription"
    assert "diagnosis-changed" in flags(admitted, "Condition/c1") & flags(admitted, "RequestGroup/g1")
    assert admitted.store.ledger.verify("default").ok


def test_the_regulator_is_shown_the_diagnosis_that_was_gated_and_then_the_correction(admitted: Any) -> None:
    admitted.approved()
    gated = admitted.read("Condition/c1")["code"]["text"]
    admitted.put({**admitted.read("Condition/c1"), "code": OTHER})
    documents = Documents(admitted.store).of(ledger(admitted))
    shown = {
        one.entry.event: one.resource("Condition/c1") for one in documents if one.entry.kind == "prescription"
    }
    assert {found["code"]["text"] for found in shown.values()} == {gated}
    corrected = documents[-1].resource("Condition/c1")
    assert corrected is not None and corrected["code"]["text"] == OTHER["text"]


def test_each_later_version_follows_the_one_before_it(admitted: Any) -> None:
    admitted.submitted()
    for text in ("一", "二"):
        admitted.put({**admitted.read("Condition/c1"), "note": [{"text": text}]})
    first, second = [one for one in ledger(admitted) if one.kind == "diagnosis"]
    assert second.back == first.n
    assert "diagnosis-changed" not in flags(admitted, "Condition/c1"), "a note makes it no other diagnosis"


def test_a_diagnosis_of_the_wards_is_nobodys_business(admitted: Any) -> None:
    admitted.submitted()
    before = admitted.entries()
    other = admitted.body("Condition/c1", id="c9", encounter={"reference": "Encounter/ward"})
    assert admitted.put(other).status_code == 201
    assert admitted.put({**other, "code": OTHER}).status_code == 200
    assert admitted.ask("DELETE", "Condition/c9").status_code == 204
    assert admitted.entries() == before


def test_a_diagnosis_that_changes_with_its_document_is_entered_once(admitted: Any) -> None:
    admitted.approved()
    order, line = admitted.read("RequestGroup/g1"), admitted.read("MedicationRequest/g1m0")
    count = len(ledger(admitted))
    changed = {**admitted.read("Condition/c1"), "code": OTHER}
    message(admitted, changed, {**line, "note": [{"text": "改"}]}, order)
    new = ledger(admitted)[count:]
    assert [(one.kind, one.event) for one in new] == [("prescription", "corrected")]
    assert "Condition/c1/2" in members(admitted, new[0])


def test_a_diagnosis_that_was_made_on_a_ward_opens_no_stay_to_the_regulator(admitted: Any) -> None:
    admitted.file({**admitted.read("Condition/c1"), "encounter": {"reference": "Encounter/ward"}})
    admitted.file(admitted.visit(id="ward", **{"class": {"code": "IMP"}}))
    admitted.submitted()
    assert admitted.store.supervised_business.has("default", "Condition", "c1")
    assert not admitted.store.supervised_business.has("default", "Encounter", "ward")
    told = Documents(admitted.store).of([ledger(admitted)[-1]])[0]
    assert told.resource("Encounter/v1") is not None and told.resource("Encounter/ward") is None


@pytest.mark.parametrize("name", ["Patient/p1", PHYSICIAN, "Organization/o1", "Condition/c1"])
def test_what_an_entry_names_is_not_deleted(admitted: Any, name: str) -> None:
    serial = admitted.submitted()["serial"]
    done = admitted.ask("DELETE", name)
    assert done.status_code == 409, done.text
    told = done.json()["issue"][0]
    assert told["details"]["coding"][0]["code"] == "state-named"
    assert serial in done.text or "visit Encounter/v1" in done.text or "consent Consent/" in done.text, (
        done.text
    )
    assert admitted.ask("GET", name).status_code == 200


def test_a_role_that_a_document_names_is_not_deleted(admitted: Any) -> None:
    _, line = admitted.draft(requester={"reference": "PractitionerRole/w1"})
    message(admitted, {**line, "status": "active"})
    assert admitted.ask("DELETE", "PractitionerRole/w1").status_code == 409
    assert admitted.ask("DELETE", "PractitionerRole/w2").status_code == 204, "nobody names that one"


def test_what_only_the_wards_name_is_deleted(admitted: Any) -> None:
    admitted.submitted()
    for type_ in ("Patient", "Practitioner", "Organization"):
        admitted.file({"resourceType": type_, "id": "w9"})
        assert admitted.ask("DELETE", f"{type_}/w9").status_code == 204


def test_what_was_deleted_by_other_ways_is_sent_as_it_last_stood_and_marked(admitted: Any) -> None:
    admitted.submitted()
    patient = admitted.read("Patient/p1")
    imported(admitted, "delete", "Patient", "p1")
    imported(admitted, "delete", "Condition", "c1")
    assert (ledger(admitted)[-1].kind, ledger(admitted)[-1].event) == ("diagnosis", "cancelled")
    entry = next(one for one in ledger(admitted) if one.kind == "prescription")
    told = Documents(admitted.store).of([entry])[0]
    sent = told.context["Patient/p1"]
    assert sent["meta"].pop("tag") == [MARK]
    assert sent == patient
    gated = told.resource("Condition/c1")
    assert gated is not None and "tag" not in gated["meta"], "of the entry: as it was, to the letter"
    assert admitted.store.ledger.verify("default").ok


@pytest.mark.parametrize(("visit", "goes"), [("Encounter/v1", True), ("Encounter/ward", False), ("", False)])
def test_a_purge_leaves_a_diagnosis_that_is_not_of_the_visit(admitted: Any, visit: str, goes: bool) -> None:
    of = {"reference": visit} if visit else None
    admitted.file(admitted.body("Condition/c1", encounter=of))
    serial = admitted.approved()["serial"]
    admitted.put({**admitted.read("Condition/c1"), "code": OTHER})
    plan = draw(admitted.store, "default", serial)
    assert "RequestGroup/g1" in plan.versions
    assert ("Condition/c1" in plan.versions) is goes
    assert ("Condition/c1" in plan.kept) is not goes
    assert "RequestGroup/g1" not in draw(admitted.store, "default", "Condition/c1").versions
