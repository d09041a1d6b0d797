"""Whatever dies: no event is lost, and no number is given twice."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import Any

import pytest

from gateway.errors import Retry
from gateway.feed.subscription import Worker, look
from gateway.store.model import Transact, Transacted
from gateway.store.subscriptions import Subscriptions

pytestmark = pytest.mark.parametrize("engine", ["sqlite", "postgresql"])


def test_a_new_process_goes_on_where_the_old_one_died(rig: Any, receiver: Any) -> None:
    async def go() -> None:
        async with rig.working() as worker:
            rig.subscribe(receiver.url)
            rig.observation(1)
            await worker.settle()
        rig.observation(2)  # committed, and nobody has looked
        rig.open()
        async with rig.working() as worker:
            rig.observation(3)
            await worker.settle()

    asyncio.run(go())
    assert receiver.kinds.count("handshake") == 1
    assert receiver.numbers == [1, 2, 3]
    focuses = [entry["fullUrl"][-2:] for one in receiver.got for entry in one.bundle["entry"][1:]]
    assert focuses == ["o1", "o2", "o3"]


def test_dying_between_sending_and_writing_it_down_repeats_the_same_number(
    rig: Any, receiver: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def go() -> None:
        async with rig.working() as worker:
            rig.subscribe(receiver.url)
            await worker.settle()
            rig.observation(1)
            worker.turn()
            with monkeypatch.context() as patch:
                patch.setattr(Subscriptions, "save", _die)
                patch.setattr("gateway.feed.subscription.worker.POLL", 0)
                [task] = worker._busy.values()
                await task
        rig.open()
        async with rig.working() as worker:
            rig.observation(2)
            await worker.settle()

    asyncio.run(go())
    assert receiver.numbers == [1, 1, 2]
    first, again = (one.bundle["entry"][1]["fullUrl"] for one in receiver.got[1:3])
    assert first == again


def test_dying_while_a_look_is_written_loses_nothing(
    rig: Any, receiver: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def go() -> None:
        async with rig.working() as worker:
            rig.subscribe(receiver.url)
            await worker.settle()
            rig.observation(1)
            rig.observation(2)
            with monkeypatch.context() as patch:
                patch.setattr("gateway.store.subscriptions._number", _die)
                with pytest.raises(Retry):
                    worker.turn()
        rig.open()
        async with rig.working() as worker:
            await worker.settle()

    asyncio.run(go())
    assert receiver.numbers == [1, 2]


def test_dying_after_the_resource_shows_it_and_before_we_know(
    rig: Any, receiver: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = Subscriptions.save

    def save(tables: Subscriptions, standings: Any) -> None:
        if standings[0].shown == "active":
            raise Retry("the process dies here")
        saved(tables, standings)

    async def go() -> None:
        async with rig.working() as worker:
            rig.subscribe(receiver.url)
            worker.turn()
            with monkeypatch.context() as patch:
                patch.setattr(Subscriptions, "save", save)
                patch.setattr("gateway.feed.subscription.worker.POLL", 0)
                [task] = worker._busy.values()
                await task
        rig.open()
        async with rig.working() as worker:
            await worker.settle()
            rig.observation(1)
            await worker.settle()

    asyncio.run(go())
    assert rig.shown()["status"] == "active"
    assert rig.shown()["meta"]["versionId"] == "2"
    assert receiver.kinds == ["handshake", "event-notification"]


def test_a_subscription_that_is_no_longer_served_says_so_and_comes_back(rig: Any, receiver: Any) -> None:
    async def go() -> None:
        async with rig.working() as worker:
            rig.subscribe(receiver.url)
            await worker.settle()
        rig.loopback = False  # the API listens to others now, and the host is not listed
        async with rig.working() as worker:
            await worker.settle()
            assert rig.shown()["status"] == "error"
            assert "hosts" in rig.shown()["error"]
        rig.loopback = True
        async with rig.working() as worker:
            await worker.settle()

    asyncio.run(go())
    assert rig.shown()["status"] == "active"
    assert receiver.kinds == ["handshake", "handshake"]


def test_two_workers_on_one_store_give_each_number_once(rig: Any, receiver: Any) -> None:
    """As if the lock had failed: the place in the store decides, not the lock."""

    async def go() -> None:
        async with rig.working() as one, rig.working() as other:
            rig.subscribe(receiver.url)
            await one.settle()
            await other.settle()
            for n in range(20):
                rig.observation(n)
                (one if n % 3 else other)._looker.look()
            await one.settle()

    asyncio.run(go())
    events = rig.events()
    assert events.numbers == list(range(1, 21))
    focuses = [entry["fullUrl"].rpartition("/o")[2] for entry in events.bundle["entry"][1:]]
    assert focuses == [str(n) for n in range(20)]


def test_ten_thousand_events_arrive_in_order_and_once(rig: Any, receiver: Any) -> None:
    count = 10_000

    async def go() -> None:
        async with rig.working() as worker:
            rig.subscribe(receiver.url, content="empty")
            await worker.settle()
            _many(rig, count)
            await worker.settle()

    asyncio.run(go())
    assert receiver.numbers == list(range(1, count + 1))
    assert len(receiver.got) == 1 + count // 100
    listed, since = [], 1
    while since:
        page = rig.events(since=since)
        listed += page.numbers
        since = listed[-1] + 1 if page.bundle.get("link") else 0
    assert listed == list(range(1, count + 1))


def test_a_restart_looks_at_little_again(rig: Any, receiver: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(look, "FORGET", 10)

    async def go() -> None:
        async with rig.working() as worker:
            for n in range(25):
                rig.put({"resourceType": "Patient", "id": f"p{n}"})
                await worker.settle()

    asyncio.run(go())
    newest = rig.store.newest("default")
    [(_, tenant, _)] = rig.store.subscriptions.clocks()
    assert newest - rig.store.subscriptions.looked(tenant) <= 10


def test_one_process_at_a_time_notifies(rig: Any) -> None:
    first = rig.store.sole("subscriptions")
    second = rig.open().sole("subscriptions")
    assert first.mine()
    assert first.mine()
    assert not second.mine()
    first.leave()
    assert second.mine()


def test_a_worker_in_its_thread_is_woken_by_commits(rig: Any, receiver: Any) -> None:
    arrived = threading.Event()

    def answer(got: Any) -> tuple[int, dict[str, str]]:
        if got.numbers:
            arrived.set()
        return 200, {}

    receiver.answer = answer

    async def go() -> None:
        async def write(transact: Transact) -> Transacted:
            return rig.store.write([transact])[0]

        worker = Worker(rig.store, rig.notifier, write, lambda _: "http://qiao.test/fhir")
        worker.start()
        try:
            rig.subscribe(receiver.url)
            rig.observation(1)
            assert await asyncio.to_thread(arrived.wait, 60)
        finally:
            await asyncio.to_thread(worker.stop)

    asyncio.run(go())
    assert receiver.kinds == ["handshake", "event-notification"]
    assert rig.shown()["status"] == "active"
    assert json.loads(receiver.got[1].body)["entry"][1]["fullUrl"] == "http://qiao.test/fhir/Observation/o1"


def _die(*_: object) -> None:
    raise Retry("the process dies here")


def _many(rig: Any, count: int) -> None:
    """Commit many small resources quickly."""
    from gateway.store.model import Change

    for start in range(0, count, 1000):
        changes = [
            Change(
                "update", "Observation", f"o{n}",
                body={"resourceType": "Observation", "id": f"o{n}", "status": "final", "code": {"text": "x"}},
            )
            for n in range(start, start + 1000)
        ]  # fmt: skip
        done = rig.store.write([Transact("default", "client:test", changes)])[0]
        assert done.error is None
