"""A store with documents of internet visits, and a HIS that is reached by real sockets and databases."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

import pytest

from gateway.canonical.json import loads
from gateway.feed.relay import Relay
from gateway.feed.writeback.choosing import Wanted, filling
from gateway.feed.writeback.opening import ALONE, _exchange, open_wires
from gateway.mapping import Maps, load_maps
from gateway.settings import Settings, WritebackSettings
from gateway.settings.writeback import PREFIX
from gateway.store import Desk, Entered, Entry, Store, Transact
from gateway.wire import er7
from gateway.wire.mllp.frame import Framer, frame
from tests.adapters.his.sql_view.conftest import Mariadb, mariadb  # noqa: F401 -- a fixture

MR = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "MR"}]}
PLAC = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "PLAC"}]}
SECOND = 1_000_000


@cache
def maps() -> Maps:
    """The shipped maps."""
    return load_maps()


def prescription(
    number: int,
    event: str = "effective",
    patient: str = "p1",
    drug: str = "氨氯地平片",
    birth: str = "",
    **more: Any,
) -> Callable[[Desk], Entered]:
    """An act that writes a prescription of one drug and enters an event of it."""

    def act(desk: Desk) -> Entered:
        subject = {"reference": f"Patient/{patient}"}
        desk.write({
            "resourceType": "Patient", "id": patient, "name": [{"text": "林知夏"}], "gender": "female",
            "identifier": [{"system": "urn:oid:2.16.156.10011.1.13", "type": MR, "value": f"MR{patient}"}],
            **({"birthDate": birth} if birth else {}),
        })  # fmt: skip
        desk.write({"resourceType": "Practitioner", "id": "d1", "name": [{"text": "温如玉"}],
                    "identifier": [{"system": "urn:oid:2.16.156.10011.1.4", "value": "D1"}]})  # fmt: skip
        group = desk.write({"resourceType": "RequestGroup", "id": f"g{number}", "status": "active",
                            "intent": "order", "subject": subject,
                            "note": [{"text": f"{event} {desk.ts_us}"}]})  # fmt: skip
        line = desk.write({
            "resourceType": "MedicationRequest", "id": f"m{number}", "status": "active", "intent": "order",
            "subject": subject, "requester": {"reference": "Practitioner/d1"},
            "identifier": [{"type": PLAC, "value": f"CF{number}-1"}],
            "groupIdentifier": {"system": "urn:oid:2.16.156.10011.1.20", "value": f"CF{number}"},
            "authoredOn": "2026-03-05T09:03:20+08:00", "medicationCodeableConcept": {"text": drug},
            "dosageInstruction": [{"doseAndRate": [{"doseQuantity": {"value": 5, "unit": "mg"}}]}],
            "note": [{"text": f"{event} {desk.ts_us}"}], **more,
        })  # fmt: skip
        return desk.append(Entry("prescription", event, group, (group, line), f"S{number}", 0))

    return act


def enter(store: Store, *acts: Callable[[Desk], Entered], source: str = "client:app") -> list[Entered]:
    """Write and enter, a transaction each."""
    done = store.write([Transact("default", source, [], act=act) for act in acts])
    assert not any(one.error for one in done), [one.error for one in done]
    return [one.answer for one in done]  # type: ignore[misc]


@dataclass
class His:
    """A HIS that listens on MLLP: it keeps what it takes and answers as ``answer`` says.

    Attributes:
        answer: message → lines of the acknowledgement after its MSH; None: it says nothing and hangs up.
    """

    answer: Callable[[er7.Message], list[str] | None] = lambda one: [f"MSA|AA|{one.control_id}"]
    came: list[er7.Message] = field(default_factory=list)
    port: int = 0

    async def serve(self) -> asyncio.Server:
        server = await asyncio.start_server(self._talk, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        return server

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        framer = Framer()
        while data := await reader.read(65536):
            framer.feed(data)
            while (raw := framer.next()) is not None:
                message = er7.parse(raw)
                self.came.append(message)
                lines = self.answer(message)
                if lines is None:
                    writer.close()
                    return
                for line in lines:
                    head = "MSH|^~\\&|HIS||QIAO||20260305||ACK|A1|P|2.5.1"
                    writer.write(frame(f"{head}\r{line}\r".encode(errors="surrogateescape")))
                await writer.drain()
        writer.close()

    def controls(self) -> list[str]:
        """The orders that came, in their order: number of the prescription and what to do."""
        return [f"{one.get('ORC-1')} {one.get('ORC-4.1')}" for one in self.came]


class Web:
    """A HIS that takes requests; it answers what ``answers`` says, then ``otherwise``."""

    otherwise: tuple[int, bytes] = (200, b'{"code": "0", "no": "H1"}')

    def __init__(self, *answers: tuple[int, bytes]) -> None:
        self.came: list[tuple[dict[str, str], Any]] = []
        self.kind = "text/plain"
        left = iter(answers)
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                outer.came.append((headers, loads(body) if body[:1] == b"{" else body))
                status, said = next(left, outer.otherwise)
                self.send_response(status)
                if status == 307:
                    self.send_header("location", "http://127.0.0.1:9/elsewhere")
                self.send_header("content-type", outer.kind)
                self.send_header("content-length", str(len(said)))
                self.end_headers()
                with suppress(OSError):
                    self.wfile.write(said)

            def log_message(self, *_: Any) -> None:
                """Nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/orders"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@dataclass
class Clock:
    """A clock that only the test moves."""

    us: int = 2_000_000_000_000_000

    def __call__(self) -> int:
        return self.us


class Bench:
    """A relay that writes back, under test."""

    def __init__(self, store: Store, said: WritebackSettings) -> None:
        self.store, self.said, self.clock, self.name = store, said, Clock(), f"{PREFIX}his"
        self.wire = open_wires(Settings(writeback={"his": said}), maps())["his"]
        self.exchange: Any = None

    def opened(self) -> Any:
        """A way to the HIS that is kept (``exchange``): else each run has its own."""
        return _exchange(self.said, "[writeback.his]")

    async def work(self, turns: int = 60) -> None:
        """Work until nothing is open, the clock always at the next moment; so many turns at most."""
        exchange = self.exchange or self.opened()
        wanted: dict[str, list[str]] = {}
        for kind, event in self.wire.wanted:
            wanted.setdefault(kind, []).append(event)
        chosen = filling(self.store, "default", Wanted(wanted, self.said.not_from, self.said.order))
        relay = Relay(
            self.store,
            self.name,
            self.said.as_receiver(),
            self.wire,
            exchange,
            now=self.clock,
            filling=chosen,
            alone=ALONE,
        )
        for _ in range(turns):
            wait = await relay.turn()
            if wait and not self.open():
                break
            self.clock.us = max(self.clock.us + round(max(wait, 0.001) * SECOND), self._next())
        if exchange is not self.exchange:
            await exchange.close()

    def run(self, his: His | None = None, turns: int = 60) -> None:
        async def whole() -> None:
            await self.work(turns)

        asyncio.run(whole())

    def _next(self) -> int:
        """The moment before which nothing will happen, as the store has it; 0: it may be now."""
        if self.receiver.next_us > self.clock.us:
            return int(self.receiver.next_us)
        found = self.store.deliveries.find("default", self.receiver, ("waiting", "sent"))
        return min((one.next_us for one in found), default=0)

    @property
    def receiver(self) -> Any:
        return self.store.deliveries.receiver("default", self.name)

    def open(self) -> int:
        counts = self.store.deliveries.counts(self.receiver) if self.receiver else {}
        return counts.get("waiting", 0) + counts.get("sent", 0)

    def states(self) -> dict[int, str]:
        every: Any = ("waiting", "sent", "acknowledged", "refused", "held", "given-up")
        return {one.entry.n: one.state for one in self.store.deliveries.find("default", self.receiver, every)}

    def reason(self, n: int) -> str:
        found = self.store.deliveries.delivery("default", self.receiver, n)
        return found.reason if found else ""


@pytest.fixture
def told(store: Store) -> Callable[..., His]:
    """``told(his, store…)``: run a HIS on MLLP and write back to it until nothing is open."""

    def run(his: His, turns: int = 60, **said: Any) -> Bench:
        made: list[Bench] = []

        async def whole() -> None:
            server = await his.serve()
            async with server:
                settings = WritebackSettings(f"mllp://127.0.0.1:{his.port}", **{"begin": "beginning", **said})
                bench = Bench(store, settings)
                made.append(bench)
                await bench.work(turns)

        asyncio.run(whole())
        return made[0]

    return run  # type: ignore[return-value]


@pytest.fixture
def ward() -> SimpleNamespace:
    """What tests are made of."""
    return SimpleNamespace(His=His, Bench=Bench, enter=enter, prescription=prescription, maps=maps)


@pytest.fixture
def web() -> Iterator[Callable[..., Web]]:
    made: list[Web] = []

    def make_(*answers: tuple[int, bytes]) -> Web:
        made.append(Web(*answers))
        return made[-1]

    yield make_
    for one in made:
        one.server.shutdown()
        one.server.server_close()
