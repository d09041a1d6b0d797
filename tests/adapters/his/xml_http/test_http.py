"""What comes to the port as HTTP: kept open, in pieces, compressed, slow, too much, over TLS."""

from __future__ import annotations

import asyncio
import gzip
import ssl
import zlib
from collections.abc import Coroutine
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from adapters.his.xml_http import ADAPTER
from adapters.his.xml_http.exchange import Inflater, Refused
from gateway import registry
from gateway.cli.demo_tls import loopback_certificate
from gateway.errors import Misconfigured

Open = Any
VISIT = next((registry.one_root() / "adapters/his/xml_http/samples").glob("14*.xml")).read_bytes()
HEAD = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/xml\r\n"


def run(made: Coroutine[Any, Any, None]) -> None:
    asyncio.run(made)


def whole(body: bytes = VISIT, headers: bytes = b"") -> bytes:
    return HEAD + headers + b"Content-Length: %d\r\n\r\n" % len(body) + body


def visit(number: int) -> bytes:
    """One more message: another visit under another control id."""
    return VISIT.replace(b"MZ2026030500118", b"MZ%013d" % number).replace(
        b"20260305081500118", b"%017d" % number
    )


async def answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """Read one answer of a connection that stays open."""
    head = await reader.readuntil(b"\r\n\r\n")
    lines = dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:] if line)
    return int(head.split()[1]), await reader.readexactly(int(lines[b"Content-Length"]))


def test_many_messages_on_one_connection(opened: Open) -> None:
    async def go() -> None:
        async with opened() as door:
            reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
            for number in range(20):
                writer.write(whole(visit(number)))
                status, said = await answer(reader)
                assert (status, b"<code>AA</code>" in said) == (200, True)
            writer.close()
            assert door.door.status()["connections"] == 1
            assert door.states() == {"stored": 20}

    run(go())


def test_pieces_of_any_size_and_byte_by_byte(opened: Open) -> None:
    async def go() -> None:
        async with opened() as door:
            reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
            for size in (1, 7, 4096):
                parts = [VISIT[at : at + size] for at in range(0, len(VISIT), size)]
                chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts)
                writer.write(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n")
                assert (await answer(reader))[0] == 200
            for byte in whole():
                writer.write(bytes([byte]))
                await writer.drain()
            assert (await answer(reader))[0] == 200
            writer.close()
            assert door.states() == {"stored": 1}

    run(go())


def test_a_sender_that_asks_before_it_sends_is_told_to_go_on(opened: Open) -> None:
    async def go() -> None:
        async with opened() as door:
            reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
            head, _, body = whole(headers=b"Expect: 100-continue\r\n").partition(b"\r\n\r\n")
            writer.write(head + b"\r\n\r\n")
            assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
            writer.write(body)
            assert (await answer(reader))[0] == 200
            writer.close()
            head = HEAD + b"Expect: 100-continue\r\nContent-Length: 900000000\r\n\r\n"
            assert (await door.raw(head)).startswith(b"HTTP/1.1 413 ")

    run(go())


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_compressed_message_is_read(opened: Open, coding: str) -> None:
    packed = gzip.compress(VISIT) if coding == "gzip" else zlib.compress(VISIT)

    async def go() -> None:
        async with opened() as door:
            assert (await door.post(packed, Content_Encoding=coding))[0] == 200
            assert door.states() == {"stored": 1}
            assert (await door.post(packed[:-9], Content_Encoding=coding))[0] == 400
            assert (await door.post(VISIT, Content_Encoding=coding))[0] == 400
            assert (await door.post(packed, Content_Encoding="br"))[0] == 415

    run(go())


def test_a_bomb_does_not_unfold(opened: Open) -> None:
    """200 MB in 200 KB, twice over: refused, and nothing of it is ever held beyond one message's bound."""
    bomb = gzip.compress(b" " * 200_000_000, 1)

    async def go() -> None:
        async with opened(max_message=1_000_000) as door:
            assert (await door.post(bomb, Content_Encoding="gzip"))[0] == 413
            assert (await door.post(gzip.compress(bomb) * 2, Content_Encoding="gzip"))[0] in (400, 413)
            assert (await door.post(VISIT))[0] == 200
            assert door.states() == {"stored": 1}

    run(go())


def test_what_is_inflated_is_bounded_to_the_byte() -> None:
    assert Inflater("gzip", 1000).take(gzip.compress(b"x" * 600) + gzip.compress(b"y" * 400)).endswith(b"y")
    for coding, packed in (("gzip", gzip.compress(b"x" * 1001)), ("deflate", zlib.compress(b"x" * 10**8))):
        with pytest.raises(Refused) as caught:
            Inflater(coding, 1000).take(packed)
        assert caught.value.status == 413


@pytest.mark.parametrize(
    "content_type", ["", "text/plain", "application/json", "application/octet-stream", "TEXT/XML;charset=gbk"]
)
def test_the_content_type_is_not_believed_against_the_bytes(opened: Open, content_type: str) -> None:
    async def go() -> None:
        async with opened() as door:
            assert (await door.post(VISIT, content_type))[0] == 200
            assert door.one("Patient")["name"] == [{"text": "周德顺"}]
            assert (await door.post(b'{"code": 1}', content_type))[0] == 400

    run(go())


def test_two_lengths_are_no_request(opened: Open) -> None:
    """RFC 9112 §6.3: what one server takes for a body, the next takes for a request."""

    async def go() -> None:
        async with opened() as door:
            both = (
                HEAD
                + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nPOST / HTTP/1.1\r\n\r\n"
            )
            twice = HEAD + b"Content-Length: 4\r\nContent-Length: 5\r\n\r\n<a/>x"
            for raw in (both, twice):
                assert (await door.raw(raw)).startswith(b"HTTP/1.1 400 ")
            assert door.states() == {}

    run(go())


def test_a_drip_is_cut_off_and_others_are_served_meanwhile(opened: Open) -> None:
    """A byte now and then keeps nobody's place: the time of a request is counted from its beginning."""

    async def drip(port: int, text: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        told = asyncio.ensure_future(reader.read())
        for byte in text:
            if told.done():
                break
            writer.write(bytes([byte]))
            await asyncio.wait([told], timeout=0.02)
        writer.close()
        return await told

    async def go() -> None:
        async with opened(head_timeout=0.4, body_timeout=0.4) as door:
            slow = [drip(door.port, HEAD + b"X-A: " + b"a" * 500) for _ in range(10)]
            slow += [drip(door.port, HEAD + b"Content-Length: 500\r\n\r\n" + b"a" * 500) for _ in range(10)]
            dripping = asyncio.gather(*slow)
            assert (await door.post(VISIT))[0] == 200
            assert all(one.startswith(b"HTTP/1.1 408 ") for one in await dripping)
            assert door.door.status()["timeouts"] == 20

    run(go())


def test_a_connection_without_a_request_is_let_go(opened: Open) -> None:
    async def go() -> None:
        async with opened(idle_timeout=0.2) as door:
            assert await door.raw(b"") == b""

    run(go())


def test_a_peer_that_leaves_in_the_middle_costs_nothing(opened: Open) -> None:
    async def go() -> None:
        async with opened() as door:
            for part in (whole()[:40], whole()[:-5], HEAD + b"Transfer-Encoding: chunked\r\n\r\n10\r\n<a"):
                _, writer = await asyncio.open_connection("127.0.0.1", door.port)
                writer.write(part)
                await writer.drain()
                writer.transport.abort()
            assert (await door.post(VISIT))[0] == 200
            assert door.states() == {"stored": 1}

    run(go())


def own_certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """Return certificate and key of a client that signs for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    named = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(named).issuer_name(named).public_key(key.public_key())
    made = made.serial_number(x509.random_serial_number())
    made = made.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    files = folder / f"{name}.pem", folder / f"{name}.key"
    files[0].write_bytes(made.sign(key, SHA256()).public_bytes(Encoding.PEM))
    files[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return files


def test_tls_with_the_certificate_of_the_sender(opened: Open, tmp_path: Path) -> None:
    authority, certificate, key = loopback_certificate(tmp_path)
    known, stranger = own_certificate(tmp_path, "his"), own_certificate(tmp_path, "stranger")

    async def post(port: int, own: tuple[Path, Path] | None) -> bytes:
        context = ssl.create_default_context(cafile=str(authority))
        if own is not None:
            context.load_cert_chain(*own)
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
            writer.write(whole(headers=b"Connection: close\r\n"))
            said = await reader.read()
        except (ssl.SSLError, ConnectionError):
            return b""
        writer.close()
        return said

    async def go() -> None:
        tls = {"tls_cert": str(certificate), "tls_key": str(key), "tls_client_ca": str(known[0])}
        async with opened(**tls) as door:
            assert (await post(door.port, known)).startswith(b"HTTP/1.1 200 ")
            for own in (stranger, None):
                assert await post(door.port, own) == b""
            with suppress(ConnectionError):
                assert await door.raw(whole()) == b""
            (entry,) = door.envelopes()
            assert entry.meta["subject"] == "his"

    run(go())


def test_the_door_stays_on_loopback_without_tls() -> None:
    with pytest.raises(Misconfigured):
        registry.options(ADAPTER, {"host": "0.0.0.0"})
