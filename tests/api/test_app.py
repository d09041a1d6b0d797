"""What holds for every address: OperationOutcome, request ids, bounds, no stack trace."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from fhir.resources.R4B import get_fhir_model_class

from gateway.api import Context, Options, create_app, health
from gateway.errors import Retry
from gateway.store import Store

Ask = Callable[..., Any]
Put = Callable[..., None]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/nothing", 404),
        ("GET", "/fhir?foo=1", 400),
        ("GET", "/fhir/Nothing", 404),
        ("GET", "/fhir/Patient/", 404),
        ("GET", "/fhir/Patient/1/2/3/4", 404),
        ("GET", "/fhir/Patient/$everything/x", 404),
        ("POST", "/fhir/Patient", 405),
        ("PUT", "/fhir/Patient/1", 405),
        ("DELETE", "/fhir/Patient/1", 405),
        ("PATCH", "/fhir/Patient/1", 405),
        ("POST", "/fhir/metadata", 405),
        ("GET", "/fhir/Patient?_format=turtle", 406),
        ("GET", "/fhir/Patient/1?_format=text/turtle", 406),
        ("GET", "/fhir/Patient/1?foo=1", 400),
        ("GET", "/fhir/Patient?identifier=" + "x" * 9000, 414),
        ("GET", "/fhir/Patient?" + "&" * 200, 400),
    ],
)
def test_every_error_is_an_operation_outcome(ask: Ask, method: str, path: str, status: int) -> None:
    answer = ask(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/fhir+json"
    get_fhir_model_class("OperationOutcome").model_validate_json(answer.content)
    if status == 405:
        assert answer.headers["allow"]


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("application/fhir+json", 200),
        ("application/json;q=0.5, text/plain", 200),
        ("*/*", 200),
        ("text/html", 200),
        ("application/fhir+xml", 200),
        ("application/fhir+turtle", 406),
        ("application/fhir+json;q=0", 406),
        ("application/fhir+json; fhirVersion=4.0", 200),
        ("application/fhir+json; fhirVersion=5.0", 406),
        ('application/fhir+xml; q=0.9; fhirversion="3.0"', 406),
        ("application/fhir+json; fhirVersion=5.0, application/fhir+json; fhirVersion=4.0; q=0.1", 200),
        ("image/png", 406),
    ],
)
def test_accept(ask: Ask, accept: str, status: int) -> None:
    assert ask("GET", "/fhir/Patient", headers={"Accept": accept}).status_code == status
    assert ask("GET", "/fhir/metadata", headers={"Accept": accept}).status_code == status


@pytest.mark.parametrize(
    "given", ["json", "application/json", "application/fhir+json", "application/fhir%2Bjson"]
)
def test_format_overrules_accept(ask: Ask, given: str) -> None:
    answer = ask("GET", f"/fhir/Patient?_format={given}", headers={"Accept": "application/fhir+xml"})
    assert answer.status_code == 200


def test_a_request_id_is_given_back_or_made(ask: Ask) -> None:
    assert ask("GET", "/fhir/Patient", headers={"X-Request-Id": "abc-1"}).headers["x-request-id"] == "abc-1"
    made = {ask("GET", "/nothing").headers["x-request-id"] for _ in range(3)}
    assert len(made) == 3
    assert ask("GET", "/nothing", headers={"X-Request-Id": "a b<c>"}).headers["x-request-id"] not in (
        "a b<c>",
        "",
    )


def test_an_error_of_ours_tells_nobody_its_stack(
    ask: Ask, store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("Zhang San")

    monkeypatch.setattr(store, "read", broken)
    answer = ask("GET", "/fhir/Patient/1")
    assert answer.status_code == 500
    assert "Zero" not in answer.text
    assert "Zhang" not in answer.text + caplog.text
    assert answer.headers["x-request-id"] in caplog.text


def test_a_store_that_is_busy_is_503_with_retry_after(
    ask: Ask, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object, **__: object) -> None:
        raise Retry("the store cannot be read", after=3)

    monkeypatch.setattr(store, "search", busy)
    answer = ask("GET", "/fhir/Patient")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "3")
    assert answer.json()["issue"][0]["code"] == "transient"


def test_health_and_readiness(ask: Ask, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ask("GET", "/healthz").json() == {"status": "ok"}
    assert ask("GET", "/readyz").status_code == 200
    monkeypatch.setattr(store, "ready", lambda: 1 / 0)
    answer = ask("GET", "/readyz")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert ask("GET", "/healthz").status_code == 200


def test_a_database_that_hangs_is_not_ready_and_holds_one_thread(
    server: FastAPI, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    awake, looks = threading.Event(), []

    def hang() -> bool:
        looks.append(1)
        return awake.wait(30)

    async def probe() -> list[int]:
        transport = httpx.ASGITransport(server)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8080") as client:
            told = [(await client.get("/readyz")).status_code for _ in range(3)]
            awake.set()
            monkeypatch.setattr(health, "PATIENCE", 30)
            return [*told, (await client.get("/readyz")).status_code]

    monkeypatch.setattr(store, "ready", hang)
    monkeypatch.setattr(health, "PATIENCE", 0.01)
    assert asyncio.run(probe()) == [503, 503, 503, 200]
    assert len(looks) == 1


def test_the_public_url_is_the_operators(store: Store, put: Put) -> None:
    put({"resourceType": "Patient", "id": "p1"})
    app = create_app(Context(store, Options(public_url="https://fhir.example/hospital/")))

    async def run() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://evil") as client:
            return await client.get("/fhir/Patient")

    bundle = asyncio.run(run()).json()
    assert bundle["entry"][0]["fullUrl"] == "https://fhir.example/hospital/fhir/Patient/p1"
    assert "evil" not in str(bundle)


def test_over_a_real_socket(app: FastAPI, put: Put) -> None:
    """Several clients at once, with searches in threads and reads inline."""
    put(*({"resourceType": "Patient", "id": f"p{n}"} for n in range(20)))
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        base = f"http://127.0.0.1:{listener.getsockname()[1]}"

        async def run() -> list[httpx.Response]:
            async with httpx.AsyncClient(base_url=base) as client:
                urls = [f"/fhir/Patient/p{n}" for n in range(20)] + ["/fhir/Patient?_count=5"] * 20
                return list(await asyncio.gather(*(client.get(url) for url in urls)))

        answers = asyncio.run(run())
        assert {answer.status_code for answer in answers} == {200}
        head = httpx.head(f"{base}/fhir/Patient/p1")
        assert (head.status_code, head.content) == (200, b"")
        assert answers[-1].json()["entry"][0]["fullUrl"] == f"{base}/fhir/Patient/p19"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()
