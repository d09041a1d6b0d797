"""Turns: one after the other, in their order; and nobody is ever blocked by one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from threading import Event, Thread

import pytest

from gateway import turns as module
from gateway.turns import Turns, taking_turns, turns


def beside(work: Callable[[], object]) -> Thread:
    thread = Thread(target=work, daemon=True)
    thread.start()
    return thread


def until_somebody_waits(of: Turns, number: int = 1) -> None:
    while len(of._waiting) < number:
        pass


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE", 60.0)


def test_who_waited_first_goes_first() -> None:
    own, went = Turns(), list[int]()

    def work(number: int) -> None:
        own.take()
        went.append(number)
        own.give()

    own.take()
    threads = list[Thread]()
    for number in range(5):
        threads.append(beside(lambda number=number: work(number)))
        until_somebody_waits(own, number + 1)
    assert went == []
    own.give()
    for thread in threads:
        thread.join()
    assert went == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("way", ["offer", "aside"])
def test_a_turn_that_is_offered_comes_back(way: str) -> None:
    own, went = Turns(), list[str]()

    def work() -> None:
        own.take()
        went.append("other")
        own.give()

    own.take()
    own.offer()
    went.append("alone")
    thread = beside(work)
    until_somebody_waits(own)
    if way == "offer":
        own.offer()
    else:
        with own.aside():
            thread.join()
    went.append("mine")
    own.give()
    thread.join()
    assert went == ["alone", "other", "mine"]


def test_who_has_waited_long_enough_takes_it_over(monkeypatch: pytest.MonkeyPatch) -> None:
    own, stuck, seen = Turns(), Event(), Event()

    def work() -> None:
        own.take()
        seen.set()
        stuck.wait()
        own.give()

    thread = beside(work)
    seen.wait()
    monkeypatch.setattr(module, "PATIENCE", 0.001)
    own.take()  # comes back all the same
    stuck.set()
    thread.join()  # its turn was taken from it: it has none to give
    monkeypatch.setattr(module, "PATIENCE", 60.0)
    next_ = beside(own.take)
    until_somebody_waits(own)
    own.give()
    next_.join()


def test_an_error_aside_is_told_and_the_turn_comes_back() -> None:
    own = Turns()
    own.take()
    with pytest.raises(ValueError, match="mine"), own.aside():
        raise ValueError("mine")
    thread = beside(own.take)
    until_somebody_waits(own)
    own.give()
    thread.join()


def test_a_busy_loop_lets_others_have_their_turn() -> None:
    over = Event()

    def other() -> None:
        for _ in range(100):
            turns.take()
            turns.give()
        over.set()

    async def busy() -> str:
        thread = beside(other)
        while not over.is_set():  # noqa: ASYNC110 -- it is to be busy
            await asyncio.sleep(0)
        thread.join()
        return "done"

    assert taking_turns(busy()) == "done"


def test_a_loop_that_waits_has_no_turn() -> None:
    def short() -> str:
        turns.take()
        turns.give()
        return "had it"

    async def waits() -> str:
        return await asyncio.to_thread(short)

    assert taking_turns(waits()) == "had it"


def test_a_loop_that_ended_in_an_error_has_no_turn() -> None:
    async def fails() -> None:
        raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        taking_turns(fails())
    thread = beside(turns.take)
    thread.join()
    turns._owner = 0
