"""The whole way through processes: serve, send, inbox list, show and replay."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from tests.forking import forked

HIS = sorted((Path(__file__).parents[2] / "adapters" / "his" / "hl7v2" / "samples").glob("*.hl7"))
UNKNOWN = b"MSH|^~\\&|A|B|||20260301||ZZZ^Z99|77|P|2.5\rZZZ|1\r"


def qiao(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [*forked(), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)


@pytest.fixture
def served(tmp_path: Path, serve: Callable[..., Any]) -> Iterator[Any]:
    running = serve(tmp_path / "qiao.db")
    yield running
    running.stop()


def test_what_is_sent_can_be_read_listed_shown_and_replayed(served: Any, tmp_path: Path) -> None:
    unknown = tmp_path / "unknown.hl7"
    unknown.write_bytes(UNKNOWN)
    sent = qiao("send", "hl7", HIS[0], unknown, "--to", served.doors["his/hl7v2"], "--json")
    answers = [json.loads(line) for line in sent.stdout.splitlines()]
    assert {answer["code"] for answer in answers} <= {"AA", "CA"}  # the sample may ask for enhanced mode
    assert "unknown-type" in answers[1]["text"]

    with urlopen(f"{served.api}/Patient?_count=10", timeout=30) as response:
        bundle: dict[str, Any] = json.load(response)
    assert bundle["resourceType"] == "Bundle"
    assert bundle["entry"]

    store = f"sqlite:///{tmp_path / 'qiao.db'}"
    listed = qiao("inbox", "list", "--json", "--store", store)
    rows = [json.loads(line) for line in listed.stdout.splitlines()]
    assert [row["state"] for row in rows] == ["quarantined", "stored"]
    shown = json.loads(qiao("inbox", "show", rows[0]["id"], "--json", "--store", store).stdout)
    assert shown["raw"].encode() == UNKNOWN
    assert "MSA|AA|77" in shown["answer"]

    replayed = qiao("inbox", "replay", "--quarantined", "--json", "--store", store)
    assert replayed.returncode == 1  # there is still no map for it
    assert json.loads(replayed.stdout)["reason"] == "unknown-type"
    again = qiao("inbox", "replay", rows[1]["id"], "--json", "--store", store)
    assert again.returncode == 0
    assert json.loads(again.stdout) == {"id": rows[1]["id"], "state": "stored", "reason": "", "refs": []}


NO_NUMBER = b"MSH|^~\\&|A|B|||20260301||ADT^A01||P|2.5\rEVN|A01|20260301080000\rPID|1\r"


def test_what_was_given_back_to_its_sender_is_left_alone(served: Any, tmp_path: Path) -> None:
    for name, raw in (("unknown", UNKNOWN), ("no-number", NO_NUMBER)):
        (tmp_path / f"{name}.hl7").write_bytes(raw)
    sent = qiao("send", "hl7", *sorted(tmp_path.glob("*.hl7")), "--to", served.doors["his/hl7v2"], "--json")
    assert [json.loads(line)["code"] for line in sent.stdout.splitlines()] == ["AR", "AA"]
    store = ("--store", f"sqlite:///{tmp_path / 'qiao.db'}")
    [row] = [
        json.loads(line)
        for line in qiao("inbox", "list", "--state", "rejected", "--json", *store).stdout.splitlines()
    ]
    assert (row["state"], row["reason"]) == ("rejected", "no-control-id")

    waiting = qiao("inbox", "replay", "--quarantined", "--json", *store)
    assert row["id"] not in waiting.stdout
    assert "1 rejected messages are left alone" in waiting.stderr
    every = qiao("inbox", "replay", "--all", "--since", "1h", "--json", *store)
    assert (json.loads(every.stdout)["messages"], json.loads(every.stdout)["rejected"]) == (1, 1)
    asked = qiao("inbox", "replay", "--rejected", "--json", *store)
    assert [json.loads(line)["state"] for line in asked.stdout.splitlines()] == ["rejected"]
    assert "已退回" in qiao("--lang", "zh", "inbox", "list", *store).stdout
    shown = qiao("--lang", "zh", "inbox", "show", row["id"], *store).stdout
    assert "缺少消息控制号" in shown
    assert "消息控制号" in shown

    found = json.loads(qiao("doctor", "--json", *store).stdout)["checks"]
    checks = {check["name"]: check for check in found}
    assert checks["inbox"]["level"] == "info"
    assert "1 were rejected" in checks["inbox"]["text"]
    assert "default" in checks["senders"]["text"] or "his" in checks["senders"]["text"]


def test_nobody_there_is_1() -> None:
    done = qiao("send", "hl7", HIS[0], "--to", "127.0.0.1:1", "--timeout", "5")
    assert done.returncode == 1
    assert "cannot connect" in done.stderr


def test_a_port_that_is_taken_is_2(served: Any, tmp_path: Path) -> None:
    port = served.api.rpartition(":")[2].partition("/")[0]
    done = qiao("serve", "--port", port, "--store", f"sqlite:///{tmp_path}/other.db")
    assert done.returncode == 2
    assert "cannot bind" in done.stderr
    assert "--port" in done.stderr
    assert "QIAO_API__PORT" in done.stderr


def test_a_gateway_beside_another_starts_without_settings(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):  # then another holds it, which is as good
            other.bind(("127.0.0.1", 2575))
            other.listen()
        command = [sys.executable, "-m", "gateway", "serve", "--json", "--port", "0"]
        process = subprocess.Popen(
            [*command, "--store", f"sqlite:///{tmp_path / 'qiao.db'}"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        process.terminate()
        _, errors = process.communicate(timeout=60)
    assert told["closed"]["his/hl7v2"].startswith("cannot bind 127.0.0.1:2575")
    assert "his/hl7v2" not in told["doors"]
    assert "his/hl7v2" in errors
    assert process.returncode == 0
