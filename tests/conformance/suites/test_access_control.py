"""The suites access_control, terminology and security_transport are whole: rows, ways, cases, bytes."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from conformance.catalogue import load as load_catalogue
from conformance.harness.answer import Answer
from conformance.harness.suite import load
from conformance.simulators.exact import dumps
from conformance.suites.access.attempt import refused_inside, withheld
from conformance.suites.fhir.cases import read
from conformance.suites.fhir.ways import WAYS
from conformance.suites.security import raw, telling, transport
from conformance.suites.terms import codings

MINE = ("fhir_api", "access_control", "terminology", "security_transport")


def test_every_check_names_a_row_and_speaks_two_languages() -> None:
    loaded, rows = load(), {one.id for one in load_catalogue().requirements.values()}
    checks = loaded.of(MINE)
    assert len(checks) >= 300
    assert {one.requirement for one in checks} <= rows
    assert all(one.title.zh and one.title.en and one.title.zh != one.title.en for one in checks)


def test_checks_that_a_failure_of_caps_are_of_rows_that_do() -> None:
    critical = {one.id for one in load_catalogue().requirements.values() if one.critical}
    wrong = {one.requirement for one in load().of(MINE) if one.critical} - critical
    assert wrong == set()


def test_the_matrix_goes_ways_that_there_are() -> None:
    for row in read("access_control", "matrix"):
        assert set(row["ways"]) <= set(WAYS), row["identity"]


@pytest.mark.parametrize(("statuses", "refused"), [(["403"], True), (["403", "200"], False), ([], False)])
def test_a_batch_is_refused_where_each_entry_is(statuses: list[str], refused: bool) -> None:
    body = {"entry": [{"response": {"status": one}} for one in statuses]}
    assert refused_inside(Answer(200, {}, dumps(body).encode(), 1)) is refused


@pytest.mark.parametrize(
    ("status", "body", "kept"),
    [
        (404, {}, True),
        (403, {"resourceType": "OperationOutcome"}, True),
        (200, {"resourceType": "Bundle", "total": 0}, True),
        (200, {"resourceType": "Observation", "id": "other"}, False),
        (500, {}, False),
    ],
)
def test_what_is_withheld_is_so_with_and_without_an_outcome(
    status: int, body: dict[str, object], kept: bool
) -> None:
    answer = Answer(status, {}, dumps(body).encode(), 1)
    assert withheld(answer, {"resourceType": "Observation", "id": "other"}) is kept


@pytest.mark.parametrize(("minor", "taken"), [(1, False), (2, False), (3, True)])
def test_the_hello_by_hand_is_one_of_its_version(tmp_path: Path, minor: int, taken: bool) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_certificate(tmp_path))
    told, answered = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = context.wrap_bio(told, answered, server_side=True)
    told.write(transport._hello("gateway.example", minor))
    with pytest.raises(ssl.SSLError):  # it wants more, or it refuses
        server.do_handshake()
    heard = answered.read()
    assert (heard[:1] == b"\x16" and heard[10] == minor) is taken


def _certificate(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "gateway.example")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
    file = folder / "both.pem"
    file.write_bytes(
        made.sign(key, SHA256()).public_bytes(Encoding.PEM)
        + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    return file


def test_a_token_on_a_raw_line_is_no_evidence() -> None:
    said = b"GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer hidden-17\r\nX: y\r\n\r\n"
    assert raw._SECRET.sub(rb"\1***", said) == said.replace(b"hidden-17", b"***")


def test_answers_on_one_line_are_counted() -> None:
    heard = raw.Heard(b"HTTP/1.1 400 Bad\r\ncontent-length: 0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", True)
    assert heard.statuses == [400, 200]


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ('File "/srv/app/store.py", line 3', True),
        ("at ca.uhn.fhir.Rest.serve(Rest.java:12)", True),
        ("sqlite3.OperationalError: locked", True),
        ("the element birthDate is no date", False),
    ],
)
def test_the_inside_of_a_program_is_told_from_an_explanation(text: str, inside: bool) -> None:
    assert bool(telling._INSIDE.search(text)) is inside


def test_a_coding_comes_where_its_place_is() -> None:
    for one in read("terminology", "unified"):
        made = codings._with_coding(one["body"], {"code": "x"})
        assert "{coding}" not in dumps(made)
        assert '"coding":[{"code":"x"}]' in dumps(made)


def test_warnings_are_counted_in_findings_that_are_told() -> None:
    issue = [{"severity": "warning"}, {"severity": "information"}, {"severity": "error"}]
    answer = Answer(
        200, {}, b"{}", 1, 0.0, {"findings": {"resourceType": "OperationOutcome", "issue": issue}}
    )
    assert codings._warnings(answer) == 2
    assert codings._warnings(Answer(200, {}, b"{}", 1)) == 0
