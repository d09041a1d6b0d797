"""``qiao profiles``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gateway.cli import main
from gateway.validation.artefacts import load_artefacts


def test_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["profiles", "list", "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {"url": "urn:qiao:profile:review", "type": "Task"}.items() <= next(
        one for one in rows if one["id"] == "qiao-review"
    ).items()
    assert main(["profiles", "list"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(rows)


def test_the_package_can_be_given_to_validate(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "qiao.profiles.tgz"
    assert main(["profiles", "package", "-o", str(path), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["bytes"] == path.stat().st_size
    assert any(one["url"] == "urn:qiao:profile:review" for one in load_artefacts([path]))


def test_an_own_profile_asks_what_the_type_does_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    resource = tmp_path / "p.json"
    resource.write_text('{"resourceType": "Patient"}')
    assert main(["validate", str(resource), "--json"]) == 0
    assert main(["validate", str(resource), "--profile", "urn:qiao:profile:patient", "--json"]) == 1
    rules = json.loads(capsys.readouterr().out.splitlines()[-1])["issues"]
    assert "Patient.name" in {one["location"] for one in rules}


def test_a_folder_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nowhere = tmp_path / "none" / "x.tgz"
    assert main(["profiles", "package", "-o", str(nowhere)]) == 2
    assert str(nowhere) in capsys.readouterr().err
