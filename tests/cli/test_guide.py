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
