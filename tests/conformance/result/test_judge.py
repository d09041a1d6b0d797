"""Verdicts of requirements: every rule by a table, and what no further finding may do."""

from __future__ import annotations

from datetime import date
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.result.judge import judge, sources, strangers
from conformance.result.model import Standing, State
from tests.conformance.result.rows import (
    DAY,
    STACK,
    attested,
    catalogue,
    document,
    judged,
    row,
    several,
    standing,
    tried,
)

VERDICTS = ("pass", "fail", "FAIL", "skip", "error", "not-tested", "not-applicable")
ROWS = {
    "automatic": row(),
    "automatic and document": row(methods=("automatic", "document")),
    "document": row(methods=("document",)),
    "on site and document": row(methods=("onsite", "document")),
    "organisational": row(methods=("automatic", "document"), organisational=True),
}
FINDINGS: dict[str, tuple[Standing, ...]] = {
    "none": (),
    "good": (standing(),),
    "bad": (standing("nonconformant"),),
    "good, but expired": (Standing(attested(), False),),
    "bad on site": (standing(), standing("nonconformant", "onsite")),
}
RANK = {State.CONFORMANT: 3, State.PARTIAL: 2, State.NOT_TESTED: 1, State.NONCONFORMANT: 0}


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ("", "not-tested"),
        ("pass", "conformant"),
        ("pass pass", "conformant"),
        ("fail", "nonconformant"),
        ("FAIL", "nonconformant"),
        ("skip", "not-tested"),
        ("error", "not-tested"),
        ("not-tested", "not-tested"),
        ("not-applicable", "not-tested"),
        ("pass fail", "partial"),
        ("pass pass fail", "partial"),
        ("pass FAIL", "nonconformant"),
        ("pass pass pass FAIL", "nonconformant"),
        ("pass skip", "partial"),
        ("pass error", "partial"),
        ("pass not-tested", "partial"),
        ("pass not-applicable", "conformant"),
        ("fail skip", "nonconformant"),
        ("fail error", "nonconformant"),
        ("fail not-applicable", "nonconformant"),
        ("skip error not-tested", "not-tested"),
        ("pass fail skip", "partial"),
        ("pass FAIL skip", "nonconformant"),
    ],
)
def test_checks_alone(verdicts: str, expected: str) -> None:
    assert judged(row(), several(verdicts.split())).verdict == expected


@pytest.mark.parametrize(
    ("kind", "verdicts", "found", "expected"),
    [
        # Where machines test, people only add.
        ("automatic and document", "pass", "none", "partial"),
        ("automatic and document", "pass", "good", "conformant"),
        ("automatic and document", "pass", "bad", "partial"),
        ("automatic and document", "skip", "good", "partial"),
        ("automatic and document", "pass skip", "good", "partial"),
        ("automatic and document", "", "good", "partial"),
        ("automatic and document", "", "bad", "nonconformant"),
        ("automatic and document", "skip", "bad", "nonconformant"),
        ("automatic and document", "skip", "good, but expired", "not-tested"),
        ("automatic and document", "fail", "good", "nonconformant"),
        ("automatic and document", "pass fail", "good", "partial"),
        ("automatic and document", "pass FAIL", "good", "nonconformant"),
        # What people look at takes what they found.
        ("document", "", "none", "not-tested"),
        ("document", "", "good", "conformant"),
        ("document", "", "bad", "nonconformant"),
        ("document", "", "good, but expired", "not-tested"),
        ("on site and document", "", "good", "partial"),
        ("on site and document", "", "bad on site", "nonconformant"),
        # A gateway can only hold the evidence of what the organisation does.
        ("organisational", "pass", "none", "partial"),
        ("organisational", "pass", "good", "conformant"),
        ("organisational", "pass", "bad", "nonconformant"),
        ("organisational", "skip", "good", "conformant"),
        ("organisational", "pass skip", "good", "conformant"),
        ("organisational", "fail", "good", "nonconformant"),
        ("organisational", "pass fail", "good", "partial"),
        ("organisational", "pass fail", "bad", "nonconformant"),
        ("organisational", "skip", "none", "not-tested"),
        ("organisational", "pass", "good, but expired", "partial"),
    ],
)
def test_attestations(kind: str, verdicts: str, found: str, expected: str) -> None:
    assert judged(ROWS[kind], several(verdicts.split()), FINDINGS[found]).verdict == expected


@given(
    st.sampled_from(sorted(ROWS)),
    st.sampled_from(sorted(FINDINGS)),
    st.lists(st.sampled_from(VERDICTS), max_size=5),
    st.sampled_from(["fail", "FAIL"]),
)
def test_a_failing_check_never_improves_a_verdict(
    kind: str, found: str, verdicts: list[str], more: str
) -> None:
    before = judged(ROWS[kind], several(verdicts), FINDINGS[found]).verdict
    after = judged(ROWS[kind], several([*verdicts, more]), FINDINGS[found]).verdict
    assert RANK[after] <= RANK[before]
    assert after is not State.CONFORMANT


@pytest.mark.parametrize("unrun", ["skip", "error", "not-tested"])
def test_a_pass_that_is_not_run_never_improves_a_verdict(unrun: str) -> None:
    for kind, found, size in product(ROWS, FINDINGS, range(3)):
        for others in product(VERDICTS, repeat=size):
            passed = judged(ROWS[kind], several(["pass", *others]), FINDINGS[found]).verdict
            instead = judged(ROWS[kind], several([unrun, *others]), FINDINGS[found]).verdict
            assert RANK[instead] <= RANK[passed], (kind, found, others)


def test_a_skip_never_looks_like_a_pass() -> None:
    for found, size in product(FINDINGS, range(1, 4)):
        for verdicts in product(("pass", "skip", "error", "not-tested"), repeat=size):
            if set(verdicts) != {"pass"}:
                verdict = judged(ROWS["automatic and document"], several(verdicts), FINDINGS[found]).verdict
                assert verdict is not State.CONFORMANT


def test_of_two_findings_the_newer_counts_and_of_one_day_the_one_against_it() -> None:
    old, new = standing("nonconformant", when="2025-01-05"), standing(when="2026-01-05")
    assert judged(ROWS["document"], (), [new, old]).verdict is State.CONFORMANT
    assert judged(ROWS["document"], (), [new, standing("nonconformant")]).verdict is State.NONCONFORMANT


def test_the_reason_names_what_failed_and_what_was_not_run() -> None:
    checks = [
        tried("pass", "suite.a"),
        tried("fail", "suite.b"),
        tried("skip", "suite.c"),
        tried("skip", "suite.d"),
    ]
    reason = judged(row(), checks).reason
    assert reason.en == (
        "failed: suite.b (because fail); 1 of 4 checks passed; not run: suite.c, suite.d (because skip)"
    )
    assert "未通过：suite.b（因为fail）" in reason.zh and "未执行：suite.c、suite.d（因为skip）" in reason.zh


def test_the_reason_says_that_an_attestation_is_wanted_or_expired() -> None:
    assert judged(ROWS["document"]).reason.en == (
        "no automatic check: only people can see it; not attested: document review"
    )
    gone = Standing(attested(until="2026-02-01"), False, standing().attestation.method.words)
    assert "document review" in judged(ROWS["document"], (), [gone]).reason.en
    assert "王评审" in judged(ROWS["document"], (), [standing()]).reason.zh


def test_another_jurisdiction_does_not_apply_and_says_where_and_when_it_holds() -> None:
    sichuan = document("SC", "cn-sichuan", since=date(2024, 2, 1), until=date(2026, 1, 31))
    rows = catalogue(row("SC-1", sichuan), documents=[sichuan])
    failed = [tried("fail", requirement="SC-1", critical=True)]
    (elsewhere,) = judge(rows, failed, stack=STACK, day=DAY)
    assert elsewhere.verdict is State.NOT_APPLICABLE and not elsewhere.applies
    assert elsewhere.reason.en == (
        "not applicable: SC号 (Sichuan, in force 2024-02-01 to 2026-01-31);"
        " this run is for nationwide, Chongqing on 2026-03-06"
    )
    assert "四川" in elsewhere.reason.zh and "2024-02-01 至 2026-01-31" in elsewhere.reason.zh
    (expired,) = judge(rows, failed, stack=("cn", "cn-sichuan"), day=DAY)
    assert expired.verdict is State.NOT_APPLICABLE
    (there,) = judge(rows, failed, stack=("cn", "cn-sichuan"), day=date(2026, 1, 31))
    assert there.verdict is State.NONCONFORMANT


def test_every_row_has_a_verdict_and_a_check_of_none_is_an_error() -> None:
    rows = catalogue(row("NAT-2"), row("NAT-1"))
    stray = tried("fail", "suite.stray", "NAT-9")
    found = judge(rows, [stray], stack=STACK, day=DAY)
    assert [one.id for one in found] == ["NAT-1", "NAT-2"]
    assert [one.where for one in strangers(rows, [stray, tried(requirement="NAT-1")])] == ["suite.stray"]


def test_the_order_of_the_checks_says_nothing() -> None:
    checks = several(["fail", "skip", "pass", "error"])
    assert judged(row(), checks) == judged(row(), list(reversed(checks)))


def test_the_documents_are_named_with_what_was_left_out() -> None:
    named = sources(catalogue(row(), documents=[document("SC", "cn-sichuan", since=date(2024, 2, 1))]))
    assert [(one.id, one.since, one.legal) for one in named] == [
        ("NAT", None, True),
        ("R4", None, False),
        ("SC", "2024-02-01", True),
    ]


@pytest.mark.parametrize("people", [False, True])
def test_a_part_of_the_checks_shows_a_part_of_the_requirement(people: bool) -> None:
    """Who runs only the checks that pass gets no conformant row for it."""
    one = row(methods=("automatic", "document") if people else ("automatic",), organisational=people)
    stands = [standing()] if people else []
    (found,) = judge(catalogue(one), several(["pass"]), stands, stack=STACK, day=DAY, missed={"NAT-1": 2})
    assert found.verdict is State.PARTIAL
    assert found.counted == 3
    assert "1 of 3 checks passed; 2 more of its checks were not in this run" in found.reason.en
    (none,) = judge(catalogue(row()), (), stack=STACK, day=DAY, missed={"NAT-1": 2})
    assert none.verdict is State.NOT_TESTED
    assert none.reason.en == "none of its checks was in this run"
