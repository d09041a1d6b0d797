"""Long answers wait for their readers in a bounded room, and not for ever."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from gateway.api import outflow
from gateway.api.outflow import ANSWER, PIECE, Outflow

LONG = bytes(range(256)) * 1000
"""Some pieces."""


async def app(scope: Any, _receive: Any, send: Any) -> None:
    if scope["path"] == "/fhir":
        assert scope[ANSWER].take(len(LONG) // 2)
    headers = [(b"content-length", b"%d" % len(LONG)), (b"x-request-id", b"r1")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": LONG})


class Reader:
    """A client that takes the head and the first piece, and the rest once it may."""

    def __init__(self, method: str = "GET", path: str = "/fhir/Patient", reads: bool = True) -> None:
        self.scope = {"type": "http", "method": method, "path": path, "headers": []}
        self.may = asyncio.Event()
        self.got: list[dict[str, Any]] = []
        if reads:
            self.may.set()

    @property
    def status(self) -> int:
        return int(self.got[0]["status"])

    @property
    def body(self) -> bytes:
        return b"".join(message["body"] for message in self.got[1:])

    async def receive(self) -> dict[str, Any]:
        raise AssertionError

    async def send(self, message: Any) -> None:
        if len(self.got) == 2:
            await self.may.wait()
        self.got.append(message)

    async def ask(self, of: Outflow) -> Reader:
        await of(self.scope, self.receive, self.send)
        return self


def test_a_long_answer_comes_in_pieces() -> None:
    got = asyncio.run(Reader().ask(Outflow(app)))
    assert got.body == LONG
    assert max(len(message["body"]) for message in got.got[1:]) == PIECE
    assert [message["more_body"] for message in got.got[1:]] == [True, True, True, False]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/fhir/Patient", 503),
        ("POST", "/fhir/Patient/_search", 503),
        ("POST", "/fhir/Patient/1/$everything", 503),
        ("PUT", "/fhir/Patient/1", 200),
    ],
)
def test_where_others_wait_there_is_no_room_for_more(method: str, path: str, status: int) -> None:
    async def run() -> None:
        room = Outflow(app, len(LONG) + 10)
        slow = Reader(reads=False)
        waiting = asyncio.create_task(slow.ask(room))
        await asyncio.sleep(0)
        assert room.free == 10
        other = await Reader(method, path).ask(room)
        assert other.status == status
        if status == 503:
            assert json.loads(other.body)["issue"][0]["code"] == "transient"
            assert {b"retry-after", b"x-request-id"} <= dict(other.got[0]["headers"]).keys()
        slow.may.set()
        assert (await waiting).body == LONG
        assert room.free == len(LONG) + 10
        assert (await Reader(method, path).ask(room)).status == 200

    asyncio.run(run())


def test_what_was_taken_before_is_not_taken_again() -> None:
    async def run() -> None:
        room = Outflow(app, len(LONG))
        slow = Reader("POST", "/fhir", reads=False)
        waiting = asyncio.create_task(slow.ask(room))
        await asyncio.sleep(0)
        assert room.free == 0
        slow.may.set()
        await waiting
        assert room.free == len(LONG)

    asyncio.run(run())


def test_an_answer_that_is_longer_than_the_room_goes_alone() -> None:
    async def run() -> None:
        room = Outflow(app, 1000)
        assert (await Reader().ask(room)).body == LONG
        assert room.free == 1000

    asyncio.run(run())


def test_who_reads_too_slowly_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outflow, "SECONDS", 0.0)
    monkeypatch.setattr(outflow, "RATE", 1 << 60)

    async def run() -> None:
        room = Outflow(app)
        with pytest.raises(TimeoutError):
            await Reader(reads=False).ask(room)
        assert room.free == room.most

    asyncio.run(run())
