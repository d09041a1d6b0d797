"""Ten minutes of a line to the regulator that comes and goes, under load, on a clock of the test's own.

Whatever a platform does to a hospital happens: it is not there, loses answers, takes half, breaks, refuses;
and the relay is killed between sending and writing down. ``QIAO_CHAOS_SEED`` repeats a run.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.simulators.regulator import ledger
from conformance.simulators.regulator.book import Book
from conformance.simulators.regulator.message import Checks
from conformance.simulators.regulator.mischief import Mischief, Mode
from conformance.simulators.regulator.platform import Platform
from gateway.feed.bundle import Bundler, Destination
from gateway.feed.receiver import Reply, Request
from gateway.feed.receiver.message import Message
from gateway.feed.relay import Lost, Relay
from gateway.settings import ReceiverSettings
from gateway.store import Desk, Entered, Entry, Store, Transact, open_store

SECOND = 1_000_000
BEGIN, MINUTES = 2_000_000_000 * SECOND, 10 * 60 * SECOND
URL = "http://127.0.0.1:9/platform"
HOSPITAL = {"resourceType": "Organization", "id": "h1", "name": "渡桥市人民医院互联网医院"}
SETTINGS = ReceiverSettings(url=URL, batch=7, longest_pause=10)
CARDS = (
    "",
    "",
    "",
    "lost",
    "timeout",
    "error",
    "half",
    "duplicate",
    "refuse",
    "refuse",
    "batch",
    "away",
    "killed",
)
"""What happens to a request while the line is up; dealt like cards, so that each of it happens."""


class Killed(BaseException):
    """The process ends here."""


class Line:
    """The line, and the platform behind it; up and down by turns, some seconds each."""

    def __init__(self, platform: Platform, dice: random.Random) -> None:
        self.platform, self._dice = platform, dice
        self.now, self._until, self._up, self.calm = BEGIN, BEGIN, True, False
        self._cards: list[str] = []
        self.killed = self.cuts = 0

    async def __call__(self, request: Request, seconds: float) -> Reply:
        await asyncio.sleep(0)
        if self.calm:
            return self._reply(request, "")
        self._turn()
        if not self._up:
            raise Lost("ConnectError", left=False)
        card = self._card()
        if card == "timeout":
            raise Lost("ReadTimeout", left=True)
        if card in ("error", "away"):
            return Reply(500 if card == "error" else 503)
        reply = self._reply(request, card)
        if card == "lost":
            raise Lost("RemoteProtocolError", left=True)
        if card == "killed":
            self.killed += 1
            raise Killed
        return reply

    async def close(self) -> None:
        """Nothing is open."""

    def _card(self) -> str:
        if not self._cards:
            self._cards = self._dice.sample(CARDS, len(CARDS))
        return self._cards.pop()

    def _reply(self, request: Request, card: str) -> Reply:
        mode: Mode = card if card in ("half", "duplicate", "refuse", "batch") else ""  # type: ignore[assignment]
        found = self.platform.process_message(request.body, mode)
        return Reply(found.status, {"content-type": found.type}, found.body)

    def _turn(self) -> None:
        while self.now >= self._until:
            self._up = not self._up
            self.cuts += not self._up
            self._until += self._dice.randrange(1, 20) * SECOND


def step(number: int, event: str, back: int) -> Callable[[Desk], Entered]:
    """An act that writes a prescription as it is then, and enters that."""

    def act(desk: Desk) -> Entered:
        said = {"status": "active", "intent": "order", "note": [{"text": event}]}
        group = desk.write({"resourceType": "RequestGroup", "id": f"g{number}", **said})
        serial = ledger.with_check_character(f"CQP{number:06d}")
        return desk.append(Entry("prescription", event, group, (group,), serial, back))

    return act


class Load:
    """A hospital that goes on writing: new prescriptions, and what becomes of older ones."""

    def __init__(self, store: Store, dice: random.Random) -> None:
        self._store, self._dice = store, dice
        self._open: list[tuple[int, int, str]] = []
        self.count = 0

    def some(self) -> None:
        for _ in range(self._dice.randrange(4)):
            if self._open and self._dice.random() < 0.6:
                number, back, event = self._open.pop(self._dice.randrange(len(self._open)))
                self._enter(number, "effective" if event == "submitted" else "redeemed", back)
            else:
                self.count += 1
                self._enter(self.count, "submitted", 0)

    def _enter(self, number: int, event: str, back: int) -> None:
        (done,) = self._store.write([Transact("default", "test", [], act=step(number, event, back))])
        assert isinstance(done.answer, Entered), done.error
        if event != "redeemed":
            self._open.append((number, done.answer.n, event))


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path / 'qiao.db'}" if sqlite else request.getfixturevalue("database")
    opened = open_store(url)
    yield opened
    opened.close()


def test_what_was_produced_is_acknowledged_or_an_open_exception(store: Store, tmp_path: Path) -> None:
    seed = int(os.environ.get("QIAO_CHAOS_SEED") or random.SystemRandom().randrange(1 << 32))
    dice, note = random.Random(seed), f"QIAO_CHAOS_SEED={seed}"
    book = Book(tmp_path / "regulator.db")
    line = Line(Platform(book, Mischief(), Checks(book, ())), dice)
    load = Load(store, dice)
    wire = Message(Bundler(lambda _: URL, lambda _: HOSPITAL), Destination("province", URL), URL, lambda: ())

    def fresh() -> Relay:
        return Relay(store, "regulator", SETTINGS, wire, line, now=lambda: line.now)

    async def run() -> None:
        relay = fresh()
        while line.now < BEGIN + MINUTES:
            load.some()
            relay = await _turn(relay, fresh, line)
        line.calm = True
        while _open(store):
            relay = await _turn(relay, fresh, line)

    asyncio.run(run())
    assert line.cuts > 5 and line.killed > 1, note
    _compare(store, book, note)


async def _turn(relay: Relay, fresh: Callable[[], Relay], line: Line) -> Relay:
    """Do what is due, or die on the way; the clock goes on to the next look."""
    try:
        wait = await relay.turn()
    except Killed:
        relay, wait = fresh(), 0.5
    line.now += max(round(wait * SECOND), SECOND // 4)
    return relay


def _open(store: Store) -> bool:
    receiver = store.deliveries.receiver("default", "regulator")
    assert receiver is not None
    counts = store.deliveries.counts(receiver)
    return receiver.upto < store.ledger.head("default").size or counts["waiting"] + counts["sent"] > 0


def _compare(store: Store, book: Book, note: str) -> None:
    receiver = store.deliveries.receiver("default", "regulator")
    assert receiver is not None
    counts: dict[Any, int] = dict(store.deliveries.counts(receiver))
    produced = store.ledger.head("default").size
    exceptions = counts["refused"] + counts["held"] + counts["given-up"]
    assert produced == counts["acknowledged"] + exceptions, (note, counts)
    assert counts["acknowledged"] > produced // 2, (note, counts)
    state = book.state()
    assert state["entries"] == counts["acknowledged"], (note, counts, state)
    assert state["faults"] == {}, (note, state)
    assert state["counters"]["repeats"] > 0, note
    assert store.ledger.verify("default").ok, note
