"""$validate over the real application: any type of R4, bare or inside Parameters, and never a 500."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from gateway.api import Context, create_app
from gateway.store import Store
from gateway.validation import Examination, Validator, examine

Ask = Callable[..., httpx.Response]
WRONG = {"resourceType": "Patient", "gender": "M"}


@pytest.fixture(scope="module")
def validator() -> Validator:
    return Validator()


@pytest.fixture
def app(store: Store, validator: Validator) -> FastAPI:
    def check(data: bytes, profiles: Sequence[str]) -> Examination:
        return examine(validator, data, profiles)

    return create_app(Context(store, examine=check))


def found(answer: httpx.Response) -> set[tuple[str, str]]:
    """(path, rule) of the errors."""
    assert answer.status_code == 200, answer.text
    told: list[dict[str, Any]] = answer.json()["issue"]
    return {
        (one.get("expression", [""])[0], one["details"]["text"])
        for one in told
        if one["severity"] in ("error", "fatal")
    }


def test_it_takes_types_that_the_server_does_not_store(ask: Ask) -> None:
    bundle = {
        "resourceType": "Bundle",
        "type": "searchset",
        "entry": [{"fullUrl": "urn:x:1", "resource": WRONG}],
    }
    assert found(ask("POST", "/fhir/Bundle/$validate", json=bundle)) == {
        ("Bundle.entry[0].resource.gender", "binding")
    }
    assert ("Questionnaire.status", "cardinality") in found(
        ask("POST", "/fhir/Questionnaire/$validate", json={"resourceType": "Questionnaire"})
    )
    assert ask("POST", "/fhir/Patients/$validate", json={"resourceType": "Patients"}).status_code == 404


def test_parameters_name_the_resource_and_its_profiles(ask: Ask) -> None:
    bp = "http://hl7.org/fhir/StructureDefinition/bp"
    of_bp = {"resourceType": "Observation", "status": "final", "code": {"text": "x"}}
    given = [{"name": "resource", "resource": of_bp}, {"name": "profile", "valueUri": bp}]
    answer = ask(
        "POST", "/fhir/Observation/$validate", json={"resourceType": "Parameters", "parameter": given}
    )
    assert ("Observation.subject", "cardinality") in found(answer)


@pytest.mark.parametrize("parameter", [5, None, {}, ["x"], [5, {"name": "resource"}]])
def test_parameters_that_are_none_are_told(ask: Ask, parameter: Any) -> None:
    body = {"resourceType": "Parameters", "parameter": parameter}
    assert found(ask("POST", "/fhir/Parameters/$validate", json=body))


def test_a_resource_behind_a_broken_parameter_is_checked(ask: Ask) -> None:
    body = {"resourceType": "Parameters", "parameter": ["x", {"name": "resource", "resource": WRONG}]}
    assert found(ask("POST", "/fhir/Patient/$validate", json=body)) == {("Patient.gender", "binding")}


def test_the_capability_statement_names_it(ask: Ask) -> None:
    resources = ask("GET", "/fhir/metadata").json()["rest"][0]["resource"]
    assert all("validate" in {each["name"] for each in one["operation"]} for one in resources)
