"""The quick read answers what the whole way would, byte for byte, or leaves it to the whole way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.middleware import Middleware

from gateway.api import Context, create_app
from gateway.api.quick import Quick
from gateway.security import Access, Clients, clients_file
from gateway.security.client import Client, digest
from gateway.store import Store

Put = Callable[..., None]
Plain = dict[str, str]

PLAIN: list[tuple[str, Plain]] = [
    ("/fhir/Patient/p1", {}),
    ("/fhir/Patient/p1", {"Accept": "application/fhir+json"}),
    ("/fhir/Patient/p1", {"Accept": "application/json"}),
    ("/fhir/Patient/p1", {"X-Request-Id": "mine-1"}),
    ("/fhir/Patient/p1", {"Accept-Encoding": "identity"}),
    ("/fhir/Patient/p1", {"Cookie": "a=b", "Traceparent": "00-1-2-3"}),
    ("/fhir/Patient/p1", {"Accept-Encoding": "gzip, deflate, br"}),
    ("/fhir/Observation/big", {}),
    ("/fhir/Observation/big", {"Accept-Encoding": "gzip;q=0"}),
    ("/fhir/Observation/a.b-C", {}),
    ("/fhir/Patient/p1?", {}),
    ("/t/default/fhir/Patient/p1", {}),
    ("/fhir/Patient/p1", {"Authorization": "Bearer whatever"}),
]
"""What the quick read answers itself."""

OTHER: list[tuple[str, str, Plain]] = [
    ("GET", "/fhir/Patient/p1", {"Accept": "application/fhir+xml"}),
    ("GET", "/fhir/Patient/p1", {"Accept": "text/html, */*;q=0.1"}),
    ("GET", "/fhir/Patient/p1", {"Accept": "image/png"}),
    ("GET", "/fhir/Patient/p1?_format=json", {}),
    ("GET", "/fhir/Patient/p1?_format=xml", {}),
    ("GET", "/fhir/Patient/p1?_format=turtle", {}),
    ("GET", "/fhir/Patient/p1?_pretty=true", {}),
    ("GET", "/fhir/Patient/p1?_summary=true", {}),
    ("GET", "/fhir/Patient/p1?_elements=name", {}),
    ("GET", "/fhir/Patient/p1?foo=bar", {}),
    ("GET", "/fhir/Patient/p1", {"If-None-Match": 'W/"1"'}),
    ("GET", "/fhir/Patient/p1", {"If-None-Match": 'W/"9"'}),
    ("GET", "/fhir/Patient/p1", {"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"}),
    ("GET", "/fhir/Patient/p1", {"Host": "evil.example"}),
    ("GET", "/fhir/Observation/big", {"Accept-Encoding": "gzip"}),
    ("HEAD", "/fhir/Patient/p1", {}),
    ("OPTIONS", "/fhir/Patient/p1", {}),
    ("TRACE", "/fhir/Patient/p1", {}),
    ("GET", "/fhir/Patient/p1/", {}),
    ("GET", "/fhir//Patient/p1", {}),
    ("GET", "/fhir/Patient/p1%0A", {}),
    ("GET", "/fhir/Patient/nobody", {}),
    ("GET", "/fhir/Patient/" + "x" * 65, {}),
    ("GET", "/fhir/patient/p1", {}),
    ("GET", "/fhir/Nothing/p1", {}),
    ("GET", "/fhir/Patient/$x", {}),
    ("GET", "/fhir/Patient/_history", {}),
    ("GET", "/fhir/Patient/p1/_history/1", {}),
    ("GET", "/fhir/CodeSystem/p1", {}),
    ("GET", "/fhir/Subscription/s1", {}),
    ("GET", "/fhir/Patient", {}),
    ("GET", "/t/second/fhir/Patient/p1", {}),
    ("GET", "/Patient/p1", {}),
]


@pytest.fixture
def filled(put: Put) -> None:
    put(
        {
            "resourceType": "Patient",
            "id": "p1",
            "name": [{"family": "张", "given": ["三"]}],
            "gender": "male",
        },
        {"resourceType": "Observation", "id": "a.b-C", "valueQuantity": {"value": 1.10}},
        {"resourceType": "Observation", "id": "big", "note": [{"text": "x" * 5000}] * 20},
    )


class Both:
    """The application with the quick read and without, over one store."""

    def __init__(self, store: Store, clients: Clients) -> None:
        self.whole = _application(store, clients)
        self.asked = 0
        self.quick = Quick(self._count, self.whole.state.context, clients)  # as ``protect`` puts it

    async def _count(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked += 1
        await self.whole(scope, receive, send)

    def same(self, method: str, url: str, headers: Plain) -> httpx.Response:
        """Ask both; return the answer, which must be the same."""
        found, wanted = (_ask(app, method, url, headers) for app in (self.quick, self.whole))
        assert found.status_code == wanted.status_code
        assert found.content == wanted.content
        told, meant = dict(found.headers), dict(wanted.headers)
        given = headers.get("X-Request-Id")
        for one in (told, meant):
            assert one.pop("x-request-id") == given or not given
        assert told == meant
        return found


def _application(store: Store, clients: Clients) -> FastAPI:
    app = create_app(Context(store))
    app.user_middleware.append(Middleware(Access, clients=clients))
    return app


def _ask(app: Any, method: str, url: str, headers: Plain) -> httpx.Response:
    async def run() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8080") as client:
            client.headers.pop("accept-encoding")
            return await client.request(method, url, headers=headers)

    return asyncio.run(run())


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize(("url", "headers"), PLAIN)
def test_a_plain_read_is_quick_and_the_same(store: Store, url: str, headers: Plain) -> None:
    both = Both(store, Clients())
    answer = both.same("GET", url, headers)
    assert answer.status_code == 200
    assert both.asked == 0
    assert answer.headers["etag"] == 'W/"1"'
    assert answer.headers["content-type"] == "application/fhir+json"


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize(("method", "url", "headers"), OTHER)
def test_anything_else_is_left_to_the_application(
    store: Store, method: str, url: str, headers: Plain
) -> None:
    both = Both(store, Clients())
    both.same(method, url, headers)
    assert both.asked == 1


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize("token", ["", "nobody", "reader", "writer", "east", "reader, Bearer writer"])
@pytest.mark.parametrize("base", ["/fhir", "/t/east/fhir", "/t/default/fhir", "/t/nowhere/fhir"])
def test_who_may_read_is_the_same_both_ways(
    store: Store, put: Put, tmp_path: Path, token: str, base: str
) -> None:
    put({"resourceType": "Patient", "id": "p1", "name": [{"family": "East"}]}, tenant="east")
    file = tmp_path / "clients.toml"
    clients_file.add(file, Client("reader", digest(b"reader"), "read"))
    clients_file.add(file, Client("writer", digest(b"writer"), "write"))
    clients_file.add(file, Client("east", digest(b"east"), "read", "east"))
    both = Both(store, Clients(file))
    answer = both.same("GET", f"{base}/Patient/p1", {"Authorization": f"Bearer {token}"} if token else {})
    own = {"reader": ("/fhir", "/t/default/fhir"), "east": ("/t/east/fhir",)}
    own["writer"] = own["reader"]
    expected = 401 if token not in own else 200 if base in own[token] else 404
    assert answer.status_code == expected
    assert both.asked == (expected != 200)
    assert ("East" in answer.text) == (token == "east" and expected == 200)


def test_an_error_of_the_store_is_told_by_the_application(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("Zhang San")

    monkeypatch.setattr(store, "read", broken)
    answer = Both(store, Clients()).same("GET", "/fhir/Patient/p1", {})
    assert answer.status_code == 500
    assert "Zhang" not in answer.text


@pytest.mark.usefixtures("filled")
def test_only_names_of_this_machine_are_quick_where_nobody_said_another(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "clients.toml"
    clients_file.add(file, Client("r", digest(b"r"), "read", "default"))
    both = Both(store, Clients(file))
    both.quick = Quick(both._count, both.whole.state.context, Clients(file), nameless=True)
    token = {"Authorization": "Bearer r"}
    both.same("GET", "/fhir/Patient/p1", token)
    assert both.asked == 0
    both.same("GET", "/fhir/Patient/p1", {**token, "Host": "evil.example"})
    assert both.asked == 1
