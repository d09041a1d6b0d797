"""What the workers say of a store that fails for long: when it begins and when it is over."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from gateway.canonical.spell import Spell
from gateway.errors import Retry
from gateway.feed.alerting import Alerting
from gateway.feed.relay.worker import RelayWorker
from gateway.feed.subscription.worker import Worker

LOG = logging.getLogger("qiao.test")


class Failing:
    """A store that cannot be asked, until it can."""

    works = False
    subscriptions = SimpleNamespace(clocks=tuple)

    def sole(self, _name: str) -> Failing:
        return self

    def mine(self) -> bool:
        if not self.works:
            raise Retry("the store cannot be read (NoAnswer)")
        return False


def said(caplog: pytest.LogCaptureFixture, look: Callable[[], object], store: Failing) -> list[str]:
    for store.works in (False, False, False, True, True):
        look()
    return [one.getMessage() for one in caplog.records]


def test_the_supervisor(caplog: pytest.LogCaptureFixture) -> None:
    store: Any = Failing()
    supervisor = Alerting(SimpleNamespace(store=store), ["north"])  # type: ignore[arg-type]
    assert said(caplog, supervisor.once, store) == [
        "north: not looked at: the store cannot be read (NoAnswer)",
        "critical values: not looked at: the store cannot be read (NoAnswer)",
        "north: goes on, after 3 failures",
        "critical values: goes on, after 3 failures",
    ]


def test_the_worker_of_the_subscriptions(caplog: pytest.LogCaptureFixture) -> None:
    store: Any = Failing()
    worker = Worker.__new__(Worker)
    worker._sole, worker._delivery, worker._spell = store, None, Spell(LOG, "subscriptions")
    assert said(caplog, worker._round, store) == [
        "subscriptions: Retry",
        "subscriptions: goes on, after 3 failures",
    ]


def test_the_worker_of_the_relay(caplog: pytest.LogCaptureFixture) -> None:
    store: Any = Failing()
    worker = RelayWorker.__new__(RelayWorker)
    worker._sole = store
    relay: Any = SimpleNamespace(forget=lambda: None)
    spell = Spell(LOG, "province")
    assert said(caplog, lambda: asyncio.run(worker._turn(relay, spell)), store) == [
        "province: Retry",
        "province: goes on, after 3 failures",
    ]
