"""create over HTTP (R4 §3.1.0.8)."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

Call = Callable[..., Any]
XML = "application/fhir+xml"
PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "identifier": [{"system": "urn:mrn", "value": "1"}],
    "name": [{"family": "张"}],
}
BAD = {"resourceType": "Patient", "gender": "M", "birthDate": "1990-13-01", "foo": 1}


def test_a_created_resource_can_be_read(call: Call) -> None:
    made = call("POST", "/fhir/Patient", PATIENT)
    assert made.status_code == 201
    body = made.json()
    assert made.headers["location"] == f"http://localhost:8080/fhir/Patient/{body['id']}/_history/1"
    assert made.headers["etag"] == 'W/"1"'
    assert made.headers["last-modified"].endswith("GMT")
    assert body["meta"]["versionId"] == "1"
    read = call("GET", f"/fhir/Patient/{body['id']}")
    assert (read.status_code, read.content) == (200, made.content)


def test_the_id_of_the_client_is_not_taken(call: Call) -> None:
    made = call("POST", "/fhir/Patient", {**PATIENT, "id": "mine"})
    assert made.status_code == 201
    assert made.json()["id"] != "mine"


@pytest.mark.parametrize(
    ("prefer", "kind"),
    [
        ("return=minimal", ""),
        ("return=representation", "Patient"),
        ("return=OperationOutcome", "OperationOutcome"),
    ],
)
def test_prefer_says_what_comes_back(call: Call, prefer: str, kind: str) -> None:
    made = call("POST", "/fhir/Patient", PATIENT, prefer=prefer)
    assert made.status_code == 201
    assert made.headers["location"]
    assert (made.json()["resourceType"] if made.content else "") == kind


def test_everything_that_is_wrong_is_said_at_once_and_nothing_stored(call: Call) -> None:
    made = call("POST", "/fhir/Patient", BAD)
    assert made.status_code == 422
    places = {issue["expression"][0] for issue in made.json()["issue"] if issue["severity"] == "error"}
    assert places == {"Patient.gender", "Patient.birthDate", "Patient.foo"}
    severities = [issue["severity"] for issue in made.json()["issue"]]
    assert severities == sorted(severities), "the reasons come first"
    assert "entry" not in call("GET", "/fhir/Patient").json()


def test_an_unknown_profile_is_no_reason_to_refuse(call: Call) -> None:
    claimed = {**PATIENT, "meta": {"profile": ["http://nobody.example/p"]}}
    made = call("POST", "/fhir/Patient", claimed)
    assert made.status_code == 201
    assert made.json()["meta"]["profile"] == ["http://nobody.example/p"]


@pytest.mark.parametrize(
    ("path", "body", "media", "status"),
    [
        ("/fhir/Patient", b"{", "application/json", 400),
        ("/fhir/Patient", b"", "application/json", 400),
        ("/fhir/Patient", b"[]", "application/json", 400),
        ("/fhir/Patient", b"\xff\xfe", "application/json", 400),
        ("/fhir/Patient", b"{}", "application/json", 400),
        ("/fhir/Patient", b'{"resourceType":"Nothing"}', "application/json", 400),
        ("/fhir/Patient", b'{"resourceType":7}', "application/json", 400),
        ("/fhir/Patient", b'{"resourceType":"Observation","status":"final"}', "application/json", 400),
        ("/fhir/Patient", b'{"resourceType":"Patient","active":NaN}', "application/json", 400),
        ("/fhir/Patient", b"<Patient", XML, 400),
        ("/fhir/Patient", b'{"resourceType":"Patient"}', "text/plain", 415),
        ("/fhir/Patient", b'{"resourceType":"Patient"}', "application/json; charset=gbk", 415),
        ("/fhir/Patient", b'{"resourceType":"Patient"}', "application/fhir+json; fhirVersion=3.0", 415),
        ("/fhir/Nothing", b'{"resourceType":"Nothing"}', "application/json", 404),
        ("/fhir/Parameters", b'{"resourceType":"Parameters"}', "application/json", 404),
        ("/fhir/CodeSystem", b'{"resourceType":"CodeSystem"}', "application/json", 405),
        ("/t/nobody/fhir/Patient", b'{"resourceType":"Patient"}', "application/json", 404),
        ("/fhir/Patient?foo=1", b'{"resourceType":"Patient"}', "application/json", 400),
    ],
)
def test_what_is_no_resource_of_that_type(
    call: Call, path: str, body: bytes, media: str, status: int
) -> None:
    answer = call("POST", path, body, content_type=media)
    assert answer.status_code == status, answer.text
    assert answer.json()["resourceType"] == "OperationOutcome"


@pytest.mark.parametrize(
    "text",
    [
        '{"resourceType":"Patient","name":[{"family":"\\ud800"}]}',
        '{"resourceType":"Patient","extension":[{"url":"urn:x","valueDecimal":1e999999999}]}',
        '{"resourceType":"Patient","name":[{"family":"\\u0000"}]}',
        '{"resourceType":"Patient",'
        + '"contained":[{"resourceType":"Patient",' * 600
        + '"id":"x"'
        + "}]" * 600
        + "}",
        '{"resourceType":"Patient","multipleBirthInteger":99999999999999999999999999}',
    ],
)
def test_a_strange_body_is_refused_or_kept_as_it_is(call: Call, text: str) -> None:
    answer = call("POST", "/fhir/Patient", text.encode())
    assert answer.status_code in (201, 400, 422), answer.text


def test_xml_in_and_out(call: Call) -> None:
    text = '<Patient xmlns="http://hl7.org/fhir"><name><family value="李"/></name></Patient>'
    made = call("POST", "/fhir/Patient", text.encode(), content_type=XML, accept=XML)
    assert (made.status_code, made.headers["content-type"]) == (201, XML)
    assert '<family value="李"/>' in made.text
    id_ = made.headers["location"].split("/")[-3]
    assert call("GET", f"/fhir/Patient/{id_}").json()["name"] == [{"family": "李"}]


def test_a_body_may_be_packed(call: Call) -> None:
    packed = gzip.compress(json.dumps(PATIENT).encode())
    assert call("POST", "/fhir/Patient", packed, content_encoding="gzip").status_code == 201
    assert call("POST", "/fhir/Patient", packed, content_encoding="br").status_code == 415
    assert call("POST", "/fhir/Patient", packed[:-9], content_encoding="gzip").status_code == 400
    assert call("POST", "/fhir/Patient", b"plain", content_encoding="gzip").status_code == 400
    bomb = gzip.compress(b" " * (65 * 1024 * 1024))
    assert call("POST", "/fhir/Patient", bomb, content_encoding="gzip").status_code == 413


def test_if_none_exist_makes_one(call: Call) -> None:
    condition = "identifier=urn:mrn|1"
    first = call("POST", "/fhir/Patient", PATIENT, if_none_exist=condition)
    assert first.status_code == 201
    again = call("POST", "/fhir/Patient", PATIENT, if_none_exist=f"Patient?{condition}")
    assert again.status_code == 200
    assert again.headers["location"] == first.headers["location"]
    assert again.json() == first.json()
    call("POST", "/fhir/Patient", PATIENT)
    many = call("POST", "/fhir/Patient", PATIENT, if_none_exist=condition)
    assert (many.status_code, many.json()["issue"][0]["code"]) == (412, "multiple-matches")


@pytest.mark.parametrize("condition", ["", "_count=5", "foo=1", "identifier=", "_format=json", "name=%ff"])
def test_a_condition_that_is_none(call: Call, condition: str) -> None:
    answer = call("POST", "/fhir/Patient", PATIENT, if_none_exist=condition)
    assert answer.status_code == 400
    assert "entry" not in call("GET", "/fhir/Patient").json()


def test_sixteen_clients_make_one_patient(call: Call) -> None:
    with ThreadPoolExecutor(16) as clients:
        answers = list(
            clients.map(
                lambda _: call("POST", "/fhir/Patient", PATIENT, if_none_exist="identifier=urn:mrn|1"),
                range(16),
            )
        )
    assert sorted(answer.status_code for answer in answers) == [200] * 15 + [201]
    assert len({answer.json()["id"] for answer in answers}) == 1


def test_tenants_do_not_see_each_other(call: Call) -> None:
    made = call("POST", "/t/second/fhir/Patient", PATIENT)
    assert made.headers["location"].startswith("http://localhost:8080/t/second/fhir/Patient/")
    assert call("GET", f"/fhir/Patient/{made.json()['id']}").status_code == 404
