"""The same line over TLS and over a serial device."""

from __future__ import annotations

import asyncio
import os
import pty
import ssl
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.errors import Misconfigured, Retry
from gateway.wire.astm import AstmClient, AstmServer, Counters, Door, Limits, Link, Profile, open_serial
from gateway.wire.astm.frame import ACK, ENQ, EOT, NAK, frames
from gateway.wire.mllp import Peer

Serve = Callable[..., AstmServer]
MESSAGE = b"H|\\^&|||ANALYSER\rR|1|^^^GLU|5.60|mmol/L\rL|1|N\r"
EVERY_BYTE = bytes(one for one in range(256) if one not in b"\x02\x03\x17\r\n")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate with its key."""
    folder = tmp_path_factory.mktemp("tls")
    said = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=analyser"]
    said += ["-addext", "subjectAltName=IP:127.0.0.1"]
    said += ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    try:
        subprocess.run(said, check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("needs openssl: apt-get install openssl")
    return folder


def test_tls_with_a_client_certificate(serve: Serve, certificate: Path):
    seen: list[tuple[bytes, str]] = []

    async def handle(received: Any, peer: Peer) -> None:
        seen.append((received.text, peer.subject))

    ours = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=certificate / "cert.pem")
    ours.verify_mode = ssl.CERT_REQUIRED
    theirs = ssl.create_default_context(cafile=certificate / "cert.pem")
    for context in (ours, theirs):
        context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")

    nobody = ssl.create_default_context(cafile=certificate / "cert.pem")

    async def test(server: AstmServer) -> None:
        async with AstmClient(*server.address, ssl=theirs) as client:
            await client.send(MESSAGE)
        with pytest.raises(Retry):
            await AstmClient(*server.address, ssl=nobody).send(MESSAGE)

    serve(test, handle, ssl=ours)
    assert seen == [(MESSAGE, "analyser")]


class Wire:
    """The instrument's end of a pty."""

    def __init__(self, end: int) -> None:
        self.end = end
        os.set_blocking(end, False)

    async def say(self, data: bytes) -> bytes:
        os.write(self.end, data)
        return await self.hear()

    async def hear(self, count: int = 1) -> bytes:
        heard = b""
        while len(heard) < count:
            try:
                heard += os.read(self.end, count - len(heard))
            except BlockingIOError:
                await asyncio.sleep(0.001)
        return heard


def on_a_pty(test: Callable[[Wire, Link], Any], handle: Any) -> None:
    async def run() -> None:
        master, slave = pty.openpty()
        reader, writer = await open_serial(Path(os.ttyname(slave)))
        os.close(slave)
        door = Door(handle, Profile(), Limits(), Counters(), time.monotonic)
        link = Link(reader, writer, door, Peer("tty", 0))
        task = asyncio.create_task(link.run())
        try:
            async with asyncio.timeout(60):
                await test(Wire(master), link)
        finally:
            os.close(master)
            link.finish()
            await task

    asyncio.run(run())


def test_an_instrument_on_a_serial_line(store: Any):
    text = MESSAGE.replace(b"L|1", b"C|1|" + EVERY_BYTE + b"\rL|1")

    async def test(wire: Wire, link: Link) -> None:
        assert await wire.say(ENQ) == ACK
        written = frames(text)
        assert await wire.say(written[0].replace(b"ANALYSER", b"ANALYSED")) == NAK
        for one in written:
            assert await wire.say(one) == ACK
        os.write(wire.end, EOT)
        sent = asyncio.create_task(link.send(MESSAGE))
        assert await wire.hear() == ENQ
        for one in frames(MESSAGE):
            os.write(wire.end, ACK)
            assert await wire.hear(len(one)) == one
        assert await wire.say(ACK) == EOT
        await sent

    on_a_pty(test, store)
    assert store.texts == [text]


def test_a_serial_line_that_is_pulled_out(store: Any):
    async def test(wire: Wire, link: Link) -> None:
        assert await wire.say(ENQ) == ACK
        assert await wire.say(frames(MESSAGE)[0]) == ACK

    on_a_pty(test, store)
    assert [(one.text, one.ended) for one in store.committed] == [(MESSAGE[:17], "cut")]


def test_a_device_that_is_none(tmp_path: Path):
    for path, speed in ((tmp_path / "none", 9600), (tmp_path / "file", 9600), (Path("/dev/tty"), 1)):
        (tmp_path / "file").write_bytes(b"")
        with pytest.raises(Misconfigured, match="cannot bind"):
            asyncio.run(open_serial(path, speed))
