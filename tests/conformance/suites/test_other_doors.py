"""Lines of an analyser and a modality, each to a peer of a few lines that checks what it is sent."""

from __future__ import annotations

import io
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pydicom
import pytest

from conformance.suites.exchange import astm, dicom


@contextmanager
def _peer(serve: Callable[[socket.socket], None]) -> Iterator[int]:
    """Run a peer for one connection; returns its port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def work() -> None:
            line, _ = listener.accept()
            with line:
                line.settimeout(10)
                serve(line)

        thread = threading.Thread(target=work)
        thread.start()
        yield int(listener.getsockname()[1])
        thread.join(10)


def _line(line: socket.socket) -> bytes:
    """Return a frame, or one of the signs that stand alone."""
    found = line.recv(1)
    if found != astm.STX:
        return found
    while not found.endswith(b"\r\n"):
        found += line.recv(1)
    return found


def test_an_analyser_sends_each_record_in_a_frame_until_it_is_taken() -> None:
    heard: list[bytes] = []

    def serve(line: socket.socket) -> None:
        refused = False
        while (piece := _line(line)) not in (astm.EOT, b""):
            if len(heard) == 2 and not refused:
                refused = True
                line.sendall(astm.NAK)
                continue
            heard.append(piece)
            line.sendall(astm.ACK)

    records = astm.result("1001", "T1", "5.60", "20260301090000")
    with _peer(serve) as port:
        astm.send("127.0.0.1", port, records, 10.0)
    assert heard[0] == astm.ENQ
    assert [one[2:-5].decode().rstrip("\r") for one in heard[1:]] == records
    for number, one in enumerate(heard[1:], start=1):
        assert one[1:2] == str(number % 8).encode()
        assert int(one[-4:-2], 16) == sum(one[1:-4]) % 256


def test_an_analyser_gives_up_where_nothing_is_taken() -> None:
    def serve(line: socket.socket) -> None:
        while line.recv(1):
            line.sendall(astm.NAK)

    with _peer(serve) as port, pytest.raises(ConnectionError):
        astm.send("127.0.0.1", port, ["L|1|N"], 10.0)


def _pdu(line: socket.socket) -> tuple[int, bytes]:
    head = b""
    while len(head) < 6:
        head += line.recv(6 - len(head))
    length, body = struct.unpack(">L", head[2:])[0], b""
    while len(body) < length:
        body += line.recv(length - len(body))
    return head[0], body


def _scp(accepted: dict[int, int], heard: list[bytes]) -> Callable[[socket.socket], None]:
    """Return a peer that accepts contexts (id → result) and answers every command with success."""

    def serve(line: socket.socket) -> None:
        kind, asked = _pdu(line)
        heard.append(asked)
        contexts = b"".join(
            struct.pack(">BxHBBBB", 0x21, 4, number, 0, result, 0) for number, result in accepted.items()
        )
        body = asked[:68] + struct.pack(">BxH", 0x10, 0) + contexts
        line.sendall(struct.pack(">BxL", 2, len(body)) + body)
        while (kind := (told := _pdu(line))[0]) == 4:
            heard.append(told[1])
            if told[1][5] == 3 and struct.pack("<HHLH", 0, 0x0800, 2, 0) in told[1]:
                continue
            status = dicom.command({(0, 0x0900): struct.pack("<H", 0)})
            part = struct.pack(">LBB", len(status) + 2, told[1][4], 3) + status
            line.sendall(struct.pack(">BxL", 4, len(part)) + part)
        assert kind == 5

    return serve


def test_a_modality_is_verified_and_stores_an_image_that_others_can_read() -> None:
    heard: list[bytes] = []
    instance, data = dicom.image("1001", "欧阳㛃", "CT1", "2.25.12345", "20260301090000")
    with (
        _peer(_scp({1: 0, 3: 0}, heard)) as port,
        dicom.Association("127.0.0.1", port, "QIAO", "CT1", 10.0) as line,
    ):
        assert line.echo() == 0
        assert line.store(instance, data) == 0
    read = pydicom.dcmread(io.BytesIO(heard[-1][6:]), force=True)
    assert (read.PatientID, str(read.PatientName), read.Modality) == ("1001", "欧阳㛃", "CT")
    assert read.StudyInstanceUID == "2.25.12345"
    assert read.SOPInstanceUID == instance
    assert heard[0][4:20] == b"QIAO".ljust(16)


def test_a_context_that_is_not_accepted_is_not_used() -> None:
    with (
        _peer(_scp({1: 0, 3: 3}, [])) as port,
        dicom.Association("127.0.0.1", port, "QIAO", "CT1", 10.0) as line,
        pytest.raises(ConnectionError),
    ):
        line.store("1", b"")


def test_an_association_that_is_refused_is_told() -> None:
    def serve(line: socket.socket) -> None:
        _pdu(line)
        line.sendall(struct.pack(">BxL", 3, 4) + b"\0\1\1\7")

    with _peer(serve) as port, pytest.raises(ConnectionError):
        dicom.Association("127.0.0.1", port, "QIAO", "CT1", 10.0)
