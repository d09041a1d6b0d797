"""Forged, replayed and misdated documents; serials from elsewhere; children on their birthday."""

from __future__ import annotations

import base64
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.security.signature import AUTHOR, open_signatures
from gateway.security.signature.demonstration import Hospital, Signer, demonstration
from gateway.settings import SignatureSettings

PHYSICIAN = "Practitioner/w1"
SIGNER = Signer("physician", "温如玉", "110990101000017")


def rules(answer: Any) -> list[str]:
    return [
        one["details"]["coding"][0]["code"] for one in answer.json()["issue"] if one["severity"] == "error"
    ]


def submit(clinic: Any, documents: Any, signature: Any, id_: str = "g1") -> Any:
    clinic.write(documents)
    return clinic.call(f"RequestGroup/{id_}", "submit", PHYSICIAN, signature=signature)


def test_one_changed_character_and_the_signature_is_not_good(admitted: Any) -> None:
    documents = admitted.draft()
    signed = admitted.sign(documents)
    documents[1]["dosageInstruction"] = [{"text": "每日一次，每次两片，口服"}]
    done = submit(admitted, documents, signed)
    assert (done.status_code, rules(done)) == (422, ["signature.signature-value"])


def test_a_signature_of_another_prescription_is_not_taken(admitted: Any) -> None:
    first, second = admitted.draft("g1", "CF1"), admitted.draft("g2", "CF2")
    signed = admitted.sign(first)
    assert submit(admitted, first, signed).status_code == 200
    done = submit(admitted, second, signed, "g2")
    assert (done.status_code, rules(done)) == (422, ["signature.signature-target"])


def test_a_replayed_document_under_its_old_number_is_another_document(admitted: Any) -> None:
    admitted.submitted("g1", "CF1")
    replayed = admitted.draft("g2", "CF1")
    done = submit(admitted, replayed, admitted.sign(replayed), "g2")
    assert (done.status_code, rules(done)) == (409, ["serial-taken"])


@pytest.mark.parametrize(("hours", "rule"), [(-30, "nat-20-dated"), (30, "nat-20-dated")])
def test_back_dated_and_future_dated_prescriptions_are_refused(admitted: Any, hours: int, rule: str) -> None:
    when = (datetime.now(UTC) + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")
    documents = [{**one, "authoredOn": when} for one in admitted.draft()]
    admitted.write(documents)
    done = admitted.call("RequestGroup/g1", "submit", PHYSICIAN)
    assert done.status_code == 422 and rule in rules(done)


@pytest.mark.parametrize("hours", [-30, 1])
def test_a_signature_of_another_time_is_refused(admitted: Any, hours: int) -> None:
    at = int((datetime.now(UTC) + timedelta(hours=hours)).timestamp()) * 1_000_000
    documents = admitted.draft()
    done = submit(admitted, documents, admitted.sign(documents, at_us=at))
    assert (done.status_code, rules(done)) == (422, ["signature.signature-time"])


def test_a_draft_brings_no_serial(admitted: Any) -> None:
    _, line = admitted.draft()
    serial = {"use": "official", "system": "urn:qiao:id:serial", "value": "CN00099010100126112200000019"}
    done = admitted.put({**line, "groupIdentifier": serial})
    assert (done.status_code, rules(done)) == (422, ["serial-brought"])
    assert (
        admitted.put({**line, "groupIdentifier": {"system": "urn:example", "value": "1"}}).status_code == 201
    )
    request = admitted.body("ServiceRequest/e1", requisition=serial)
    assert admitted.put(request).status_code == 422


def test_a_draft_does_not_take_the_serial_of_another(admitted: Any) -> None:
    taken = admitted.submitted()["serial"]
    _, line = admitted.draft("g2", "CF2")
    serial = {"use": "official", "system": "urn:qiao:id:serial", "value": taken}
    done = admitted.put({**line, "groupIdentifier": serial})
    assert (done.status_code, rules(done)) == (409, ["serial-taken"])


def signer(folder: Path, trusted: Path | None, algorithm: Any, hospital: Hospital) -> Any:
    demonstration(folder, (SIGNER,), hospital, algorithm)
    anchors = (str((trusted or folder) / "trust.pem"),)
    return open_signatures(SignatureSettings(trust=anchors, keys=str(folder / "keys")))


def test_a_certificate_of_another_hospital_is_refused(admitted: Any, tmp_path: Path) -> None:
    other = signer(tmp_path / "other", None, "ES256", Hospital("别处医院", "990202002"))
    trusting(admitted, tmp_path / "other")
    documents = admitted.draft()
    done = submit(admitted, documents, other.sign(documents, "physician", who=PHYSICIAN, purpose=AUTHOR))
    assert (done.status_code, rules(done)) == (422, ["nat-20-certificate"])


def trusting(clinic: Any, folder: Path) -> None:
    """Let the gateway trust the authority of a folder instead."""
    visits = clinic.app.state.context.visits
    visits.checked._signatures = open_signatures(SignatureSettings(trust=(str(folder / "trust.pem"),)))


def test_a_certificate_that_nobody_trusts_is_refused(admitted: Any, tmp_path: Path) -> None:
    other = signer(tmp_path / "other", None, "ES256", Hospital("渡桥市人民医院互联网医院", "990101001"))
    documents = admitted.draft()
    done = submit(admitted, documents, other.sign(documents, "physician", who=PHYSICIAN, purpose=AUTHOR))
    assert (done.status_code, rules(done)) == (422, ["signature.signature-untrusted"])


def test_sm2_is_as_good_and_as_strict(admitted: Any, tmp_path: Path) -> None:
    own = signer(tmp_path / "sm", None, "SM2", Hospital("渡桥市人民医院互联网医院", "990101001"))
    trusting(admitted, tmp_path / "sm")
    documents = admitted.draft()
    signed = own.sign(documents, "physician", who=PHYSICIAN, purpose=AUTHOR)
    forged = {
        **signed,
        "signature": [{**signed["signature"][0], "data": _flipped(signed["signature"][0]["data"])}],
    }
    assert submit(admitted, documents, forged).status_code == 422
    assert admitted.call("RequestGroup/g1", "submit", PHYSICIAN, signature=signed).status_code == 200


def _flipped(data: str) -> str:
    """Change the last byte of the value of a JWS, which FHIR carries as base64."""
    head, _, value = base64.b64decode(data).decode().rpartition(".")
    raw = bytearray(base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)))
    raw[-1] ^= 1
    text = f"{head}.{base64.urlsafe_b64encode(bytes(raw)).decode().rstrip('=')}"
    return base64.b64encode(text.encode()).decode()


def test_an_author_that_is_a_device_is_refused(admitted: Any) -> None:
    device = {"reference": "Device/ai"}
    documents = [
        {**one, ("author" if one["resourceType"] == "RequestGroup" else "requester"): device}
        for one in admitted.draft()
    ]
    admitted.write(documents)
    done = admitted.call("RequestGroup/g1", "submit", PHYSICIAN)
    assert done.status_code == 422 and "nat-20-author" in rules(done)


def birthday(years: int, days: int = 0) -> str:
    """Return the birth date of somebody who turned so many years old so many days ago (in China)."""
    today = (datetime.now(UTC) + timedelta(hours=8)).date() - timedelta(days=days)
    try:
        born = today.replace(year=today.year - years)
    except ValueError:  # 29 February
        born = date(today.year - years, 2, 28)
    return born.isoformat()


@pytest.mark.parametrize(
    ("years", "days", "young"), [(6, 0, True), (5, 0, True), (8, 0, False), (7, 1, False)]
)
def test_a_child_up_to_six_needs_a_guardian_and_a_specialist(
    admitted: Any, years: int, days: int, young: bool
) -> None:
    patient = admitted.body(
        "Patient/p1", identifier=[{"system": "urn:qiao:id:passport", "value": "X0000017"}]
    )
    admitted.file({**patient, "birthDate": birthday(years, days)})
    documents = admitted.draft()
    admitted.write(documents)
    done = admitted.call("RequestGroup/g1", "submit", PHYSICIAN, signature=admitted.sign(documents))
    assert done.status_code == (422 if young else 200), done.text
    if young:
        assert "nat-20-young-child-guardian" in rules(done)


def test_a_leap_day_is_a_birthday_like_any_other(admitted: Any) -> None:
    patient = admitted.body(
        "Patient/p1", identifier=[{"system": "urn:qiao:id:passport", "value": "X0000017"}]
    )
    admitted.file({**patient, "birthDate": "2016-02-29"})
    documents = admitted.draft()
    admitted.write(documents)
    signed = admitted.sign(documents)
    assert admitted.call("RequestGroup/g1", "submit", PHYSICIAN, signature=signed).status_code == 200


def test_a_drug_that_is_missing_and_one_too_many(admitted: Any) -> None:
    group, line, other = admitted.draft(lines=2)
    admitted.write([group, line])
    signed = admitted.sign([group, line, other])
    done = admitted.call("RequestGroup/g1", "submit", PHYSICIAN, signature=signed)
    assert (done.status_code, rules(done)) == (422, ["not-whole"])


def test_what_is_no_operation_and_what_is_no_document(admitted: Any) -> None:
    assert admitted.call("RequestGroup/none", "submit", PHYSICIAN).status_code == 404
    assert admitted.call("Task/none", "review", PHYSICIAN, decision="approved").status_code == 404
    assert admitted.call("Task/none", "review", PHYSICIAN, decision="maybe").status_code == 400
    ward = admitted.visit(id="w", **{"class": {"code": "IMP"}})
    admitted.file(ward)
    admitted.put(admitted.body("ServiceRequest/e1", encounter={"reference": "Encounter/w"}))
    done = admitted.call("ServiceRequest/e1", "submit", PHYSICIAN)
    assert (done.status_code, rules(done)) == (422, ["not-a-visit"])


def test_each_issue_says_its_own_type(admitted: Any) -> None:
    admitted.write(admitted.draft())
    done = admitted.call("RequestGroup/g1", "submit")
    assert done.status_code == 401
    types = {one["details"]["coding"][0]["code"]: one["code"] for one in done.json()["issue"]}
    assert types["nat-16-real-name"] == "login" and types["nat-20-signed"] == "business-rule"


def test_what_is_wrong_with_a_signature_is_said_in_chinese(admitted: Any) -> None:
    documents = admitted.draft()
    admitted.write(documents)
    signature = admitted.sign([documents[0], {**documents[1], "note": [{"text": "改"}]}])
    admitted.headers["accept-language"] = "zh-CN"
    done = admitted.call("RequestGroup/g1", "submit", PHYSICIAN, signature=signature)
    assert done.json()["issue"][0]["diagnostics"] == "电子签名无效：文书与签名时的内容不一致"


def test_a_signature_and_the_remarks_of_the_rules_stay(admitted: Any) -> None:
    admitted.submitted()
    for target in ("RequestGroup/g1", "MedicationRequest/g1m0"):
        (signature,) = admitted.ask("GET", f"Provenance?target={target}").json()["entry"]
        gone = admitted.ask("DELETE", f"Provenance/{signature['resource']['id']}")
        assert gone.status_code == 409 and rules(gone) == ["state-kept"]
    admitted.put(admitted.body("ServiceRequest/e1", status="active", category=None))
    flag = admitted.ask("GET", "DetectedIssue?implicated=ServiceRequest/e1").json()["entry"][0]["resource"]
    assert rules(admitted.put({**flag, "status": "cancelled"})) == ["state-kept"]
    assert rules(admitted.ask("DELETE", f"DetectedIssue/{flag['id']}")) == ["state-kept"]


def test_signatures_of_nothing_submitted_and_issues_of_others_are_nobodys_business(admitted: Any) -> None:
    documents = admitted.draft()
    admitted.write(documents)
    admitted.put({**admitted.sign(documents), "id": "s1"})
    assert admitted.ask("DELETE", "Provenance/s1").status_code == 204
    issue = {"resourceType": "DetectedIssue", "id": "i1", "status": "final"}
    admitted.put(issue)
    assert admitted.put({**issue, "status": "cancelled"}).status_code == 200
    assert admitted.ask("DELETE", "DetectedIssue/i1").status_code == 204


def test_the_address_of_the_server_in_front_of_a_visit_leads_round_no_gate(admitted: Any) -> None:
    _, line = admitted.draft()
    far = {"reference": "http://localhost:8080/fhir/Encounter/v1"}
    for status in ("draft", "active"):
        done = admitted.put({**line, "status": status, "encounter": far})
        assert done.status_code == 422 and rules(done) == ["visit-reference"]


def test_the_serial_of_another_document_is_not_entered_twice(admitted: Any) -> None:
    serial = admitted.approved()["serial"]
    _, line = admitted.draft("g2", "CF2")
    taken = {"system": "urn:qiao:id:serial", "value": serial}
    assert admitted.put({**line, "status": "active", "groupIdentifier": taken}).status_code == 201
    found = admitted.read("MedicationRequest/g2m0")["groupIdentifier"]["value"]
    assert found.startswith("CN") and found != serial
    flags = admitted.ask("GET", "DetectedIssue?implicated=MedicationRequest/g2m0").json()["entry"]
    assert "serial-taken" in {one["resource"]["code"]["coding"][0]["code"] for one in flags}
    ledger = admitted.store.ledger.entries("default", 0, 99)
    assert {one.serial for one in ledger if one.id == "g2m0"} == {found}


def test_a_parameter_without_a_name_is_told_as_that(admitted: Any) -> None:
    admitted.write(admitted.draft())
    for nameless in ({"valueString": "x"}, {"name": "", "valueString": "x"}, {"name": 1}, "x"):
        body = {"resourceType": "Parameters", "parameter": [nameless]}
        for address in ("RequestGroup/g1/$submit", "ConceptMap/$translate"):
            done = admitted.ask("POST", address, body, by=PHYSICIAN)
            if address.startswith("ConceptMap") and done.status_code == 404:
                continue
            assert (done.status_code, "a parameter without a name" in done.text) == (400, True), done.text
    zh = admitted.ask("POST", "RequestGroup/g1/$submit", body, **{"accept-language": "zh"})
    assert "参数没有名称" in zh.text


def test_a_person_that_is_none_is_told_in_chinese_alone(admitted: Any) -> None:
    body = {"resourceType": "Parameters"}
    done = admitted.ask("POST", "RequestGroup/g1/$submit", body, by="zz", **{"accept-language": "zh"})
    told = done.json()["issue"][0]["diagnostics"]
    assert (done.status_code, " or " in told) == (400, False)
    assert "Practitioner/ID、PractitionerRole/ID 或 SYSTEM|VALUE" in told
