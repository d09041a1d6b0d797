"""A group of messages: each ends as it would alone, in order, and a bad one costs itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from gateway.canonical import Envelope, Record
from gateway.errors import Retry
from gateway.pipeline import delivery
from gateway.wire import hl7v2

NUMBERS = [str(at) for at in range(20)]


def codes(rig: Any, answers: Sequence[bytes | Retry]) -> list[str | None]:
    return ["busy" if isinstance(one, Retry) else rig.code(one) for one in answers]


def test_each_of_a_group_ends_as_it_would_alone(rig: Any) -> None:
    async def run() -> None:
        async with rig.engine() as engine:
            first = await engine.deliver(rig.envelope(rig.adt("0", pid="P0")))
            raws = [rig.adt("1", pid="P1"), b"GET / HTTP/1.1", rig.adt("0", pid="P0"), rig.adt("1", pid="P1"),
                    rig.adt("2", pid="P2").replace(b"|P|2.5.1", b"|T|2.5.1")]  # fmt: skip
            given = await engine.deliver.many([rig.envelope(raw) for raw in raws])
            assert codes(rig, given) == ["AA", "AR", "AA", "AA", "AA"]
            assert given[2] == first, "a repeat hears what the first one heard"
            assert given[3] == given[0], "so does one that is twice in a group"
            assert rig.store.states == {"stored": 2, "quarantined": 1}
            assert engine.under_way == 0
            counted = engine.counters
            assert (counted.received, counted.stored, counted.repeats) == (6, 2, 2)
            assert (dict(counted.rejected), dict(counted.quarantined)) == (
                {"not-hl7": 1},
                {"not-production": 1},
            )

    asyncio.run(run())


def test_an_empty_group_is_answered(rig: Any) -> None:
    async def run() -> None:
        async with rig.engine() as engine:
            assert await engine.deliver.many([]) == []

    asyncio.run(run())


def test_what_cannot_be_committed_is_told_of_each(rig: Any) -> None:
    async def run() -> None:
        async with rig.engine(batch=4) as engine:
            envelopes = [rig.envelope(rig.adt(str(at), pid=f"P{at}")) for at in range(4)]
            rig.store.refuse = bool
            assert codes(rig, await engine.deliver.many(envelopes)) == ["busy"] * 4
            rig.store.refuse = lambda _: False
            assert codes(rig, await engine.deliver.many(envelopes)) == ["AA"] * 4
            assert rig.store.states == {"stored": 4}

    asyncio.run(run())


@pytest.mark.parametrize("limits", [{"max_messages": 3}, {"max_bytes": 500}])
def test_a_group_keeps_to_the_bounds(rig: Any, limits: dict[str, int]) -> None:
    most = 0

    async def run() -> None:
        nonlocal most
        async with rig.engine(**limits) as engine:
            make = rig.maps.make

            def watching(message: Any) -> Any:
                nonlocal most
                most = max(most, engine.under_way)
                return make(message)

            rig.maps.make = watching
            groups = [
                engine.deliver.many(
                    [rig.envelope(rig.adt(f"{name}{at}", pid=f"{name}{at}")) for at in range(20)]
                )
                for name in "AB"
            ]
            for given in await asyncio.gather(*groups):
                assert codes(rig, given) == ["AA"] * 20
        assert rig.store.states == {"stored": 40}

    asyncio.run(run())
    assert most <= 3


def test_groups_are_written_in_the_order_in_which_they_were_delivered(rig: Any) -> None:
    async def run() -> None:
        async with rig.engine(max_messages=8) as engine:
            wanted = [f"{group}{at:03}" for group in "ABC" for at in range(150)]
            tasks = [
                asyncio.create_task(
                    engine.deliver.many(
                        [rig.envelope(rig.adt(one, pid=one)) for one in wanted if one[0] == group]
                    )
                )
                for group in "ABC"
            ]
            await asyncio.gather(*tasks)
            assert rig.maps.seen == wanted

    asyncio.run(run())


def test_a_group_whose_door_has_left_leaks_nothing(rig: Any) -> None:
    async def run() -> None:
        async with rig.engine(max_messages=2) as engine:
            left = asyncio.create_task(
                engine.deliver.many([rig.envelope(rig.adt(str(at), pid=f"P{at}")) for at in range(50)])
            )
            await asyncio.sleep(0)
            left.cancel()
            assert isinstance((await asyncio.gather(left, return_exceptions=True))[0], asyncio.CancelledError)
            assert (
                await rig.deliver(engine, *(rig.adt(f"N{at}", pid=f"N{at}") for at in range(5))) == ["AA"] * 5
            )
            assert codes(rig, await engine.deliver.many([rig.envelope(rig.adt("N9", pid="N9"))])) == ["AA"]
            assert engine.under_way == 0

    asyncio.run(run())


def test_a_fault_of_ours_in_one_message_costs_that_message(rig: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def parse(envelope: Envelope) -> Record:
        if b"P13" in envelope.raw:
            raise KeyError("ours")
        return hl7v2.parse(envelope)

    monkeypatch.setattr(rig, "adapter", replace(rig.adapter, parse=parse))

    async def run() -> None:
        async with rig.engine() as engine:
            envelopes = [rig.envelope(rig.adt(str(at), pid=f"P{at}")) for at in range(20)]
            given = await engine.deliver.many(envelopes)
            assert not any(isinstance(one, Retry) for one in given)
            assert rig.store.states == {"stored": 19, "quarantined": 1}
            assert dict(engine.counters.quarantined) == {"internal-error": 1}

    asyncio.run(run())


@pytest.mark.parametrize("at", ["_job", "put"])
def test_a_fault_of_ours_before_the_writer_keeps_no_place(
    rig: Any, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    def fails(*_: Any) -> Any:
        raise KeyError("ours")

    async def run() -> None:
        async with rig.engine() as engine:
            envelopes = [rig.envelope(rig.adt(str(each), pid=f"P{each}")) for each in range(4)]
            with monkeypatch.context() as broken:
                if at == "put":
                    behind = replace(engine.deliver._behind, put=fails)
                    broken.setattr(engine.deliver, "_behind", behind)
                else:
                    broken.setattr(engine.deliver, "_job", fails)
                assert codes(rig, await engine.deliver.many(envelopes)) == ["busy"] * 4
            assert engine.under_way == 0
            again = asyncio.wait_for(engine.deliver.many(envelopes), 30)
            assert codes(rig, await again) == ["AA"] * 4

    asyncio.run(run())


def test_a_large_message_has_a_part_of_its_own(rig: Any) -> None:
    sizes = [10, 5_000_000, 10, 10]
    envelopes = [rig.envelope(b"x" * size) for size in sizes]
    parts: Callable[..., Any] = delivery._parts
    from gateway.settings import PipelineSettings

    assert [(one.at, len(one.envelopes), one.size) for one in parts(envelopes, PipelineSettings())] == [
        (0, 1, 10), (1, 1, 5_000_000), (2, 2, 20),
    ]  # fmt: skip
