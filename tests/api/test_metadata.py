"""The CapabilityStatement claims what works, and nothing that does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fhir.resources.R4B import get_fhir_model_class

Ask = Callable[..., Any]
SAMPLE = {"token": "x", "reference": "http://elsewhere/x", "date": "2026"}


def test_it_is_a_valid_capability_statement(ask: Ask) -> None:
    answer = ask("GET", "/fhir/metadata")
    assert answer.status_code == 200
    get_fhir_model_class("CapabilityStatement").model_validate_json(answer.content)
    statement = answer.json()
    assert statement["fhirVersion"] == "4.0.1"
    assert statement["software"]["version"] == "1.2.3"
    assert statement["implementation"]["url"] == "http://localhost:8080/fhir"
    assert ask("GET", "/t/second/fhir/metadata").json()["implementation"]["url"].endswith("/t/second/fhir")


def test_every_claim_works(ask: Ask) -> None:
    for resource in ask("GET", "/fhir/metadata").json()["rest"][0]["resource"]:
        type_ = resource["type"]
        assert {each["code"] for each in resource["interaction"]} == {"read", "vread", "search-type"}
        for parameter in resource["searchParam"]:
            value = "x" if parameter["name"] == "_id" else SAMPLE[parameter["type"]]
            answer = ask("GET", f"/fhir/{type_}", params={parameter["name"]: value})
            assert answer.status_code == 200, (type_, parameter["name"], answer.text)
        for include in resource.get("searchInclude", ()):
            assert ask("GET", f"/fhir/{type_}", params={"_include": include}).status_code == 200


def test_official_definitions_are_named(ask: Ask) -> None:
    statement = ask("GET", "/fhir/metadata").json()
    found = {
        (resource["type"], parameter["name"]): parameter["definition"].rpartition("/")[2]
        for resource in statement["rest"][0]["resource"]
        for parameter in resource["searchParam"]
    }
    assert found["Patient", "identifier"] == "Patient-identifier"
    assert found["Observation", "patient"] == "clinical-patient"
    assert found["MedicationRequest", "status"] == "medications-status"
    assert found["Coverage", "patient"] == "Coverage-patient"
    assert found["Patient", "_id"] == "Resource-id"
