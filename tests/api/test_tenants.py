"""Tenants: a token of one sees nothing of the other, on any route; same ids and identifiers do not meet."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from gateway import bootstrap
from gateway.api.front import protect
from gateway.api.routes import Node, Routes
from gateway.security import Clients, clients_file, right_of
from gateway.security.access import split
from gateway.security.client import Client, digest
from gateway.settings import ApiSettings, Settings, StoreSettings

EAST = "/t/east/fhir"
Tell = Callable[..., httpx.Response]


def clients_of(folder: Path) -> Clients:
    """Return an operator of the default tenant, ``west``, and one of the tenant ``east``."""
    file = folder / "clients.toml"
    clients_file.add(file, Client("west", digest(b"west"), "operator"))
    clients_file.add(file, Client("east", digest(b"east"), "operator", "east"))
    return Clients(file)


def teller(app: Any) -> Tell:
    """Return ``tell(token, method, url, body)`` → the answer of ``app``."""

    def tell(token: str, method: str, url: str, body: Any = None, **headers: str) -> httpx.Response:
        async def run() -> httpx.Response:
            given = {name.replace("_", "-"): value for name, value in headers.items()}
            given |= {"authorization": f"Bearer {token}"} if token else {}
            content = body if isinstance(body, bytes | None) else json.dumps(body).encode()
            if content is not None:
                given.setdefault("content-type", "application/fhir+json")
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8080") as client:
                return await client.request(method, url, content=content, headers=given)

        return asyncio.run(run())

    return tell


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[bootstrap.Gateway]:
    """A gateway as `qiao serve` wires it, with every route there is."""
    clients_of(tmp_path)
    store = StoreSettings(url=f"sqlite:///{tmp_path / 'qiao.db'}")
    doors: dict[str, dict[str, Any]] = {
        name: {"enabled": False} for name in ("his/hl7v2", "lis/hl7v2", "pacs/ris_hl7v2")
    }
    built = bootstrap.build(Settings(store=store, api=ApiSettings(port=0), adapters=doors))
    yield built
    built.listening.close()
    built.store.close()


def routes(app: FastAPI) -> list[tuple[str, str]]:
    """Return every (method, path) that the application serves."""
    found: list[tuple[str, str]] = []

    def walk(node: Node, path: str) -> None:
        found.extend((method, path) for method in node.methods)
        for part, below in node.named.items():
            walk(below, f"{path}/{part}")
        if node.any is not None:
            walk(node.any, f"{path}/{{}}")

    for route in app.routes:
        if isinstance(route, Routes):
            walk(route._root, "")
        else:
            found.append(("GET", route.path))  # type: ignore[attr-defined]
    return found


def filled(path: str) -> str:
    """Return a path of the tree with something in the place of its parameters."""
    parts = path.split("/")
    if parts[1:2] == ["t"]:
        parts[2] = "{}"
    words = iter(("Patient", "1", "Observation", "1", "1"))
    below = parts.index("fhir") + 1 if "fhir" in parts else len(parts)
    named = [part for part in parts[below:] if part and part != "{}"]
    if named and not named[0].startswith(("_", "$")):
        next(words)  # the type is said
    return "/".join([*parts[:below], *(next(words) if part == "{}" else part for part in parts[below:])])


def test_every_route_of_another_tenant_is_404_like_one_that_is_not_there(gateway: bootstrap.Gateway) -> None:
    app = gateway.server.config.app
    tell = teller(app)
    walked = 0
    for method, path in routes(app.app.app):  # type: ignore[union-attr]
        url = filled(path)
        if not url.startswith("/t/{}/fhir"):
            continue
        rest = url.removeprefix("/t/{}/fhir")
        unknown = tell("west", method, f"/t/nowhere/fhir{rest}")
        assert unknown.status_code == 404, (method, rest)
        for token, base in (("west", EAST), ("east", "/fhir"), ("east", "/t/default/fhir")):
            answer = tell(token, method, base + rest)
            assert (answer.status_code, answer.content) == (404, unknown.content), (method, base + rest)
        for base in ("/fhir", EAST):
            status = tell("", method, base + rest).status_code
            assert status == (200 if base + rest == "/fhir/metadata" else 401), (method, base + rest)
        walked += 1
    assert walked > 40


def test_a_feed_of_another_tenant_is_404_like_one_that_is_not_there(gateway: bootstrap.Gateway) -> None:
    app = gateway.server.config.app
    tell, walked = teller(app), 0
    for method, path in routes(app.app.app):  # type: ignore[union-attr]
        if path.startswith("/feed/{}"):
            rest = path.removeprefix("/feed/{}")
            unknown = tell("west", method, f"/feed/nowhere{rest}")
            assert unknown.status_code == 404, path
            for token, tenant in (("west", "east"), ("east", "default")):
                answer = tell(token, method, f"/feed/{tenant}{rest}")
                assert (answer.status_code, answer.content) == (404, unknown.content), path
            assert tell("", method, f"/feed/default{rest}").status_code == 401, path
            walked += 1
    assert walked == 9


def test_every_route_has_a_right_of_its_own(gateway: bootstrap.Gateway) -> None:
    for method, path in routes(gateway.server.config.app.app.app):  # type: ignore[union-attr]
        url = filled(path)
        if url.startswith("/fhir"):
            assert right_of(method, url.removeprefix("/fhir")) != "other", (method, url)
        elif url.startswith("/feed/"):
            assert right_of(method, split(url)[1]) in ("feed", "feedback")
        else:
            assert url.startswith("/t/{}/fhir") or url in ("/healthz", "/readyz", "/docs", "/openapi.json")


@pytest.fixture
def tell(server: FastAPI, tmp_path: Path) -> Tell:
    return teller(protect(server, clients_of(tmp_path)))


def test_who_may_not_pass_is_told_so_in_his_language(tell: Tell) -> None:
    for token, status, text in (
        ("", 401, "请在请求头中发送"),
        ("nobody", 401, "令牌无效"),
        ("east", 404, "此地址"),
    ):
        answer = tell(token, "GET", "/fhir/Patient/1", accept_language="zh-CN")
        assert (answer.status_code, answer.headers["content-language"]) == (status, "zh-CN")
        assert answer.json()["issue"][0]["diagnostics"].startswith(text)


def patient(family: str, **more: Any) -> dict[str, Any]:
    identifier = [{"system": "urn:mrn", "value": "1"}]
    return {
        "resourceType": "Patient",
        "id": "1",
        "identifier": identifier,
        "name": [{"family": family}],
        **more,
    }


def observation(text: str) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": "1",
        "status": "final",
        "code": {"text": text},
        "subject": {"reference": "Patient/1"},
    }


@pytest.fixture
def both(tell: Tell) -> Tell:
    """The same ids, identifiers and references in both tenants, with another name in each."""
    for token, base in (("west", "/fhir"), ("east", EAST)):
        for body in (patient(token), observation(token)):
            answer = tell(token, "PUT", f"{base}/{body['resourceType']}/1", body)
            assert answer.status_code == 201, answer.text
    return tell


READS = [
    "/Patient/1",
    "/Patient/1/_history/1",
    "/Patient?identifier=urn:mrn|1",
    "/Patient?_id=1&_revinclude=Observation:subject",
    "/Patient?_has:Observation:subject:status=final",
    "/Observation?subject:Patient.identifier=urn:mrn|1&_include=Observation:subject",
    "/Observation?_sort=-_lastUpdated&_total=accurate",
    "/Patient/1/Observation",
    "/Patient/1/$everything",
    "/Patient/1/_history",
    "/Patient/_history",
    "/_history",
]


@pytest.mark.parametrize("path", READS)
def test_each_sees_its_own(both: Tell, path: str) -> None:
    for token, base, other in (("west", "/fhir", "east"), ("east", EAST, "west")):
        answer = both(token, "GET", base + path)
        assert answer.status_code == 200, answer.text
        assert token in answer.text
        assert other not in answer.text.replace(EAST, "")


def test_a_version_of_the_other_is_not_there(both: Tell) -> None:
    assert both("east", "PUT", f"{EAST}/Patient/1", patient("east again")).status_code == 200
    assert both("east", "GET", f"{EAST}/Patient/1/_history/2").status_code == 200
    assert both("west", "GET", "/fhir/Patient/1/_history/2").status_code == 404
    assert both("east", "DELETE", f"{EAST}/Observation/1").status_code in (200, 204)
    assert both("west", "GET", "/fhir/Observation/1").status_code == 200
    assert both("east", "GET", f"{EAST}/Observation/1").status_code == 410


def test_a_condition_looks_in_its_own_tenant(both: Tell) -> None:
    created = {"resourceType": "Patient", "identifier": [{"system": "urn:mrn", "value": "2"}]}
    condition = {"if_none_exist": "identifier=urn:mrn|2"}
    assert both("west", "POST", "/fhir/Patient", created, **condition).status_code == 201
    assert both("east", "POST", f"{EAST}/Patient", created, **condition).status_code == 201
    assert both("east", "POST", f"{EAST}/Patient", created, **condition).status_code == 200
    assert both("east", "DELETE", f"{EAST}/Patient?identifier=urn:mrn|2").status_code in (200, 204)
    left = both("west", "GET", "/fhir/Patient?identifier=urn:mrn|2").json()
    assert len(left["entry"]) == 1


def test_a_transaction_reaches_its_own_tenant_only(both: Tell) -> None:
    bundle = {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            {
                "fullUrl": "urn:uuid:0190163e-8000-7000-8000-000000000001",
                "resource": observation("from a transaction")
                | {"subject": {"reference": "Patient?identifier=urn:mrn|1"}},
                "request": {"method": "PUT", "url": "Observation/2"},
            },
        ],
    }
    bundle["entry"][0]["resource"]["id"] = "2"  # type: ignore[index]
    answer = both("east", "POST", EAST, bundle)
    assert answer.status_code == 200, answer.text
    assert both("west", "GET", "/fhir/Observation/2").status_code == 404
    assert both("east", "GET", f"{EAST}/Observation/2").status_code == 200


def test_a_batch_asks_in_the_name_of_its_client(both: Tell) -> None:
    urls = [
        "Patient/1",
        "/t/east/fhir/Patient/1",
        "../t/east/fhir/Patient/1",
        "http://localhost:8080/t/east/fhir/Patient/1",
    ]
    entries = [{"request": {"method": "GET", "url": url}} for url in urls]
    answer = both("west", "POST", "/fhir", {"resourceType": "Bundle", "type": "batch", "entry": entries})
    assert answer.status_code == 200, answer.text
    statuses = [one["response"]["status"][:3] for one in answer.json()["entry"]]
    assert statuses[0] == "200"
    assert all(status in ("400", "404") for status in statuses[1:])
    assert '"east"' not in answer.text


def test_a_page_of_one_is_no_page_of_the_other(both: Tell) -> None:
    for number in range(3):
        body = patient("east") | {"id": f"p{number}"}
        assert both("east", "PUT", f"{EAST}/Patient/p{number}", body).status_code == 201
    found = both("east", "GET", f"{EAST}/Patient?_count=2").json()
    following = next(link["url"] for link in found["link"] if link["relation"] == "next")
    assert both("east", "GET", following).status_code == 200
    assert both("west", "GET", following).status_code == 404
    assert both("west", "GET", following.replace(EAST, "/fhir")).status_code == 400


def test_an_export_of_one_is_none_of_the_other(both: Tell) -> None:
    started = both("east", "GET", f"{EAST}/$export", prefer="respond-async", accept="application/fhir+json")
    assert started.status_code == 202, started.text
    job = started.headers["content-location"]
    assert both("west", "GET", job).status_code == 404
    assert both("west", "GET", job.replace(EAST, "/fhir")).status_code == 404
    assert both("west", "DELETE", job.replace(EAST, "/fhir")).status_code == 404
    assert both("east", "GET", job).status_code in (200, 202)
