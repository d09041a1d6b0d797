"""The ASTM door on a free port: before a whole pipeline, or before somebody who takes what it delivers."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from gateway import registry
from gateway.canonical import Envelope, now_us
from gateway.errors import Retry
from gateway.mapping import Maps, load_maps
from gateway.mapping.asked import Queries, load_queries
from gateway.mapping.outbound import OutMaps
from gateway.pipeline.asking import Asking
from gateway.pipeline.engine import Engine, Parts
from gateway.settings import PipelineSettings
from gateway.store import Store, open_store
from gateway.wire.astm import AstmClient

SPECS = registry.find()
SPEC = SPECS["lis/astm"]
BEGUN = datetime.now(timezone(timedelta(hours=8)))
"""Results are of today: what is older than its sample waits."""


@cache
def maps() -> Maps:
    return load_maps()


@cache
def queries() -> Queries:
    return load_queries(OutMaps(frozenset(maps().tables)))


def at(minutes: int = 0) -> str:
    """Return a moment so many minutes from the beginning of the tests."""
    return f"{BEGUN + timedelta(minutes=minutes):%Y%m%d%H%M%S}"


def records(*lines: str, charset: str = "utf-8") -> bytes:
    """Return a message of these records."""
    return "".join(f"{one}\r" for one in lines).encode(charset)


def result(sample: str, value: str = "6.83", *, sent: int = 0, action: str = "") -> bytes:
    """Return the blood count of one sample, as small as it can be."""
    return records(
        f"H|\\^&|||TEST-1^1.0^S1|||||||P|LIS2-A2|{at(sent)}",
        "P|1",
        f"O|1|{sample}||^^^CBC|R||{at(-15)}||||{action}||||||||||||||F",
        f"R|1|^^^WBC|{value}|10*9/L|3.5 to 9.5|N||F||||{at(-1)}",
        "L|1|N",
    )


def order(sample: str, number: str = "LAB1", patient: str = "1002345", name: str = "林^知夏") -> bytes:
    """Return an OML^O21 as a HIS sends it: one test of one tube."""
    lines = (
        f"MSH|^~\\&|HIS|DQRM|LIS|DQRM|{at(-45)}||OML^O21^OML_O21|{number}|P|2.5.1|||||CHN|UNICODE UTF-8",
        f"PID|1||{patient}^^^DQRM^MR||{name}||19910412|F",
        f"PV1|1|O|||||||||||||||||V{patient}^^^DQRM^VN",
        f"ORC|NW|{number}^HIS|||||||{at(-45)}|||D1001^温如玉",
        f"OBR|1|{number}^HIS||CBC^血常规^99LAB||||||||||||D1001^温如玉",
        f"SPM|1|{sample}||BLD^全血^HL70487|||||||P||||||{at(-15)}",
    )
    return "".join(f"{one}\r" for one in lines).encode()


class Said:
    """What an analyser and a HIS say."""

    at, records, result, order = map(staticmethod, (at, records, result, order))


@pytest.fixture
def said() -> type[Said]:
    return Said


class Lab:
    """A running door.

    Attributes:
        door: its Source; ``store``: what is behind it.
    """

    def __init__(self, door: Any, store: Store, engine: Engine) -> None:
        self.door, self.store, self._engine = door, store, engine

    @property
    def port(self) -> int:
        return int(str(self.door.status()["address"]).rpartition(":")[2])

    def client(self, **more: Any) -> AstmClient:
        """Return an analyser."""
        return AstmClient("127.0.0.1", self.port, **more)

    async def send(self, *messages: bytes) -> None:
        """Send messages over one connection; each has been acknowledged after that."""
        async with self.client() as client:
            for message in messages:
                await client.send(message)

    async def ordered(self, sample: str, number: str = "LAB1", **more: str) -> None:
        """Let the HIS order a test."""
        raw = order(sample, number, **more)
        envelope = Envelope(
            "", "default", "his/hl7v2", "", now_us(), SPECS["his/hl7v2"].content_type, "", raw
        )
        envelope.id = f"{len(raw):04x}{number.encode().hex():>028}"[:32]
        await self._engine.deliver(envelope)

    def states(self) -> dict[str, int]:
        """Return how many messages are in each state."""
        return {state: number for state, number in self.store.counts("default").inbox.items() if number}

    def reasons(self) -> list[str]:
        """Return why messages wait, in the order in which they came."""
        found = self.store.inbox_list(state="quarantined", limit=100)
        return [one.reason for one in reversed(found)]

    def all(self, type_name: str) -> list[dict[str, Any]]:
        """Return all resources of a type."""
        found = self.store.search("default", type_name, [("_count", "100")]).matches
        return [json.loads(one.body) for one in found]


@pytest.fixture
def lab(tmp_path: Path) -> Callable[..., Any]:
    """``async with lab(patient="P.3") as door``: the door before a whole pipeline."""

    @asynccontextmanager
    async def opened(**settings: Any) -> AsyncIterator[Lab]:
        store = open_store(f"sqlite:///{tmp_path / 'qiao.db'}")
        engine = Engine(Parts(store, maps(), SPECS, PipelineSettings()))
        door = SPEC.source(registry.options(SPEC, {"port": 0, **settings}))
        asking = Asking(store, maps(), queries(), lambda *_: None)
        door.answered_by(asking)  # type: ignore[attr-defined]
        await engine.start()
        await door.start(engine.deliver)
        try:
            yield Lab(door, store, engine)
        finally:
            await door.stop()
            asking.close()
            await engine.stop()
            store.close()

    return opened


class Taken:
    """A ``Deliver`` that keeps what it is given; fails as often as it is told to."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []
        self.failures = 0

    async def __call__(self, envelope: Envelope, /) -> bytes:
        if self.failures:
            self.failures -= 1
            raise Retry("not now")
        self.envelopes.append(envelope)
        return b"stored"

    async def many(self, envelopes: Sequence[Envelope], /) -> list[bytes | Retry]:
        return [await self(one) for one in envelopes]


@pytest.fixture
def door() -> Callable[..., Any]:
    """``async with door(lines=FILE) as (door, taken)``: the door before somebody who takes everything."""

    @asynccontextmanager
    async def opened(**settings: Any) -> AsyncIterator[tuple[Any, Taken]]:
        made = SPEC.source(registry.options(SPEC, {"port": 0, **settings}))
        taken = Taken()
        await made.start(taken)
        try:
            yield made, taken
        finally:
            await made.stop()

    return opened
