"""A prescription from draft to dispense: signed, submitted, numbered, reviewed, used once."""

from __future__ import annotations

from typing import Any

from gateway.validation import Validator, examine

PHYSICIAN, PHARMACIST = "Practitioner/w1", "Practitioner/y1"


def out(answer: Any) -> dict[str, Any]:
    return {one["name"]: next(v for k, v in one.items() if k != "name") for one in answer.json()["parameter"]}


def rules(answer: Any) -> list[str]:
    return [
        one["details"]["coding"][0]["code"] for one in answer.json()["issue"] if one["severity"] == "error"
    ]


def test_it_is_numbered_when_submitted_and_holds_when_the_pharmacist_approves(admitted: Any) -> None:
    documents = admitted.draft(lines=3)
    admitted.write(documents)
    done = admitted.call("RequestGroup/g1", "submit", PHYSICIAN, signature=admitted.sign(documents))
    said = out(done)
    assert (done.status_code, said["status"], said["entry"]) == (200, "submitted", 2)
    serial = said["serial"]
    for name in ("RequestGroup/g1", "MedicationRequest/g1m0", "MedicationRequest/g1m2"):
        found = admitted.read(name)
        assert (found["status"], found["groupIdentifier"]) == ("draft", serial)
    done = admitted.review(said["task"]["reference"])
    assert (done.status_code, out(done)["status"], out(done)["serial"]) == (200, "effective", serial)
    assert {admitted.read(f"MedicationRequest/g1m{n}")["status"] for n in range(3)} == {"active"}
    task = admitted.read(said["task"]["reference"])
    assert (task["status"], task["owner"]["reference"]) == ("completed", PHARMACIST)
    assert admitted.entries() == [
        ("visit", "effective", "Encounter/v1"),
        ("prescription", "submitted", "RequestGroup/g1"),
        ("prescription", "effective", "RequestGroup/g1"),
        ("review", "effective", said["task"]["reference"]),
    ]
    entered = admitted.store.ledger.entries("default", 0, 9)
    assert [len(one.members) for one in entered] == [1, 6, 6, 2], "signature and diagnosis belong to it"
    assert [one.back for one in entered] == [0, 0, 2, 3]
    assert admitted.store.ledger.verify("default").ok


def test_everything_that_an_operation_writes_is_good_r4(admitted: Any, validator: Validator) -> None:
    admitted.submitted()
    admitted.approved("g2", "CF2")
    admitted.call("RequestGroup/g2", "redeem", pharmacy={"reference": "Organization/p1"})
    admitted.call("RequestGroup/g1", "cancel", PHYSICIAN, reason="换药")
    admitted.call("Encounter/v1", "terminate", PHYSICIAN, reason="胸痛")
    for type_ in ("Task", "RequestGroup", "MedicationRequest", "Provenance", "Communication", "Encounter"):
        for one in admitted.ask("GET", f"{type_}?_count=50").json()["entry"]:
            wrong = examine(validator, orjson_bytes(one["resource"]), ()).issues
            assert not [i.issue.text for i in wrong if i.issue.severity == "error"], type_


def orjson_bytes(value: Any) -> bytes:
    import orjson

    return orjson.dumps(value)


def test_who_repeats_a_submission_or_a_review_is_answered_the_same_again(admitted: Any) -> None:
    documents = admitted.draft()
    admitted.write(documents)
    signed = admitted.sign(documents)
    first = admitted.call("RequestGroup/g1", "submit", PHYSICIAN, signature=signed)
    again = admitted.call("RequestGroup/g1", "submit", PHYSICIAN, signature=signed)
    signed_anew = admitted.call("RequestGroup/g1", "submit", PHYSICIAN, signature=admitted.sign(documents))
    assert _same(first) == _same(again) == _same(signed_anew)
    assert len(admitted.entries()) == 2
    task = out(first)["task"]["reference"]
    assert _same(admitted.review(task)) == _same(admitted.review(task))
    assert (
        out(admitted.call("RequestGroup/g1", "submit", PHYSICIAN, signature=signed))["status"] == "effective"
    )
    assert len(admitted.entries()) == 4


def _same(answer: Any) -> dict[str, Any]:
    """Return what a repeat tells again; findings are told once."""
    return {name: value for name, value in out(answer).items() if name != "findings"}


def test_without_a_signature_it_is_refused_with_the_article(admitted: Any) -> None:
    admitted.write(admitted.draft())
    done = admitted.call("RequestGroup/g1", "submit", PHYSICIAN)
    assert (done.status_code, rules(done)) == (422, ["nat-20-signed"])
    issue = done.json()["issue"][0]
    assert issue["code"] == "business-rule"
    assert "NAT-20.4" in issue["details"]["text"] and "第二十条" in issue["details"]["text"]
    chinese = admitted.ask(
        "POST",
        "RequestGroup/g1/$submit",
        {"resourceType": "Parameters"},
        by=PHYSICIAN,
        **{"accept-language": "zh"},
    )
    assert "签名" in chinese.json()["issue"][0]["diagnostics"]
    assert admitted.entries() == [("visit", "effective", "Encounter/v1")]


def test_a_signature_on_file_is_found(admitted: Any) -> None:
    documents = admitted.draft()
    admitted.write(documents)
    filed = admitted.ask("POST", "Provenance", admitted.sign(documents)).json()
    assert admitted.call("RequestGroup/g1", "submit", PHYSICIAN).status_code == 200
    documents = admitted.draft("g2", "CF2")
    admitted.write(documents)
    filed = admitted.ask("POST", "Provenance", admitted.sign(documents)).json()
    named = {"reference": f"Provenance/{filed['id']}"}
    assert admitted.call("RequestGroup/g2", "submit", PHYSICIAN, signature=named).status_code == 200


def test_the_signer_is_who_acts_where_nobody_says_so(admitted: Any) -> None:
    documents = admitted.draft()
    admitted.write(documents)
    assert admitted.call("RequestGroup/g1", "submit", signature=admitted.sign(documents)).status_code == 200


def test_nobody_and_somebody_else_do_not_submit(admitted: Any) -> None:
    documents = admitted.draft()
    admitted.write(documents)
    nobody = admitted.call("RequestGroup/g1", "submit")
    assert (nobody.status_code, rules(nobody)[0]) == (401, "nat-16-real-name")
    other = admitted.call("RequestGroup/g1", "submit", PHARMACIST, signature=admitted.sign(documents))
    assert (other.status_code, rules(other)) == (403, ["nat-16-in-person"])
    unknown = admitted.call("RequestGroup/g1", "submit", "Practitioner/nobody")
    assert (unknown.status_code, rules(unknown)) == (401, ["unknown-person"])
    by_number = "urn:qiao:id:practice-certificate|110990101000017"
    assert (
        admitted.call("RequestGroup/g1", "submit", by_number, signature=admitted.sign(documents)).status_code
        == 200
    )


def test_what_is_submitted_is_changed_by_cancelling_only(admitted: Any) -> None:
    admitted.submitted()
    group, line = admitted.read("RequestGroup/g1"), admitted.read("MedicationRequest/g1m0")
    attempts = [
        admitted.put({**group, "priority": "urgent"}),
        admitted.put({**line, "status": "active"}),
        admitted.put({**line, "dosageInstruction": [{"text": "加倍"}]}),
        admitted.ask("DELETE", "MedicationRequest/g1m0"),
        admitted.ask("DELETE", "RequestGroup/g1"),
    ]
    assert [one.status_code for one in attempts] == [409] * 5
    assert {rule for one in attempts for rule in rules(one)} == {"state-submitted"}
    assert "$cancel" in attempts[0].json()["issue"][0]["diagnostics"]
    patch = [{"op": "replace", "path": "/status", "value": "active"}]
    done = admitted.ask(
        "PATCH", "MedicationRequest/g1m0", patch, **{"content-type": "application/json-patch+json"}
    )
    assert done.status_code == 409
    assert admitted.call("RequestGroup/g1", "cancel", PHYSICIAN).json()["issue"][0]["details"]["coding"][0][
        "code"
    ] == ("reason-missing")
    assert admitted.call("RequestGroup/g1", "cancel", PHARMACIST, reason="x").status_code == 403
    done = admitted.call("RequestGroup/g1", "cancel", PHYSICIAN, reason="患者要求")
    assert out(done)["status"] == "cancelled"
    assert admitted.read("MedicationRequest/g1m0")["statusReason"] == {"text": "患者要求"}
    again = admitted.call("RequestGroup/g1", "cancel", PHYSICIAN, reason="x")
    assert _same(again) == _same(done)
    assert admitted.call("RequestGroup/g1", "submit", PHYSICIAN).status_code == 409
    assert admitted.entries()[-1] == ("prescription", "cancelled", "RequestGroup/g1")


def test_a_draft_is_written_freely_but_does_not_take_effect_by_a_write(admitted: Any) -> None:
    group, line = admitted.draft()
    admitted.write([group, line])
    assert admitted.put({**line, "dosageInstruction": [{"text": "每日两次"}]}).status_code == 200
    done = admitted.put({**line, "status": "active"})
    assert (done.status_code, rules(done)) == (409, ["state-takes-effect"])
    assert admitted.ask("DELETE", "MedicationRequest/g1m0").status_code == 204
    assert admitted.ask("DELETE", "RequestGroup/g1").status_code == 204
    assert admitted.entries() == [("visit", "effective", "Encounter/v1")]


def test_what_is_rejected_is_over_and_the_new_one_says_which_it_follows(admitted: Any) -> None:
    said = admitted.submitted()
    done = admitted.review(said["task"], decision="rejected")
    assert (done.status_code, rules(done)) == (422, ["nat-20-review-of"])
    done = admitted.review(said["task"], decision="rejected", reason="用量超过说明书")
    assert out(done)["status"] == "rejected"
    line = admitted.read("MedicationRequest/g1m0")
    assert (line["status"], line["statusReason"]["text"]) == ("cancelled", "用量超过说明书")
    assert admitted.read("RequestGroup/g1")["status"] == "revoked"
    assert admitted.review(said["task"]).status_code == 409, "a verdict is final"
    new = admitted.submitted("g2", "CF2", priorPrescription={"reference": "MedicationRequest/g1m0"})
    assert new["serial"] != said["serial"]
    assert ("prescription", "rejected", "RequestGroup/g1") in admitted.entries()


def test_the_physician_does_not_review_and_an_approval_is_signed(admitted: Any) -> None:
    task = admitted.submitted()["task"]
    group, line = admitted.read("RequestGroup/g1"), admitted.read("MedicationRequest/g1m0")
    by_author = admitted.call(
        task, "review", PHYSICIAN, decision="approved", signature=admitted.sign([group, line])
    )
    assert by_author.status_code in (403, 422)
    unsigned = admitted.call(task, "review", PHARMACIST, decision="approved")
    assert (unsigned.status_code, rules(unsigned)) == (422, ["nat-20-review-signed"])
    assert admitted.call(task, "review", decision="approved").status_code == 401
    assert admitted.read("RequestGroup/g1")["status"] == "draft"


def test_what_is_held_needs_the_pharmacist_to_say_so(admitted: Any) -> None:
    unknown = {"text": "云桥牌养生丸"}
    documents = admitted.draft(medicationCodeableConcept=unknown)
    admitted.write(documents)
    done = admitted.call("RequestGroup/g1", "submit", PHYSICIAN, signature=admitted.sign(documents))
    said = out(done)
    assert said["status"] == "held"
    found = [one["details"]["coding"][0]["code"] for one in said["findings"]["issue"]]
    assert "nat-20-unknown-drug" in found
    task = admitted.read(said["task"]["reference"])
    assert task["status"] == "on-hold" and task["statusReason"]["text"]
    assert task["reasonReference"]["reference"].startswith("DetectedIssue/")
    held = admitted.review(said["task"]["reference"])
    assert (held.status_code, rules(held)) == (409, ["state-held"])
    assert "nat-20-unknown-drug" in str(held.json())
    done = admitted.review(said["task"]["reference"], confirm=True)
    assert out(done)["status"] == "effective"


def test_a_forbidden_drug_is_refused_however_it_is_written(admitted: Any) -> None:
    for n, name in enumerate(("盐酸吗啡缓释片", "ＭＯＲＰＨＩＮＥ　片", "鹽酸嗎啡注射液", "美施康定")):
        documents = admitted.draft(f"g{n}", f"CF{n}", medicationCodeableConcept={"text": name})
        admitted.write(documents)
        done = admitted.call(f"RequestGroup/g{n}", "submit", PHYSICIAN, signature=admitted.sign(documents))
        assert (done.status_code, rules(done)) == (422, ["nat-20-forbidden-drug"]), name


def test_it_is_used_once(admitted: Any) -> None:
    admitted.approved()
    pharmacy = {"reference": "Organization/p1"}
    dispense = {
        "resourceType": "MedicationDispense", "status": "completed",
        "medicationCodeableConcept": {"text": "氨氯地平片 5mg"}, "subject": {"reference": "Patient/p1"},
        "performer": [{"actor": pharmacy}],
        "authorizingPrescription": [{"reference": "MedicationRequest/g1m0"}],
    }  # fmt: skip
    done = admitted.call("RequestGroup/g1", "redeem", pharmacy=pharmacy, number="R1", dispense=dispense)
    assert done.status_code == 200, done.text
    assert out(done)["status"] == "completed"
    assert admitted.read("MedicationRequest/g1m0")["status"] == "completed"
    again = admitted.call("RequestGroup/g1", "redeem", pharmacy=pharmacy, number="R1", dispense=dispense)
    assert out(again)["dispense"] == out(done)["dispense"]
    other = admitted.call("RequestGroup/g1", "redeem", pharmacy=pharmacy, number="R2")
    assert (other.status_code, rules(other)) == (409, ["state-redeemed"])
    direct = admitted.ask("POST", "MedicationDispense", dispense)
    assert (direct.status_code, rules(direct)) == (409, ["nat-20-dispensed-once"])
    assert ("dispense", "effective") in [(kind, event) for kind, event, _ in admitted.entries()]


def test_nothing_is_dispensed_before_it_is_approved_or_after_it_has_run_out(admitted: Any) -> None:
    admitted.submitted()
    dispense = {
        "resourceType": "MedicationDispense", "status": "completed",
        "medicationCodeableConcept": {"text": "氨氯地平片 5mg"}, "subject": {"reference": "Patient/p1"},
        "authorizingPrescription": [{"reference": "MedicationRequest/g1m0"}],
    }  # fmt: skip
    early = admitted.ask("POST", "MedicationDispense", dispense)
    assert (early.status_code, rules(early)) == (409, ["nat-20-approved"])
    early = admitted.call("RequestGroup/g1", "redeem", pharmacy={"reference": "Organization/p1"})
    assert (early.status_code, rules(early)) == (409, ["state-not-approved"])
    admitted.approved("g2", "CF2")
    line = admitted.read("MedicationRequest/g2m0")
    line["dispenseRequest"]["validityPeriod"]["end"] = "2025-03-09"
    admitted.file(line)
    late = admitted.call("RequestGroup/g2", "redeem", pharmacy={"reference": "Organization/p1"})
    assert (late.status_code, rules(late)) == (409, ["state-expired"])
    dispense["authorizingPrescription"] = [{"reference": "MedicationRequest/g2m0"}]
    late = admitted.ask("POST", "MedicationDispense", dispense)
    assert (late.status_code, rules(late)) == (409, ["nat-20-in-date"])


def test_a_dispense_of_an_approved_prescription_is_stored_and_entered(admitted: Any) -> None:
    admitted.approved()
    dispense = {
        "resourceType": "MedicationDispense", "id": "d1", "status": "completed",
        "medicationCodeableConcept": {"text": "氨氯地平片 5mg"}, "subject": {"reference": "Patient/p1"},
        "authorizingPrescription": [{"reference": "MedicationRequest/g1m0"}],
    }  # fmt: skip
    assert admitted.put(dispense).status_code == 201
    assert admitted.entries()[-1] == ("dispense", "effective", "MedicationDispense/d1")
    assert admitted.ask("DELETE", "MedicationDispense/d1").status_code == 409
    assert admitted.put({**dispense, "status": "entered-in-error"}).status_code == 200
    assert admitted.entries()[-1] == ("dispense", "cancelled", "MedicationDispense/d1")
