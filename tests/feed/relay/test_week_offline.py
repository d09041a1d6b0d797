"""A week without the platform, on a clock of the test's own, while the hospital goes on working."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from gateway.store import Store

Make = Callable[..., Any]
HOUR, DAY = 3600, 86_400
ATTEMPTS = 3
"""Failed ones in a row before anybody is told (``alert_after``)."""
LONGEST = 3600
"""Seconds between attempts at most (``longest_pause``)."""


def test_nothing_of_a_week_offline_is_lost_and_it_is_told_once(store: Store, bench: Make, kit: Any) -> None:
    begin, end = kit.START + HOUR * kit.SECOND, kit.START + (HOUR + 7 * DAY) * kit.SECOND
    tries: list[int] = []

    def gone(_entries: Any) -> Any:
        if begin <= on.clock.us < end:
            tries.append(on.clock.us)
            return kit.lost(False)
        return None

    on = bench(kit.Platform(rule=gone), alert_after=ATTEMPTS, longest_pause=LONGEST)
    kit.enter(store, *(kit.prescription(at) for at in (1, 2, 3)))
    on.run()
    assert on.counts()["acknowledged"] == 3 and on.alerts(now=False) == []

    last: dict[int, int] = {}
    on.clock.us = begin
    for half_day in range(14):
        number = 10 + half_day
        (new,) = kit.enter(store, kit.prescription(number))
        follows = [(at, back) for at, back in last.items() if at == number - 1]
        kit.enter(store, *(kit.prescription(at, "effective", back) for at, back in follows))
        last[number] = new.n
        on.run((begin - on.clock.us) / kit.SECOND + (half_day + 1) * DAY / 2)
        assert on.alerts() == ["unreachable"], "it is told at once, and goes on"
    produced = store.ledger.head("default").size
    assert on.counts()["acknowledged"] == 3
    assert on.counts()["waiting"] == produced - 3 == 27

    on.run()
    assert on.counts()["acknowledged"] == produced and on.alerts() == []
    assert on.alerts(now=False) == ["unreachable"], "once for the whole week"
    _backs_off(tries, kit.SECOND)
    _told_in_time(store, tries, begin, end, kit.SECOND)
    assert on.platform.repeats == 0 and sorted(on.platform.order) == list(range(1, produced + 1))
    _in_order(store, on.platform.order)
    assert store.ledger.verify("default").ok


def _backs_off(tries: list[int], second: int) -> None:
    """The pauses grow, to an hour at most; there they stay for days."""
    pauses = [(later - earlier) / second for earlier, later in pairwise(tries)]
    assert all(0.5 <= pause <= LONGEST + 1 for pause in pauses)
    assert all(pause >= LONGEST / 2 for pause in pauses[13:])
    assert 7 * DAY / LONGEST - 2 < len(tries) < 7 * DAY / (LONGEST / 2) + 20


def _told_in_time(store: Store, tries: list[int], begin: int, end: int, second: int) -> None:
    (alert,) = store.alerts.find(now=False)
    assert alert.begun_us == tries[ATTEMPTS - 1] < begin + 60 * second
    assert end <= alert.cleared_us <= end + 2 * LONGEST * second


def _in_order(store: Store, order: list[int]) -> None:
    came = {n: at for at, n in enumerate(order)}
    for one in store.ledger.entries("default"):
        assert not one.back or came[one.back] < came[one.n]
