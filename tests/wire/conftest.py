"""A started MLLP server for one test."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from gateway.wire.mllp import MllpServer, Peer


async def echo(content: bytes, peer: Peer) -> bytes | None:
    return b"ACK " + content[:20]


def run_against(
    test: Callable[[MllpServer], Awaitable[None]], handle: Any = echo, **settings: Any
) -> MllpServer:
    """Run ``test`` against a started server; stop the server afterwards."""

    async def run() -> MllpServer:
        server = MllpServer(handle, **settings)
        await server.start()
        try:
            async with asyncio.timeout(60):
                await test(server)
        finally:
            await server.stop()
        return server

    return asyncio.run(run())


@pytest.fixture
def serve() -> Callable[..., MllpServer]:
    """Give ``serve(test, handle, **settings)``."""
    return run_against
