"""What the API writes through the engine: one commit for many, one patient for sixteen clients, no loss."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import wraps
from typing import Any

import pytest

from gateway.errors import Retry
from gateway.store import Change, Transact, Transacted

MRN = "urn:x"


def on_a_loop(test: Callable[[Any], Coroutine[Any, Any, None]]) -> Callable[[Any], None]:
    @wraps(test)
    def run(rig: Any) -> None:
        asyncio.run(test(rig))

    return run


def person(mrn: str, **elements: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", "identifier": [{"system": MRN, "value": mrn}], **elements}


def create(mrn: str, *, once: bool = False) -> Transact:
    condition = (("identifier", f"{MRN}|{mrn}"),) if once else None
    return Transact(
        "default", "request", [Change("create", "Patient", body=person(mrn), condition=condition)]
    )


def id_of(done: Transacted) -> str:
    assert done.error is None
    found = done.results[0].version
    assert found is not None
    return found.id


@on_a_loop
async def test_what_was_answered_is_committed(rig: Any) -> None:
    async with rig.engine() as engine:
        done = await engine.write(create("1"))
        version = done.results[0].version
        assert version is not None
        assert rig.store.store.read("default", "Patient", version.id) == version


@on_a_loop
async def test_many_clients_share_commits(rig: Any) -> None:
    async with rig.engine(batch=16) as engine:
        done = await asyncio.gather(*(engine.write(create(str(number))) for number in range(64)))
        assert len({id_of(one) for one in done}) == 64
        assert len(rig.store.batches) < 32


@on_a_loop
async def test_sixteen_clients_that_create_the_same_patient_make_one(rig: Any) -> None:
    async with rig.engine() as engine:
        loop = asyncio.get_running_loop()
        start = threading.Barrier(16)

        def client() -> Transacted:
            start.wait()
            asked = asyncio.run_coroutine_threadsafe(engine.write(create("1", once=True)), loop)
            done: Transacted = asked.result()
            return done

        with ThreadPoolExecutor(16) as clients:
            done = await asyncio.gather(*(loop.run_in_executor(clients, client) for _ in range(16)))
    assert len({id_of(one) for one in done}) == 1
    assert Counter(one.results[0].status for one in done) == {"created": 1, "unchanged": 15}
    assert rig.store.store.counts("default").resources == {"Patient": 1}


@on_a_loop
async def test_messages_and_requests_go_into_the_same_commits(rig: Any) -> None:
    async with rig.engine() as engine:
        told, done = await asyncio.gather(
            rig.deliver(engine, *(rig.adt(f"M{number}", pid=f"P{number}") for number in range(8))),
            asyncio.gather(*(engine.write(create(f"P{number}", once=True)) for number in range(8))),
        )
    assert told == ["AA"] * 8
    assert all(one.error is None for one in done)
    assert rig.store.store.counts("default").resources == {"Patient": 8}


@on_a_loop
async def test_what_cannot_be_committed_is_not_answered(rig: Any) -> None:
    async with rig.engine() as engine:
        rig.store.refuse = lambda batch: True
        with pytest.raises(Retry):
            await engine.write(create("1"))
        rig.store.refuse = lambda batch: False
        assert id_of(await engine.write(create("1")))
        assert engine.under_way == 0
    assert rig.store.store.counts("default").resources == {"Patient": 1}


@on_a_loop
async def test_a_bad_request_costs_no_other(rig: Any) -> None:
    bad = Transact(
        "default", "request", [Change("update", "Patient", "p", person("p"), if_match=frozenset((3,)))]
    )
    async with rig.engine() as engine:
        first, second, third = await asyncio.gather(
            engine.write(create("1")), engine.write(bad), engine.write(create("2"))
        )
    assert [one.error is None for one in (first, second, third)] == [True, False, True]


@on_a_loop
async def test_no_more_is_under_way_than_the_limits_allow(rig: Any) -> None:
    async with rig.engine(max_messages=4, max_bytes=4096) as engine:
        seen: list[int] = []

        def look(batch: Sequence[Transact]) -> bool:
            seen.append(len(batch))
            return False

        rig.store.refuse = look
        large = Transact("default", "request", create("large").changes, size=1_000_000)
        await asyncio.gather(
            *(engine.write(create(str(number))) for number in range(16)), engine.write(large)
        )
        assert max(seen) <= 4
    assert rig.store.store.counts("default").resources == {"Patient": 17}


@on_a_loop
async def test_a_large_transaction_takes_a_batch_of_its_own(rig: Any) -> None:
    changes = [Change("create", "Patient", body=person(str(number))) for number in range(400)]
    async with rig.engine(batch=8) as engine:
        sizes: list[int] = []

        def look(batch: Sequence[Transact]) -> bool:
            sizes.append(sum(len(item.changes) for item in batch))
            return False

        rig.store.refuse = look
        await asyncio.gather(
            engine.write(create("a")),
            engine.write(Transact("default", "r", changes)),
            engine.write(create("b")),
        )
    assert max(sizes) <= 402
    assert rig.store.store.counts("default").resources == {"Patient": 402}


@on_a_loop
async def test_a_client_that_left_frees_its_place(rig: Any) -> None:
    async with rig.engine(max_messages=1) as engine:
        left = asyncio.create_task(engine.write(create("1")))
        waiting = asyncio.create_task(engine.write(create("2")))
        await asyncio.sleep(0)
        left.cancel()
        waiting.cancel()
        assert id_of(await engine.write(create("3")))
        assert engine.under_way == 0


@on_a_loop
async def test_a_stopped_engine_takes_nothing(rig: Any) -> None:
    async with rig.engine() as engine:
        await engine.write(create("1"))
    with pytest.raises(Retry):
        await engine.write(create("2"))
