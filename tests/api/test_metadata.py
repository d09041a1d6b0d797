"""The CapabilityStatement claims what works, and nothing works that it does not claim."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fhir.resources.R4B import get_fhir_model_class

from gateway.store.index import Parameter, parameters

Call = Callable[..., Any]
SAMPLE = {
    "token": "x",
    "reference": "http://elsewhere/x",
    "date": "2026",
    "string": "x",
    "number": "1",
    "quantity": "1",
    "uri": "urn:x",
    "special": "1|1|1|km",
}
READS = ("read", "vread", "search-type", "history-instance", "history-type")
RESULT = {
    "_count",
    "_sort",
    "_include",
    "_revinclude",
    "_summary",
    "_elements",
    "_total",
    "_cursor",
    "_contained",
}
EVERYWHERE = {"_has", "_list", "_type", "_format", "_pretty", "_containedType", "_since", *RESULT}


@pytest.fixture
def statement(call: Call) -> dict[str, Any]:
    answer = call("GET", "/fhir/metadata")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def stored(statement: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for one in statement["rest"][0]["resource"] if one["versioning"] != "no-version"]


def ask_all(app: FastAPI, asked: Iterable[tuple[str, str]]) -> dict[tuple[str, str], httpx.Response]:
    async def run() -> dict[tuple[str, str], httpx.Response]:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://localhost:8080"
        ) as client:
            return {(method, url): await client.request(method, url) for method, url in asked}

    return asyncio.run(run())


def sample(parameter: Parameter) -> str:
    if parameter.type == "composite":
        return "$".join(sample(one) for one in parameter.components)
    return SAMPLE[parameter.type]


def test_it_is_a_valid_capability_statement(call: Call, statement: dict[str, Any]) -> None:
    get_fhir_model_class("CapabilityStatement").model_validate(statement)
    assert statement["fhirVersion"] == "4.0.1"
    assert statement["software"]["version"] == "1.2.3"
    assert statement["implementation"]["url"] == "http://localhost:8080/fhir"
    assert call("GET", "/t/second/fhir/metadata").json()["implementation"]["url"].endswith("/t/second/fhir")
    assert len(statement["rest"][0]["resource"]) == 145  # Parameters have no address


def test_every_search_parameter_works(server: FastAPI, statement: dict[str, Any]) -> None:
    asked = [
        ("GET", f"/fhir/{one['type']}?{each['name']}={sample(parameters(one['type'])[each['name']])}")
        for one in stored(statement)
        for each in one["searchParam"]
    ]
    assert len(asked) > 1500
    wrong = {
        url: answer.text for (_, url), answer in ask_all(server, asked).items() if answer.status_code != 200
    }
    assert wrong == {}


def test_what_is_claimed_of_every_type_is_served_of_every_type(
    server: FastAPI, statement: dict[str, Any]
) -> None:
    rest = statement["rest"][0]
    asked = [
        ("GET", f"/fhir/{one['type']}?{each['name']}={SAMPLE[each['type']]}")
        for one in rest["resource"]
        if one["versioning"] == "no-version"
        for each in (*rest["searchParam"], *one["searchParam"])
    ]
    wrong = {
        url: answer.text for (_, url), answer in ask_all(server, asked).items() if answer.status_code != 200
    }
    assert asked
    assert wrong == {}


def test_every_include_works(server: FastAPI, statement: dict[str, Any]) -> None:
    asked = [
        ("GET", f"/fhir/{one['type']}?{name}={value}")
        for one in stored(statement)
        for name, claimed in (("_include", "searchInclude"), ("_revinclude", "searchRevInclude"))
        for value in one.get(claimed, ())[:10]
    ]
    wrong = {
        url: answer.text for (_, url), answer in ask_all(server, asked).items() if answer.status_code != 200
    }
    assert wrong == {}


def test_no_search_parameter_works_unclaimed(server: FastAPI, statement: dict[str, Any]) -> None:
    by_type = {one["type"]: {each["name"] for each in one["searchParam"]} for one in stored(statement)}
    known = set().union(*by_type.values()) | {"_text", "_content", "_query", "_filter", "foo"}
    asked = [
        ("GET", f"/fhir/{type_}?{name}=1")
        for type_ in ("Patient", "Observation", "Encounter", "Basic")
        for name in sorted(known - by_type[type_] - EVERYWHERE)
    ]
    wrong = [url for (_, url), answer in ask_all(server, asked).items() if answer.status_code != 400]
    assert wrong == []


def test_every_interaction_works(call: Call, statement: dict[str, Any]) -> None:
    codes = {frozenset(each["code"] for each in one["interaction"]) for one in stored(statement)}
    assert codes == {frozenset((*READS, "update", "patch", "delete", "create"))}
    for type_, more in (
        ("Patient", {}),
        ("Basic", {"code": {"text": "x"}}),
        ("Invoice", {"status": "draft"}),
    ):
        body: dict[str, Any] = {"resourceType": type_, "id": "x", **more}
        assert call("PUT", f"/fhir/{type_}/x", body).status_code == 201
        assert call("POST", f"/fhir/{type_}", body).status_code == 201
        assert call("GET", f"/fhir/{type_}/x/_history/1").status_code == 200
        assert call("DELETE", f"/fhir/{type_}/x").status_code == 204
        assert len(call("GET", f"/fhir/{type_}/_history").json()["entry"]) == 3
    system = {each["code"] for each in statement["rest"][0]["interaction"]}
    assert system == {"transaction", "batch", "search-system", "history-system"}


def test_what_is_read_only_is_claimed_so(call: Call, statement: dict[str, Any]) -> None:
    for one in statement["rest"][0]["resource"]:
        if one["versioning"] == "no-version":
            assert {each["code"] for each in one["interaction"]} == {"read", "search-type"}
            for method in ("PUT", "DELETE", "PATCH"):
                assert call(method, f"/fhir/{one['type']}/x", {}).status_code == 405
            assert call("POST", f"/fhir/{one['type']}", {}).status_code == 405
            assert call("GET", f"/fhir/{one['type']}/x/_history").status_code == 404


def test_every_operation_works_and_no_other(call: Call, statement: dict[str, Any]) -> None:
    call("PUT", "/fhir/Patient/x", {"resourceType": "Patient", "id": "x"})
    visit = {"status": "planned", "class": {"code": "AMB"}, "subject": {"reference": "Patient/x"}}
    call("PUT", "/fhir/Encounter/x", {"resourceType": "Encounter", "id": "x", **visit})
    group = {"type": "person", "actual": True, "member": [{"entity": {"reference": "Patient/x"}}]}
    call("PUT", "/fhir/Group/x", {"resourceType": "Group", "id": "x", **group})
    rest = statement["rest"][0]
    for one in rest["resource"]:
        for operation in one.get("operation", ()):
            answers = {
                call(method, f"/fhir/{one['type']}{place}/${operation['name']}", body).status_code
                for place in ("", "/x")
                for method, body in (("GET", None), ("POST", {"resourceType": "Parameters"}))
            }
            assert answers - {404, 405}, (one["type"], operation["name"])
    for path in ("/fhir/$foo", "/fhir/Patient/$foo", "/fhir/Patient/x/$foo"):
        assert call("GET", path).status_code in (404, 405)
        assert call("POST", path, {}).status_code in (404, 405)


def test_a_server_that_only_reads_claims_no_more(ask: Call) -> None:
    statement = ask("GET", "/fhir/metadata").json()
    one = stored(statement)[0]
    assert {each["code"] for each in one["interaction"]} == set(READS)
    assert (one["updateCreate"], one["conditionalDelete"]) == (False, "not-supported")
    assert "patchFormat" not in statement


def test_official_definitions_are_named(statement: dict[str, Any]) -> None:
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
