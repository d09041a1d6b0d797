"""Compartments over HTTP (R4 §3.1.1.2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Ask = Callable[..., Any]
Put = Callable[..., None]


@pytest.fixture
def filled(ask: Ask, put: Put) -> Ask:
    code = {"status": "final", "code": {"text": "x"}}
    put(
        {"resourceType": "Patient", "id": "p1"},
        {"resourceType": "Patient", "id": "p2"},
        {"resourceType": "Observation", "id": "o1", **code, "subject": {"reference": "Patient/p1"}},
        {"resourceType": "Observation", "id": "o2", **code, "subject": {"reference": "Patient/p2"}},
        {"resourceType": "Condition", "id": "c1", "subject": {"reference": "Patient/p1"}},
    )
    return ask


def ids(answer: Any) -> set[str]:
    assert answer.status_code == 200, answer.text
    return {entry["resource"]["id"] for entry in answer.json().get("entry", [])}


def test_what_belongs_to_a_patient(filled: Ask) -> None:
    assert ids(filled("GET", "/fhir/Patient/p1/Observation")) == {"o1"}
    assert ids(filled("GET", "/fhir/Patient/p1/Observation?status=final")) == {"o1"}
    assert ids(filled("GET", "/fhir/Patient/p1/Observation?status=amended")) == set()
    assert ids(filled("POST", "/fhir/Patient/p1/Observation/_search", data={"status": "final"})) == {"o1"}
    assert {"o1", "c1"} <= ids(filled("GET", "/fhir/Patient/p1/*")) <= {"o1", "c1", "p1"}


def test_pages_have_links(filled: Ask) -> None:
    first = filled("GET", "/fhir/Patient/p1/*?_count=1").json()
    links = {link["relation"]: link["url"] for link in first["link"]}
    assert links["self"] == "http://localhost:8080/fhir/Patient/p1/*?_count=1"
    second = filled("GET", links["next"]).json()
    assert second["entry"][0]["fullUrl"] != first["entry"][0]["fullUrl"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/fhir/Patient/p1/Nothing", 404),
        ("/fhir/Organization/p1/Patient", 404),
        ("/fhir/Patient/p_1/Observation", 404),
        ("/fhir/Patient/p1/Observation?foo=1", 400),
        ("/fhir/Patient/p1/Medication", 400),
    ],
)
def test_what_is_no_compartment(filled: Ask, path: str, status: int) -> None:
    assert filled("GET", path).status_code == status


def test_methods(filled: Ask) -> None:
    assert filled("POST", "/fhir/Patient/p1/Observation").status_code == 405
    assert filled("GET", "/fhir/Patient/p1/Observation/_search").status_code == 405
