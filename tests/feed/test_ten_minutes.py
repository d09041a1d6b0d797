"""Ten minutes of lines to two regulators that come and go, under load, on a clock of the test's own.

The load is an internet hospital at work: prescriptions are signed, gated, numbered, reviewed, redeemed or
taken back, each by its operation and through the writer. Whatever a platform does to a hospital happens: it
is not there, loses answers, takes half, breaks, refuses; and the relay is killed between sending and writing
down.
``QIAO_CHAOS_SEED`` repeats a run.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from conformance.simulators.internet import documents, orders
from conformance.simulators.internet.documents import Visit, today
from conformance.simulators.internet.hospital import INSTITUTION, PHARMACIST, PHARMACY, PHYSICIAN, on_file
from conformance.simulators.people import draw
from conformance.simulators.regulator.book import Book
from conformance.simulators.regulator.message import Checks
from conformance.simulators.regulator.mischief import Mischief, Mode
from conformance.simulators.regulator.platform import Platform
from gateway.canonical.actor import Principal
from gateway.feed.bundle import Bundler, Destination
from gateway.feed.receiver import Reply, Request
from gateway.feed.receiver.message import Message
from gateway.feed.relay import Lost, Relay
from gateway.feed.visit.answer import Answer
from gateway.feed.visit.cancel import cancel
from gateway.feed.visit.governor import Visits
from gateway.feed.visit.hospital import bookkeeping_of
from gateway.feed.visit.redeem import redeem
from gateway.feed.visit.review import review
from gateway.feed.visit.submit import submit
from gateway.mapping import load_maps
from gateway.pipeline.engine import Engine, Parts
from gateway.security.signature import AUTHOR, REVIEW, Signatures, demonstration, open_signatures
from gateway.settings import PipelineSettings, ReceiverSettings, SignatureSettings, TenantSettings
from gateway.store import Change, Desk, Store, Transact, open_store

SECOND = 1_000_000
BEGIN, MINUTES = 2_000_000_000 * SECOND, 10 * 60 * SECOND
URL = "http://127.0.0.1:9/platform"
RECEIVERS = ("province", "city")
SETTINGS = ReceiverSettings(url=URL, batch=10, longest_pause=10)
TENANT = TenantSettings(organization=INSTITUTION, jurisdiction=("cn-chongqing",))
PER_VISIT = 6
"""Prescriptions of one visit."""
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


class Clock:
    """The present, which the test moves on."""

    def __init__(self) -> None:
        self.now, self.calm = BEGIN, False

    def __call__(self) -> int:
        return self.now


class Line:
    """The line to one platform, and the platform behind it; up and down by turns, some seconds each."""

    def __init__(self, platform: Platform, dice: random.Random, clock: Clock) -> None:
        self.platform, self._dice, self._clock = platform, dice, clock
        self._until, self._up = BEGIN, True
        self._cards: list[str] = []
        self.killed = self.cuts = 0

    async def __call__(self, request: Request, seconds: float) -> Reply:
        await asyncio.sleep(0)
        if self._clock.calm:
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
        while self._clock.now >= self._until:
            self._up = not self._up
            self.cuts += not self._up
            self._until += self._dice.randrange(1, 20) * SECOND


@dataclass
class Order:
    """A prescription on its way."""

    parts: list[dict[str, Any]]
    task: str = ""
    effective: bool = False

    @property
    def id(self) -> str:
        return str(self.parts[0]["id"])


class Load:
    """A hospital that goes on working: new prescriptions, and what becomes of older ones."""

    def __init__(self, engine: Engine, visits: Visits, signatures: Signatures, dice: random.Random) -> None:
        self._engine, self._hospitals, self._signatures = engine, visits.hospitals, signatures
        self._dice, self._open = dice, list[Order]()
        self._visit: Visit | None = None
        self.count = self.effective = 0

    async def some(self) -> None:
        """Do some steps, which the writer finds at the same time."""
        steps = []
        for _ in range(self._dice.choice((0, 0, 0, 0, 1, 2))):
            if self._open and self._dice.random() < 0.65:
                steps.append(self._on(self._open.pop(self._dice.randrange(len(self._open)))))
            else:
                await self._arrive()
                steps.append(self._prescribe())
        await asyncio.gather(*steps)

    async def _arrive(self) -> None:
        """Begin a visit where the last one has had enough prescriptions."""
        if self.count % PER_VISIT:
            return
        visit = Visit(f"{self.count}", draw(self._dice, f"{self.count}", today().date(), (20, 80)))
        await self._write([*documents.registration(visit), documents.consent(visit)])
        await self._write([documents.encounter(visit)])
        await self._write(documents.diagnosis(visit))
        self._visit = visit

    async def _prescribe(self) -> None:
        assert self._visit is not None
        self.count += 1
        order = Order(orders.prescription(self._visit, 1 + self.count % 2, f"x{self.count}"))
        await self._write(order.parts)
        signed = self._signatures.sign(order.parts, "physician", who=PHYSICIAN, purpose=AUTHOR)
        principal = Principal("his", PHYSICIAN, "asserted")
        answer = await self._act(
            lambda desk: submit(desk, self._hospitals, "RequestGroup", order.id, principal, signed)
        )
        order.task = answer.task.partition("/")[2]
        self._open.append(order)

    async def _on(self, order: Order) -> None:
        """The next thing that becomes of a prescription."""
        physician, what = Principal("his", PHYSICIAN, "asserted"), self._dice.random()
        if what < 0.1:
            await self._act(
                lambda desk: cancel(desk, self._hospitals, "RequestGroup", order.id, physician, "换药")
            )
        elif order.effective:
            number = f"YF{order.id}"
            await self._act(
                lambda desk: redeem(desk, self._hospitals, order.id, Principal("yf"), PHARMACY, number)
            )
        else:
            await self._review(order, rejected=what < 0.2)

    async def _review(self, order: Order, *, rejected: bool) -> None:
        principal, task = Principal("his", PHARMACIST, "asserted"), order.task
        if rejected:
            await self._act(
                lambda desk: review(desk, self._hospitals, task, principal, "rejected", reason="用量过大")
            )
            return
        signed = self._signatures.sign(order.parts, "pharmacist", who=PHARMACIST, purpose=REVIEW)
        await self._act(
            lambda desk: review(desk, self._hospitals, task, principal, "approved", signature=signed)
        )
        order.effective = True
        self.effective += 1
        self._open.append(order)

    async def _write(self, bodies: Sequence[dict[str, Any]]) -> None:
        changes = [Change("update", one["resourceType"], one["id"], one) for one in bodies]
        principal = Principal("his", PHYSICIAN, "asserted")
        done = await self._engine.write(Transact("default", "client:his", changes, caller=principal))
        assert done.error is None, done.error

    async def _act(self, act: Callable[[Desk], Answer]) -> Answer:
        done = await self._engine.write(Transact("default", "client:his", [], act=act))
        assert done.error is None and isinstance(done.answer, Answer), done.error
        return done.answer


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path / 'qiao.db'}" if sqlite else request.getfixturevalue("database")
    opened = open_store(url)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ca")
    people = demonstration.PHYSICIAN, demonstration.PHARMACIST
    demonstration.demonstration(
        folder, people, demonstration.Hospital("渡桥市人民医院互联网医院", INSTITUTION), "ES256"
    )
    return folder


@asynccontextmanager
async def working(store: Store, keys: Path, dice: random.Random) -> AsyncIterator[Load]:
    """A hospital whose writer runs, and whose people are on file."""
    trust = SignatureSettings(trust=(str(keys / "trust.pem"),), keys=str(keys / "keys"))
    signatures = open_signatures(trust)
    visits = Visits(lambda _: TENANT, signatures)
    store.keep_books("default", bookkeeping_of(TENANT))
    store.govern(visits)
    engine = Engine(Parts(store, load_maps(), {}, PipelineSettings()))
    await engine.start()
    try:
        people = on_file(today().date())
        done = await engine.write(
            Transact("default", "test", [], act=lambda desk: [desk.write(one) for one in people])
        )
        assert done.error is None, done.error
        yield Load(engine, visits, signatures, dice)
    finally:
        await engine.stop()


def test_what_was_produced_is_acknowledged_or_an_open_exception(
    store: Store, tmp_path: Path, keys: Path
) -> None:
    seed = int(os.environ.get("QIAO_CHAOS_SEED") or random.SystemRandom().randrange(1 << 32))
    dice, note, clock = random.Random(seed), f"QIAO_CHAOS_SEED={seed}", Clock()
    authorities = x509.load_pem_x509_certificates((keys / "trust.pem").read_bytes())
    books = {name: Book(tmp_path / f"{name}.db") for name in RECEIVERS}
    lines = {
        name: Line(Platform(book, Mischief(), Checks(book, authorities)), dice, clock)
        for name, book in books.items()
    }
    hospital = {"resourceType": "Organization", "id": "iho", "name": "渡桥市人民医院互联网医院"}

    def fresh(name: str) -> Relay:
        wire = Message(Bundler(lambda _: URL, lambda _: hospital), Destination(name, URL), URL, lambda: ())
        return Relay(store, name, SETTINGS, wire, lines[name], now=clock)

    async def run() -> Load:
        relays = {name: fresh(name) for name in RECEIVERS}
        async with working(store, keys, dice) as load:
            while clock.now < BEGIN + MINUTES:
                await load.some()
                await _turn(relays, fresh, clock)
            clock.calm = True
            while any(_open(store, name) for name in RECEIVERS):
                await _turn(relays, fresh, clock)
            return load

    load = asyncio.run(run())
    assert load.effective > 50, note
    assert store.ledger.verify("default").ok, note
    for name, book in books.items():
        assert lines[name].cuts > 5 and lines[name].killed > 1, note
        _compare(store, name, book, f"{note} {name}")


async def _turn(relays: dict[str, Relay], fresh: Callable[[str], Relay], clock: Clock) -> None:
    """Do what is due at each, or die on the way; the clock goes on to the next look."""
    waits = []
    for name, relay in list(relays.items()):
        try:
            waits.append(await relay.turn())
        except Killed:
            relays[name] = fresh(name)
            waits.append(0.5)
    clock.now += max(round(min(waits) * SECOND), SECOND // 4)


def _open(store: Store, name: str) -> bool:
    receiver = store.deliveries.receiver("default", name)
    assert receiver is not None
    counts = store.deliveries.counts(receiver)
    return receiver.upto < store.ledger.head("default").size or counts["waiting"] + counts["sent"] > 0


def _compare(store: Store, name: str, book: Book, note: str) -> None:
    receiver = store.deliveries.receiver("default", name)
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
    assert state["counters"]["signature checked"] > 100, (note, state)
    _in_order(store, book, note)


def _in_order(store: Store, book: Book, note: str) -> None:
    """What belongs to one document, by what goes back to what, came one after the other and without a gap."""
    first: dict[int, int] = {}
    owed: dict[int, list[int]] = {}
    for one in store.ledger.entries("default", 0, 100_000):
        first[one.n] = first.get(one.back, one.n)
        owed.setdefault(first[one.n], []).append(one.n)
    came: dict[int, list[int]] = {}
    for (n,) in book._db.execute("SELECT n FROM entry ORDER BY arrival"):
        came.setdefault(first[n], []).append(n)
    assert all(numbers == owed[root][: len(numbers)] for root, numbers in came.items()), note
    assert max(len(numbers) for numbers in owed.values()) > 2, note
