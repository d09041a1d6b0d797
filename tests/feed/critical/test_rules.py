"""The hospital's own limits are read, and a file that is wrong is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.errors import Misconfigured
from gateway.feed.critical import load_rules
from tests.feed.critical.ward import HEAD


def test_a_grade_and_a_local_code_may_be_critical(tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(
        "critical: Observation\nminutes: 10\nrecent_hours: 24\ntests:\n"
        "- {test: 疟原虫, codes: ['urn:lis|MP'], grades: [positive, detected]}\n"
        "- {test: 血红蛋白, codes: [718-7], limits: [{unit: g/L, sex: female, from: 18 a, at_most: 60}]}\n",
        "utf-8",
    )
    rules = load_rules(file)
    assert rules.by_code["urn:lis", "MP"].grades == {"positive", "detected"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("critical: Patient", "critical rules have"),
        ("critical: Observation\nminutes: 0\nrecent_hours: 1", "whole number"),
        (HEAD + "[{test: K, codes: [1]}]", "limits or grades"),
        (HEAD + "[{test: K, codes: [1], limits: [{unit: g}]}]", "one of them is there"),
        (HEAD + "[{test: K, codes: [1], limits: [{unit: g, at_most: 5, at_least: 2}]}]", "below at_least"),
        (HEAD + "[{test: K, codes: [1], limits: [{unit: g, at_most: 5, under: 3 weeks}]}]", "an age"),
        ("critical: [", "YAML"),
    ],
)
def test_wrong_rules_are_named(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(text, "utf-8")
    with pytest.raises(Misconfigured, match=said):
        load_rules(file)
