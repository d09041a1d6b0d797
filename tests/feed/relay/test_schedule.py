"""The schedule: T+1, several times a day, and what was missed is made up for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from gateway.canonical import now_us
from gateway.feed.relay.schedule import day_to_sign, following, horizon
from gateway.store import Store

Make = Callable[..., Any]


def us(text: str) -> int:
    return round(datetime.fromisoformat(f"{text}+08:00").timestamp()) * 1_000_000


@pytest.mark.parametrize(
    ("now", "at", "until", "before"),
    [
        ("2026-03-06T01:59", ("02:00",), "now", "2026-03-05T02:00"),
        ("2026-03-06T02:00", ("02:00",), "now", "2026-03-06T02:00"),
        ("2026-03-06T02:00", ("02:00",), "midnight", "2026-03-06T00:00"),
        ("2026-03-06T01:59", ("02:00",), "midnight", "2026-03-05T00:00"),
        ("2026-03-06T23:59", ("06:00", "12:00", "18:00"), "now", "2026-03-06T18:00"),
        ("2026-03-06T00:30", ("06:00", "12:00", "18:00"), "now", "2026-03-05T18:00"),
    ],
)
def test_what_was_entered_before_a_time_is_due_after_it(now: str, at: Any, until: Any, before: str) -> None:
    assert horizon(us(now), at, until, "+08:00") == us(before)


def test_without_times_everything_is_due_at_once() -> None:
    assert horizon(us("2026-03-06T01:59"), (), "now", "+08:00") is None


def test_the_next_time_may_be_tomorrow() -> None:
    assert following(us("2026-03-06T02:00"), ("02:00", "14:00"), "+08:00") == us("2026-03-06T14:00")
    assert following(us("2026-03-06T14:00"), ("02:00", "14:00"), "+08:00") == us("2026-03-07T02:00")


def test_a_day_is_signed_from_its_time_on() -> None:
    assert day_to_sign(us("2026-03-06T07:59"), "08:00", "+08:00") == ""
    assert day_to_sign(us("2026-03-06T08:00"), "08:00", "+08:00") == "2026-03-06"
    assert day_to_sign(us("2026-03-06T08:00"), "", "+08:00") == ""


def test_what_is_entered_today_goes_tomorrow(store: Store, bench: Make, kit: Any) -> None:
    """T+1: entries keep the store's clock, so the relay's begins there."""
    kit.enter(store, *(kit.prescription(at) for at in range(1, 4)))
    on = bench(at=("02:00",), until="midnight")
    on.clock.us = now_us()
    on.turn()
    assert on.counts()["waiting"] == 3 and not on.platform.requests
    on.clock.us += 2 * 86400 * kit.SECOND
    on.run()
    assert on.counts()["acknowledged"] == 3
