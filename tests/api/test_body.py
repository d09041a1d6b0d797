"""Bodies: how strictly they are checked, how large they may be, who may send them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any, Literal

import httpx
import pytest

from gateway.api import Context, Options, create_app
from gateway.errors import Retry
from gateway.security.caller import CALLER, Caller
from gateway.store import Store
from gateway.store.model import Transact, Transacted
from gateway.validation import Examination, Validator, examine

Write = Callable[[Transact], Awaitable[Transacted]]
JSON = {"content-type": "application/fhir+json"}
BAD = {"resourceType": "Patient", "gender": "M"}


def ask(app: Any, method: str, url: str, body: Any = None, **headers: str) -> httpx.Response:
    async def run() -> httpx.Response:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://localhost"
        ) as client:
            content = body if isinstance(body, bytes | None) else json.dumps(body).encode()
            return await client.request(method, url, content=content, headers=JSON | headers)

    return asyncio.run(run())


@pytest.mark.parametrize(("mode", "status"), [("strict", 422), ("report", 201), ("off", 201)])
def test_how_strictly(
    store: Store, writes: Write, validator: Validator, mode: Literal["strict", "report", "off"], status: int
) -> None:
    def check(data: bytes, _profiles: object) -> Examination:
        return examine(validator, data)

    app = create_app(Context(store, Options(validate=mode), examine=check, write=writes))
    made = ask(app, "POST", "/fhir/Patient", BAD, prefer="return=OperationOutcome")
    assert made.status_code == status
    assert ("Patient.gender" in made.text) == (mode != "off")
    for wrong in (b"{", b"[]", b'{"resourceType":"Patient","meta":7}', b'{"a":NaN}'):
        assert ask(app, "POST", "/fhir/Patient", wrong).status_code == 400


def test_a_long_body_is_checked_in_a_thread(store: Store, writes: Write, validator: Validator) -> None:
    def check(data: bytes, _profiles: object) -> Examination:
        return examine(validator, data)

    app = create_app(Context(store, Options(max_body=200_000), examine=check, write=writes))
    long = {"resourceType": "Patient", "name": [{"family": "张" * 100} for _ in range(300)]}
    assert ask(app, "POST", "/fhir/Patient", long).status_code == 201
    assert ask(app, "POST", "/fhir/Patient", {**long, "gender": "M"}).status_code == 422
    assert ask(app, "POST", "/fhir/Patient", json.dumps(long).encode() + b" " * 100_000).status_code == 413


def test_what_cannot_be_committed_is_503(store: Store) -> None:
    async def busy(_: Transact) -> Transacted:
        raise Retry("the store cannot commit now", after=2)

    answer = ask(create_app(Context(store, write=busy)), "POST", "/fhir/Patient", {"resourceType": "Patient"})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert answer.json()["issue"][0]["code"] == "transient"


def test_a_bundle_is_no_way_around_a_role(store: Store, writes: Write) -> None:
    app = create_app(Context(store, write=writes))

    async def as_writer(scope: Any, receive: Any, send: Any) -> None:
        await app({**scope, CALLER: Caller("his", "default", "write")}, receive, send)

    entries = [
        {"request": {"method": "GET", "url": "$export"}},
        {"request": {"method": "POST", "url": "$import"}, "resource": {"resourceType": "Parameters"}},
        {
            "request": {"method": "PUT", "url": "Patient/p1"},
            "resource": {"resourceType": "Patient", "id": "p1"},
        },
    ]
    bundle = {"resourceType": "Bundle", "type": "batch", "entry": entries}
    answer = ask(as_writer, "POST", "/fhir", bundle)
    found = [one["response"]["status"][:3] for one in answer.json()["entry"]]
    assert found == ["403", "403", "201"]
    refused = ask(as_writer, "POST", "/fhir", {**bundle, "type": "transaction", "entry": entries[1:]})
    assert (refused.status_code, "Bundle.entry[0]" in refused.text) == (403, True)
