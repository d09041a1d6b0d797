"""The score: what counts, what caps it, and that it cannot be had for nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.catalogue.model import Requirement
from conformance.result.coverage import coverage
from conformance.result.judge import judge
from conformance.result.model import CheckResult, RequirementResult, Score, Standing
from conformance.result.score import score
from tests.conformance.result.rows import (
    DAY,
    STACK,
    catalogue,
    document,
    row,
    several,
    standing,
    tried,
)

R4 = document("R4", "any", legal=False)


def verdicts(
    rows: Sequence[Requirement],
    checks: Iterable[CheckResult] = (),
    attested: Iterable[Standing] = (),
) -> tuple[RequirementResult, ...]:
    sichuan = document("SC", "cn-sichuan")
    return judge(catalogue(*rows, documents=[sichuan]), checks, attested, stack=STACK, day=DAY)


def scored(
    rows: Sequence[Requirement], checks: Sequence[CheckResult] = (), attested: Iterable[Standing] = ()
) -> Score:
    return score(verdicts(rows, checks, attested), complete=True, checks=checks)


def passing(*names: str) -> list[CheckResult]:
    return [tried("pass", f"suite.{name}", name) for name in names]


def test_critical_rows_weigh_three_times() -> None:
    rows = [row("NAT-1", critical=True), row("NAT-2")]
    assert scored(rows, passing("NAT-1")).value == 75.0
    assert scored(rows, passing("NAT-2")).value == 25.0
    assert scored(rows, passing("NAT-1", "NAT-2")).value == 100.0


def test_a_partly_conformant_row_earns_half_of_what_was_shown() -> None:
    assert scored([row()], several(["pass", "fail"])).value == 25.0
    assert scored([row()], several(["pass", "pass", "pass", "skip"])).value == 37.5


def test_what_was_not_tested_earns_nothing_and_counts() -> None:
    rows = [row("NAT-1"), row("NAT-2"), row("NAT-3"), row("NAT-4")]
    assert scored(rows, passing("NAT-1")).value == 25.0
    assert scored(rows).value == 0.0
    assert scored(rows, [tried("skip", f"suite.{n}", f"NAT-{n}") for n in range(1, 5)]).value == 0.0


def test_other_jurisdictions_do_not_count() -> None:
    rows = [row("NAT-1"), row("SC-1", document("SC", "cn-sichuan"))]
    assert scored(rows, passing("NAT-1")).value == 100.0


def test_a_critical_failure_caps_it() -> None:
    rows = [row("NAT-1", critical=True), *(row(f"NAT-{n}") for n in range(2, 40))]
    checks = [tried("fail", requirement="NAT-1"), *passing(*(f"NAT-{n}" for n in range(2, 40)))]
    found = scored(rows, checks)
    assert (found.value, found.cap, found.capped_by) == (59.0, 59.0, ("NAT-1",))
    assert found.uncapped == 92.6
    assert "capped at 59 by NAT-1; score 59.0" in found.explanation.en
    assert "因 NAT-1 封顶 59；得分 59.0" in found.explanation.zh


def test_a_critical_check_of_an_ordinary_row_caps_it_too() -> None:
    rows = [row(f"NAT-{n}") for n in range(1, 40)]
    checks = [tried("fail", critical=True), *passing(*(f"NAT-{n}" for n in range(1, 40)))]
    assert scored(rows, checks).capped_by == ("NAT-1",)


def test_an_incomplete_run_is_capped_and_says_so() -> None:
    found = score(verdicts([row()], passing("NAT-1")), complete=False)
    assert (found.value, found.uncapped, found.capped_by) == (59.0, 100.0, ("run.complete",))
    assert "an incomplete run" in found.explanation.en and "检测未完成" in found.explanation.zh


def test_a_low_score_is_not_lifted_to_its_cap() -> None:
    found = score(verdicts([row("NAT-1", critical=True), row("NAT-2")], [tried("fail")]), complete=False)
    assert found.value == 0.0


def test_a_target_that_fails_what_any_server_passes_scores_near_nothing() -> None:
    rows = [row(f"NAT-{n}") for n in range(1, 11)]
    checks = [tried("fail", "fhir_api.unknown", "NAT-1"), *passing(*(f"NAT-{n}" for n in range(1, 11)))]
    found = score(verdicts(rows, checks), complete=True, checks=checks, basic=["fhir_api.unknown"])
    assert (found.value, found.cap, found.capped_by) == (10.0, 10.0, ("fhir_api.unknown",))


def test_a_target_that_answers_everything_alike_scores_near_nothing() -> None:
    """One check in six passes by chance, none of the critical ones; the rest fail."""
    rows = [row(f"NAT-{n}", critical=n % 4 == 0) for n in range(1, 81)]
    checks = [
        tried("pass" if at == 0 else "fail", f"suite.{n}-{at}", f"NAT-{n}", critical=n % 4 == 0 and at == 1)
        for n in range(1, 81)
        for at in range(6)
    ]
    assert scored(rows, checks).value < 5


def test_duties_of_the_organisation_count_when_somebody_looked() -> None:
    own = row("NAT-2", methods=("automatic", "document"), organisational=True)
    rows, checks = [row("NAT-1"), own], [tried("fail", requirement="NAT-1")]
    assert scored(rows, checks).organisational is None
    assert scored(rows, [*checks, tried("pass", "suite.e", "NAT-2")]).value == 0.0
    found = scored(rows, checks, [standing(requirement="NAT-2")])
    assert (found.value, found.organisational) == (50.0, 100.0)
    against = scored([row("NAT-1"), own], passing("NAT-1"), [standing("nonconformant", requirement="NAT-2")])
    assert against.value == 50.0


def test_a_duty_of_the_organisation_that_a_check_denies_counts() -> None:
    own = row("NAT-2", methods=("automatic", "document"), organisational=True)
    checks = [*passing("NAT-1"), tried("fail", "suite.e", "NAT-2")]
    assert scored([row("NAT-1"), own], checks).value == 50.0


def test_technical_rows_weigh_as_much_as_one_topic() -> None:
    law = [row(f"NAT-{n}", topic="AB"[n % 2]) for n in range(4)]
    basis = [row(f"R4-{n}", R4, topic="R") for n in range(10)]
    found = scored([*law, *basis], passing(*(one.id for one in basis)))
    assert (found.value, found.technical, found.weights["technical"]) == (33.3, 100.0, 2.0)
    assert scored([*law, *basis], passing(*(one.id for one in law))).value == 66.6
    assert scored(basis, passing(*(one.id for one in basis))).value == 100.0


def test_each_topic_has_its_own() -> None:
    rows = [row("NAT-1", topic="A"), row("NAT-2", topic="A"), row("NAT-3", topic="B"),
            row("SC-1", document("SC", "cn-sichuan"), topic="C")]  # fmt: skip
    found = scored(rows, passing("NAT-1"))
    assert [(one.id, one.value, one.counted) for one in found.topics] == [
        ("A", 50.0, 2),
        ("B", 0.0, 1),
        ("C", None, 0),
    ]


def test_nothing_is_rounded_up() -> None:
    rows = [row(f"NAT-{n}") for n in range(3000)]
    assert scored(rows, passing(*(one.id for one in rows[1:]))).value == 99.9


def test_the_explanation_has_the_numbers() -> None:
    rows = [row("NAT-1", critical=True), row("NAT-2"), row("SC-1", document("SC", "cn-sichuan"))]
    found = scored(rows, passing("NAT-1"))
    assert found.explanation.en == (
        "of 3 requirements 2 apply; 0 duties of the organisation are not attested and do not count;"
        " the 2 that do: 1 conformant, 0 partly conformant, 0 nonconformant, 1 not tested; 100 × 3 ÷ 4 = 75.0"
    )
    assert found.explanation.zh.endswith("符合 1，部分符合 0，不符合 0，未测 1；100 × 3 ÷ 4 = 75.0")
    assert "封顶" in found.formula.zh and "Caps" in found.formula.en


def test_nothing_at_all_scores_nothing() -> None:
    found = scored([])
    assert (found.value, found.topics) == (0.0, ())
    assert "nothing counts" in found.explanation.en


@given(
    st.lists(st.lists(st.sampled_from(["pass", "fail", "FAIL", "skip"]), max_size=4), min_size=1, max_size=5),
    st.integers(0, 4),
    st.sampled_from(["fail", "FAIL"]),
)
def test_a_failing_check_never_improves_the_score(found: list[list[str]], at: int, more: str) -> None:
    rows = [row(f"NAT-{n}", critical=n % 2 == 0, topic="AB"[n % 2]) for n in range(len(found))]
    at %= len(found)
    before = [one for n, said in enumerate(found) for one in several(said, f"NAT-{n}")]
    worse = tried("fail", "suite.more", f"NAT-{at}", critical=more == "FAIL")
    assert scored(rows, [*before, worse]).value <= scored(rows, before).value


@pytest.mark.parametrize("automatic", [{"NAT-1", "NAT-2"}, {"NAT-1"}, set()])
def test_coverage_counts_every_row_once(automatic: set[str]) -> None:
    rows = [
        row("NAT-1"),
        row("NAT-2", methods=("automatic", "document")),
        row("NAT-3", methods=("document",)),
        row("NAT-4", methods=("onsite",), organisational=True),
        row("SC-1", document("SC", "cn-sichuan")),
        row("R4-1", R4, topic="R"),
    ]
    found = coverage(verdicts(rows, passing("NAT-1", "R4-1"), [standing(requirement="NAT-3")]), automatic)
    assert (found.requirements, found.technical, found.organisational) == (5, 1, 1)
    assert found.automatic == len(automatic)
    assert found.automatic + found.attestable + found.with_reason == 5
    assert (found.applicable, found.tested, found.attested) == (4, 2, 1)
    assert found.percent == 25.0 * len(automatic)
