"""_summary and _elements over HTTP (R4 §3.1.1.5.8, §3.1.1.5.9)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class

Call = Callable[..., Any]
PATIENT = {
    "resourceType": "Patient",
    "id": "p1",
    "meta": {"tag": [{"system": "urn:t", "code": "x"}]},
    "text": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">x</div>'},
    "identifier": [{"system": "urn:mrn", "value": "1"}],
    "name": [{"family": "张"}],
    "deceasedBoolean": False,
    "_birthDate": {"extension": [{"url": "urn:x", "valueDecimal": 1.50}]},
    "birthDate": "1990-03-07",
    "maritalStatus": {"text": "x"},
    "contact": [{"name": {"family": "李"}}],
}
OBSERVATION = {
    "resourceType": "Observation",
    "id": "o1",
    "status": "final",
    "code": {"text": "x"},
    "subject": {"reference": "Patient/p1"},
    "valueQuantity": {"value": 1},
    "component": [{"code": {"text": "y"}, "valueString": "z", "dataAbsentReason": {"text": "u"}}],
    "note": [{"text": "n"}],
}


@pytest.fixture
def filled(call: Call) -> Call:
    call("PUT", "/fhir/Patient/p1", PATIENT)
    call("PUT", "/fhir/Observation/o1", OBSERVATION)
    return call


def one(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    resource: dict[str, Any] = body["entry"][0]["resource"] if body["resourceType"] == "Bundle" else body
    return resource


def subsetted(resource: dict[str, Any]) -> bool:
    return any(tag["code"] == "SUBSETTED" for tag in resource["meta"].get("tag", []))


@pytest.mark.parametrize("path", ["/fhir/Patient?_id=p1&", "/fhir/Patient/p1?", "/fhir?_type=Patient&"])
def test_elements(filled: Call, path: str) -> None:
    found = one(filled("GET", f"{path}_elements=birthDate,name"))
    assert set(found) == {"resourceType", "id", "meta", "birthDate", "_birthDate", "name"}
    assert subsetted(found)
    assert found["meta"]["versionId"] == "1"
    assert {"system": "urn:t", "code": "x"} in found["meta"]["tag"]


def test_mandatory_elements_stay(filled: Call) -> None:
    found = one(filled("GET", "/fhir/Observation?_elements=value"))
    assert set(found) == {"resourceType", "id", "meta", "status", "code", "valueQuantity"}
    get_fhir_model_class("Observation").model_validate(found)


def test_what_is_included_is_whole_where_elements_are_chosen(filled: Call) -> None:
    bundle = filled("GET", "/fhir/Observation?_elements=status&_include=Observation:subject").json()
    assert "birthDate" in bundle["entry"][1]["resource"]


def test_summaries(filled: Call) -> None:
    true = one(filled("GET", "/fhir/Patient?_summary=true"))
    assert "birthDate" in true
    assert "deceasedBoolean" in true
    assert not {"text", "contact", "maritalStatus"} & set(true)
    text = one(filled("GET", "/fhir/Patient?_summary=text"))
    assert set(text) == {"resourceType", "id", "meta", "text"}
    data = one(filled("GET", "/fhir/Patient?_summary=data"))
    assert "text" not in data
    assert "contact" in data
    assert all(map(subsetted, (true, text, data)))
    assert not subsetted(one(filled("GET", "/fhir/Patient?_summary=false")))


def test_a_summary_goes_into_backbone_elements(filled: Call) -> None:
    found = one(filled("GET", "/fhir/Observation?_summary=true"))
    assert found["component"] == [{"code": {"text": "y"}, "valueString": "z"}]
    assert "note" not in found


def test_count_has_no_entries(filled: Call) -> None:
    bundle = filled("GET", "/fhir/Patient?_summary=count&_count=5").json()
    assert (bundle["total"], "entry" in bundle) == (1, False)
    assert [link["relation"] for link in bundle["link"]] == ["self", "first"]


def test_what_is_not_asked_for_is_the_stored_bytes(filled: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.api.shape.loads", None)
    assert filled("GET", "/fhir/Patient?_id=p1").status_code == 200


@pytest.mark.parametrize(
    "query",
    ["_summary=maybe", "_elements=", "_elements=foo", "_summary=true&_elements=name"],
)
def test_what_cannot_be_shown(filled: Call, query: str) -> None:
    assert filled("GET", f"/fhir/Patient?{query}").status_code == 400
    assert filled("GET", f"/fhir/Patient/p1?{query}").status_code == 400


def test_pages_keep_the_shape(filled: Call) -> None:
    filled("PUT", "/fhir/Patient/p2", {**PATIENT, "id": "p2"})
    first = filled("GET", "/fhir/Patient?_count=1&_elements=name").json()
    following = next(link["url"] for link in first["link"] if link["relation"] == "next")
    assert set(one(filled("GET", following))) == {"resourceType", "id", "meta", "name"}
