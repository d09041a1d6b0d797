"""Whoever may not subscribe any more is notified no more, and is told so by the Subscription."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from gateway.feed.subscription.owner import SYSTEM, owner


def run(body: Callable[[], Awaitable[None]]) -> None:
    async def go() -> None:
        await body()

    asyncio.run(go())


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
@pytest.mark.parametrize("tagged", [True, False])
def test_the_subscription_of_a_revoked_client_is_turned_off(rig: Any, receiver: Any, tagged: bool) -> None:
    asked: list[tuple[str, str]] = []
    revoked: set[str] = set()

    def may(client: str, tenant: str) -> bool:
        asked.append((client, tenant))
        return client not in revoked

    async def go() -> None:
        rig.may = may
        async with rig.working() as worker:
            body = rig.subscription(receiver.url)
            if tagged:  # a regulator's; what stands in its place otherwise is an operator's
                body["meta"] = {"tag": [{"system": SYSTEM, "code": "reg"}]}
            rig.do("update", "Subscription", "s1", body, "client:ops" if tagged else "client:reg")
            rig.observation(1)
            await worker.settle()
            assert receiver.kinds == ["handshake", "event-notification"]
            revoked.add("reg")
            rig.observation(2)
            await worker.settle()
            shown = rig.shown()
            assert (shown["status"], shown["error"]) == ("off", "its client may not subscribe any more")
            rig.observation(3)
            await worker.settle()
            rig.do("update", "Subscription", "s1", {**body, "status": "requested"}, "client:reg")
            await worker.settle()
            assert rig.shown()["status"] == "off"

    run(go)
    assert receiver.kinds == ["handshake", "event-notification"]
    assert set(asked) == {("reg", "default")}


def test_after_a_restart_it_is_turned_off_before_anything_is_sent(rig: Any, receiver: Any) -> None:
    async def go() -> None:
        async with rig.working() as worker:
            rig.subscribe(receiver.url)
            await worker.settle()
        rig.observation(1)
        rig.open()
        rig.may = lambda _client, _tenant: False
        async with rig.working() as worker:
            await worker.settle()
            assert rig.shown()["status"] == "off"

    run(go)
    assert receiver.kinds == ["handshake"]


def test_a_client_that_may_again_asks_anew(rig: Any, receiver: Any) -> None:
    async def go() -> None:
        rig.may = lambda _client, _tenant: False
        async with rig.working() as worker:
            rig.subscribe(receiver.url)
            await worker.settle()
            rig.may = lambda _client, _tenant: True
            await worker.settle()
            assert rig.shown()["status"] == "off"
            rig.put(rig.subscription(receiver.url, status="requested"))
            await worker.settle()
            assert rig.shown()["status"] == "active"

    run(go)
    assert receiver.kinds == ["handshake"]


@pytest.mark.parametrize(
    ("meta", "source", "name"),
    [
        ({"tag": [{"system": SYSTEM, "code": "reg"}]}, "client:ops", "reg"),
        ({"tag": [{"system": "urn:other", "code": "reg"}]}, "client:ops", "ops"),
        (None, "client:ops", "ops"),
        (None, "client:local", ""),
        ({"tag": [{"system": SYSTEM, "code": "local"}]}, "client:ops", "local"),
        (None, "request-1", ""),
        ({"tag": "x"}, "", ""),
        ("x", "", ""),
        ({"tag": ["x", {"system": SYSTEM}]}, "client:ops", ""),
    ],
)
def test_whose_it_is(meta: object, source: str, name: str) -> None:
    assert owner({"resourceType": "Subscription", "meta": meta}, source) == name
