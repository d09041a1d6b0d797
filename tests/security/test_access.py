"""Access: 401, 403 and 404 before anything is looked up."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from gateway.security import CALLER, LOCAL, Access, Clients, caller_of, clients_file
from gateway.security.client import Client, digest
from gateway.security.roles import Role

Answer = tuple[int, dict[bytes, bytes], Any]


@pytest.fixture
def clients(tmp_path: Path) -> Clients:
    file = tmp_path / "clients.toml"
    rows: list[tuple[str, Role, str]] = [
        ("r", "read", "default"),
        ("w", "write", "default"),
        ("g", "regulator", "default"),
        ("o", "operator", "default"),
        ("e", "operator", "east"),
    ]
    for name, role, tenant in rows:
        clients_file.add(file, Client(name, digest(name.encode()), role, tenant))
    return Clients(file)


def ask(
    clients: Clients,
    method: str,
    path: str,
    token: str = "",
    *more: tuple[bytes, bytes],
    host: bytes = b"localhost:8080",
    nameless: bool = False,
) -> Answer:
    """Return status, headers and body; an answer of the application is 200 with the caller's name."""

    async def app(scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        name = caller_of(scope).client if CALLER in scope else None
        await send({"type": "http.response.body", "body": json.dumps(name).encode()})

    sent: list[Any] = []

    async def run() -> None:
        async def send(message: Any) -> None:
            sent.append(message)

        headers = [(b"host", host), *more]
        headers += [(b"authorization", f"Bearer {token}".encode())] if token else []
        scope = {"type": "http", "method": method, "path": path, "headers": headers}
        await Access(app, clients, nameless=nameless)(scope, None, send)  # type: ignore[arg-type]

    asyncio.run(run())
    return sent[0]["status"], dict(sent[0]["headers"]), json.loads(sent[1]["body"])


@pytest.mark.parametrize("path", ["/fhir/Patient", "/fhir/Patient/1", "/t/east/fhir/metadata", "/docs", "/x"])
@pytest.mark.parametrize("token", ["", "nobody"])
def test_without_a_known_token_401(clients: Clients, path: str, token: str) -> None:
    status, headers, body = ask(clients, "GET", path, token)
    assert status == 401
    assert headers[b"www-authenticate"].startswith(b"Bearer")
    assert (b"invalid_token" in headers[b"www-authenticate"]) == bool(token)
    assert body["resourceType"] == "OperationOutcome"
    assert body["issue"][0]["code"] == "login"


def test_two_tokens_are_none(clients: Clients) -> None:
    assert ask(clients, "GET", "/fhir/Patient", "r", (b"authorization", b"Bearer o"))[0] == 401


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/fhir/metadata"])
def test_what_is_open(clients: Clients, path: str) -> None:
    assert ask(clients, "GET", path)[0] == 200
    assert ask(clients, "GET", path, "nobody")[0] == 200


@pytest.mark.parametrize(
    ("token", "method", "path", "status"),
    [
        ("r", "GET", "/fhir/Patient/1", 200),
        ("r", "POST", "/fhir/Patient/_search", 200),
        ("r", "POST", "/fhir/Patient/$validate", 200),
        ("r", "GET", "/fhir/Patient/1/_history", 200),
        ("r", "GET", "/fhir/Subscription/1", 403),
        ("r", "POST", "/fhir/Patient", 403),
        ("r", "POST", "/fhir", 403),
        ("r", "GET", "/fhir/$export", 403),
        ("w", "POST", "/fhir/Patient", 200),
        ("w", "DELETE", "/fhir/Patient/1", 200),
        ("w", "POST", "/fhir/", 200),
        ("w", "POST", "/fhir/$import", 403),
        ("w", "GET", "/fhir/_history", 200),
        ("w", "GET", "/fhir/Subscription/1", 200),
        ("g", "GET", "/fhir/_history", 200),
        ("g", "GET", "/fhir/Patient/$export", 200),
        ("g", "POST", "/fhir/Subscription", 200),
        ("g", "PUT", "/fhir/Patient/1", 403),
        ("g", "POST", "/fhir", 403),
        ("o", "POST", "/fhir/$import", 200),
        ("o", "POST", "/fhir/$anything", 200),
    ],
)
def test_a_role_suffices_or_is_told(
    clients: Clients, token: str, method: str, path: str, status: int
) -> None:
    found, headers, body = ask(clients, method, path, token)
    assert found == status
    if status == 403:
        assert body["issue"][0]["code"] == "forbidden"
        assert "needs the role" in body["issue"][0]["diagnostics"]
        assert b"insufficient_scope" in headers[b"www-authenticate"]
    else:
        assert body == token


def test_a_refusal_names_the_role_that_is_needed(clients: Clients) -> None:
    said = ask(clients, "POST", "/fhir/Patient", "r")[2]["issue"][0]["diagnostics"]
    assert said == "this needs the role write or operator (write); r has the role read"


@pytest.mark.parametrize(
    "rest", ["", "/", "/metadata", "/Patient", "/Patient/1", "/$export", "/Nothing/1/2/3"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_another_tenant_is_like_none(clients: Clients, method: str, rest: str) -> None:
    unknown = ask(clients, method, f"/t/nowhere/fhir{rest}", "o")
    assert unknown[0] == 404
    assert ask(clients, method, f"/t/east/fhir{rest}", "o") == unknown
    assert ask(clients, method, f"/fhir{rest}", "e") == unknown
    assert ask(clients, method, f"/t/east/fhir{rest}", "e")[0] == 200
    assert ask(clients, method, f"/t/default/fhir{rest}", "o")[0] == 200


@pytest.mark.parametrize(
    "path", ["/t/east", "/t/east/", "/t/east/anything", "/t//fhir/Patient", "/t/East/fhir/x"]
)
def test_whatever_begins_like_a_tenant_is_one(clients: Clients, path: str) -> None:
    assert ask(clients, "GET", path, "o")[0] == 404


@pytest.mark.parametrize(
    ("host", "status"),
    [
        (b"localhost", 200),
        (b"127.0.0.1:8080", 200),
        (b"[::1]:8080", 200),
        (b"LOCALHOST:1", 200),
        (b"qiao.localhost", 200),
        (b"evil.example", 403),
        (b"127.0.0.1.evil.example", 403),
        (b"10.0.0.1:8080", 403),
        (b"[::1", 200),
    ],
)
def test_without_clients_a_page_in_a_browser_does_not_come_in(host: bytes, status: int) -> None:
    """DNS rebinding: the name of a foreign page can be made to mean this machine."""

    async def run() -> Answer:
        sent: list[Any] = []

        async def app(scope: Any, _receive: Any, send: Any) -> None:
            assert caller_of(scope) is LOCAL
            await send({"type": "http.response.start", "status": 200, "headers": []})

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {"type": "http", "method": "GET", "path": "/fhir/Patient", "headers": [(b"host", host)]}
        await Access(app, Clients())(scope, None, send)  # type: ignore[arg-type]
        return sent[0]["status"], {}, None

    assert asyncio.run(run())[0] == status


@pytest.mark.parametrize(
    ("path", "token"), [("/fhir/Patient", "r"), ("/fhir/metadata", ""), ("/fhir/Patient", "")]
)
def test_where_nobody_said_its_name_no_other_one_is_served(clients: Clients, path: str, token: str) -> None:
    """The addresses in an answer are made of the name that was asked for."""
    status, _, body = ask(clients, "GET", path, token, host=b"evil.example", nameless=True)
    assert status == 421
    assert "evil" not in json.dumps(body)
    assert ask(clients, "GET", path, token, nameless=True)[0] == (200 if token or "meta" in path else 401)
    assert ask(clients, "GET", path, token, host=b"evil.example")[0] == (
        200 if token or "meta" in path else 401
    )
    assert ask(clients, "GET", "/healthz", host=b"evil.example", nameless=True)[0] == 200


def test_guesses_are_told_without_filling_the_log(clients: Clients, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(3):
        ask(clients, "GET", "/fhir/Patient", "guess")
    assert "guess" not in caplog.text
    assert caplog.text.count("without a token that is known") == 3  # one for each Access of this test
