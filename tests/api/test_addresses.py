"""Addresses: every one has a defined answer, tricks and other methods too."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import pytest
from fastapi import FastAPI

Call = Callable[..., Any]


def raw(app: FastAPI, method: str, path: str) -> tuple[int, str]:
    """Ask for a path as it stands: clients mend some of these."""
    told: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        told.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "http",
        "server": ("localhost", 8080),
        "method": method,
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"host", b"localhost:8080")],
    }
    asyncio.run(app(scope, receive, send))
    return told[0]["status"], b"".join(one.get("body", b"") for one in told[1:]).decode()


@pytest.mark.parametrize(
    "path",
    [
        "/fhir/Patient/..",
        "/fhir/Patient/../Observation",
        "/fhir/Patient/%2e%2e/Observation/x",
        "/fhir/Patient/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "/fhir/Patient/a%00b",
        "/fhir/Patient/a%0d%0aX-Evil:1",
        "//fhir//Patient",
        "/fhir//Patient",
        "/fhir/Patient//p1",
        "/fhir/Patient/p1/",
        "/fhir/Patient/p1/_history/",
        "/fhir/Patient/p1/_history/0",
        "/fhir/Patient/p1/_history/x",
        "/fhir/Patient/p1/_history/99999999999999999999",
        "/fhir/Patient/" + "x" * 500,
        "/fhir/Patient/%E5%BC%A0",
        "/fhir/Patient/%ff",
        "/fhir/patient/p1",
        "/fhir/Parameters/p1",
        "/FHIR/Patient",
        "/t/second/t/second/fhir/Patient",
        "/t/nobody/fhir/Patient",
        "/t//fhir/Patient",
        "/fhir/Patient/;DROP TABLE version",
        "/fhir/Patient/1'%20OR%20'1'='1",
    ],
)
def test_tricks_find_nothing(server: FastAPI, path: str) -> None:
    status, text = raw(server, "GET", path)
    assert status == 404, (path, text)
    assert json.loads(text)["resourceType"] == "OperationOutcome"


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("PUT", "/fhir", "GET, HEAD, OPTIONS, POST"),
        ("DELETE", "/fhir", "GET, HEAD, OPTIONS, POST"),
        ("POST", "/fhir/Patient/p1", "DELETE, GET, HEAD, OPTIONS, PATCH, PUT"),
        ("PUT", "/fhir/Patient/p1/_history/1", "GET, HEAD, OPTIONS"),
        ("GET", "/fhir/Patient/_search", "OPTIONS, POST"),
        ("POST", "/fhir/metadata", "GET, HEAD, OPTIONS"),
        ("TRACE", "/fhir/Patient/p1", "DELETE, GET, HEAD, OPTIONS, PATCH, PUT"),
        ("BREW", "/fhir/Patient", "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"),
    ],
)
def test_another_method_is_405_and_says_which(call: Call, method: str, path: str, allow: str) -> None:
    answer = call(method, path)
    assert (answer.status_code, answer.headers["allow"]) == (405, allow)
    assert answer.json()["resourceType"] == "OperationOutcome"


@pytest.mark.parametrize("type_", ["CodeSystem", "StructureDefinition", "Measure", "Patient"])
def test_an_operation_of_every_type_is_no_id_of_a_type_that_is_only_read(call: Call, type_: str) -> None:
    answer = call("GET", f"/fhir/{type_}/$validate")
    assert (answer.status_code, answer.headers["allow"]) == (405, "OPTIONS, POST")
    answer = call("POST", f"/fhir/{type_}/$validate", {"resourceType": type_})
    assert (answer.status_code, answer.json()["resourceType"]) == (200, "OperationOutcome")


def test_options(call: Call) -> None:
    answer = call("OPTIONS", "/fhir/Patient/p1")
    assert (answer.status_code, answer.content) == (204, b"")
    assert "PATCH" in answer.headers["allow"]
    assert "application/json-patch+json" in answer.headers["accept-patch"]
    assert call("OPTIONS", "/nothing").status_code == 404


@pytest.mark.parametrize(
    "path", ["/fhir/Patient/p1", "/fhir/Patient", "/fhir/metadata", "/fhir/Patient/none"]
)
def test_head_is_get_without_the_body(call: Call, path: str) -> None:
    call("PUT", "/fhir/Patient/p1", {"resourceType": "Patient", "id": "p1"})
    get, head = call("GET", path), call("HEAD", path)
    assert (head.status_code, head.content) == (get.status_code, b"")
    assert head.headers.get("etag") == get.headers.get("etag")
