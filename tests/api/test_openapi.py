"""OpenAPI: it names what is served, and nothing that it lets a client send is a 500."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings

Call = Callable[..., Any]

EXAMPLES = settings(
    max_examples=4,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@schemathesis.serializer("application/fhir+ndjson")
def ndjson(_context: object, value: object) -> bytes:
    return value if isinstance(value, bytes) else json.dumps(value).encode()


def test_nothing_is_a_server_error(server: FastAPI) -> None:
    schema = schemathesis.openapi.from_asgi("/openapi.json", server)
    wrong: list[str] = []

    def check(case: schemathesis.Case) -> None:
        response = case.call()
        fine = response.status_code < 400 or "OperationOutcome" in response.text
        if response.status_code >= 500 or not fine:
            wrong.append(f"{case.method} {case.path}: {response.status_code} {response.text[:200]}")

    tried = 0
    for found in schema.get_all_operations():
        EXAMPLES(given(case=found.ok().as_strategy())(check))()
        tried += 1
    assert tried > 40
    assert wrong == []


def test_it_describes_what_is_served(call: Call) -> None:
    described = call("GET", "/openapi.json").json()
    assert described["openapi"].startswith("3.1")
    paths = described["paths"]
    assert set(paths["/fhir/{type}/{id}"]) == {"get", "put", "patch", "delete"}
    assert set(paths["/fhir"]) == {"get", "post"}
    assert "application/json-patch+json" in paths["/fhir/{type}/{id}"]["patch"]["requestBody"]["content"]
    ids = [one["operationId"] for item in paths.values() for one in item.values()]
    assert len(ids) == len(set(ids))
    assert "Patient" in paths["/fhir/{type}"]["get"]["parameters"][0]["schema"]["enum"]


def test_the_page_needs_nothing_from_elsewhere(call: Call) -> None:
    page = call("GET", "/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert "/fhir/{type}/{id}" in page.text
    assert "http://" not in page.text
    assert "https://" not in page.text
