"""``qiao mapping coverage`` and ``qiao mapping seed``."""

from __future__ import annotations

import json
import shutil
from importlib.resources import files
from pathlib import Path

import pytest

from gateway.cli import main


def test_coverage_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mapping", "coverage", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    for kind, rows in (
        ("total", 2074),
        ("messages", 402),
        ("segments", 1055),
        ("datatypes", 617),
        ("codesystems", 4763),
    ):
        counts = shown[kind]
        assert counts["rows"] == rows == counts["implemented"] + counts["excluded"] + counts["missing"]


def test_the_guide_is_followed_and_every_row_accounted_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mapping", "coverage", "--json"]) == 0
    total = json.loads(capsys.readouterr().out)["total"]
    assert total["implemented"] / total["rows"] >= 0.97
    assert total["missing"] == 0


def test_codes_are_counted_unless_their_system_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mapping", "coverage", "--excluded"]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert len(shown) < 250
    assert [line for line in shown if line.startswith("SpecimenSourceSite") and "codes: 1000" in line]
    assert [line for line in shown if line.startswith("PID[Patient]/PID-19#2")]
    assert not [line for line in shown if line.startswith("SpecimenSourceSite/")]
    assert not [line for line in shown if line.startswith("CNN[Practitioner]")]  # nothing left out there
    assert main(["mapping", "coverage", "--excluded", "DietType"]) == 0
    rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith("DietType/")]
    assert len(rows) == 7
    assert all("no source code" in row for row in rows)


def test_json_lists_every_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mapping", "coverage", "--excluded", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert len(shown["rows"]) == shown["total"]["excluded"] + shown["codesystems"]["excluded"]


def test_coverage_says_it_in_chinese(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--lang", "zh", "mapping", "coverage", "--excluded"]) == 0
    shown = capsys.readouterr().out
    assert "代码 1000 个  没有源代码：指南只列出目标值集" in shown
    assert "no source code" not in shown


def test_coverage_of_one_map_lists_what_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mapping", "coverage", "--missing", "--json", "CWE[CodeableConcept]"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["total"]["rows"] == 13
    assert list(shown["maps"]) == ["CWE[CodeableConcept]"]


def test_an_unknown_map_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mapping", "coverage", "ZZZ[Patient]"]) == 2
    assert "ZZZ[Patient]" in capsys.readouterr().err


def test_seed_prints_and_never_overwrites(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = tmp_path / "mappings"
    for folder in ("segments", "datatypes"):
        (root / "hl7v2" / folder).mkdir(parents=True)
    concept = Path(str(files("mappings"))) / "hl7v2/datatypes/CWE-CodeableConcept.yaml"
    shutil.copy(concept, root / "hl7v2/datatypes")
    file = root / "hl7v2/segments/MRG-Account.yaml"
    arguments = ["mapping", "seed", "MRG[Account]", "--maps", str(root)]
    assert main(arguments) == 0
    assert 'map: "MRG[Account]"' in capsys.readouterr().out
    assert not file.exists()
    assert main([*arguments, "--write"]) == 0
    assert 'map: "MRG[Account]"' in file.read_text(encoding="utf-8")
    assert main([*arguments, "--write"]) == 1
