"""The address of a port: the one that is bound, or why none is."""

from __future__ import annotations

import asyncio
import socket

import pytest

from gateway.errors import Misconfigured
from gateway.wire.binding import binding, bound


async def _nobody(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def _bind(host: str, port: int) -> tuple[str, int]:
    with binding(host, port):
        server = await asyncio.start_server(_nobody, host, port)
    async with server:
        return bound(server, host, port)


def test_a_free_port_is_told_by_its_number() -> None:
    host, port = asyncio.run(_bind("127.0.0.1", 0))
    assert host == "127.0.0.1"
    assert port > 0


def test_what_has_not_started_is_where_it_was_asked_to_be() -> None:
    assert bound(None, "127.0.0.1", 2575) == ("127.0.0.1", 2575)


def test_a_port_that_is_taken_and_a_name_that_nobody_has_are_told_in_words() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Misconfigured, match=rf"cannot bind 127\.0\.0\.1:{port}: Address") as said:
            asyncio.run(_bind("127.0.0.1", port))
    assert said.value.code == "cannot-bind"
    with pytest.raises(Misconfigured, match=r"cannot bind no\.such\.host\.invalid:0: \w+"):
        asyncio.run(_bind("no.such.host.invalid", 0))
