"""How an analyser reaches its host: over a serial device, and over TLS; what is not there is told."""

from __future__ import annotations

import os
import socket
import ssl
import threading
import tty
from pathlib import Path

import pytest

from conformance.simulators.analysers import Haematology, __main__
from conformance.simulators.analysers.e1381 import ACK, EOT, AstmLine, records_of
from conformance.simulators.analysers.reach import Where
from gateway.cli.demo_serial import cable
from gateway.cli.demo_tls import loopback_certificate

RECORDS = records_of(Haematology().query("T1", __main__.datetime(2026, 3, 2)))


def taken(read: object, write: object, heard: list[bytes]) -> None:
    """Take a message as a host does: ACK for ENQ and for each frame."""
    assert callable(read) and callable(write)
    piece = b""
    while EOT not in piece:
        piece += read(1)
        if piece.endswith((b"\x05", b"\r\n")):
            heard.append(piece)
            piece = b""
            write(ACK)


def test_a_message_over_a_serial_device(tmp_path: Path) -> None:
    heard: list[bytes] = []
    with cable(tmp_path) as (ours, theirs):
        end = os.open(ours, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(end)
        hosting = threading.Thread(
            target=taken, args=(lambda n: os.read(end, n), lambda data: os.write(end, data), heard)
        )
        hosting.start()
        with AstmLine(Where(device=str(theirs), speed=19200), 10.0) as line:
            line.send(RECORDS)
        hosting.join(10)
        os.close(end)
    assert [one[2:-6].decode() for one in heard[1:]] == RECORDS
    assert not theirs.exists()


def test_a_device_that_says_nothing_is_told(tmp_path: Path) -> None:
    with (
        cable(tmp_path) as (_, theirs),
        AstmLine(Where(device=str(theirs)), 0.01) as line,
        pytest.raises(TimeoutError),
    ):
        line.send(RECORDS)


def test_a_message_over_tls(tmp_path: Path) -> None:
    authority, certificate, key = loopback_certificate(tmp_path)
    heard: list[bytes] = []
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(certificate, key)
    with socket.create_server(("127.0.0.1", 0)) as port:

        def work() -> None:
            plain, _ = port.accept()
            with serving.wrap_socket(plain, server_side=True) as line:
                taken(line.recv, line.sendall, heard)

        hosting = threading.Thread(target=work)
        hosting.start()
        tls = ssl.create_default_context(cafile=str(authority))
        with AstmLine(Where(port=port.getsockname()[1], tls=tls), 10.0) as line:
            line.send(RECORDS)
        hosting.join(10)
    assert len(heard) == len(RECORDS) + 1


@pytest.mark.parametrize(
    "given", [["--ca=nowhere.pem"], ["--haematology=nowhere"], ["--counter=/dev/ttyUSB0"], ["--ends=noon"]]
)
def test_what_cannot_be_is_told(given: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        __main__.main(["--chemistry=127.0.0.1:9", *given])
    assert given[0].split("=")[0] in capsys.readouterr().err
