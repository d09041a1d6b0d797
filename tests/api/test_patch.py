"""patch over HTTP: JSON Patch and FHIRPath Patch, in JSON and XML (R4 §3.1.0.6)."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

Call = Callable[..., Any]
JSON_PATCH = "application/json-patch+json"
XML = "application/fhir+xml"
PATIENT = {
    "resourceType": "Patient",
    "id": "p1",
    "identifier": [{"system": "urn:mrn", "value": "1"}],
    "birthDate": "1990-03-07",
}
FHIRPATH = {
    "resourceType": "Parameters",
    "parameter": [
        {
            "name": "operation",
            "part": [
                {"name": "type", "valueCode": "replace"},
                {"name": "path", "valueString": "Patient.birthDate"},
                {"name": "value", "valueDate": "1991-01-01"},
            ],
        }
    ],
}
AS_XML = b"""<Parameters xmlns="http://hl7.org/fhir"><parameter><name value="operation"/>
<part><name value="type"/><valueCode value="delete"/></part>
<part><name value="path"/><valueString value="Patient.birthDate"/></part></parameter></Parameters>"""


@pytest.fixture
def stored(call: Call) -> Call:
    assert call("PUT", "/fhir/Patient/p1", PATIENT).status_code == 201
    return call


def test_json_patch(stored: Call) -> None:
    patch = [{"op": "add", "path": "/gender", "value": "male"}]
    made = stored("PATCH", "/fhir/Patient/p1", patch, content_type=JSON_PATCH)
    assert (made.status_code, made.headers["etag"], made.json()["gender"]) == (200, 'W/"2"', "male")


def test_fhirpath_patch_in_json_and_xml(stored: Call) -> None:
    assert stored("PATCH", "/fhir/Patient/p1", FHIRPATH).json()["birthDate"] == "1991-01-01"
    made = stored("PATCH", "/fhir/Patient/p1", AS_XML, content_type=XML)
    assert made.status_code == 200
    assert "birthDate" not in made.json()


@pytest.mark.parametrize(
    ("patch", "media", "status"),
    [
        (b"{", JSON_PATCH, 400),
        ({"op": "add"}, JSON_PATCH, 400),
        ([{"op": "jump", "path": "/x"}], JSON_PATCH, 400),
        ([{"op": "remove", "path": "/nothing"}], JSON_PATCH, 422),
        ([{"op": "test", "path": "/birthDate", "value": "x"}], JSON_PATCH, 422),
        ([{"op": "replace", "path": "/birthDate", "value": "yesterday"}], JSON_PATCH, 422),
        ([{"op": "replace", "path": "/id", "value": "p2"}], JSON_PATCH, 422),
        ([{"op": "replace", "path": "", "value": 7}], JSON_PATCH, 422),
        ({"resourceType": "Parameters", "parameter": [{"name": "x"}]}, "application/fhir+json", 400),
        (PATIENT, "application/fhir+json", 400),
        ([], "application/xml-patch+xml", 415),
        ([], "text/plain", 415),
    ],
)
def test_a_patch_that_cannot_be_made_changes_nothing(
    stored: Call, patch: Any, media: str, status: int
) -> None:
    answer = stored("PATCH", "/fhir/Patient/p1", patch, content_type=media)
    assert answer.status_code == status, answer.text
    assert answer.json()["resourceType"] == "OperationOutcome"
    assert stored("GET", "/fhir/Patient/p1").headers["etag"] == 'W/"1"'


def test_conditions(stored: Call) -> None:
    patch = [{"op": "add", "path": "/active", "value": True}]
    by_json = {"content_type": JSON_PATCH}
    assert stored("PATCH", "/fhir/Patient/p1", patch, **by_json, if_match='W/"9"').status_code == 412
    for tags in ("*", 'W/"1"', 'W/"7", W/"1"'):
        assert stored("PATCH", "/fhir/Patient/p1", patch, **by_json, if_none_match=tags).status_code == 412
        by_search = "/fhir/Patient?identifier=urn:mrn|1"
        assert stored("PATCH", by_search, patch, **by_json, if_none_match=tags).status_code == 412
    assert stored("PATCH", "/fhir/Patient/p1", patch, **by_json, if_match="1").status_code == 400
    listed = {"if_match": 'W/"1", W/"2"', "if_none_match": 'W/"3"'}
    assert stored("PATCH", "/fhir/Patient/p1", patch, **by_json, **listed).headers["etag"] == 'W/"2"'
    patch = [{"op": "add", "path": "/active", "value": True}, {"op": "remove", "path": "/birthDate"}]
    assert stored("PATCH", "/fhir/Patient?identifier=urn:mrn|1", patch, **by_json).json()["active"] is True
    assert stored("PATCH", "/fhir/Patient?identifier=urn:mrn|2", patch, **by_json).status_code == 404
    assert stored("PATCH", "/fhir/Patient", patch, **by_json).status_code == 400
    assert stored("PATCH", "/fhir/Patient/none", patch, **by_json).status_code == 404
    stored("DELETE", "/fhir/Patient/p1")
    assert stored("PATCH", "/fhir/Patient/p1", patch, **by_json).status_code in (404, 410)


def test_concurrent_patches_all_count(stored: Call) -> None:
    def add(number: int) -> int:
        patch = [{"op": "add", "path": "/identifier/-", "value": {"system": "urn:n", "value": str(number)}}]
        found: int = stored("PATCH", "/fhir/Patient/p1", patch, content_type=JSON_PATCH).status_code
        return found

    with ThreadPoolExecutor(8) as clients:
        assert set(clients.map(add, range(24))) == {200}
    values = {one["value"] for one in stored("GET", "/fhir/Patient/p1").json()["identifier"]}
    assert values >= {str(number) for number in range(24)}


def test_a_long_resource_is_patched_outside_of_the_writer_only(stored: Call) -> None:
    long = {**PATIENT, "id": "long", "name": [{"family": "x" * 1000} for _ in range(300)]}
    assert stored("PUT", "/fhir/Patient/long", long).status_code == 201
    patch = [{"op": "add", "path": "/active", "value": True}]
    by_json = {"content_type": JSON_PATCH}
    assert stored("PATCH", "/fhir/Patient/long", patch, **by_json).json()["active"] is True
    refused = stored("PATCH", "/fhir/Patient?_id=long", patch, **by_json)
    assert (refused.status_code, refused.json()["issue"][0]["code"]) == (400, "too-costly")
