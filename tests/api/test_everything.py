"""$everything over HTTP: a whole record, page by page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class

Ask = Callable[..., Any]
Put = Callable[..., None]


@pytest.fixture
def filled(ask: Ask, put: Put) -> Ask:
    observed = {"resourceType": "Observation", "status": "final", "code": {"text": "x"}}
    put(
        {"resourceType": "Organization", "id": "org", "name": "x"},
        {"resourceType": "Patient", "id": "p1", "managingOrganization": {"reference": "Organization/org"}},
        {"resourceType": "Patient", "id": "p2"},
        {
            "resourceType": "Encounter",
            "id": "e1",
            "status": "finished",
            "class": {"code": "AMB"},
            "subject": {"reference": "Patient/p1"},
        },
        {**observed, "id": "o2", "subject": {"reference": "Patient/p2"}},
        *(
            {
                **observed,
                "id": f"o1-{n}",
                "subject": {"reference": "Patient/p1"},
                "encounter": {"reference": "Encounter/e1"},
            }
            for n in range(5)
        ),
    )
    return ask


def pages(ask: Ask, url: str) -> list[str]:
    seen: list[str] = []
    while url:
        answer = ask("GET", url)
        assert answer.status_code == 200, answer.text
        bundle = answer.json()
        get_fhir_model_class("Bundle").model_validate_json(answer.content)
        seen += [entry["fullUrl"].partition("/fhir/")[2] for entry in bundle.get("entry", [])]
        url = next((link["url"] for link in bundle["link"] if link["relation"] == "next"), "")
    return seen


def test_who_asks_for_none_gets_none(filled: Ask) -> None:
    answer = filled("GET", "/fhir/Patient/p1/$everything?_count=0")
    assert answer.status_code == 200
    assert "entry" not in answer.json()


@pytest.mark.parametrize("query", ["", "?_count=2"])
def test_of_a_patient(filled: Ask, query: str) -> None:
    seen = pages(filled, f"/fhir/Patient/p1/$everything{query}")
    assert len(seen) == len(set(seen))
    assert {"Patient/p1", "Encounter/e1", "Organization/org", "Observation/o1-4"} <= set(seen)
    assert not {"Patient/p2", "Observation/o2"} & set(seen)


def test_of_a_visit(filled: Ask) -> None:
    seen = pages(filled, "/fhir/Encounter/e1/$everything")
    assert {"Encounter/e1", "Observation/o1-0", "Patient/p1"} <= set(seen)


def test_by_post(filled: Ask) -> None:
    body = {"resourceType": "Parameters", "parameter": [{"name": "_type", "valueCode": "Observation"}]}
    answer = filled("POST", "/fhir/Patient/p1/$everything", json=body)
    assert answer.status_code == 200, answer.text
    assert {entry["resource"]["resourceType"] for entry in answer.json()["entry"]} <= {
        "Observation",
        "Patient",
    }
    assert len(answer.json()["entry"]) >= 5
    whole = filled("GET", "/fhir/Patient/p1/$everything").json()["entry"]
    assert filled("POST", "/fhir/Patient/p1/$everything").json()["entry"] == whole, "a body is not needed"


@pytest.mark.parametrize("path", ["/fhir/Patient/$everything", "/t/second/fhir/Encounter/$everything"])
def test_of_all_patients_at_once_says_what_there_is_instead(filled: Ask, path: str) -> None:
    for method in ("GET", "POST"):
        answer = filled(method, path)
        issue = answer.json()["issue"][0]
        assert (answer.status_code, issue["code"]) == (404, "not-supported"), answer.text
        assert "Patient/$export" in issue["diagnostics"]
    described = filled("GET", "/openapi.json").json()["paths"]
    assert not any(path.endswith(("/Patient/$everything", "/Encounter/$everything")) for path in described)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/fhir/Patient/none/$everything", 404),
        ("/fhir/Patient/p_1/$everything", 404),
        ("/fhir/Organization/org/$everything", 404),
        ("/fhir/Patient/p1/$everything?foo=1", 400),
        ("/fhir/Patient/p1/$everything?_since=x", 400),
    ],
)
def test_what_cannot_be_told(filled: Ask, path: str, status: int) -> None:
    answer = filled("GET", path)
    assert answer.status_code == status, answer.text
    assert answer.json()["resourceType"] == "OperationOutcome"
