"""The command that `make check` runs: 0 where all is well, 1 with a list, 2 where a file cannot be read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conformance.catalogue import __main__ as command
from conformance.harness.suite import Loaded, Unreadable
from tests.conformance.catalogue.made import folder, law, row

PAIR = {"zh": "中", "en": "en"}
QUIET = law(row(method=["document"], attest=PAIR, reason=PAIR))


@pytest.fixture(autouse=True)
def no_suites(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "load_suites", lambda: Loaded({}, ()))


def run(tmp_path: Path, *arguments: str) -> int:
    return command.main(["--requirements", str(tmp_path), *arguments])


def test_a_whole_catalogue_ends_well(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder(tmp_path, QUIET)
    assert run(tmp_path) == 0
    assert "1 requirements: 0 automatic, 1 attestable" in capsys.readouterr().out


def test_a_row_without_a_check_is_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder(tmp_path, law())
    assert run(tmp_path) == 1
    assert "LAW-1.1: it has neither check, attestation nor reason" in capsys.readouterr().out
    assert run(tmp_path, "--lang", "zh") == 1
    assert "LAW-1.1: 没有检测项、见证要求或原因" in capsys.readouterr().out


def test_a_suite_that_cannot_be_read_is_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = Loaded({}, (), (Unreadable("serials", "ImportError: no module"),))
    monkeypatch.setattr(command, "load_suites", lambda: broken)
    folder(tmp_path, QUIET)
    assert run(tmp_path) == 1
    assert "serials: unreadable: ImportError: no module" in capsys.readouterr().out


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder(tmp_path, law(row(topic="Z")))
    assert run(tmp_path) == 2
    assert "law.yaml: LAW-1.1: no topic: Z" in capsys.readouterr().err


def test_numbers_and_problems_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder(tmp_path, law())
    assert run(tmp_path, "--json") == 1
    said = json.loads(capsys.readouterr().out)
    assert said["coverage"]["open"] == 1
    assert [one["where"] for one in said["problems"]] == ["LAW-1.1"]


def test_every_row_as_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder(tmp_path, QUIET)
    assert run(tmp_path, "--table", "--lang", "zh") == 0
    assert "| LAW-1.1 | 〔2020〕1号 第一条 | 要求 | cn-sichuan | 文审 | — |" in capsys.readouterr().out
