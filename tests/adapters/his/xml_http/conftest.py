"""A door on a free port before a whole pipeline, and raw sockets to knock with."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from adapters.his.xml_http import ADAPTER
from gateway import registry
from gateway.api.read_trail import ReadTrail
from gateway.bootstrap.questions import noting
from gateway.canonical import Envelope
from gateway.mapping import Maps, load_maps
from gateway.mapping.asked import Queries, load_queries
from gateway.mapping.outbound import OutMaps
from gateway.pipeline.asking import Asking
from gateway.pipeline.engine import Engine, Parts
from gateway.settings import PipelineSettings
from gateway.store import Store, Walk, open_store

SAMPLES = Path(registry.__file__).parent.parent / "adapters" / "his" / "xml_http" / "samples"


@cache
def maps() -> Maps:
    return load_maps()


@cache
def queries() -> Queries:
    return load_queries(OutMaps(frozenset(maps().tables)))


class Opened:
    """A running door.

    Attributes:
        door: its Source; ``store``: what is behind it; ``trail``: who was shown what.
    """

    def __init__(self, door: Any, store: Store, trail: ReadTrail) -> None:
        self.door, self.store, self.trail = door, store, trail
        self.port = int(str(door.status()["address"]).rpartition(":")[2])

    async def raw(self, data: bytes) -> bytes:
        """Send bytes as they are; return everything that comes until the door closes."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(data)
        await writer.drain()
        try:
            return await reader.read()
        finally:
            writer.close()

    async def post(
        self, body: bytes, content_type: str = "application/xml", path: str = "/", **headers: str
    ) -> tuple[int, bytes]:
        """POST a body; return status and answer."""
        lines = {"Host": "x", "Content-Type": content_type, "Content-Length": str(len(body)), **headers}
        head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in lines.items())
        answer = await self.raw(f"POST {path} HTTP/1.1\r\n{head}Connection: close\r\n\r\n".encode() + body)
        top, _, rest = answer.partition(b"\r\n\r\n")
        return int(top.split()[1]), rest

    def states(self) -> dict[str, int]:
        """Return how many messages are in each state."""
        return {state: number for state, number in self.store.counts("default").inbox.items() if number}

    def raws(self) -> list[bytes]:
        """Return the bytes of all messages of the inbox."""
        return [one.raw for one in self.envelopes()]

    def envelopes(self) -> list[Envelope]:
        """Return all messages of the inbox."""
        return [one.envelope for one in self.store.inbox_walk(Walk(), 1000)]

    def one(self, type_name: str) -> dict[str, Any]:
        """Return the one resource of a type."""
        (match,) = self.store.search("default", type_name, []).matches
        found = self.store.read("default", type_name, match.id)
        assert found is not None
        made: dict[str, Any] = json.loads(found.body)
        return made


Open = Callable[..., Any]


@pytest.fixture
def opened(tmp_path: Path) -> Open:
    @asynccontextmanager
    async def open_door(**settings: Any) -> AsyncIterator[Opened]:
        store = open_store(f"sqlite:///{tmp_path / 'qiao.db'}")
        engine = Engine(Parts(store, maps(), {ADAPTER.id: ADAPTER}, PipelineSettings()))
        door = ADAPTER.source(registry.options(ADAPTER, {"port": 0, **settings}))
        trail = ReadTrail(engine.write, frozenset({"default"}))
        asking = Asking(store, maps(), queries(), noting(trail))
        door.answered_by(asking)
        await engine.start()
        await door.start(engine.deliver)
        try:
            yield Opened(door, store, trail)
        finally:
            await door.stop()
            asking.close()
            await trail.close()
            await engine.stop()
            store.close()

    return open_door
