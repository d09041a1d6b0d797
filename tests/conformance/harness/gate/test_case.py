"""Cases of gates as they are written down."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.harness.gate.case import read

CASE = """
scenes:
  child: {Person: {years: 5}, Encounter: {priority: null}}
cases:
- name: alone
  requirement: NAT-20.3
  zh: 中文
  en: English
  action: prescribe
  scene: [child]
  blocked: {Encounter: {participant: null}}
"""


def test_a_scene_lies_below_both_twins(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(CASE)
    (one,) = read(tmp_path)
    gate = one.given[0]
    assert gate.blocked == {"Person": {"years": 5}, "Encounter": {"priority": None, "participant": None}}
    assert gate.passes == {"Person": {"years": 5}, "Encounter": {"priority": None}}
    assert not gate.altered
    assert one.needs == ("actions.submit", "signing")


def test_own_documents_must_be_writable(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(CASE + "  own: [physician]\n")
    assert "seed|writes" in read(tmp_path)[0].needs


@pytest.mark.parametrize(
    "line", ["  outcome: perhaps", "  own: [moon]", "  blokced: {}", "  scene: [nobody]", "  action: fly"]
)
def test_what_nobody_understands_is_told_with_file_and_case(tmp_path: Path, line: str) -> None:
    lines = [one for one in CASE.splitlines() if not line.startswith(one[: one.find(":") + 1] or "-")]
    (tmp_path / "a.yaml").write_text("\n".join([*lines, line, ""]))
    with pytest.raises(ValueError, match=r"a\.yaml: alone"):
        read(tmp_path)
