"""One request to a receiver is bounded, whatever the receiver does."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from gateway.errors import Misconfigured
from gateway.feed.pause import pause
from gateway.feed.subscription.sending import MOST_ANSWER, Answer, Parcel, Sender, trusted

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def sent(talk: Talk, seconds: float = 30.0, scheme: str = "http") -> Answer:
    """Send one parcel to a server that talks like this."""

    async def go() -> Answer:
        talking: list[asyncio.Task[None]] = []

        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            talking.append(task)
            with contextlib.suppress(ConnectionError):
                await talk(reader, writer)
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

        server = await asyncio.start_server(handle, "127.0.0.1", 0)
        sender = Sender(trusted())
        try:
            url = f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
            return await sender(Parcel("POST", url, (), b"{}", seconds))
        finally:
            await sender.close()
            server.close()
            await asyncio.gather(*talking)

    return asyncio.run(go())


def test_a_receiver_that_never_answers_is_left() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    assert sent(silent, 0.05).told == "no answer within 0.05 seconds"


def test_an_endless_answer_is_not_read_to_its_end() -> None:
    written = 0

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal written
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")
        while True:
            writer.write(b"x" * 65536)
            written += 65536
            await writer.drain()

    assert sent(endless).ok
    assert written < 200 * MOST_ANSWER


@pytest.mark.parametrize(
    "words", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-"]
)
def test_what_is_no_http_is_a_failure(words: bytes) -> None:
    async def odd(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(words)

    answer = sent(odd)
    assert not answer.ok
    assert answer.told.isalpha()  # the kind of the failure, nothing that the receiver said


@pytest.mark.parametrize(
    ("header", "after"),
    [("120", 120.0), ("soon", None), ("-5", None), ("Mon, 01 Jan 2001 00:00:00 GMT", 0.0)],
)
def test_retry_after_is_understood(header: str, after: float | None) -> None:
    async def busy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"HTTP/1.1 503 No\r\nRetry-After: {header}\r\nContent-Length: 0\r\n\r\n".encode())

    assert sent(busy) == Answer(False, "HTTP 503", after)


def test_a_plain_server_is_no_tls_server() -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)

    assert not sent(plain, scheme="https").ok


def test_certificates_that_cannot_be_read_stop_the_start(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="ca"):
        trusted(str(tmp_path / "missing.pem"))


def test_pauses_double_are_spread_and_bounded() -> None:
    assert [pause(n, 100.0, chance=lambda: 1.0) for n in (1, 2, 3, 8, 10_000)] == [
        1.0,
        2.0,
        4.0,
        100.0,
        100.0,
    ]
    assert [pause(n, 100.0, chance=lambda: 0.0) for n in (1, 2, 3)] == [0.5, 1.0, 2.0]
    assert pause(1, 100.0, 50.0) == 50.0
    assert pause(1, 100.0, 10.0**9) == 100.0
