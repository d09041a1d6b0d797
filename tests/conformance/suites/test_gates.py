"""The suites of gates: their cases are whole, and a target that says yes to everything passes none."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

import httpx
import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from conformance.catalogue import load as load_catalogue
from conformance.harness.check import Check
from conformance.harness.client import Line
from conformance.harness.gate.case import Gate, Patch
from conformance.harness.gate.cast import Cast
from conformance.harness.run import Run
from conformance.harness.session import Session
from conformance.harness.suite import load
from conformance.harness.target_file import made
from conformance.harness.verdict import Verdict
from conformance.runner.trial import tried
from conformance.simulators.jws import Key

SUITES = ("prescription_gates", "practitioners", "consent_and_visit", "readiness_evidence", "disclosure")
PACKS = Path(__file__).parents[3] / "gateway" / "policy" / "packs"
TODAY = date(2026, 11, 22)
ELSEWHERE = {"SC-35.1", "SC-35.2", "SC-34.3"}
"""Rows of which the rules that refuse are tried by the suite of records."""


@cache
def of_gates() -> tuple[Check, ...]:
    return tuple(one for one in load().checks if one.suite in SUITES)


def cases() -> list[Check]:
    return [one for one in of_gates() if ".gate." in one.id]


def _key() -> Key:
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "温如玉")])
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(private.public_key())
        .serial_number(7).not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2036, 1, 1, tzinfo=UTC))
        .sign(private, hashes.SHA256())
    )  # fmt: skip
    return Key(private, (made.public_bytes(serialization.Encoding.DER),))


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    """A session with keys, at a target that nobody asks."""
    key = _key()
    for name in ("physician", "pharmacist"):
        (tmp_path / f"{name}.key.pem").write_bytes(key.private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ))  # fmt: skip
        certificate = x509.load_der_x509_certificate(key.chain[0])
        (tmp_path / f"{name}.crt.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    signing = {"keys": str(tmp_path), "physician": "physician", "pharmacist": "pharmacist"}
    identities = {name: {} for name in ("write", "read", "regulator")}
    said = {
        "extends": "qiao",
        "fhir": "http://127.0.0.1:9/fhir",
        "signing": signing,
        "identities": identities,
    }
    found = Session(made({**said, "settings": {"wait": 0.01}}), "u1", 7, TODAY)
    yield found
    found.close()


def test_there_are_many_and_each_row_is_of_the_catalogue() -> None:
    rows = load_catalogue().requirements
    assert len(of_gates()) >= 110
    for one in of_gates():
        row = rows[one.requirement]
        assert one.critical == (row.critical and not one.lesser), one.id
        assert row.automatic, one.id


def test_each_rule_that_stops_something_has_a_case_of_its_requirement() -> None:
    tried_rows = {one.requirement for one in of_gates()}
    for path in PACKS.glob("*.yaml"):
        for rule in yaml.safe_load(path.read_text("utf-8"))["rules"]:
            said = rule["requirement"]
            rows = {said} if isinstance(said, str) else set(said)
            if rule["verdict"] in ("refuse", "hold"):
                assert rows & (tried_rows | ELSEWHERE), rule["id"]


def test_titles_are_statements_in_two_languages() -> None:
    for one in of_gates():
        assert any("\u4e00" <= char <= "\u9fff" for char in one.title.zh), one.id
        assert one.title.en.isascii() or "6岁以下" in one.title.en or "无" in one.title.en, one.id


def test_each_case_can_be_staged_and_its_twins_differ(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    _answering(monkeypatch, lambda request: httpx.Response(200, json={}))
    for one in cases():
        gate = one.given[0]
        twins = [Cast(Run(one, session), patch, gate.own, "x") for patch in (gate.blocked, gate.passes)]
        written = [json.dumps(cast.parts, default=str, ensure_ascii=False) for cast in twins]
        assert "{" + "today" not in written[0] and '"{' not in "".join(written), one.id
        assert gate.blocked != gate.passes, one.id


def _brought(patch: Patch) -> set[str]:
    return {name for name, said in patch.items() if isinstance(said, Mapping) and "resourceType" in said}


def test_what_is_put_on_file_for_the_blocked_twin_is_put_on_file_for_the_other() -> None:
    """Refused when it is put on file, it stops the twin too: that refusal is no gate."""
    gates = [(one.id, one.given[0]) for one in load().checks if one.given and isinstance(one.given[0], Gate)]
    assert len(gates) >= 200
    for name, gate in gates:
        if gate.action != "readiness":  # there a refusal on the way skips in either twin
            assert _brought(gate.blocked) <= _brought(gate.passes), name


def test_whoever_says_yes_to_everything_passes_nothing(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def echo(request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content) if request.content else {}
        return httpx.Response(200, json=body or {"resourceType": "Bundle", "type": "searchset", "total": 0})

    _answering(monkeypatch, echo)
    passed = [one.id for one in of_gates() if tried(one, session).verdict is Verdict.PASS]
    assert passed == []


def test_whoever_says_no_to_everything_passes_nothing(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "processing"}]}
    _answering(monkeypatch, lambda request: httpx.Response(422, json=outcome))
    passed = [one.id for one in of_gates() if tried(one, session).verdict is Verdict.PASS]
    assert passed == []


def _answering(monkeypatch: pytest.MonkeyPatch, answer: object) -> None:
    client = httpx.Client(transport=httpx.MockTransport(answer))  # type: ignore[arg-type]
    monkeypatch.setattr(Line, "pool", lambda self, cert: client)


def test_what_no_text_has_a_number_for_caps_nothing() -> None:
    assert "prescription_gates.signature.old" in {one.id for one in load().of(SUITES) if one.lesser}
