"""Stores with a ledger: one with days set by hand, one with a relay and a platform that may misbehave."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gateway.canonical.json import dumps, loads
from gateway.feed.bundle import Bundler, Destination
from gateway.feed.calendar import begin_us
from gateway.feed.receiver import Reply, Request, Wire
from gateway.feed.receiver.message import Message
from gateway.feed.relay import Lost, Relay
from gateway.settings import ReceiverSettings
from gateway.store import Desk, Entered, Entry, Store, Transact, clock, open_store
from tests.emptying import empty

BASE = "http://qiao.test/fhir"
URL = "http://127.0.0.1:9/platform"
START = 2_000_000_000_000_000
SECOND = 1_000_000
HOSPITAL = {"resourceType": "Organization", "id": "h1", "name": "渡桥市人民医院互联网医院"}


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty store on each engine."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'qiao.db'}"
    else:
        url = request.getfixturevalue("database")
        empty(url)
    opened = open_store(url)
    yield opened
    opened.close()


def prescription(at: int, event: str = "submitted", back: int = 0, **more: Any) -> Callable[[Desk], Entered]:
    """An act that writes prescription ``at`` with one drug, and enters an event of it."""

    def act(desk: Desk) -> Entered:
        patient = {"reference": f"Patient/p{at}"}
        desk.write({"resourceType": "Patient", "id": f"p{at}", "name": [{"text": f"林{at}"}]})
        group = desk.write(
            {"resourceType": "RequestGroup", "id": f"g{at}", "status": "active", "intent": "order",
             "subject": patient, "note": [{"text": f"{event} {desk.ts_us}"}]}
        )  # fmt: skip
        drug = desk.write(
            {"resourceType": "MedicationRequest", "id": f"m{at}", "status": "active", "intent": "order",
             "subject": patient, "medicationCodeableConcept": {"text": "氨氯地平片"},
             "dosageInstruction": [{"doseAndRate": [{"doseQuantity": {"value": 5, "unit": "mg"}}]}], **more}
        )  # fmt: skip
        return desk.append(Entry("prescription", event, group, (group, drug), f"S{at}", back))

    return act


def enter(store: Store, *acts: Callable[[Desk], Entered], tenant: str = "default") -> list[Entered]:
    """Write and enter, a transaction each."""
    done = store.write([Transact(tenant, "test", [], act=act) for act in acts])
    assert not any(one.error for one in done), [one.error for one in done]
    return [one.answer for one in done]  # type: ignore[misc]


@dataclass
class Clock:
    """A clock that only the test moves."""

    us: int = START

    def __call__(self) -> int:
        return self.us


Misbehave = Callable[["Platform", Request, dict[str, Any]], Reply | None]


@dataclass
class Platform:
    """A receiver of FHIR messages: keeps what it takes, knows repeats, and does what ``rule`` says first.

    Attributes:
        taken: entries by number, each once: name of its document, and its event.
        order: numbers in the order in which they were taken.
        rule: looks at a request before it is taken: raises Lost, or returns another reply.
        after: looks at the reply after it was taken: raises Lost to lose the acknowledgement.
        refuses: tells whether an entry is refused, and why.
    """

    taken: dict[int, tuple[str, str]] = field(default_factory=dict)
    order: list[int] = field(default_factory=list)
    requests: list[list[int]] = field(default_factory=list)
    repeats: int = 0
    rule: Callable[[list[dict[str, Any]]], Reply | None] = lambda _: None
    after: Callable[[], None] = lambda: None
    refuses: Callable[[dict[str, Any]], str] = lambda _: ""
    per_item: bool = True
    serials: Callable[[dict[str, Any]], str] = lambda _: ""

    async def __call__(self, request: Request, seconds: float) -> Reply:
        await asyncio.sleep(0)
        bundle = loads(request.body)
        header = bundle["entry"][0]["resource"]
        entries = entries_of(bundle)
        self.requests.append([one["n"] for one in entries])
        other = self.rule(entries)
        if other is not None:
            return other
        if not self.per_item and any(self.refuses(one) for one in entries):
            return Reply(422, body=dumps(outcome("business-rule")))
        results = [self._take(one) for one in entries]
        self.after()
        answer = {
            "resourceType": "Bundle", "type": "message",
            "entry": [
                {"resource": {"resourceType": "MessageHeader", "id": f"r{len(self.requests)}",
                              "response": {"identifier": header["id"], "code": "ok"}}},
                {"resource": {"resourceType": "Parameters", "parameter": results}},
            ],
        }  # fmt: skip
        return Reply(200, body=dumps(answer))

    async def close(self) -> None:
        """Nothing is open."""

    def _take(self, entry: dict[str, Any]) -> dict[str, Any]:
        n, code, reason = entry["n"], "ok", self.refuses(entry)
        if reason:
            code = "fatal-error"
        elif n in self.taken:
            code = "repeat"
            self.repeats += 1
        else:
            self.taken[n] = entry["about"].split("/_history")[0], entry["event"]
            self.order.append(n)
        part = [{"name": "entry", "valuePositiveInt": n}, {"name": "code", "valueCode": code}]
        part += [{"name": "reason", "valueString": reason}] if reason else []
        part += [{"name": "receipt", "valueString": f"R{n}"}] if not reason else []
        part += [{"name": "serial", "valueString": found}] if (found := self.serials(entry)) else []
        return {"name": "result", "part": part}


def entries_of(bundle: dict[str, Any]) -> list[dict[str, Any]]:
    """The entries that a message says, each with its parts by name."""
    found = next(
        one["resource"] for one in bundle["entry"] if one["resource"]["resourceType"] == "Parameters"
    )
    return [
        {
            part["name"]: next(value for name, value in part.items() if name != "name")
            for part in parameter["part"]
        }
        for parameter in found["parameter"]
    ]


def outcome(code: str, text: str = "") -> dict[str, Any]:
    issue = {"severity": "error", "code": code, **({"diagnostics": text} if text else {})}
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def lost(left: bool = True) -> Reply:
    raise Lost("ReadTimeout", left=left)


def message_wire() -> Wire:
    bundler = Bundler(lambda _: BASE, lambda _: HOSPITAL)
    return Message(bundler, Destination("province", URL), URL, lambda: ())


@dataclass
class Bench:
    """A relay under test."""

    store: Store
    platform: Any
    clock: Clock
    relay: Relay
    settings: ReceiverSettings

    async def drain(self, seconds: float = 3600 * 24 * 400) -> None:
        """Work, the clock always at the next moment, until nothing is due for that long."""
        end = self.clock.us + round(seconds * SECOND)
        while self.clock.us < end:
            wait = await self.relay.turn()
            if wait and not self.open():
                return
            self.clock.us = max(self.clock.us + round(wait * SECOND), self._next())

    def _next(self) -> int:
        """The moment before which nothing will happen, as the store has it; 0: it may be now."""
        receiver = self.receiver
        if receiver is None or receiver.next_us > self.clock.us:
            return receiver.next_us if receiver else 0
        found = self.store.deliveries.find(self.settings.tenant, receiver, ("waiting", "sent"))
        return min((one.next_us for one in found), default=0)

    def run(self, seconds: float = 3600 * 24 * 400) -> None:
        asyncio.run(self.drain(seconds))

    def turn(self) -> float:
        return asyncio.run(self.relay.turn())

    @property
    def receiver(self) -> Any:
        return self.store.deliveries.receiver(self.settings.tenant, self.relay.name)

    def open(self) -> int:
        found = self.counts()
        return found["waiting"] + found["sent"]

    def counts(self) -> dict[str, int]:
        return dict(self.store.deliveries.counts(self.receiver)) if self.receiver else {}

    def states(self) -> dict[int, str]:
        states: Sequence[Any] = ("waiting", "sent", "acknowledged", "refused", "held", "given-up")
        found = self.store.deliveries.find(self.settings.tenant, self.receiver, states)
        return {one.entry.n: one.state for one in found}

    def alerts(self, *, now: bool = True) -> list[str]:
        return [one.kind for one in self.store.alerts.find(now=now)]


@pytest.fixture
def bench(store: Store) -> Callable[..., Bench]:
    def make(
        platform: Any = None, wire: Wire | None = None, name: str = "province", **settings: Any
    ) -> Bench:
        said = ReceiverSettings(url=URL, **settings)
        clock, platform = Clock(), platform or Platform()
        relay = Relay(store, name, said, wire or message_wire(), platform, now=clock)
        return Bench(store, platform, clock, relay, said)

    return make


@pytest.fixture
def kit() -> SimpleNamespace:
    """What tests are made of."""
    return SimpleNamespace(
        Platform=Platform, enter=enter, prescription=prescription, lost=lost, outcome=outcome,
        entries_of=entries_of, message_wire=message_wire, SECOND=SECOND, START=START, BASE=BASE,
        HOSPITAL=HOSPITAL, URL=URL,
    )  # fmt: skip


class Books:
    """A store whose clock stands where it is put."""

    def __init__(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        self.store = store
        self._monkeypatch = monkeypatch
        self.on("2026-03-02")

    def on(self, day: str) -> None:
        """Let it be nine o'clock of a day."""
        at = begin_us(day, self.store.zone) + 9 * 3_600_000_000
        self._monkeypatch.setattr(clock, "now_us", lambda: at)

    def act(self, act: Callable[[Desk], Any]) -> Any:
        (done,) = self.store.write([Transact("default", "client:his", [], act=act)])
        if done.error is not None:
            raise done.error
        return done.answer

    def order(
        self, number: str, event: str = "submitted", kind: str = "prescription", back: int = 0
    ) -> Entered:
        """Enter a document under its local number."""

        def act(desk: Desk) -> Entered:
            identifier = [{"system": "urn:oid:2.16.156.10011.1.20", "value": number}]
            status = "draft" if event == "submitted" else "active"
            body = {"resourceType": "RequestGroup", "id": f"g-{number}", "status": status, "intent": "order"}
            about = desk.write({**body, "identifier": identifier})
            serial = desk.mint(kind, "990101", number).value
            return desk.append(Entry(kind, event, about, (about,), serial, back))

        found: Entered = self.act(act)
        return found

    def follow(self, kind: str, number: str, event: str, of: Entered, type: str) -> Entered:
        """Enter what follows a prescription: with its serial."""

        def act(desk: Desk) -> Entered:
            body = {"resourceType": type, "id": f"f-{number}", "identifier": [{"value": number}]}
            about = desk.write({**body, "status": "completed", "note": [{"text": event}]})
            return desk.append(Entry(kind, event, about, (about,), of.serial, of.n))

        found: Entered = self.act(act)
        return found

    def visit(self, number: str) -> Entered:
        """Enter a visit, which has no serial."""

        def act(desk: Desk) -> Entered:
            body = {"resourceType": "Encounter", "id": f"v-{number}", "status": "in-progress"}
            return desk.append(
                Entry("visit", "effective", desk.write({**body, "identifier": [{"value": number}]}))
            )

        found: Entered = self.act(act)
        return found


@pytest.fixture
def books(url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Books]:
    opened = open_store(url)
    yield Books(opened, monkeypatch)
    opened.close()


@pytest.fixture
def monday() -> date:
    return date(2026, 3, 2)
