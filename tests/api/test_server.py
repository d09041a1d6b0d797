"""The HTTP server under the API: what it bounds, and that nobody slow holds up the others."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from gateway.api import server
from gateway.api.server import Connection, Server, bind

MB = b"x" * 1_000_000


class App:
    """Echoes the length of a body; ``/big`` streams as much as the client takes, ``/long`` is whole."""

    def __init__(self) -> None:
        self.sent = 0
        self.enough = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == "/early":
            await _answer(send, 413, b"")
            return
        length, more = 0, True
        while more:
            message = await receive()
            length, more = length + len(message.get("body", b"")), message.get("more_body", False)
        if scope["path"] == "/big":
            await self._stream(send)
        elif scope["path"] == "/long":
            await _answer(send, 200, MB * 20)
        else:
            await _answer(send, 200, str(length).encode())

    async def _stream(self, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(1000):
            await send({"type": "http.response.body", "body": MB, "more_body": True})
            self.sent += 1
        await send({"type": "http.response.body", "body": b""})


async def _answer(send: Any, status: int, body: bytes) -> None:
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class Running:
    """A server that runs, and sockets to it."""

    def __init__(self, running: Server, port: int, app: App) -> None:
        self.server = running
        self.port = port
        self.app = app

    @property
    def connections(self) -> list[Connection]:
        return [one for one in self.server.server_state.connections if isinstance(one, Connection)]

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def ask(self, data: bytes) -> bytes:
        """Send bytes and return everything that comes until the server closes."""
        reader, writer = await self.open()
        writer.write(data)
        found = await reader.read()
        writer.close()
        return found

    async def until(self, true: Callable[[], bool]) -> None:
        while not true():  # noqa: ASYNC110 -- nothing of uvicorn tells
            await asyncio.sleep(0.005)


@asynccontextmanager
async def _running(max_connections: int = 100) -> AsyncIterator[Running]:
    app = App()
    listening = bind("127.0.0.1", 0)
    made = Server(app, max_connections=max_connections)
    task = asyncio.create_task(made.serve(sockets=[listening]))
    running = Running(made, listening.getsockname()[1], app)
    await running.until(lambda: made.started)
    try:
        yield running
    finally:
        for connection in running.connections:
            connection.transport.abort()
        made.should_exit = True
        await task


def against(work: Callable[[Running], Any], **options: int) -> Any:
    async def run() -> Any:
        async with _running(**options) as running:
            return await work(running)

    return asyncio.run(run())


def status_of(answer: bytes) -> int:
    """Return the status of a refusal, which is an OperationOutcome and closes."""
    head, _, body = answer.partition(b"\r\n\r\n")
    status = int(head.split()[1])
    if status != 200:
        assert json.loads(body)["resourceType"] == "OperationOutcome"
        assert b"connection: close" in head
    assert b"server:" not in head.lower()
    return status


CLOSE = b"Host: x\r\nConnection: close\r\n"


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET / HTTP/1.1\r\n" + CLOSE + b"\r\n", 200),
        (b"GET / HTTP/1.1\r\n" + CLOSE + b"X: " + b"y" * 200_000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\n" + CLOSE + b"X: y\r\n" * 20_000 + b"\r\n", 431),
        (b"GET / HTTP/1.1\r\nX: " + b"y" * 100_000, 431),
        (b"GET /" + b"y" * 100_000 + b" HTTP/1.1\r\n" + CLOSE + b"\r\n", 400),
        (b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n", 400),
        (b"GET / HTTP/1.0\r\n\r\n", 200),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01", 400),
        (b"GET /a b HTTP/1.1\r\n" + CLOSE + b"\r\n", 400),
        ("GET /é HTTP/1.1\r\nHost: x\r\n\r\n".encode(), 400),
        (
            b"POST / HTTP/1.1\r\n"
            + CLOSE
            + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            400,
        ),
        (b"POST / HTTP/1.1\r\n" + CLOSE + b"Content-Length: -1\r\n\r\n", 400),
    ],
)
def test_a_request_that_is_none_is_refused(request_: bytes, status: int) -> None:
    assert status_of(against(lambda running: running.ask(request_))) == status


@pytest.mark.parametrize("request_", [b"GET / HTTP/1.1\r\n" + CLOSE + b"\r\n", b"GET / HTTP/1.1\r\n\r\n"])
def test_no_answer_is_kept_by_a_cache_or_guessed_at(request_: bytes) -> None:
    head = against(lambda running: running.ask(request_)).partition(b"\r\n\r\n")[0].lower()
    assert head.count(b"cache-control: no-store") == 1
    assert head.count(b"x-content-type-options: nosniff") == 1


def test_a_refusal_before_the_application_is_chinese_for_who_reads_it() -> None:
    asked = b"GET / HTTP/1.1\r\nAccept-Language: zh-CN\r\nConnection: close\r\n\r\n"
    answer = against(lambda running: running.ask(asked))
    assert status_of(answer) == 400
    assert b"content-language: zh-CN" in answer
    assert "不是有效的 HTTP 请求".encode() in answer


def test_an_answer_does_not_wait_for_the_next_packet() -> None:
    """Without TCP_NODELAY the body waits 40 ms for the acknowledgement of the head."""

    async def work(running: Running) -> int:
        _reader, writer = await running.open()
        await running.until(lambda: bool(running.connections))
        accepted = running.connections[0].transport.get_extra_info("socket")
        writer.close()
        return int(accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))

    assert against(work)


def test_a_long_body_is_no_long_head() -> None:
    body = b"y" * 300_000
    request = b"POST / HTTP/1.1\r\n" + CLOSE + b"Content-Length: 300000\r\n\r\n" + body
    assert against(lambda running: running.ask(request)).endswith(b"\r\n\r\n300000")


def test_requests_follow_one_another_on_a_connection() -> None:
    async def work(running: Running) -> bytes:
        one = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
        return await running.ask(one + one + b"GET / HTTP/1.1\r\n" + CLOSE + b"\r\n")

    assert against(work).count(b"HTTP/1.1 200 OK") == 3


@pytest.mark.parametrize("sent", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: x\r\n", b"\r\n"])
def test_who_does_not_finish_a_request_is_told_and_closed(
    sent: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "HEAD_SECONDS", -1.0)

    async def work(running: Running) -> bytes:
        reader, writer = await running.open()
        writer.write(sent)
        found = await reader.read()  # the look of every second ends it
        writer.close()
        return found

    assert status_of(against(work)) == 408


def test_who_does_not_finish_a_body_is_told_and_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "BODY_SECONDS", -1.0)
    request = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc"
    assert status_of(against(lambda running: running.ask(request))) == 408


def test_after_an_early_answer_the_rest_of_the_body_is_not_taken_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(server, "BODY_SECONDS", -1.0)
    request = b"POST /early HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc"
    found = against(lambda running: running.ask(request))
    assert found.startswith(b"HTTP/1.1 413")
    assert found.count(b"HTTP/1.1") == 1


def test_an_idle_connection_is_kept_between_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(running: Running) -> int:
        reader, writer = await running.open()
        for _ in range(2):
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert (await reader.readuntil(b"\r\n\r\n0")).startswith(b"HTTP/1.1 200")
            monkeypatch.setattr(server, "HEAD_SECONDS", -1.0)
            for connection in running.connections:
                connection.look(1.0)
            monkeypatch.setattr(server, "HEAD_SECONDS", 15.0)
        writer.close()
        return 2

    assert against(work) == 2


def test_too_many_connections_are_told_so_and_the_others_go_on() -> None:
    async def work(running: Running) -> bytes:
        held = [await running.open() for _ in range(3)]
        await running.until(lambda: len(running.connections) == 3)
        refused = await running.ask(b"")
        assert b"retry-after" in refused
        assert status_of(refused) == 503
        reader, writer = held[0]
        writer.write(b"GET / HTTP/1.1\r\n" + CLOSE + b"\r\n")
        answer = await reader.read()
        for _, other in held:
            other.close()
        return answer

    assert status_of(against(work, max_connections=3)) == 200


def test_a_slow_reader_leaves_a_long_answer_where_it_is_counted() -> None:
    async def work(running: Running) -> None:
        _reader, writer = await running.open()
        writer.write(b"GET /long HTTP/1.1\r\nHost: x\r\n\r\n")
        await running.until(lambda: any(one.flow.write_paused for one in running.connections))
        (slow,) = running.connections
        assert slow.transport.get_write_buffer_size() < 1_000_000
        writer.close()

    against(work)


def test_a_slow_reader_costs_little_memory_holds_up_nobody_and_is_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def work(running: Running) -> None:
        _reader, writer = await running.open()
        writer.write(b"GET /big HTTP/1.1\r\nHost: x\r\n\r\n")
        await running.until(lambda: running.app.sent > 0)
        assert status_of(await running.ask(b"GET / HTTP/1.1\r\n" + CLOSE + b"\r\n")) == 200
        (slow,) = running.connections
        await running.until(lambda: slow.flow.write_paused)
        assert running.app.sent < 50
        monkeypatch.setattr(server, "WRITE_SECONDS", 1.0)
        await running.until(lambda: not running.connections)  # two looks without progress
        writer.close()

    against(work)
