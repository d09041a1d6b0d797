"""Lines of an analyser and a modality, each to a peer of a few lines that checks what it is sent."""

from __future__ import annotations

import io
import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pydicom
import pytest

from conformance.evidence.exchange import Book, Exchange
from conformance.evidence.masking import Masker
from conformance.evidence.writer import EvidenceWriter
from conformance.harness.talk import Keep, kept, unkept
from conformance.harness.target import Door
from conformance.simulators.analysers import e1381
from conformance.simulators.analysers.reach import Where
from conformance.suites.exchange import astm, dicom


class _Check:
    """Where exchanges are kept."""

    def __init__(self) -> None:
        self.book, self.doing = Book(), "a result is sent"


def _stored(folder: Path, book: Book) -> str:
    """Return what evidence shows of a check."""
    EvidenceWriter(folder, Masker()).write(1, "exchange.door", book)
    return (folder / "E0001.json").read_text("utf-8")


def _last(book: Book) -> Exchange:
    return book.exchanges[-1]


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


def send(port: int, records: Sequence[str], keep: Keep = unkept) -> None:
    """Send a message of an analyser; ``keep`` is told all that goes over the line."""
    with keep("ASTM") as talk, e1381.AstmLine(Where(port=port), 10.0, spoken=astm.written(talk)) as line:
        line.send(records)


def result(mrn: str) -> list[str]:
    """Return the records of one result of a patient."""
    return [
        "H|\\^&|||ANALYSER|||||LIS||P|1|20260301090000", f"P|1||{mrn}",
        "O|1|T1||^^^GLU|R||20260301090000||||N||||SER",
        "R|1|^^^GLU|5.60|mmol/L|3.90 to 6.10|N||F||||20260301090000", "L|1|N",
    ]  # fmt: skip


def _line(line: socket.socket) -> bytes:
    """Return a frame, or one of the signs that stand alone."""
    found = line.recv(1)
    if found != e1381.STX:
        return found
    while not found.endswith(b"\r\n"):
        found += line.recv(1)
    return found


def test_an_analyser_sends_each_record_in_a_frame_until_it_is_taken() -> None:
    heard: list[bytes] = []

    def serve(line: socket.socket) -> None:
        refused = False
        while (piece := _line(line)) not in (e1381.EOT, b""):
            if len(heard) == 2 and not refused:
                refused = True
                line.sendall(e1381.NAK)
                continue
            heard.append(piece)
            line.sendall(e1381.ACK)

    records = result("1001")
    with _peer(serve) as port:
        send(port, records)
    assert heard[0] == e1381.ENQ
    assert [one[2:-5].decode().rstrip("\r") for one in heard[1:]] == records
    for number, one in enumerate(heard[1:], start=1):
        assert one[1:2] == str(number % 8).encode()
        assert int(one[-4:-2], 16) == sum(one[1:-4]) % 256


def test_an_analyser_gives_up_where_nothing_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(e1381, "CONTENTION", 0.0)

    def serve(line: socket.socket) -> None:
        while line.recv(1):
            line.sendall(e1381.NAK)

    with _peer(serve) as port, pytest.raises(ConnectionError):
        send(port, ["L|1|N"])


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


def test_what_an_analyser_says_is_kept_frame_by_frame_without_its_patient(tmp_path: Path) -> None:
    def serve(line: socket.socket) -> None:
        while (piece := _line(line)) not in (e1381.EOT, b""):
            line.sendall(
                e1381.NAK
                if piece.startswith(b"\x024") and not again.append(1) and len(again) == 1
                else e1381.ACK
            )

    again: list[int] = []
    check = _Check()
    records = result("10019901")
    records[1] = "P|1||10019901||王^小明||19900307|F|||||DR7^赵敏"
    with _peer(serve) as port:
        door = Door("lis", "astm", "127.0.0.1", port, {})
        send(port, records, keep=kept(check, door, "astm"))
    said = _last(check.book)
    assert said.request.line == "ASTM lis"
    asked = said.request.body.decode().splitlines()
    assert (asked[0], asked[-1]) == ("<ENQ>", "<EOT>")
    assert asked[1].startswith("<STX>1H|\\^&|") and asked[1].endswith("<CR><LF>")
    assert len(asked) == 8, "the frame that was not taken went twice"
    assert said.response is not None
    assert said.response.body.decode().split() == ["<ACK>"] * 4 + ["<NAK>"] + ["<ACK>"] * 2
    stored = _stored(tmp_path, check.book)
    assert not [one for one in ("10019901", "小明", "19900307", "赵敏") if one in stored]
    assert "|5.60|mmol/L|" in stored


def test_a_line_that_is_not_there_is_kept_too() -> None:
    check = _Check()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = int(taken.getsockname()[1])
    with pytest.raises(ConnectionRefusedError):
        send(port, ["L|1|N"], keep=kept(check, Door("lis", "astm", "", port, {}), "astm"))
    said = _last(check.book)
    assert (said.response, said.error) == (None, "ConnectionRefusedError")


def test_what_a_modality_says_is_kept_as_dicom_json_without_its_patient(tmp_path: Path) -> None:
    check = _Check()
    instance, data = dicom.image("10019901", "欧阳㛃", "CT1", "2.25.12345", "20260301090000")
    with _peer(_scp({1: 0, 3: 0}, [])) as port:
        keep = kept(check, Door("ct", "dicom", "127.0.0.1", port, {}), "dicom")
        with dicom.Association("127.0.0.1", port, "QIAO", "CT1", 10.0, keep) as line:
            line.echo()
            line.store(instance, data)
    told = [(one.request.line, one.response and one.response.line) for one in check.book.exchanges]
    assert told == [("A-ASSOCIATE ct", ""), ("C-ECHO ct", "0"), ("C-STORE ct", "0")]
    stored = json.loads(_stored(tmp_path, check.book))["exchanges"]
    body = json.loads(stored[-1]["request"]["body"])
    assert body["0020000D"]["Value"] == ["2.25.12345"]
    assert body["00001000"]["Value"] == [instance]
    assert json.loads(stored[-1]["response"]["body"])["00000900"]["Value"] == [0]
    whole = json.dumps(stored, ensure_ascii=False)
    assert not [one for one in ("10019901", "欧阳", "㛃") if one in whole]


def test_an_association_that_is_refused_is_kept() -> None:
    def serve(line: socket.socket) -> None:
        _pdu(line)
        line.sendall(struct.pack(">BxL", 3, 4) + b"\0\1\1\7")

    check = _Check()
    with _peer(serve) as port, pytest.raises(ConnectionError):
        dicom.Association(
            "127.0.0.1", port, "QIAO", "CT1", 10.0, kept(check, Door("ct", "dicom", "", port, {}), "dicom")
        )
    said = _last(check.book)
    assert said.error == "ConnectionError"
    assert said.response is not None and json.loads(said.response.body) == {"pdu": 3}
