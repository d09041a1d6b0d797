"""Mutants of what is kept secret on a laboratory's line: the ports of analysers speak TLS in their demos."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

from mutants.mutant import instead, mutant

ROW = "CQ49-3.4b"
_HANDSHAKE = b"\x16"
"""First byte of TLS (RFC 8446 §5.1: ContentType handshake)."""


def _with_tls() -> None:
    """Let the ports that only analysers use speak TLS, as ``qiao demo --tls`` does."""
    from gateway.cli import demo
    from gateway.cli.demo_tls import loopback_certificate

    def make(lines: Any) -> Any:
        @contextmanager
        def secret(options: Any, folder: Any) -> Iterator[Any]:
            with lines(options, folder) as given:
                yield replace(given, tls=loopback_certificate(folder / "ca"))

        return secret

    instead(demo, "_lines", make)


async def _passed_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while piece := await reader.read(65536):
            writer.write(piece)
            await writer.drain()
    writer.close()


def _both(start: Any) -> Any:
    """Return what starts a server whose port takes TLS and plain text; behind it TLS is spoken."""

    async def started(self: Any) -> None:
        if self._ssl is None:
            await start(self)
            return
        host, port, self._port = self._host, self._port, 0
        await start(self)
        behind = self.address[1]
        unknown = ssl.create_default_context()
        unknown.check_hostname, unknown.verify_mode = False, ssl.CERT_NONE

        async def taken(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            first = await reader.read(1)
            plain = None if first == _HANDSHAKE else unknown
            answers, asks = await asyncio.open_connection(host, behind, ssl=plain)
            asks.write(first)
            await asyncio.gather(_passed_on(reader, asks), _passed_on(answers, writer))

        self.kept, self._server = self._server, await asyncio.start_server(taken, host, port)

    return started


@mutant(ROW, "TLS 端口也接收明文", "the ports of TLS take plain text, too")
def plain_text_taken() -> None:
    from gateway.wire.astm.server import AstmServer
    from gateway.wire.mllp.server import MllpServer

    _with_tls()
    instead(AstmServer, "start", _both)
    instead(MllpServer, "start", _both)
