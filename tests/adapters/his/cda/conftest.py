"""The door on a free port before a whole pipeline, and raw sockets to knock with."""

from __future__ import annotations

import asyncio
import json
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from gateway import registry
from gateway.mapping import Maps, load_maps
from gateway.pipeline.engine import Engine, Parts
from gateway.settings import PipelineSettings
from gateway.store import Store, open_store

SAMPLES = Path(registry.__file__).parent.parent / "adapters/his/cda/samples"


@cache
def maps() -> Maps:
    return load_maps()


class Opened:
    """Running doors.

    Attributes:
        doors: adapter → its Source; ``store``: what is behind them.
    """

    def __init__(self, doors: dict[str, Any], store: Store, tls: ssl.SSLContext | None) -> None:
        self.doors, self.store, self.tls = doors, store, tls

    def port(self, adapter: str = "his/cda") -> int:
        return int(str(self.doors[adapter].status()["address"]).rpartition(":")[2])

    async def raw(self, data: bytes, adapter: str = "his/cda") -> bytes:
        """Send bytes as they are; return everything that comes until the door closes."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port(adapter), ssl=self.tls)
        try:
            writer.write(data)
            await writer.drain()
            return await reader.read()
        finally:
            writer.close()

    async def post(
        self, body: bytes, adapter: str = "his/cda", method: str = "POST", path: str = "/cda", **headers: str
    ) -> tuple[int, dict[str, Any]]:
        """Send a body; return status and answer."""
        lines = {"Host": "x", "Content_Type": "text/xml", "Content_Length": str(len(body)), **headers}
        head = "".join(f"{name.replace('_', '-')}: {text}\r\n" for name, text in lines.items() if text)
        request = f"{method} {path} HTTP/1.1\r\n{head}Connection: close\r\n\r\n".encode() + body
        top, _, rest = (await self.raw(request, adapter)).partition(b"\r\n\r\n")
        return int(top.split()[1]), json.loads(rest) if rest[:1] == b"{" else {}

    def states(self) -> dict[str, int]:
        """Return how many messages are in each state."""
        return {state: number for state, number in self.store.counts("default").inbox.items() if number}

    def each(self, type_name: str) -> list[dict[str, Any]]:
        """Return the resources of a type."""
        found = [
            self.store.read("default", type_name, one.id)
            for one in self.store.search("default", type_name, []).matches
        ]
        return [json.loads(one.body) for one in found if one is not None]


@pytest.fixture
def opened(tmp_path: Path) -> Callable[..., Any]:
    """``async with opened(token="x") as doors``: his/cda, and with ``beside`` another door."""

    @asynccontextmanager
    async def open_doors(
        beside: str = "", tls: ssl.SSLContext | None = None, **settings: Any
    ) -> AsyncIterator[Opened]:
        specs = {name: registry.find()[name] for name in ("his/cda", beside) if name}
        store = open_store(f"sqlite:///{tmp_path / 'qiao.db'}")
        engine = Engine(Parts(store, maps(), specs, PipelineSettings()))
        doors = {
            name: one.source(registry.options(one, {"port": 0, **(settings if name == "his/cda" else {})}))
            for name, one in specs.items()
        }
        await engine.start()
        for one in doors.values():
            await one.start(engine.deliver)
        try:
            yield Opened(doors, store, tls)
        finally:
            for one in doors.values():
                await one.stop()
            await engine.stop()
            store.close()

    return open_doors


@pytest.fixture
def sample() -> Callable[[str], bytes]:
    """``sample("06")`` → the bytes of that sample."""
    return lambda name: next(SAMPLES.glob(f"{name}*.xml")).read_bytes()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a self-signed certificate and its key."""
    folder = tmp_path_factory.mktemp("tls")
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
               "-days", "2", "-subj", "/CN=his.example", "-addext", "subjectAltName=IP:127.0.0.1",
               "-keyout", f"{folder}/key.pem", "-out", f"{folder}/cert.pem"]  # fmt: skip
    try:
        subprocess.run(command, check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("needs openssl: apt-get install openssl")
    return folder
