"""A started server for one test."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from gateway.wire.mllp import MllpServer, Peer

Test = Callable[[Any], Awaitable[None]]
Against = Callable[[Callable[[], Any], Test], Any]


async def echo(content: bytes, peer: Peer) -> bytes | None:
    return b"ACK " + content[:20]


async def until(condition: Callable[[], bool]) -> None:
    """Give the loop turns until ``condition`` holds; the surrounding timeout bounds it."""
    while not condition():  # noqa: ASYNC110 - the condition is a counter of the server, not an event
        await asyncio.sleep(0.001)


def run_against(make: Callable[[], Any], test: Test) -> Any:
    """Run ``test`` against a started server; stop the server afterwards."""

    async def run() -> Any:
        server = make()
        await server.start()
        try:
            async with asyncio.timeout(60):
                await test(server)
        finally:
            await server.stop()
        return server

    return asyncio.run(run())


@pytest.fixture
def against() -> Against:
    """Give ``against(make, test)``: ``make()`` returns a server."""
    return run_against


@pytest.fixture
def serve() -> Callable[..., MllpServer]:
    """Give ``serve(test, handle, **settings)``."""

    def served(test: Test, handle: Any = echo, **settings: Any) -> MllpServer:
        server: MllpServer = run_against(lambda: MllpServer(handle, **settings), test)
        return server

    return served


@pytest.fixture
def wait_until() -> Callable[[Callable[[], bool]], Awaitable[None]]:
    return until
