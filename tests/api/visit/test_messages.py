"""The visit decides, not the door: what messages bring of internet visits."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.canonical import Draft, Envelope, Merge, Refused, Stored, Translation, new_envelope_id, now_us
from gateway.store import Receive, Settle


@pytest.fixture
def message(store: Any) -> Any:
    """Store resources as one message; returns its outcome."""

    def write(*bodies: Any, merges: Any = (), envelope: Any = None, event_at: int | None = None) -> Any:
        at = now_us()
        envelope = envelope or Envelope(
            new_envelope_id(at), "default", "his/hl7v2", "his", at, "", "", b"MSH|"
        )
        translation = Translation(
            [Draft(one["resourceType"], one["id"], one) for one in bodies], list(merges), event_at=event_at
        )
        items = [Receive(envelope, "", b"", 0)] if not merges or envelope else []
        return store.write([*items, Settle(envelope, translation, lambda _outcome: b"")])[-1].outcome

    return write


def issues(clinic: Any, name: str) -> list[str]:
    found = clinic.ask("GET", f"DetectedIssue?implicated={name}&_count=99").json()
    return [one["resource"]["code"]["coding"][0]["code"] for one in found.get("entry", [])]


def test_what_holds_already_is_stored_flagged_numbered_and_entered(admitted: Any, message: Any) -> None:
    group, line = admitted.draft(number="HIS1")
    outcome = message({**group, "status": "active"}, {**line, "status": "active"})
    assert isinstance(outcome, Stored), outcome
    found = admitted.read("RequestGroup/g1")
    assert found["groupIdentifier"]["value"].startswith("CN")
    assert admitted.read("MedicationRequest/g1m0")["groupIdentifier"] == found["groupIdentifier"]
    assert "nat-20-signed" in issues(admitted, "RequestGroup/g1")
    assert admitted.entries()[-1] == ("prescription", "effective", "RequestGroup/g1")
    assert admitted.store.ledger.verify("default").ok


def test_drugs_without_a_group_are_one_prescription_by_their_number(admitted: Any, message: Any) -> None:
    _, *lines = admitted.draft(number="HIS1", lines=2)
    assert isinstance(message(*({**one, "status": "active"} for one in lines)), Stored)
    serials = {admitted.read(f"MedicationRequest/g1m{n}")["groupIdentifier"]["value"] for n in range(2)}
    assert len(serials) == 1
    entered = [one for one in admitted.store.ledger.entries("default", 0, 9) if one.kind == "prescription"]
    assert [len(one.members) for one in entered] == [3], "two drugs, and the diagnosis that they name"


def test_a_later_message_corrects_and_keeps_the_serial(admitted: Any, message: Any) -> None:
    _, line = admitted.draft(number="HIS1")
    message({**line, "status": "active"})
    serial = admitted.read("MedicationRequest/g1m0")["groupIdentifier"]
    hospital = {"system": "urn:example:groups", "value": "G1"}
    message(
        {**line, "status": "active", "groupIdentifier": hospital, "dosageInstruction": [{"text": "每日两次"}]}
    )
    assert admitted.read("MedicationRequest/g1m0")["groupIdentifier"] == serial
    message({**line, "status": "cancelled"})
    told = [(one.event, one.serial) for one in admitted.store.ledger.entries("default", 0, 9) if one.n > 1]
    assert told == [(event, serial["value"]) for event in ("effective", "corrected", "cancelled")]


def test_a_draft_and_a_planned_visit_are_gated_on_arrival(admitted: Any, message: Any) -> None:
    group, line = admitted.draft(number="HIS1")
    outcome = message(group, line)
    assert isinstance(outcome, Refused)
    assert any(one.rule == "nat-20-signed" and "第二十条" in one.text for one in outcome.issues)
    assert admitted.ask("GET", "RequestGroup/g1").status_code == 404
    admitted.file(admitted.body("Consent/z1", status="inactive"))
    outcome = message(admitted.visit(id="v2", status="planned"))
    assert isinstance(outcome, Refused) and outcome.issues[0].rule == "nat-18-consent"
    outcome = message(admitted.visit(id="v3", status="in-progress"))
    assert isinstance(outcome, Stored)
    assert "nat-18-consent" in issues(admitted, "Encounter/v3")


def test_orders_and_dispenses_of_messages_are_flagged_where_the_api_refuses(
    admitted: Any, message: Any
) -> None:
    admitted.call("Encounter/v1", "terminate", "Practitioner/w1", reason="胸痛")
    assert isinstance(message(admitted.body("ServiceRequest/e1", status="active")), Stored)
    assert "nat-19-visit-over" in issues(admitted, "ServiceRequest/e1")
    assert admitted.entries()[-1] == ("lab", "effective", "ServiceRequest/e1")


def test_a_repeated_message_enters_nothing(admitted: Any, message: Any) -> None:
    order = admitted.body("ServiceRequest/e1", status="active")
    message(order)
    before = admitted.entries()
    message(admitted.read("ServiceRequest/e1"))
    message({**order, "requisition": admitted.read("ServiceRequest/e1")["requisition"]})
    assert admitted.entries() == before


def test_a_merge_of_patients_appends_to_each_document(admitted: Any, store: Any) -> None:
    admitted.submitted()
    key = ("urn:oid:2.16.156.990101.1", "old")
    other = admitted.body("Patient/p1", id="p2", identifier=[{"system": key[0], "value": "new"}])
    admitted.file({**admitted.read("Patient/p1"), "identifier": [{"system": key[0], "value": "old"}]}, other)
    at = now_us()
    envelope = Envelope(new_envelope_id(at), "default", "his/hl7v2", "his", at, "", "", b"MSH|A40")
    merge = Merge("Patient", key, "p1", "p2")
    drafts = [
        Draft("Patient", "p2", other, (key[0], "new")),
        Draft("Patient", "p1", {"resourceType": "Patient", "id": "p1"}, key),
    ]
    done = store.write(
        [Receive(envelope, "", b"", 0), Settle(envelope, Translation(drafts, [merge]), lambda _o: b"")]
    )
    assert isinstance(done[1].outcome, Stored), done[1].outcome
    told = [(kind, event) for kind, event, _ in admitted.entries()]
    assert ("visit", "merged") in told and ("prescription", "merged") in told
    assert store.ledger.verify("default").ok


def test_a_message_that_is_converted_anew_appends_to_each_document_that_it_changed(
    admitted: Any, store: Any
) -> None:
    at = now_us()
    envelope = Envelope(new_envelope_id(at), "default", "his/hl7v2", "his", at, "", "", b"MSH|")
    group, line = ({**one, "status": "active"} for one in admitted.draft(number="HIS1"))
    lab = admitted.body("ServiceRequest/e1", status="active")

    def mapped(text: str, again: bool = False) -> Settle:
        drug = {**line, "dosageInstruction": [{"text": text}]}
        drafts = [Draft(one["resourceType"], one["id"], one) for one in (group, drug, lab)]
        return Settle(envelope, Translation(drafts), lambda _outcome: b"", keeps=again)

    store.write([Receive(envelope, "", b"", 0), mapped("每日一次，每次一片")])
    first = store.ledger.entries("default", 0, 99)
    (done,) = store.write([mapped("每日两次，每次一片", again=True)])
    assert isinstance(done.outcome, Stored), done.outcome
    assert admitted.read("MedicationRequest/g1m0")["dosageInstruction"][0]["text"] == "每日两次，每次一片"
    (entry,) = store.ledger.entries("default", len(first), 99)
    before = next(one for one in first if one.kind == "prescription")
    assert (entry.kind, entry.event, entry.back) == ("prescription", "remapped", before.n)
    assert entry.serial == before.serial != ""
    assert admitted.read("RequestGroup/g1")["groupIdentifier"]["value"] == before.serial
    store.write([mapped("每日两次，每次一片", again=True)])
    assert len(store.ledger.entries("default", 0, 99)) == entry.n, "what is the same again enters nothing"
    assert store.ledger.verify("default").ok


def test_messages_of_the_wards_enter_nothing(admitted: Any, message: Any) -> None:
    before = admitted.entries()
    ward = {"resourceType": "Encounter", "id": "w", "status": "planned", "class": {"code": "IMP"}}
    order = {**admitted.body("ServiceRequest/e1", status="draft"), "encounter": {"reference": "Encounter/w"}}
    assert isinstance(message(ward, order), Stored)
    assert admitted.entries() == before


def test_a_cancellation_that_comes_late_is_newer_than_the_numbering_of_what_it_cancels(
    admitted: Any, message: Any
) -> None:
    order, hour = admitted.body("ServiceRequest/e1", status="active"), 3_600_000_000
    message(order, event_at=now_us() - 2 * hour)
    message({**order, "status": "revoked"}, event_at=now_us() - hour)
    assert admitted.read("ServiceRequest/e1")["status"] == "revoked"
    assert admitted.entries()[-1] == ("lab", "cancelled", "ServiceRequest/e1")


def _drugs(admitted: Any) -> list[Any]:
    """Return three drugs as the maps of messages write them: one group number, an item number each."""
    _, *lines = admitted.draft(lines=3)
    return [
        {
            **one,
            "status": "active",
            "identifier": [{"system": "urn:qiao:default:id:prescription-item", "value": f"H1-{n}"}],
            "groupIdentifier": {"system": "urn:qiao:default:id:prescription", "value": "H1"},
        }
        for n, one in enumerate(lines)
    ]


@pytest.mark.parametrize("which", [0, 2])
def test_a_drug_that_is_cancelled_alone_corrects_its_prescription(
    admitted: Any, message: Any, which: int
) -> None:
    lines = _drugs(admitted)
    message(*lines)
    serial = admitted.read("MedicationRequest/g1m0")["groupIdentifier"]
    message({**lines[which], "status": "cancelled"})
    assert admitted.read(f"MedicationRequest/g1m{which}")["status"] == "cancelled"
    message(*({**one, "status": "cancelled"} for one in lines))
    told = [one for one in admitted.store.ledger.entries("default", 0, 99) if one.kind == "prescription"]
    assert [(one.event, one.serial, len(one.members)) for one in told] == [
        (event, serial["value"], 4) for event in ("effective", "corrected", "cancelled")
    ]
    assert {admitted.read(f"MedicationRequest/g1m{n}")["groupIdentifier"]["value"] for n in range(3)} == {
        serial["value"]
    }


def test_a_prescription_that_is_sent_again_as_it_is_enters_nothing(admitted: Any, message: Any) -> None:
    lines = _drugs(admitted)
    message(*lines, event_at=now_us())
    before = admitted.entries()
    message(*lines, event_at=now_us())
    assert admitted.entries() == before
    assert admitted.read("MedicationRequest/g1m1")["meta"]["versionId"] == "2"


def test_a_visit_that_a_message_takes_back_leaves_its_documents_governed(admitted: Any, message: Any) -> None:
    admitted.submitted()
    ward = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"}
    assert isinstance(message(admitted.visit(**{"class": ward})), Stored)
    assert admitted.read("Encounter/v1")["class"]["code"] == "AMB"
    assert "state-class" in issues(admitted, "Encounter/v1")
    line = admitted.read("MedicationRequest/g1m0")
    assert admitted.put({**line, "status": "active"}).status_code == 409
    assert admitted.ask("DELETE", "RequestGroup/g1").status_code == 409
    done = admitted.call("RequestGroup/g1", "cancel", "Practitioner/w1", reason="转线下")
    assert done.status_code == 200, done.text
    assert admitted.entries()[-1] == ("prescription", "cancelled", "RequestGroup/g1")
