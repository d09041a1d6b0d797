"""Whose step it is, over HTTP with a clients.toml: the regulator's, the hospital's, nobody's."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.api import Context, Options, create_app
from gateway.api.front import protect
from gateway.feed.feedback import Feedback
from gateway.feed.obligations import Obligations
from gateway.security import Clients, clients_file
from gateway.security.client import Client
from gateway.security.client import digest as token_digest
from gateway.security.roles import Role
from gateway.settings import SupervisionSettings, TenantSettings
from gateway.store import Store, Transact, Transacted, open_store

Ask = Callable[..., httpx.Response]
CLIENTS: list[tuple[str, Role, str]] = [
    ("commission", "regulator", "default"),
    ("neighbour", "regulator", "east"),
    ("his", "write", "default"),
    ("viewer", "read", "default"),
    ("boss", "operator", "default"),
]
REFUSED = {"neighbour": 404}
"""How a client is refused, if not by 403: of another tenant's addresses nobody learns anything."""
EVIDENCE = {"resourceType": "DocumentReference", "status": "current", "content": [{"attachment": {}}]}


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """A store on each engine."""
    opened = open_store(url)
    yield opened
    opened.close()


@pytest.fixture
def ask(store: Store, writes: Callable[[Transact], Awaitable[Transacted]], tmp_path: Path) -> Ask:
    obligations = Obligations(
        store,
        lambda _name: TenantSettings(organization="990101"),
        lambda _name: SupervisionSettings(owner="Organization/quality"),
    )
    store.govern(Feedback(obligations.duties))
    options = Options(tenants=frozenset({"default", "east"}), validate="off")
    app = create_app(Context(store, options, write=writes, obligations=obligations))
    file = tmp_path / "clients.toml"
    for name, role, tenant in CLIENTS:
        clients_file.add(file, Client(name, token_digest(name.encode()), role, tenant))
    guarded = protect(app, Clients(file))

    def request(who: str, path: str, **given: Any) -> httpx.Response:
        async def run() -> httpx.Response:
            headers = {"content-type": "application/fhir+json"}
            headers |= {"authorization": f"Bearer {who}"} if who else {}
            body = {"resourceType": "Parameters", "parameter": [_parameter(*one) for one in given.items()]}
            transport = httpx.ASGITransport(guarded)
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
                return await client.post(f"/fhir/{path}", content=json.dumps(body), headers=headers)

        return asyncio.run(run())

    return request


def _parameter(name: str, value: Any) -> dict[str, Any]:
    return {"name": name, **({"valueString": value} if isinstance(value, str) else {"resource": value})}


def opened(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.text
    found = {one["name"]: one for one in answer.json()["parameter"]}
    return str(found["task"]["valueReference"]["reference"])


def walk(ask: Ask, task: str, steps: list[tuple[str, str, dict[str, Any]]]) -> None:
    """Take a matter through its steps; before each, everybody whose step it is not tries it in vain."""
    for act, whose, given in steps:
        for name, _, _ in CLIENTS:
            if name not in (whose, "boss"):
                refused = ask(name, f"{task}/${act}", **given)
                assert refused.status_code == REFUSED.get(name, 403), (act, name, refused.text)
        assert ask("", f"{task}/${act}", **given).status_code == 401, act
        done = ask(whose, f"{task}/${act}", **given)
        assert done.status_code == 200, (act, whose, done.text)


ANSWER = {"text": "已补签", "evidence": EVIDENCE}


def test_a_finding_is_the_regulators_to_return_to_close_and_to_open_again(ask: Ask, store: Store) -> None:
    for name in ("his", "viewer", "neighbour"):
        assert ask(name, "$finding", detail="未见签名").status_code == REFUSED.get(name, 403), name
    task = opened(ask("commission", "$finding", detail="未见签名"))
    steps: list[tuple[str, str, dict[str, Any]]] = [
        ("accept", "his", {}),
        ("answer", "his", ANSWER),
        ("return", "commission", {"reason": "看不清"}),
        ("answer", "his", {**ANSWER, "text": "重新扫描"}),
        ("close", "commission", {}),
        ("reopen", "commission", {"reason": "又发生"}),
        ("withdraw", "boss", {"reason": "重复"}),
    ]
    walk(ask, task, steps[:-1])
    assert ask("his", f"{task}/$withdraw", reason="重复").status_code == 403
    assert ask("boss", f"{task}/$withdraw", reason="重复").status_code == 200, "an operator is either side"
    entered = [(one.kind, one.event) for one in store.ledger.entries("default") if one.kind != "evidence"]
    assert [event for kind, event in entered if kind == "finding"] == [
        "submitted", "effective", "closed", "reopened", "cancelled",
    ]  # fmt: skip
    assert [event for kind, event in entered if kind == "answer"] == ["submitted", "rejected", "submitted"]


def test_a_complaint_is_the_hospitals_alone(ask: Ask) -> None:
    for name in ("commission", "viewer", "neighbour"):
        assert ask(name, "$complaint", detail="等候太久").status_code == REFUSED.get(name, 403), name
    task = opened(ask("his", "$complaint", detail="等候太久"))
    steps: list[tuple[str, str, dict[str, Any]]] = [
        ("accept", "his", {}),
        ("answer", "his", ANSWER),
        ("return", "his", {"reason": "请补充"}),
        ("answer", "his", ANSWER),
        ("close", "his", {}),
    ]
    walk(ask, task, steps)


def test_a_breach_is_reported_and_answered_by_the_hospital(ask: Ask) -> None:
    assert ask("commission", "$breach", detail="演练").status_code == 403
    told = ask("his", "$breach", detail="演练")
    walk(ask, opened(told), [("answer", "his", ANSWER)])
