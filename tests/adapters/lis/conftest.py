"""A laboratory's door on a free port before a whole pipeline, and an analyser that asks at it."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from gateway import registry
from gateway.api.read_trail import ReadTrail
from gateway.bootstrap.questions import noting
from gateway.canonical import Resource
from gateway.mapping import Maps, load_maps
from gateway.mapping.asked import Queries, load_queries
from gateway.mapping.outbound import OutMaps
from gateway.pipeline.asking import Asking
from gateway.pipeline.engine import Engine, Parts
from gateway.settings import PipelineSettings
from gateway.store import Store, Walk, open_store

Open = Callable[..., Any]
BARCODE, ORDER = "2603050001", "LAB88001"


class Texts:
    """Messages of a HIS that orders and of analysers that ask, and the parts of what they hear."""

    barcode, number = BARCODE, ORDER

    @staticmethod
    def message(*lines: str, charset: str = "utf-8") -> bytes:
        return "".join(f"{one}\r" for one in lines).encode(charset)

    @staticmethod
    def order(
        number: str = ORDER, *, barcode: str = BARCODE, control: str = "NW", test: str = "GLU^葡萄糖^99LAB",
        patient: str = "1002345", key: str = "o-1", name: str = "林^知夏", sheet: str = "",
    ) -> bytes:  # fmt: skip
        """Return an OML^O21 as a HIS sends it: one test of one tube."""
        return Texts.message(
            f"MSH|^~\\&|HIS|DQRM|LIS|DQRM|20260305083000||OML^O21^OML_O21|{key}|P|2.5.1|||||CHN|"
            "UNICODE UTF-8",
            f"PID|1||{patient}^^^DQRM^MR||{name}||19910412|F",
            f"PV1|1|O|||||||||||||||||V{patient}^^^DQRM^VN",
            f"ORC|{control}|{number}^HIS||{sheet}|||||20260305083000|||D1001^温如玉",
            f"OBR|1|{number}^HIS||{test}||||||||||||D1001^温如玉",
            f"SPM|1|{barcode}||SER^血清^HL70487|||||||P||||||20260305082500",
        )

    @staticmethod
    def wos(barcode: str = BARCODE, key: str = "q-1") -> bytes:
        """Return a query of LAB-27."""
        return Texts.message(
            "MSH|^~\\&|ANALYSER|LAB|QIAO|DQRM|20260305084000||QBP^Q11^QBP_Q11|"
            f"{key}|P|2.5.1|||NE|AL||UNICODE UTF-8|||LAB-27^IHE",
            f"QPD|WOS^Work Order Step^IHE_LABTF|T-1|{barcode}",
            "RCP|I||R^^HL70394",
        )

    @staticmethod
    def segments(answer: list[str], name: str) -> list[list[str]]:
        return [one.split("|") for one in answer if one.startswith(name)]

    @staticmethod
    def wanted(sample: str = BARCODE, key: str = "7") -> bytes:
        """Return the query of a Mindray BC."""
        return Texts.message(
            f"MSH|^~\\&|Mindray|BC-6800|||20260305084000||ORM^O01|{key}|P|2.3.1||||||UNICODE",
            f"ORC|RF||{sample}||IP",
        )

    @staticmethod
    def shown(sample: str = BARCODE, key: str = "8", charset: str = "ASCII") -> bytes:
        """Return the query of a Mindray BS."""
        return Texts.message(
            f"MSH|^~\\&|Mindray|BS-800|||20260305084000||QRY^Q02|{key}|P|2.3.1||||||{charset}|||",
            f"QRD|20260305084000|R|D|4|||RD|{sample}|OTH|||T|",
            "QRF||||||RCT|COR|ALL||",
        )


@pytest.fixture
def texts() -> type[Texts]:
    return Texts


@cache
def maps() -> Maps:
    return load_maps()


@cache
def queries(loaded: Maps) -> Queries:
    return load_queries(OutMaps(frozenset(loaded.tables)))


class Laboratory:
    """A running door of the laboratory.

    Attributes:
        door: its Source; ``store``: what is behind it; ``trail``: who was shown what.
        asking: what answers questions; ``tls``: how messages are sent.
    """

    def __init__(self, door: Any, store: Store, trail: ReadTrail, asking: Asking) -> None:
        self.door, self.store, self.trail, self.asking = door, store, trail, asking
        self.tls: ssl.SSLContext | None = None
        self.port = int(str(door.status()["address"]).rpartition(":")[2])

    async def send(self, *messages: bytes, answers: int = 1, charset: str = "utf-8") -> list[list[str]]:
        """Send messages one after the other; return the segments of each message that came back.

        Args:
            answers: how many come for each.
        """
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, ssl=self.tls)
        found: list[list[str]] = []
        try:
            for message in messages:
                writer.write(b"\x0b" + message + b"\x1c\r")
                await writer.drain()
                for _ in range(answers):
                    async with asyncio.timeout(20):
                        frame = await reader.readuntil(b"\x1c\r")
                    found.append(frame[1:-2].decode(charset).rstrip("\r").split("\r"))
        finally:
            writer.close()
        return found

    async def one(self, message: bytes, **more: Any) -> list[str]:
        """Send a message; return the segments of its answer."""
        (answer,) = await self.send(message, **more)
        return answer

    def states(self) -> dict[str, int]:
        """Return how many messages are in each state."""
        return {state: number for state, number in self.store.counts("default").inbox.items() if number}

    def reasons(self) -> list[str]:
        """Return why messages wait, the oldest first."""
        found = self.store.inbox_list(state="quarantined", limit=100)
        return [one.reason for one in reversed(found)]

    def raws(self) -> list[bytes]:
        """Return the bytes of all messages of the inbox."""
        return [one.envelope.raw for one in self.store.inbox_walk(Walk(), 1000)]

    def all(self, type_name: str) -> list[Resource]:
        """Return all resources of a type."""
        found = self.store.search("default", type_name, [("_count", "100")]).matches
        return [json.loads(one.body) for one in found]


@pytest.fixture
def laboratory(tmp_path: Path) -> Open:
    @asynccontextmanager
    async def open_door(
        adapter: str = "lis/hl7v2", loaded: Maps | None = None, settings: Mapping[str, Any] | None = None
    ) -> AsyncIterator[Laboratory]:
        specs = registry.find()
        store = open_store(f"sqlite:///{tmp_path / 'qiao.db'}")
        mapped = loaded or maps()
        engine = Engine(Parts(store, mapped, specs, PipelineSettings()))
        own = {"work_state": str(tmp_path / "work.db"), "work_look": 0.0} if adapter == "lis/law" else {}
        said = {"port": 0, **own, **(settings or {})}
        door = specs[adapter].source(registry.options(specs[adapter], said))
        trail = ReadTrail(engine.write, frozenset({"default"}))
        asking = Asking(store, mapped, queries(mapped), noting(trail))
        door.answered_by(asking)
        await engine.start()
        await door.start(engine.deliver)
        try:
            yield Laboratory(door, store, trail, asking)
        finally:
            await door.stop()
            asking.close()
            await trail.close()
            await engine.stop()
            store.close()

    return open_door
