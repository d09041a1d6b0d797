"""The MLLP client, and TLS on both sides."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.errors import Retry
from gateway.wire.mllp import Limits, MllpClient, MllpServer, Peer, send_once

Serve = Callable[..., MllpServer]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate with its key, both in one file's folder."""
    folder = tmp_path_factory.mktemp("tls")
    try:
        subprocess.run(
            [
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=his.example",
                "-addext",
                "subjectAltName=IP:127.0.0.1",
                "-keyout",
                folder / "key.pem",
                "-out",
                folder / "cert.pem",
            ],
            check=True,
            capture_output=True,
        )
    except FileNotFoundError:
        pytest.skip("needs openssl: apt-get install openssl")
    return folder


def test_tls_with_a_client_certificate(serve: Serve, certificate: Path):
    peers: list[Peer] = []

    async def handle(content: bytes, peer: Peer) -> bytes:
        peers.append(peer)
        return b"x" * len(content)

    ours = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=certificate / "cert.pem")
    ours.verify_mode = ssl.CERT_REQUIRED
    theirs = ssl.create_default_context(cafile=certificate / "cert.pem")
    for context in (ours, theirs):
        context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")

    async def test(server: MllpServer) -> None:
        async with MllpClient(*server.address, ssl=theirs) as client:
            assert await client.send(b"m" * 100_000) == b"x" * 100_000
        with pytest.raises(Retry):
            await MllpClient(*server.address).send(b"not TLS")

    assert serve(test, handle, ssl=ours).counters.frames == 1
    assert peers[0].subject == "his.example"


def test_the_client_says_retry_where_no_answer_comes(serve: Serve):
    async def silent(content: bytes, peer: Peer) -> None:
        return None

    async def test(server: MllpServer) -> None:
        client = MllpClient(*server.address)
        with pytest.raises(Retry):
            await client.send(b"m")
        with pytest.raises(Retry):
            await client.send(b"again, over a new connection")
        assert server.counters.connections == 2
        host, port = server.address
        await server.stop()
        with pytest.raises(Retry):
            await MllpClient(host, port).connect()

    serve(test, silent)


def test_the_client_does_not_wait_for_ever(serve: Serve):
    async def handle(content: bytes, peer: Peer) -> bytes:
        await asyncio.Event().wait()
        return b""

    async def test(server: MllpServer) -> None:
        with pytest.raises(Retry):
            await MllpClient(*server.address, timeout=0.02).send(b"m")

    serve(test, handle, limits=Limits(stop_timeout=0.02))


def test_send_once_blocks_until_the_answer(serve: Serve):
    async def test(server: MllpServer) -> None:
        assert await asyncio.to_thread(send_once, *server.address, b"hello") == b"ACK hello"

    serve(test)
