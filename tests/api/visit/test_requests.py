"""Requests: an exam takes effect when it is submitted; a referral goes its round; serials of a platform."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.settings import TenantSettings

PHYSICIAN, RECEIVER = "Practitioner/w1", "Practitioner/y1"


def out(answer: Any) -> dict[str, Any]:
    return {one["name"]: next(v for k, v in one.items() if k != "name") for one in answer.json()["parameter"]}


def rules(answer: Any) -> list[str]:
    return [
        one["details"]["coding"][0]["code"] for one in answer.json()["issue"] if one["severity"] == "error"
    ]


def test_an_exam_takes_effect_with_its_serial(admitted: Any) -> None:
    assert admitted.put(admitted.body("ServiceRequest/e1")).status_code == 201
    done = admitted.call("ServiceRequest/e1", "submit", PHYSICIAN)
    assert done.status_code == 200, done.text
    found = admitted.read("ServiceRequest/e1")
    assert (found["status"], found["requisition"]) == ("active", out(done)["serial"])
    assert out(admitted.call("ServiceRequest/e1", "submit", PHYSICIAN))["serial"] == out(done)["serial"]
    assert admitted.put({**found, "code": {"text": "别的"}}).status_code == 409
    assert admitted.entries()[-1] == ("lab", "effective", "ServiceRequest/e1")
    assert (
        out(admitted.call("ServiceRequest/e1", "cancel", PHYSICIAN, reason="误开"))["status"] == "cancelled"
    )
    assert admitted.entries()[-1] == ("lab", "cancelled", "ServiceRequest/e1")


def test_a_request_that_says_no_kind_gets_no_serial(admitted: Any) -> None:
    admitted.put(admitted.body("ServiceRequest/e1", category=None))
    done = admitted.call("ServiceRequest/e1", "submit", PHYSICIAN)
    assert (done.status_code, rules(done)) == (422, ["kind-unknown"])


def test_a_referral_is_offered_accepted_and_completed(admitted: Any) -> None:
    kind = [{"coding": [{"system": "urn:qiao:codes:request-kind", "code": "referral"}]}]
    admitted.put(admitted.body("ServiceRequest/t1", category=kind))
    early = admitted.call("ServiceRequest/t1", "refer", PHYSICIAN)
    assert early.status_code == 409, "not submitted yet"
    serial = out(admitted.call("ServiceRequest/t1", "submit", PHYSICIAN))["serial"]
    offered = admitted.call("ServiceRequest/t1", "refer", PHYSICIAN)
    task = out(offered)["task"]["reference"]
    assert (out(offered)["status"], out(offered)["serial"]) == ("requested", serial)
    assert admitted.read(task)["owner"] == {"reference": "Organization/p1"}
    assert admitted.call("ServiceRequest/t1", "refer", RECEIVER, decision="complete").status_code == 409
    assert admitted.call("ServiceRequest/t1", "refer", decision="accept").status_code == 401
    for decision, status in (("accept", "accepted"), ("accept", "accepted"), ("complete", "completed")):
        done = admitted.call("ServiceRequest/t1", "refer", RECEIVER, decision=decision)
        assert out(done)["status"] == status
    assert admitted.read("ServiceRequest/t1")["status"] == "completed"
    assert admitted.read(task)["status"] == "completed"
    assert [event for kind, event, _ in admitted.entries() if kind == "referral"] == [
        "effective", "corrected", "corrected", "corrected",
    ]  # fmt: skip


def test_a_referral_may_be_declined_with_a_reason(admitted: Any) -> None:
    admitted.put(admitted.body("ServiceRequest/t1"))
    admitted.call("ServiceRequest/t1", "submit", PHYSICIAN)
    admitted.call("ServiceRequest/t1", "refer", PHYSICIAN)
    assert admitted.call("ServiceRequest/t1", "refer", RECEIVER, decision="decline").status_code == 422
    done = admitted.call("ServiceRequest/t1", "refer", RECEIVER, decision="decline", reason="无床位")
    assert out(done)["status"] == "rejected"
    assert admitted.call("ServiceRequest/t1", "refer", RECEIVER, decision="accept").status_code == 409


def test_an_exam_is_not_referred(admitted: Any) -> None:
    admitted.put(admitted.body("ServiceRequest/e1"))
    admitted.call("ServiceRequest/e1", "submit", PHYSICIAN)
    assert admitted.call("ServiceRequest/e1", "refer", PHYSICIAN).status_code == 422


class TestPlatform:
    """The platform gives the serials."""

    @pytest.fixture
    def tenant(self) -> TenantSettings:
        return TenantSettings(organization="990101001", minted_by="platform")

    def test_a_prescription_waits_for_its_serial_and_then_goes_to_the_pharmacist(self, admitted: Any) -> None:
        said = admitted.submitted()
        assert said["status"] == "waiting" and "serial" not in said
        line = admitted.read("MedicationRequest/g1m0")
        assert admitted.put({**line, "priority": "urgent"}).status_code == 409
        assert admitted.review(said["task"]).status_code == 409
        done = admitted.call("RequestGroup/g1", "assign-serial", serial="PT0001", platform="sichuan")
        assert out(done)["status"] == "submitted"
        assert out(done)["serial"]["value"] == "PT0001"
        assert out(done)["serial"]["assigner"] == {"display": "sichuan"}
        assert admitted.call("RequestGroup/g1", "assign-serial", serial="PT0001").status_code == 200
        assert admitted.call("RequestGroup/g1", "assign-serial", serial="PT0002").status_code == 409
        assert out(admitted.review(said["task"]))["status"] == "effective"
        assert [event for kind, event, _ in admitted.entries() if kind == "prescription"] == [
            "submitted", "numbered", "effective",
        ]  # fmt: skip

    def test_two_documents_do_not_share_a_serial(self, admitted: Any) -> None:
        admitted.submitted("g1", "CF1")
        admitted.submitted("g2", "CF2")
        assert admitted.call("RequestGroup/g1", "assign-serial", serial="PT0001").status_code == 200
        done = admitted.call("RequestGroup/g2", "assign-serial", serial="PT0001")
        assert (done.status_code, rules(done)) == (409, ["serial-taken"])
        assert admitted.read("RequestGroup/g2")["status"] == "draft"

    def test_a_request_takes_effect_when_its_serial_comes(self, admitted: Any) -> None:
        admitted.put(admitted.body("ServiceRequest/e1"))
        assert out(admitted.call("ServiceRequest/e1", "submit", PHYSICIAN))["status"] == "waiting"
        assert admitted.read("ServiceRequest/e1")["status"] == "draft"
        assert admitted.ask("DELETE", "ServiceRequest/e1").status_code == 409
        assert (
            out(admitted.call("ServiceRequest/e1", "assign-serial", serial="PT0001"))["status"] == "effective"
        )
        assert admitted.read("ServiceRequest/e1")["requisition"]["value"] == "PT0001"

    def test_what_held_already_brings_its_serial_or_gets_it(self, admitted: Any) -> None:
        _, line = admitted.draft()
        brought = {"system": "urn:qiao:id:serial", "value": "PT0009"}
        admitted.put({**line, "status": "active", "groupIdentifier": brought})
        admitted.put(admitted.body("ServiceRequest/e1", status="active"))
        done = admitted.call("ServiceRequest/e1", "assign-serial", serial="PT0009")
        assert (done.status_code, rules(done)) == (409, ["serial-taken"])
        assert (
            out(admitted.call("ServiceRequest/e1", "assign-serial", serial="PT0010"))["status"] == "effective"
        )
        assert rules(admitted.call("ServiceRequest/e1", "assign-serial", serial="PT0011")) == ["serial-taken"]
        told = [
            (one.kind, one.event, one.serial)
            for one in admitted.store.ledger.entries("default", 0, 99)
            if one.kind in ("prescription", "lab")
        ]
        assert told == [
            ("prescription", "effective", "PT0009"), ("lab", "effective", ""), ("lab", "numbered", "PT0010"),
        ]  # fmt: skip
