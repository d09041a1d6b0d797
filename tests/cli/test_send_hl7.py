"""``qiao send hl7`` shows what an answer says beside its verdict, and both answers where there are two."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gateway.cli import main

HEAD = "MSH|^~\\&|LIS||BS||20260305||{}|1|P|2.3.1\rMSA|AA|8\r"
QUERY = "MSH|^~\\&|Mindray|BS-800|||20260305084000||QRY^Q02|8|P|2.3.1\rQRD|1|R|D|4|||RD|26030501|OTH|||T|\r"


@contextmanager
def answering(*answers: str) -> Iterator[int]:
    """A receiver that answers the first message by these."""
    with socket.create_server(("127.0.0.1", 0)) as door:

        def serve() -> None:
            link, _ = door.accept()
            with link:
                link.recv(1 << 16)
                link.sendall(b"".join(b"\x0b" + one.encode() + b"\x1c\r" for one in answers))
                link.recv(1)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield int(door.getsockname()[1])
        thread.join(10)


def send(tmp_path: Path, port: int, *more: str) -> int:
    (tmp_path / "query.hl7").write_text(QUERY)
    return main(["send", "hl7", str(tmp_path / "query.hl7"), "--to", f"127.0.0.1:{port}", *more])


def test_a_display_follows_its_acknowledgement(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    display = HEAD.format("DSR^Q03") + "DSP|1||1002345\rDSC|\r"
    with answering(HEAD.format("QCK^Q02") + "QAK|SR|OK\r", display) as port:
        assert send(tmp_path, port, "--json") == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["answer"] == ["QAK|SR|OK", "DSP|1||1002345", "DSC|"]


def test_an_acknowledgement_is_its_verdict_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with answering(HEAD.format("ACK^Q02")) as port:
        assert send(tmp_path, port) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1
