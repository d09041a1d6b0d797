"""``qiao mapping translate``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gateway.cli import main


def test_a_code_is_translated(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mapping", "translate", "ethnicity", "维吾尔族", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["result"] is True
    assert said["match"][0]["concept"] == {
        "system": "urn:oid:2.16.156.10011.2.3.3.3",
        "code": "05",
        "display": "维吾尔族",
    }


def test_a_rhythm_is_told_with_its_timing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mapping", "translate", "frequency", "qn", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["timing"]["when"] == ["NIGHT"]


def test_a_code_without_a_map_is_exit_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mapping", "translate", "ethnicity", "57", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["result"] is False


def test_an_unknown_table_is_exit_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mapping", "translate", "nix", "1"]) == 2
    assert "ethnicity" in capsys.readouterr().err


def test_the_hospitals_own_tables_and_what_doctor_says_of_a_broken_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = tmp_path / "codes"
    own.mkdir()
    (own / "ours.csv").write_text("# extends: route\ncode,target\n90,PO\n")
    config = tmp_path / "qiao.toml"
    config.write_text(f'[mapping]\ncodes = "{own}"\n[store]\nurl = "sqlite:///{tmp_path}/qiao.db"\n')
    assert main(["mapping", "translate", "route", "90", "--config", str(config)]) == 0
    (own / "ours.csv").write_text("# extends: route\ncode,target\n90,\n")
    capsys.readouterr()
    assert main(["doctor", "--json", "--config", str(config)]) == 1
    checks = {one["name"]: one for one in json.loads(capsys.readouterr().out)["checks"]}
    assert checks["maps"]["ok"] is False
    assert "ours.csv:3" in checks["maps"]["text"]
