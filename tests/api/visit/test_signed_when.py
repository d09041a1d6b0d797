"""A signature is judged by the time at which it came, whenever it is looked at again (docs/signatures.md)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.canonical import now_us
from gateway.security.signature import Signatures, open_signatures
from gateway.security.signature.demonstration import Hospital, Signer, demonstration
from gateway.security.signature.issuing import Authority, key_pem, make_key
from gateway.security.signature.pem import blocks, pem
from gateway.security.signature.software import read_private
from gateway.settings import SignatureSettings, TenantSettings

PHYSICIAN = "Practitioner/w1"
HOSPITAL = Hospital("渡桥市人民医院互联网医院", "990101001")
SIGNERS = (Signer("physician", "温如玉", "110990101000017"), Signer("pharmacist", "苏合", "310990101000025"))
PERSON = {
    "CN": "温如玉", "serialNumber": "110990101000017",
    "O": HOSPITAL.name, "organizationIdentifier": HOSPITAL.number,
}  # fmt: skip
AUTHORITY = {"CN": "qiao demonstration authority", "O": "qiao demonstration"}


@dataclass
class Clock:
    """Now, and how far the gateway's day has gone on since."""

    later: timedelta = timedelta()

    def __call__(self) -> int:
        return now_us() + int(self.later.total_seconds() * 1_000_000)


@dataclass
class Office:
    """The authority of a hospital: gives certificates, and takes them back."""

    folder: Path

    @property
    def authority(self) -> Authority:
        chain = tuple(blocks(self.folder / "trust.pem", "CERTIFICATE"))
        return Authority(read_private(self.folder / "authority.key.pem"), AUTHORITY, chain)

    def revoke(self, at: datetime) -> None:
        chain = list(blocks(self.folder / "keys" / "physician.crt.pem", "CERTIFICATE"))
        (self.folder / "revoked.pem").write_bytes(pem(self.authority.revoke([chain[0]], at), "X509 CRL"))

    def enrol(self, name: str, ends: datetime) -> None:
        key = make_key("ES256")
        chain = self.authority.issue(key, PERSON, begins=ends - timedelta(days=1), days=1)
        file = self.folder / "keys" / f"{name}.key.pem"
        file.touch(0o600)
        file.write_bytes(key_pem(key))
        (self.folder / "keys" / f"{name}.crt.pem").write_bytes(pem(chain[0], "CERTIFICATE"))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr("gateway.store.clock.now_us", made)
    monkeypatch.setattr("gateway.feed.visit.signing.now_us", made)
    return made


@pytest.fixture
def office(tmp_path: Path) -> Office:
    demonstration(tmp_path, SIGNERS, HOSPITAL, "ES256", begins=datetime.now(UTC) - timedelta(days=30))
    return Office(tmp_path)


@pytest.fixture
def signatures(office: Office, clock: Clock) -> Signatures:
    folder = office.folder
    return open_signatures(
        SignatureSettings(
            trust=(str(folder / "trust.pem"),),
            crl=(str(folder / "revoked.pem"),),
            keys=str(folder / "keys"),
        ),
        clock,
    )


@pytest.fixture
def tenant() -> TenantSettings:
    return TenantSettings(organization="990101001", parameters={"back-dated-hours": 999})


def rules(answer: Any) -> list[str]:
    return [
        one["details"]["coding"][0]["code"] for one in answer.json()["issue"] if one["severity"] == "error"
    ]


def told(answer: Any) -> dict[str, Any]:
    found = {
        one["name"]: next(v for k, v in one.items() if k != "name") for one in answer.json()["parameter"]
    }
    return found | {"task": found.get("task", {}).get("reference")}


def drafted(admitted: Any, **more: Any) -> tuple[list[Any], Any]:
    """Write a prescription; return it with the signature of its physician."""
    documents = admitted.draft()
    admitted.write(documents)
    return documents, {**admitted.sign(documents, **more), "id": "s1"}


def test_what_was_signed_and_filed_on_friday_is_submitted_on_monday(admitted: Any, clock: Clock) -> None:
    _, signed = drafted(admitted)
    assert admitted.put(signed).status_code == 201
    clock.later = timedelta(days=3)
    done = admitted.call("RequestGroup/g1", "submit", PHYSICIAN)
    assert done.status_code == 200, done.text
    named = admitted.call("RequestGroup/g1", "submit", PHYSICIAN, signature={"reference": "Provenance/s1"})
    assert told(named)["serial"] == told(done)["serial"]


def test_what_was_signed_on_friday_and_comes_on_monday_is_too_old(admitted: Any, clock: Clock) -> None:
    _, signed = drafted(admitted)
    clock.later = timedelta(days=3)
    for sent in (signed, {**signed, "meta": {"lastUpdated": "2020-01-01T00:00:00Z"}}):
        done = admitted.call("RequestGroup/g1", "submit", PHYSICIAN, signature=sent)
        assert rules(done) == ["signature.signature-time"], "nobody says by himself when it came"
    assert admitted.put(signed).status_code == 201
    done = admitted.call("RequestGroup/g1", "submit", PHYSICIAN)
    assert rules(done) == ["signature.signature-time"], "filed on Monday, it came on Monday"


def test_a_certificate_that_is_revoked_later_has_signed_what_came_before(
    admitted: Any, clock: Clock, office: Office
) -> None:
    _, signed = drafted(admitted)
    assert admitted.put(signed).status_code == 201
    clock.later = timedelta(hours=2)
    office.revoke(datetime.now(UTC) + timedelta(hours=1))
    done = admitted.call("RequestGroup/g1", "submit", PHYSICIAN)
    assert done.status_code == 200, done.text
    documents = admitted.draft("g2", "CF2")
    admitted.write(documents)
    late = admitted.call("RequestGroup/g2", "submit", PHYSICIAN, signature=admitted.sign(documents))
    assert rules(late) == ["signature.signature-revoked"], "whatever it says of its time"


def test_a_correction_long_after_is_not_flagged_as_unsigned(admitted: Any, clock: Clock) -> None:
    admitted.approved()
    clock.later = timedelta(days=40)
    line = admitted.read("MedicationRequest/g1m0")
    admitted.store.write([_message(line | {"note": None} | {"status": "stopped"})])
    found = admitted.ask("GET", "DetectedIssue?implicated=RequestGroup/g1&_count=99").json()
    codes = {one["resource"]["code"]["coding"][0]["code"] for one in found.get("entry", [])}
    assert not codes & {"nat-20-signed", "nat-20-signed-when", "nat-20-unapproved"}


def test_a_certificate_that_ends_between_signing_and_arrival_is_good(
    admitted: Any, clock: Clock, office: Office
) -> None:
    office.enrol("short", ends=datetime.now(UTC) + timedelta(minutes=30))
    _, signed = drafted(admitted, key="short", who=PHYSICIAN, purpose="1.2.840.10065.1.12.1.1")
    clock.later = timedelta(hours=1)
    done = admitted.call("RequestGroup/g1", "submit", PHYSICIAN, signature=signed)
    assert done.status_code == 200, done.text


def test_a_certificate_that_had_ended_when_it_signed_is_not_good(
    admitted: Any, clock: Clock, office: Office
) -> None:
    office.enrol("ended", ends=datetime.now(UTC) - timedelta(minutes=30))
    _, signed = drafted(admitted, key="ended", who=PHYSICIAN, purpose="1.2.840.10065.1.12.1.1")
    done = admitted.call("RequestGroup/g1", "submit", PHYSICIAN, signature=signed)
    assert rules(done) == ["signature.signature-expired"]


def test_what_is_signed_again_after_it_was_submitted_is_the_same_document(admitted: Any) -> None:
    serial = admitted.submitted()["serial"]
    entered = admitted.entries()
    group, line = admitted.read("RequestGroup/g1"), admitted.read("MedicationRequest/g1m0")
    again = admitted.sign([group, line])
    assert admitted.put({**again, "id": "again"}).status_code == 201
    answer = admitted.call("RequestGroup/g1", "submit", PHYSICIAN, signature=again)
    assert (told(answer)["serial"]["value"], admitted.entries()) == (serial, entered)
    done = admitted.review(told(answer)["task"])
    assert told(done)["status"] == "effective", done.text
    assert admitted.store.ledger.verify("default").ok


def _message(body: dict[str, Any]) -> Any:
    from gateway.canonical import Draft, Envelope, Translation, new_envelope_id
    from gateway.store import Settle

    said = {name: value for name, value in body.items() if value is not None and name != "meta"}
    at = now_us()
    envelope = Envelope(new_envelope_id(at), "default", "his/hl7v2", "his", at, "", "", b"MSH|")
    return Settle(envelope, Translation([Draft(said["resourceType"], said["id"], said)]), lambda _: b"")
