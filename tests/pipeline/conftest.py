"""A pipeline to test: a store that can be made to fail, and maps that do what a test says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from gateway.canonical import Draft, Envelope, Issue, Translation, new_envelope_id, now_us
from gateway.errors import Retry
from gateway.mapping import Profile
from gateway.pipeline.engine import Engine, Parts
from gateway.settings import PipelineSettings
from gateway.spec import AdapterSpec
from gateway.store import AskRepeat, Pending, Receive, Repeat, Settle, Store, Written, open_store
from gateway.wire import er7, hl7v2

ADT = (
    "MSH|^~\\&|HIS|H1|QIAO|QIAO|{when}||ADT^A01^ADT_A01|{id}|P|2.5.1||||||UNICODE UTF-8\r"
    "EVN|A01|20260301080000\rPID|1||{pid}^^^H1^MR||张^三||19900307|M\rPV1|1|I\r"
)


def patient(message: er7.Message) -> Translation:
    """Translate to the Patient of PID-3."""
    pid = message.get("PID-3.1") or ""
    id_ = f"p-{pid}"
    body = {"resourceType": "Patient", "id": id_, "identifier": [{"system": "urn:x", "value": pid}]}
    return Translation([Draft("Patient", id_, body, key=("urn:x", pid))], map_version="test")


@dataclass
class StubMaps:
    """Maps that run ``make``; ``seen`` counts their calls by control id."""

    make: Callable[[er7.Message], Translation] = patient
    chosen: Profile = field(default_factory=Profile)
    messages: dict[str, object] = field(default_factory=lambda: {"ADT^A01": None})
    seen: list[str] = field(default_factory=list)

    def profile(self, adapter: str, hint: str, message: er7.Message) -> Profile:
        return self.chosen

    def translate(
        self, message: er7.Message, _: Envelope, __: Profile, issues: list[Issue] | None = None
    ) -> Translation:
        self.seen.append(message.control_id)
        return self.make(message)


class FaultyStore:
    """The real store behind a switch: ``refuse`` says which batches cannot be committed."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.refuse: Callable[[Sequence[Receive | Settle]], bool] = lambda _: False
        self.sure: Callable[[], object] = store.sure
        self.batches: list[tuple[int, int]] = []

    def write(self, batch: Sequence[Receive | Settle]) -> list[Written]:
        if self.refuse(batch):
            raise Retry("the disk is full", after=0.01)
        receives = sum(isinstance(item, Receive) for item in batch)
        self.batches.append((receives, len(batch) - receives))
        return self.store.write(batch)

    def find_repeats(self, asked: Sequence[AskRepeat]) -> list[Repeat | None]:
        return self.store.find_repeats(asked)

    def released(self) -> bool:
        return self.store.released()

    def unsettled(self, limit: int) -> list[Pending]:
        return self.store.unsettled(limit)

    def bump_attempts(self, ids: Sequence[str], by: int = 1) -> None:
        self.store.bump_attempts(ids, by)

    @property
    def states(self) -> dict[str, int]:
        return {state: count for state, count in self.store.counts("default").inbox.items() if count}


class Rig:
    """Everything that a test of the pipeline needs."""

    adapter = AdapterSpec(
        "his/hl7v2", "his", "test", "测试", hl7v2.CONTENT_TYPE,
        lambda _: None, hl7v2.parse, hl7v2.answer,  # type: ignore[arg-type, return-value]
    )  # fmt: skip

    def __init__(self, store: FaultyStore) -> None:
        self.store = store
        self.maps = StubMaps()
        self.trail: Path | None = None

    def adt(self, id_: str, *, pid: str = "P1", when: str = "20260301080000") -> bytes:
        """Return an admission."""
        return ADT.format(id=id_, pid=pid, when=when).encode()

    def enhanced(self, id_: str, accept: str, application: str) -> bytes:
        """Return an admission that asks for acknowledgements in enhanced mode."""
        header = f"MSH|^~\\&|HIS|H1|QIAO|QIAO|20260301||ADT^A01|{id_}|P|2.5.1|||{accept}|{application}"
        return header.encode() + b"\rPID|1||P1^^^H1^MR\r"

    def envelope(self, raw: bytes) -> Envelope:
        moment = now_us()
        return Envelope(
            new_envelope_id(moment), "default", "his/hl7v2", "", moment, hl7v2.CONTENT_TYPE, "", raw
        )

    @asynccontextmanager
    async def engine(self, **limits: int) -> AsyncIterator[Engine]:
        """Run an engine."""
        adapters = {self.adapter.id: self.adapter}
        settings = PipelineSettings(**limits)
        parts = Parts(self.store, self.maps, adapters, settings, trail=self.trail)  # type: ignore[arg-type]
        engine = Engine(parts)
        await engine.start()
        try:
            yield engine
        finally:
            await engine.stop()

    async def deliver(self, engine: Engine, *raws: bytes) -> list[str | None]:
        """Deliver messages at once and return MSA-1 of each answer."""
        answers = await asyncio.gather(*(engine.deliver(self.envelope(raw)) for raw in raws))
        return [self.code(answer) for answer in answers]

    def code(self, answer: bytes) -> str | None:
        return er7.parse(answer).get("MSA-1")


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    real = open_store(f"sqlite:///{tmp_path / 'qiao.db'}", synchronous="OFF")
    yield Rig(FaultyStore(real))
    real.close()
