"""A Subscription is its client's own: others of the same tenant do not find, change or take it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from gateway.api.front import protect
from gateway.security import Clients, clients_file
from gateway.security.client import Client, digest
from gateway.security.roles import Role

Tell = Callable[..., httpx.Response]
SECRET = "Authorization: Bearer of-the-receiver"
OF_MINE = {"system": "urn:qiao:client", "code": "mine"}


def subscription(**more: Any) -> dict[str, Any]:
    channel = {"type": "rest-hook", "endpoint": "http://localhost:1/hook", "header": [SECRET]}
    body = {"resourceType": "Subscription", "status": "requested", "reason": "test", "criteria": "Patient?"}
    return {**body, "channel": channel, **more}


@pytest.fixture
def tell(server: FastAPI, tmp_path: Path) -> Tell:
    file = tmp_path / "clients.toml"
    rows: dict[str, Role] = {
        "mine": "regulator",
        "MINE": "regulator",
        "other": "regulator",
        "boss": "operator",
        "reader": "read",
        "writer": "write",
    }
    for name, role in rows.items():
        clients_file.add(file, Client(name, digest(name.encode()), role))
    app = protect(server, Clients(file, sees=lambda _: "all"))

    def ask(
        token: str, method: str, path: str, body: Any = None, content: str = "application/fhir+json"
    ) -> httpx.Response:
        async def run() -> httpx.Response:
            headers = {"authorization": f"Bearer {token}", "content-type": content}
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8080") as client:
                sent = None if body is None else json.dumps(body)
                return await client.request(method, f"/fhir{path}", content=sent, headers=headers)

        return asyncio.run(run())

    return ask


@pytest.fixture
def made(tell: Tell) -> str:
    """The address of a Subscription of the client ``mine``."""
    answer = tell("mine", "POST", "/Subscription", subscription())
    assert answer.status_code == 201, answer.text
    assert answer.json()["meta"]["tag"] == [OF_MINE]
    return f"/Subscription/{answer.json()['id']}"


def transaction(method: str, url: str, body: Any = None) -> dict[str, Any]:
    entry = {"request": {"method": method, "url": url.lstrip("/")}} | ({"resource": body} if body else {})
    return {"resourceType": "Bundle", "type": "batch", "entry": [entry]}


def test_its_client_and_operators_reach_it(tell: Tell, made: str) -> None:
    for who in ("mine", "boss"):
        for path in (
            made,
            f"{made}/_history/1",
            f"{made}/_history",
            "/Subscription",
            "/?_type=Subscription",
            "/_history",
        ):
            answer = tell(who, "GET", path)
            assert answer.status_code == 200, (who, path, answer.text)
            assert SECRET in answer.text, (who, path)


def test_for_another_client_it_is_not_there(tell: Tell, made: str) -> None:
    for path in (
        made,
        f"{made}/_history/1",
        f"{made}/_history",
        f"{made}/$status",
        f"{made}/$events",
        f"{made}/$validate",
    ):
        assert tell("other", "GET", path).status_code == 404, path
    for path in (
        "/Subscription",
        "/?_type=Subscription",
        "/Subscription/_history",
        "/_history",
        f"/Subscription?_id={made[14:]}",
    ):
        answer = tell("other", "GET", path)
        assert answer.status_code == 200, answer.text
        assert SECRET not in answer.text, path
    for method, body in (("PUT", subscription(id=made[14:])), ("DELETE", None)):
        assert tell("other", method, made, body).status_code == 404
    patch = [{"op": "replace", "path": "/reason", "value": "taken"}]
    assert tell("other", "PATCH", made, patch, "application/json-patch+json").status_code == 404
    assert tell("mine", "GET", made).json()["reason"] == "test"


def test_a_search_that_changes_finds_ones_own_only(tell: Tell, made: str) -> None:
    assert tell("other", "DELETE", "/Subscription?criteria=Patient?").status_code in (200, 204)
    assert tell("mine", "GET", made).status_code == 200
    taken = tell("other", "PUT", "/Subscription?criteria=Patient?", subscription(reason="own"))
    assert taken.status_code == 201
    assert taken.json()["meta"]["tag"][0]["code"] == "other"
    assert tell("mine", "GET", made).json()["reason"] == "test"


def test_nobody_gives_one_to_another_but_an_operator(tell: Tell, made: str) -> None:
    forged = subscription(id=made[14:], meta={"tag": [{"system": "urn:qiao:client", "code": "other"}]})
    assert tell("mine", "PUT", made, forged).json()["meta"]["tag"] == [OF_MINE]
    patch = [{"op": "replace", "path": "/meta/tag/0/code", "value": "other"}]
    tell("mine", "PATCH", made, patch, "application/json-patch+json")
    assert tell("other", "GET", made).status_code == 404
    assert tell("boss", "PUT", made, forged).status_code == 200
    assert tell("other", "GET", made).status_code == 200
    assert tell("mine", "GET", made).status_code == 404


def test_who_may_not_subscribe_reaches_none(tell: Tell, made: str) -> None:
    provenance = {
        "resourceType": "Provenance",
        "target": [{"reference": made[1:]}],
        "recorded": "2026-01-01T00:00:00Z",
        "agent": [{"who": {"display": "x"}}],
    }
    assert tell("writer", "POST", "/Provenance", provenance).status_code == 201
    for path in (
        "/?_type=Subscription",
        f"/?_id={made[14:]}",
        "/Provenance?_include=*",
        "/Provenance?_include=Provenance:target",
    ):
        assert SECRET in tell("boss", "GET", path).text, path
        for who in ("reader", "writer", "other"):
            answer = tell(who, "GET", path)
            assert answer.status_code == 200, answer.text
            assert SECRET not in answer.text, (who, path)
    assert tell("reader", "GET", made).status_code == 403
    assert tell("writer", "GET", made).status_code == 404  # it may have its own, not this one
    inside = tell("writer", "POST", "", transaction("GET", made))
    assert inside.status_code == 200
    assert SECRET not in inside.text
    inside = tell("writer", "POST", "", transaction("PUT", made, subscription(id=made[14:])))
    assert inside.json()["entry"][0]["response"]["status"].startswith("404")
    assert tell("mine", "GET", made).json()["meta"]["versionId"] == "1"


def test_its_deletion_is_told_to_its_client(tell: Tell, made: str) -> None:
    assert tell("mine", "DELETE", made).status_code in (200, 204)
    assert tell("mine", "GET", made).status_code == 410


def basic(about: str) -> dict[str, Any]:
    return {"resourceType": "Basic", "code": {"text": "x"}, "subject": {"reference": about}}


def asking(named: str, about: str) -> list[str]:
    """Searches that find something where a Subscription is seen."""
    listed = f"_id={named}"
    return [
        "/?_type=Subscription",
        "/?_type=Subscription&_content=receiver",
        f"/?{listed}",
        "/Basic?subject:Subscription.url=http://localhost:1/hook",
        "/Basic?subject:Subscription._content=receiver",
        "/Basic?_has:Provenance:target:target:Subscription.url=http://localhost:1/hook",
        f"/?_type=Subscription&_has:Basic:subject:code:text=x&{listed}",
        f"/Basic?{about}&subject:Subscription.url=http://localhost:1/hook",
        "/Subscription?url=http://localhost:1/hook",
        "/Subscription?url=http://localhost:1/hook&_sort=status",
        "/Subscription",
    ]


def test_no_search_tells_that_it_is_there(tell: Tell, made: str) -> None:
    about = tell("writer", "POST", "/Basic", basic(made[1:])).json()
    provenance = {
        "resourceType": "Provenance",
        "target": [{"reference": made[1:]}, {"reference": f"Basic/{about['id']}"}],
        "recorded": "2026-01-01T00:00:00Z",
        "agent": [{"who": {"display": "x"}}],
    }
    assert tell("writer", "POST", "/Provenance", provenance).status_code == 201
    for path in asking(made[14:], f"_id={about['id']}"):
        for more in ("_summary=count", "_total=accurate", "_count=1"):
            query = f"{path}{'&' if '?' in path else '?'}{more}"
            for who in ("mine", "boss"):
                answer = tell(who, "GET", query)
                assert answer.json()["total"] == 1, (who, query, answer.text)
            for who in ("reader", "writer", "other"):
                answer = tell(who, "GET", query)
                if answer.status_code != 403:
                    assert answer.json()["total"] == 0, (who, query)
    of_all = tell("boss", "GET", "/?_summary=count").json()["total"]
    assert of_all == 3
    assert tell("reader", "GET", "/?_summary=count").json()["total"] == of_all - 1


def test_names_that_differ_in_case_are_two(tell: Tell, made: str) -> None:
    assert tell("MINE", "GET", "/Subscription?_summary=count").json()["total"] == 0
    assert tell("MINE", "DELETE", "/Subscription?criteria=Patient?").status_code in (200, 204)
    assert tell("mine", "GET", made).status_code == 200


def test_no_condition_tells_that_it_is_there(tell: Tell, made: str) -> None:
    """A reference to search for, and a condition through a chain."""
    tell("writer", "POST", "/Basic", basic(made[1:]))
    chained = "Basic?subject:Subscription.url=http://localhost:1/hook"
    for who, found in (("boss", True), ("writer", False)):
        asked = transaction("POST", "Basic", basic("Subscription?url=http://localhost:1/hook"))
        status = tell(who, "POST", "", asked | {"type": "transaction"}).status_code
        assert (status == 200) is found, who
        asked = transaction("PUT", chained, basic("Patient/1"))
        answer = tell(who, "POST", "", asked).json()["entry"][0]["response"]["status"]
        assert answer.startswith("201") is not found, (who, answer)


def test_every_version_is_its_own_clients(tell: Tell, made: str) -> None:
    """One that is gone shows nobody else what it was, nor does one that was given away."""
    given = tell("mine", "POST", "/Subscription", subscription(reason="given")).json()["id"]
    of_other = subscription(id=given, meta={"tag": [{"system": "urn:qiao:client", "code": "other"}]})
    assert tell("boss", "PUT", f"/Subscription/{given}", of_other).status_code == 200
    assert tell("other", "GET", f"/Subscription/{given}/_history/2").status_code == 200
    assert tell("other", "GET", f"/Subscription/{given}/_history/1").status_code == 404
    tell("mine", "DELETE", made)
    assert tell("mine", "GET", f"{made}/_history/1").status_code == 200
    assert tell("other", "GET", f"{made}/_history/1").status_code == 404
    shown = {f"{made}/_history": 0, f"/Subscription/{given}/_history": 1, "/Subscription/_history": 1}
    for path, versions in shown.items():
        told = tell("other", "GET", path)
        assert told.text.count(SECRET) == versions, path
        assert "total" not in told.json(), path


def test_an_export_asks_nothing_about_it(tell: Tell, made: str, server: FastAPI) -> None:
    exports = server.state.context.store.exports
    exports.by_hand = True
    tell("writer", "POST", "/Basic", basic(made[1:]))
    query = "/$export?_type=Basic&_typeFilter=Basic%3Fsubject:Subscription.url%3Dhttp://localhost:1/hook"
    for who, found in (("boss", 1), ("mine", 0)):
        status = tell(who, "GET", query).headers["content-location"].partition("/fhir")[2]
        exports.work(status.rpartition("/")[2])
        assert len(tell(who, "GET", status).json()["output"]) == found


def test_a_job_is_of_its_client_and_of_operators(tell: Tell, made: str, server: FastAPI) -> None:
    exports = server.state.context.store.exports
    exports.by_hand = True
    for who, others in (("boss", ("mine", "other")), ("mine", ("other",))):
        status = tell(who, "GET", "/$export").headers["content-location"].partition("/fhir")[2]
        assert tell("boss", "GET", status).status_code == 202
        exports.work(status.rpartition("/")[2])
        files = [one["url"].partition("/fhir")[2] for one in tell(who, "GET", status).json()["output"]]
        for other in others:
            for method, path in [("GET", status), ("DELETE", status), *(("GET", file) for file in files)]:
                assert tell(other, method, path).status_code == 404, (other, method, path)
        assert tell(who, "DELETE", status).status_code == 202


def test_the_statement_says_how_to_come_in(tell: Tell) -> None:
    told = tell("reader", "GET", "/metadata").json()["rest"][0]["security"]
    assert told["service"][0]["coding"][0]["code"] == "OAuth"
    assert "Authorization: Bearer" in told["description"]
