"""A store that hangs: what it does late is not done twice, and nobody waits in a queue of time-outs."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from gateway.errors import Retry
from gateway.pipeline import writer


def test_a_repeat_of_what_was_committed_unanswered_is_one_message(rig: Any) -> None:
    late: list[Any] = []

    def hang(batch: Any) -> bool:
        late.append(list(batch))
        return True

    def commit(*_: Any) -> bool:
        while late:
            rig.store.store.write(late.pop())
        return False

    async def go() -> None:
        async with rig.engine() as engine:
            rig.store.refuse = hang
            with pytest.raises(Retry):
                await engine.deliver(rig.envelope(rig.adt("1")))
            rig.store.refuse = rig.store.sure = commit  # it goes on as soon as somebody asks it again
            assert await rig.deliver(engine, rig.adt("1")) == ["AA"]

    asyncio.run(go())
    assert rig.store.states == {"stored": 1}


def test_who_waits_behind_a_time_out_is_told_with_it(rig: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "SLOW", -1.0)
    hanging, tried = threading.Event(), []

    def hang(batch: Any) -> bool:
        tried.append(batch)
        return hanging.wait(30)

    async def go() -> None:
        async with rig.engine(batch=1) as engine:
            rig.store.refuse = hang
            senders = [
                asyncio.create_task(engine.deliver(rig.envelope(rig.adt(id_)))) for id_ in ("1", "2", "3")
            ]
            while len(engine._writer._waiting) < 2:  # noqa: ASYNC110 -- nobody tells of them
                await asyncio.sleep(0)
            hanging.set()
            told = await asyncio.gather(*senders, return_exceptions=True)
            assert [type(one) for one in told] == [Retry] * 3
            assert len(tried) == 1
            rig.store.refuse = lambda _: False
            assert await rig.deliver(engine, rig.adt("1"), rig.adt("2"), rig.adt("3")) == ["AA"] * 3

    asyncio.run(go())
    assert rig.store.states == {"stored": 3}
