"""Rules of columns: what decides a register is known or waits; what a form decides is said."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.errors import Misconfigured, Rejected
from gateway.mapping.layout.rules import Rules

COLUMNS: dict[str, dict[str, Any]] = {
    "visit_no": {},
    "visit_type": {"among": ["O", "I"], "of": "visit_no"},
    "code": {},
    "system": {"by": {"code": {"I10": r"[A-Z]\d\d(\.\w+)?", "TCM": r"[A-Z]{3}\d+"}}},
}


@pytest.mark.parametrize(
    ("row", "system"),
    [
        ({"code": "J20.9"}, "I10"),
        ({"code": " bnp050 "}, "TCM"),
        ({"code": "J20.9", "system": "own"}, "own"),
        ({"code": "?"}, None),
        ({}, None),
    ],
)
def test_what_a_form_decides_is_said_where_the_column_is_empty(
    row: dict[str, str | None], system: str | None
) -> None:
    assert Rules(COLUMNS, "x.yaml").worked(row).get("system") == system


def test_a_word_that_decides_nothing_counts_only_where_there_is_a_number() -> None:
    rules = Rules(COLUMNS, "x.yaml")
    assert rules.worked({"visit_no": "-", "visit_type": "1"}) == {"visit_no": "-", "visit_type": "1"}
    assert rules.worked({"visit_no": "V1", "visit_type": " O "})
    with pytest.raises(Rejected, match="visit_type tells which register visit_no is of") as refused:
        rules.worked({"visit_no": "V1", "visit_type": "甲某某"})
    assert refused.value.code == "unknown-word"
    assert "甲某某" not in str(refused.value)


@pytest.mark.parametrize(("word", "said"), [("o", "O"), (" I", "I"), ("inpatient", "Inpatient"), ("O", "O")])
def test_a_word_is_known_in_any_case_and_spelled_as_in_the_standard(word: str, said: str) -> None:
    columns = COLUMNS | {"visit_type": {"among": ["O", "I", "Inpatient"], "of": "visit_no"}}
    row = Rules(columns, "x.yaml").worked({"visit_no": "V1", "visit_type": word})
    assert (row["visit_type"] or "").strip() == said


@pytest.mark.parametrize(
    "said",
    [
        {"among": ["O"], "of": "visit"},
        {"among": ["O"]},
        {"by": {"cod": {"I10": "J"}}},
        {"by": {"code": {"I10": "("}}},
    ],
)
def test_a_wrong_rule_is_named(said: dict[str, Any]) -> None:
    with pytest.raises(Misconfigured, match=r"x\.yaml"):
        Rules(COLUMNS | {"system": said}, "x.yaml")
