"""The API over a store in a file, asked over HTTP."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from gateway.api import Context, Options, create_app
from gateway.canonical import Draft, Envelope, Translation, new_envelope_id, now_us
from gateway.store import Receive, Settle, Store, open_store
from gateway.store.model import Transact, Transacted
from gateway.validation import Definitions, Examination, Validator, examine
from gateway.validation.terminology import Terminology

Put = Callable[..., None]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path / 'qiao.db'}")
    yield opened
    opened.close()


@pytest.fixture
def put(store: Store) -> Put:
    """Store resources as one message of one tenant."""

    def write(*bodies: dict[str, Any], tenant: str = "default") -> None:
        at = now_us()
        envelope = Envelope(new_envelope_id(at), tenant, "his/hl7v2", "his", at, "", "", b"MSH|")
        translation = Translation([Draft(body["resourceType"], body["id"], body) for body in bodies])
        store.write([Receive(envelope, "", b"", 0), Settle(envelope, translation, lambda _outcome: b"")])

    return write


@pytest.fixture
def app(store: Store) -> FastAPI:
    return create_app(Context(store, Options(tenants=frozenset({"default", "second"}))), "1.2.3")


Ask = Callable[..., httpx.Response]


@pytest.fixture
def ask(app: FastAPI) -> Ask:
    """``ask("GET", "/fhir/Patient")`` → the answer."""

    def request(method: str, url: str, **more: Any) -> httpx.Response:
        async def run() -> httpx.Response:
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8080") as client:
                return await client.request(method, url, **more)

        return asyncio.run(run())

    return request


@pytest.fixture(scope="session")
def validator() -> Validator:
    return Validator()


@pytest.fixture
def writes(store: Store) -> Iterator[Callable[[Transact], Awaitable[Transacted]]]:
    """What the pipeline's writer does: one change after another, in the order in which they come."""
    thread = ThreadPoolExecutor(1)

    def work(transact: Transact) -> Transacted:
        return store.write([transact])[0]

    async def write(transact: Transact) -> Transacted:
        return await asyncio.get_running_loop().run_in_executor(thread, work, transact)

    yield write
    thread.shutdown()


@pytest.fixture
def server(
    store: Store, validator: Validator, writes: Callable[[Transact], Awaitable[Transacted]]
) -> FastAPI:
    """An application that writes, and checks what it writes."""
    lock = threading.Lock()

    def check(data: bytes, profiles: Sequence[str]) -> Examination:
        with lock:
            return examine(validator, data, profiles)

    options = Options(tenants=frozenset({"default", "second"}))
    terminology = Terminology(Definitions())
    return create_app(Context(store, options, terminology=terminology, examine=check, write=writes), "1.2.3")


@pytest.fixture
def call(server: FastAPI) -> Ask:
    """As ``ask``, of a server that writes; a body is JSON unless a content type is given."""

    def request(method: str, url: str, body: Any = None, /, **headers: str) -> httpx.Response:
        async def run() -> httpx.Response:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            content = body if isinstance(body, bytes | None) else json.dumps(body).encode()
            if content is not None:
                named.setdefault("content-type", "application/fhir+json")
            transport = httpx.ASGITransport(server)
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8080") as client:
                return await client.request(method, url, content=content, headers=named)

        return asyncio.run(run())

    return request
