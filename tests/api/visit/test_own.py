"""What the gateway writes by itself has ids that anybody can compute: nobody else writes under them."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.canonical import Draft, Envelope, Refused, Translation, new_envelope_id, now_us
from gateway.feed.own import TASKS, former_id, named_id
from gateway.feed.remark import RULES
from gateway.store import Receive, Settle, Transact

PHYSICIAN, PHARMACIST = "Practitioner/w1", "Practitioner/y1"
GROUP = "RequestGroup/g1"


def rules(answer: Any) -> list[str]:
    return [
        one["details"]["coding"][0]["code"] for one in answer.json()["issue"] if one["severity"] == "error"
    ]


def task(id_: str, code: str = "", **more: Any) -> dict[str, Any]:
    coded = {"code": {"coding": [{"system": TASKS, "code": code}]}} if code else {}
    return {
        "resourceType": "Task", "id": id_, "status": "requested", "intent": "order",
        "focus": {"reference": GROUP}, **coded, **more,
    }  # fmt: skip


def bodies(id_: str) -> list[dict[str, Any]]:
    subject = {"subject": {"reference": "Patient/p1"}}
    return [
        task(id_),
        {"resourceType": "DetectedIssue", "id": id_, "status": "final"},
        {"resourceType": "Communication", "id": id_, "status": "completed"},
        {"resourceType": "Flag", "id": id_, "status": "active", "code": {"text": "x"}, **subject},
    ]


def transaction(body: Any, kind: str) -> dict[str, Any]:
    request = {"method": "PUT", "url": f"{body['resourceType']}/{body['id']}"}
    return {"resourceType": "Bundle", "type": kind, "entry": [{"resource": body, "request": request}]}


@pytest.mark.parametrize("at", range(4))
def test_no_door_makes_a_resource_under_an_own_id(admitted: Any, at: int) -> None:
    body = bodies(named_id(GROUP, "anything"))[at]
    name = f"{body['resourceType']}/{body['id']}"
    done = admitted.put(body)
    assert (done.status_code, rules(done)) == (409, ["own-id"])
    done = admitted.ask("POST", "", transaction(body, "transaction"))
    assert (done.status_code, rules(done)) == (409, ["own-id"])
    done = admitted.ask("POST", "", transaction(body, "batch"))
    assert done.json()["entry"][0]["response"]["status"].startswith("409")
    done = admitted.ask("POST", "$import", body, **{"content-type": "application/fhir+ndjson"})
    counts = {one["name"]: one.get("valueInteger") for one in done.json()["parameter"]}
    assert counts["failed"] == 1
    assert admitted.ask("GET", name).status_code == 404
    assert admitted.put({**body, "id": body["id"].removeprefix("qiao-")}).status_code == 201


@pytest.mark.parametrize("at", range(4))
def test_no_message_makes_one_either(admitted: Any, at: int) -> None:
    body = bodies(named_id(GROUP, "anything"))[at]
    now = now_us()
    envelope = Envelope(new_envelope_id(now), "default", "his/hl7v2", "his", now, "", "", b"MSH|")
    said = Translation([Draft(body["resourceType"], body["id"], body)])
    steps = [Receive(envelope, "", b"", 0), Settle(envelope, said, lambda _outcome: b"")]
    outcome = admitted.store.write(steps)[-1].outcome
    assert isinstance(outcome, Refused) and [one.rule for one in outcome.issues] == ["own-id"]
    assert admitted.ask("GET", f"{body['resourceType']}/{body['id']}").status_code == 404


@pytest.mark.parametrize("code", ["", "pharmacist-review"])
@pytest.mark.parametrize("past", [False, True])
def test_a_forged_review_submits_nothing(admitted: Any, code: str, past: bool) -> None:
    """``past``: it stands there already, as it could be written by earlier versions."""
    documents = admitted.draft()
    admitted.write(documents)
    forged = task(former_id(GROUP, "pharmacist-review"), code if not past else "")
    if past:
        admitted.file(forged)
    else:
        assert admitted.put(forged).status_code == (409 if code else 201)
    done = admitted.call(GROUP, "submit", PHYSICIAN)
    assert done.status_code in (401, 422), done.text
    assert admitted.entries()[1:] == []
    done = admitted.call(GROUP, "submit", PHYSICIAN, signature=admitted.sign(documents))
    assert done.status_code == 200 and admitted.entries()[-1] == ("prescription", "submitted", GROUP)


def test_a_message_forges_no_review_under_a_former_id(admitted: Any) -> None:
    admitted.write(admitted.draft())
    body = task(former_id(GROUP, "pharmacist-review"), "pharmacist-review")
    now = now_us()
    envelope = Envelope(new_envelope_id(now), "default", "his/hl7v2", "his", now, "", "", b"MSH|")
    said = Translation([Draft("Task", body["id"], body)])
    steps = [Receive(envelope, "", b"", 0), Settle(envelope, said, lambda _outcome: b"")]
    assert isinstance(admitted.store.write(steps)[-1].outcome, Refused)


def test_a_remark_that_stood_there_before_does_not_break_submit(admitted: Any) -> None:
    documents = admitted.draft(medicationCodeableConcept={"text": "无名散 3g"})
    admitted.write(documents)
    for id_ in (named_id(GROUP, "nat-20-unknown-drug"), former_id(GROUP, "nat-20-unknown-drug")):
        admitted.file({"resourceType": "DetectedIssue", "id": id_, "status": "final"})
    done = admitted.call(GROUP, "submit", PHYSICIAN, signature=admitted.sign(documents))
    assert done.status_code == 200, done.text
    issue = admitted.read(f"DetectedIssue/{named_id(GROUP, 'nat-20-unknown-drug')}")
    assert issue["identifiedDateTime"] and issue["implicated"]


@pytest.mark.parametrize("name", [named_id, former_id])
def test_a_forged_task_does_not_block_redemption_or_referral(admitted: Any, name: Any) -> None:
    admitted.approved()
    request = admitted.body("ServiceRequest/e1", id="r1")
    kind = {"coding": [{"system": "urn:qiao:codes:request-kind", "code": "referral"}]}
    admitted.file({**request, "status": "active", "category": [kind]})
    admitted.file(task(name(GROUP, "redemption")), task(name("ServiceRequest/r1", "referral")))
    done = admitted.call(GROUP, "redeem", PHARMACIST, pharmacy={"reference": "Organization/p1"}, number="R1")
    assert done.status_code == 200, done.text
    done = admitted.call("ServiceRequest/r1", "refer", PHYSICIAN, decision="request")
    assert done.status_code == 200, done.text


def test_what_an_earlier_version_wrote_goes_on(admitted: Any) -> None:
    said = admitted.submitted()
    new = admitted.read(said["task"])
    old = {**new, "id": former_id(GROUP, "pharmacist-review")}
    admitted.file(old)
    admitted.store.write([_gone(new)])
    again = admitted.call(GROUP, "submit", PHYSICIAN)
    assert again.status_code == 200 and f"Task/{old['id']}" in again.text
    assert rules(admitted.put({**old, "status": "completed"})) == ["state-task"]
    assert admitted.review(f"Task/{old['id']}").status_code == 200
    assert admitted.read(f"Task/{old['id']}")["status"] == "completed"


def _gone(body: Any) -> Transact:
    return Transact("default", "test", [], act=lambda desk: desk.delete(body["resourceType"], body["id"]))


def test_nobody_makes_or_takes_over_a_remark_of_the_rules(admitted: Any) -> None:
    said = {"resourceType": "DetectedIssue", "id": "i1", "status": "final"}
    ours = {**said, "code": {"coding": [{"system": RULES, "code": "nat-20-signed"}]}}
    assert rules(admitted.put(ours)) == ["own-id"]
    assert admitted.put(said).status_code == 201
    assert rules(admitted.put(ours)) == ["state-kept"]


def test_the_review_itself_cannot_be_imported_over(admitted: Any) -> None:
    review = admitted.read(admitted.submitted()["task"])
    changed = {**review, "status": "rejected"}
    done = admitted.ask("POST", "$import", changed, **{"content-type": "application/fhir+ndjson"})
    counts = {one["name"]: one.get("valueInteger") for one in done.json()["parameter"]}
    assert counts["failed"] == 1 and admitted.read(f"Task/{review['id']}")["status"] == "requested"


def test_a_dispense_that_comes_with_redeem_takes_no_others_place(admitted: Any) -> None:
    admitted.approved()
    admitted.approved("g2", "CF2")
    given = {
        "resourceType": "MedicationDispense", "id": "d1", "status": "completed",
        "medicationCodeableConcept": {"text": "x"}, "subject": {"reference": "Patient/p1"},
    }  # fmt: skip
    other = {**given, "authorizingPrescription": [{"reference": "MedicationRequest/g2m0"}]}
    admitted.file(other)
    mine = {**given, "authorizingPrescription": [{"reference": "MedicationRequest/g1m0"}]}
    for id_, rule in (("d1", "state-jump"), (named_id(GROUP, "dispense", "0"), "own-id")):
        done = admitted.call(
            GROUP,
            "redeem",
            PHARMACIST,
            pharmacy={"reference": "Organization/p1"},
            dispense={**mine, "id": id_},
        )
        assert (done.status_code, rules(done)) == (409, [rule])
    assert (
        admitted.read("MedicationDispense/d1")["authorizingPrescription"] == other["authorizingPrescription"]
    )


def test_the_notice_of_a_termination_stays(admitted: Any) -> None:
    done = admitted.call("Encounter/v1", "terminate", PHYSICIAN, reason="胸痛")
    said = [one for one in done.json()["parameter"] if one["name"] == "notice"]
    notice = said[0]["valueReference"]["reference"]
    assert rules(admitted.ask("DELETE", notice)) == ["state-kept"]
    assert rules(admitted.put({**admitted.read(notice), "priority": "routine"})) == ["state-kept"]
    again = admitted.call("Encounter/v1", "terminate", PHYSICIAN, reason="胸痛")
    assert notice in again.text


def test_a_visit_that_only_says_that_it_was_terminated_is_ended(admitted: Any) -> None:
    said = [{"url": "urn:qiao:extension:termination", "valueString": "x"}]
    admitted.file(admitted.visit(extension=said))
    assert admitted.call("Encounter/v1", "terminate", PHYSICIAN, reason="胸痛").status_code == 200
    assert admitted.entries()[-1] == ("visit", "terminated", "Encounter/v1")


def test_another_task_about_the_prescription_is_not_its_review(admitted: Any) -> None:
    review = admitted.read(admitted.submitted()["task"])
    admitted.file({**review, "id": "t1"})
    done = admitted.review("Task/t1")
    assert (done.status_code, rules(done)) == (409, ["state-jump"])
    assert admitted.review(f"Task/{review['id']}").status_code == 200


@pytest.mark.parametrize("code", ["pharmacist-review", "redemption"])
@pytest.mark.parametrize("focus", [GROUP, "MedicationRequest/g1m0"])
def test_nobody_says_the_gateways_code_beside_its_task(admitted: Any, code: str, focus: str) -> None:
    own = admitted.submitted()["task"]
    coding = [{"system": TASKS, "code": "another"}, {"system": TASKS, "code": code}]
    named: dict[str, Any] = {"focus": {"reference": focus}}
    done = admitted.put({**task("mine", **named), "code": {"coding": coding}})
    assert (done.status_code, rules(done)) == (409, ["state-task"])
    done = admitted.ask("POST", "Task", task("mine", code, **named))
    assert (done.status_code, rules(done)) == (409, ["state-task"])
    for id_, concept in (("t1", {"text": code}), ("t2", {"coding": [{"system": "urn:x", "code": code}]})):
        body = {**task(id_, **named), "code": concept}
        assert admitted.put(body).status_code == 201
        coded = {"coding": [{"system": TASKS, "code": code}]}
        assert rules(admitted.put({**body, "code": coded})) == ["state-task"]
    found = admitted.ask("GET", f"Task?focus={GROUP}&code={TASKS}|pharmacist-review").json()["entry"]
    assert [f"Task/{one['resource']['id']}" for one in found] == [own]


def test_a_document_that_goes_on_does_not_go_back(admitted: Any) -> None:
    start = admitted.visit()["period"]["start"]
    record = admitted.body(
        "Composition/r1", status="preliminary", type={"text": "病历"}, title="病历", date=start
    )
    admitted.write([record])
    signed = admitted.sign([record])
    assert admitted.call("Composition/r1", "submit", PHYSICIAN, signature=signed).status_code == 200
    told = admitted.put({**record, "status": "preliminary"}, PHYSICIAN)
    assert rules(told) == ["state-jump"]
    assert "from final to preliminary; possible: amended, entered-in-error, final" in told.text
    said = {"category": [{"text": "互联网诊疗知情同意"}], "policyRule": {"text": "知情同意"}}
    consent = {**admitted.read("Consent/z1"), **said}
    assert admitted.put({**consent, "status": "inactive"}).status_code == 200
    told = admitted.ask("PUT", "Consent/z1", consent, **{"accept-language": "zh"})
    assert rules(told) == ["state-jump"]
    assert "状态 inactive 不能改为 active；可改为：-" in told.text
