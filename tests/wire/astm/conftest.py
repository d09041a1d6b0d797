"""A started ASTM server for one test, a clock that the test moves, and an instrument that can misbehave."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from gateway.wire.astm import AstmServer, Received
from gateway.wire.astm.frame import frames
from gateway.wire.mllp import Peer

MESSAGE = b"H|\\^&|||ANALYSER\rP|1||990101\rO|1|B1||^^^GLU\rR|1|^^^GLU|5.60|mmol/L\rL|1|N\r"


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Store:
    """A handler that remembers what it committed; ``gate`` holds it, ``failures`` make it fail."""

    def __init__(self) -> None:
        self.committed: list[Received] = []
        self.gate: asyncio.Event | None = None
        self.failures = 0
        self.answers: Sequence[bytes] = ()
        self.begun = 0

    async def __call__(self, received: Received, peer: Peer) -> Sequence[bytes]:
        self.begun += 1
        if self.gate is not None:
            await self.gate.wait()
        if self.failures:
            self.failures -= 1
            raise RuntimeError("a name must not be logged")
        self.committed.append(received)
        return self.answers

    @property
    def texts(self) -> list[bytes]:
        return [one.text for one in self.committed]


class Instrument:
    """A raw socket."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def at(cls, server: AstmServer) -> Instrument:
        return cls(*await asyncio.open_connection(*server.address))

    async def put(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def hear(self, count: int = 1) -> bytes:
        """The next bytes, fewer where the server closed instead."""
        try:
            return await self.reader.readexactly(count)
        except asyncio.IncompleteReadError as error:
            return error.partial
        except ConnectionError:
            return b""

    async def say(self, *pieces: bytes) -> bytes:
        """Send each piece and hear one byte to it."""
        heard = []
        for piece in pieces:
            await self.put(piece)
            heard.append(await self.hear())
        return b"".join(heard)

    async def message(self, message: bytes = MESSAGE) -> bytes:
        heard = await self.say(b"\x05", *frames(message))
        await self.put(b"\x04")
        return heard

    async def close(self) -> None:
        self.writer.close()
        try:
            await self.writer.wait_closed()
        except ConnectionError:
            return


@pytest.fixture
def serve(against: Callable[..., AstmServer]) -> Callable[..., AstmServer]:
    """Give ``serve(test, handle, **settings)``."""

    def served(test: Any, handle: Any = None, **settings: Any) -> AstmServer:
        return against(lambda: AstmServer(handle or Store(), **settings), test)

    return served


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def instrument() -> type[Instrument]:
    return Instrument
