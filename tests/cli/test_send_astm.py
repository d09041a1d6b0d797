"""``qiao send astm`` to a gateway that runs: what is taken, what is not, and the answer to a question."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.cli import main

SAMPLES = Path(__file__).parents[2] / "adapters" / "lis" / "astm" / "samples"


@pytest.fixture(scope="module")
def address(serve: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    running = serve(tmp_path_factory.mktemp("served") / "qiao.db", QIAO_ADAPTERS__LIS_ASTM__PORT="0")
    yield running.doors["lis/astm"]
    running.stop()


def sent(capsys: Any, *arguments: object) -> tuple[int, list[dict[str, Any]]]:
    code = main(["send", "astm", *map(str, arguments), "--json"])
    return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_folder_is_sent_and_each_message_acknowledged(address: str, capsys: Any) -> None:
    code, lines = sent(capsys, SAMPLES, "--to", address)
    assert code == 0
    assert [one["code"] for one in lines] == ["ACK"] * len(list(SAMPLES.glob("*.astm")))


def test_a_question_is_answered(address: str, capsys: Any) -> None:
    code, lines = sent(capsys, SAMPLES / "20-host-query.astm", "--to", address, "--answers", "1")
    assert (code, lines[0]["code"]) == (0, "ACK")
    assert [one[:1] for one in lines[1]["answer"]] == ["H", "L"]


def test_nobody_listens_and_no_such_device(capsys: Any) -> None:
    sample = SAMPLES / "05-beckman-access.astm"
    assert main(["send", "astm", str(sample), "--to", "127.0.0.1:1"]) == 1
    assert "cannot connect to 127.0.0.1:1" in capsys.readouterr().err
    assert main(["send", "astm", str(sample), "--to", "/dev/no-such-device"]) == 2
    assert "/dev/no-such-device" in capsys.readouterr().err


def test_what_is_no_message_of_an_analyser_is_not_sent(address: str, tmp_path: Path, capsys: Any) -> None:
    other = tmp_path / "a.hl7"
    other.write_bytes(b"MSH|^~\\&|A|B|C|D|20260307||ADT^A01|1|P|2.4\r")
    code, lines = sent(capsys, other, "--to", address)
    assert (code, lines[0]["code"]) == (1, "?")
