"""What must be waited for beside the writer: the writer goes on, and nothing is held for it."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from gateway.canonical import now_us
from gateway.errors import Retry
from gateway.pipeline import writer
from gateway.pipeline.beside import TRIES
from gateway.store import Transact

Rig = Any  # tests/pipeline/conftest.py


class Asks:
    """A governor that needs somebody's word on every Patient; notes on which threads it was asked for."""

    types = frozenset({"Patient"})

    def __init__(self) -> None:
        self.known = False
        self.away = False
        self.threads: list[str] = []

    def govern(self, desk: Any, made: Any, occasion: Any) -> None:
        if not self.known:
            raise Retry("nobody has been asked yet", after=0.01, first=self.ask)

    def ask(self) -> None:
        self.threads.append(threading.current_thread().name)
        if self.away:
            raise Retry("nobody answers", after=0.01)
        self.known = True


@pytest.fixture
def asks(rig: Rig) -> Asks:
    made = Asks()
    rig.store.store.govern(made)
    return made


def test_a_message_is_answered_once_what_it_lacked_is_there(rig: Rig, asks: Asks) -> None:
    async def go() -> None:
        async with rig.engine() as engine:
            assert await rig.deliver(engine, rig.adt("1")) == ["AA"]

    asyncio.run(go())
    assert rig.store.states == {"stored": 1}
    assert [one.rpartition("_")[0] for one in asks.threads] == ["qiao-beside"]


def test_a_message_stays_in_the_inbox_while_nobody_answers(
    rig: Rig, asks: Asks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "PAUSE", 0.01)
    asks.away = True

    async def go() -> None:
        async with rig.engine() as engine:
            with pytest.raises(Retry) as told:
                await engine.deliver(rig.envelope(rig.adt("1")))
            assert told.value.first is None
            while len(asks.threads) < 5:  # noqa: ASYNC110 -- the writer looks at it again by itself
                await asyncio.sleep(0)
            assert rig.store.states == {"received": 1}, "not held, however often it was tried"
            asks.away = False
            while rig.store.states != {"stored": 1}:  # noqa: ASYNC110
                await asyncio.sleep(0)
            assert await rig.deliver(engine, rig.adt("1")) == ["AA"], "a repeat is answered"

    asyncio.run(go())
    assert rig.store.states == {"stored": 1}
    [row] = rig.store.store.inbox_list()
    assert row.attempts < 3, "waiting is no try"


def test_what_the_api_writes_is_tried_again_and_then_given_back(rig: Rig, asks: Asks) -> None:
    from gateway.store.model import Change

    def patient(id_: str) -> Transact:
        body = {"resourceType": "Patient", "id": id_}
        return Transact("default", "test", [Change("update", "Patient", id_, body)])

    async def go() -> None:
        async with rig.engine() as engine:
            asks.away = True
            with pytest.raises(Retry, match="nobody answers"):
                await engine.write(patient("a"))
            asks.away = False
            assert (await engine.write(patient("b"))).error is None
            asks.known = False
            asks.ask = lambda: None  # type: ignore[method-assign]  -- says that it did, and did not
            started = now_us()
            with pytest.raises(Retry, match="asked yet"):
                await engine.write(patient("c"))
            assert now_us() - started < 60_000_000, f"after {TRIES} tries"

    asyncio.run(go())
    assert rig.store.store.read("default", "Patient", "a") is None
    assert rig.store.store.read("default", "Patient", "b") is not None
