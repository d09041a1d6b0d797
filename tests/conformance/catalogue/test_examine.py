"""A row that keeps no promise, a check without a row, and an article that nobody walked are found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from conformance.catalogue.coverage import coverage
from conformance.catalogue.examine import examine
from conformance.catalogue.read import load
from tests.conformance.catalogue.made import folder, law, row

PAIR = {"zh": "中", "en": "en"}
CHECKS = {"suite.one": "LAW-1.1"}


def told(tmp_path: Path, document: dict[str, Any], checks: dict[str, str]) -> list[tuple[str, str]]:
    return [(one.where, one.what.en) for one in examine(load(folder(tmp_path, document)), checks)]


def test_a_whole_catalogue_has_no_problem(tmp_path: Path) -> None:
    assert told(tmp_path, law(), CHECKS) == []


@pytest.mark.parametrize(
    ("changed", "checks", "what"),
    [
        ({}, {}, "it has neither check, attestation nor reason"),
        ({"method": ["automatic", "onsite"], "attest": PAIR}, {}, "it promises a check, and there is none"),
        ({"method": ["document"], "attest": PAIR}, {}, "nothing says why no machine tests it"),
        ({"method": ["document"], "reason": PAIR}, {}, "nothing says what an assessor must have seen"),
        ({"reason": PAIR}, CHECKS, "a machine tests it, and a reason says why none does"),
    ],
)
def test_a_row_keeps_what_it_promises(
    tmp_path: Path, changed: dict[str, Any], checks: dict[str, str], what: str
) -> None:
    assert told(tmp_path, law(row(**changed)), checks) == [("LAW-1.1", what)]


def test_a_row_that_people_look_at_needs_no_check(tmp_path: Path) -> None:
    assert told(tmp_path, law(row(method=["document"], attest=PAIR, reason=PAIR)), {}) == []


def test_a_check_names_a_row_that_there_is(tmp_path: Path) -> None:
    found = told(tmp_path, law(), {**CHECKS, "suite.two": "LAW-9"})
    assert found == [("suite.two", "there is no requirement LAW-9")]


def test_a_check_of_a_row_that_promises_none_is_found(tmp_path: Path) -> None:
    quiet = law(row(method=["document"], attest=PAIR, reason=PAIR))
    ((where, what),) = told(tmp_path, quiet, CHECKS)
    assert where == "suite.one"
    assert "add automatic to its method" in what


@pytest.mark.parametrize(
    ("row_is", "check_is", "what"),
    [
        (
            True,
            False,
            "its requirement LAW-1.1 is critical: let it be so too, or say in `lesser` why it is not",
        ),
        (False, True, "it is critical, and its requirement LAW-1.1 is not"),
        (True, True, None),
        (False, False, None),
    ],
)
def test_whether_a_check_caps_the_score_follows_from_its_row(
    tmp_path: Path, row_is: bool, check_is: bool, what: str | None
) -> None:
    catalogue = load(folder(tmp_path, law(row(critical=row_is or None))))
    found = [(one.where, one.what.en) for one in examine(catalogue, CHECKS, {"suite.one": check_is})]
    assert found == ([("suite.one", what)] if what else [])


def test_every_article_is_cited_or_left_out(tmp_path: Path) -> None:
    left = [{"articles": ["第二条"], **PAIR}]
    assert told(tmp_path, law(excluded=left), CHECKS) == [
        ("LAW 第三条", "no row cites it and nothing says why")
    ]
    twice = [{"articles": ["第一条", "第二条", "第三条"], **PAIR}]
    assert told(tmp_path, law(excluded=twice), CHECKS) == [
        ("LAW 第一条", "a row cites it, and it is left out as well")
    ]


def test_coverage_puts_each_row_into_one_place(tmp_path: Path) -> None:
    rows = (
        row(id="LAW-1"),
        row(id="LAW-2", method=["document"], attest=PAIR, reason=PAIR, organisational=True),
        row(id="LAW-3", reason=PAIR),
        row(id="LAW-4"),
        row(id="LAW-5", method=["automatic", "document"], attest=PAIR, organisational=True),
    )
    numbers = coverage(load(folder(tmp_path, law(*rows))), {"LAW-1", "LAW-5"})
    assert (numbers.requirements, numbers.automatic, numbers.attestable) == (5, 2, 1)
    assert (numbers.with_reason, numbers.open) == (1, 1)
    assert (numbers.organisational, numbers.organisational_automatic) == (2, 1)
    assert numbers.percent == 33.3
    assert (numbers.articles, numbers.articles_cited, numbers.articles_excluded) == (3, 1, 2)
    assert numbers.documents == {"LAW": {"requirements": 5, "automatic": 2}}
    assert numbers.as_json()["automatic"] == 2
