"""The API over a store in a file, asked over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from gateway.api import Options, create_app
from gateway.canonical import Draft, Envelope, Translation, new_envelope_id, now_us
from gateway.store import Receive, Settle, Store, open_store

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
    return create_app(store, Options(tenants=frozenset({"default", "second"})), version="1.2.3")


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
