"""A text that ran out may be tried with ``--day``; what a target omits of it today is no fault."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from conformance.catalogue import Catalogue, load
from conformance.evidence.exchange import Book
from conformance.harness.check import Check
from conformance.harness.verdict import Verdict
from conformance.harness.words import same
from conformance.runner.lapsed import excused
from conformance.runner.trial import Trial

TODAY = date(2026, 11, 22)
"""Sichuan's text ran out on 2026-01-31."""
STACK = ("cn", "cn-sichuan")


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load()


def _failed(requirement: str, *jurisdictions: str, unanswered: bool = False) -> Trial:
    check = Check("s.one", "s", requirement, same("one"), lambda run: None, jurisdictions=jurisdictions)
    return Trial(check, Verdict.FAIL, same("found"), (), Book(), 0.0, unanswered)


@pytest.mark.parametrize(
    ("trial", "verdict"),
    [
        (_failed("SC-10"), Verdict.NOT_TESTED),
        (_failed("NAT-20.5"), Verdict.FAIL),
        # National law asks the same of tiered care, but not that a referral names who receives the patient.
        (_failed("SC-36"), Verdict.FAIL),
        (_failed("SC-36", "cn-chongqing", "cn-sichuan"), Verdict.NOT_TESTED),
        (_failed("SC-10", unanswered=True), Verdict.FAIL),
        (_failed("of-a-suite-of-others"), Verdict.FAIL),
    ],
)
def test_what_follows_from_a_text_that_ran_out_cannot_fail(
    trial: Trial, verdict: Verdict, catalogue: Catalogue
) -> None:
    assert excused(trial, catalogue, STACK, TODAY).verdict is verdict


def test_the_reason_says_why_and_what_was_found(catalogue: Catalogue) -> None:
    reason = excused(_failed("SC-10"), catalogue, STACK, TODAY).reason
    assert reason is not None
    assert "not in force today" in reason.en
    assert reason.en.endswith("found")
    assert "并未生效" in reason.zh


@pytest.mark.parametrize("change", [lambda one: replace(one, verdict=Verdict.PASS), lambda one: one])
def test_a_pass_stays_and_in_its_time_a_failure_is_one(
    change: Callable[[Trial], Trial], catalogue: Catalogue
) -> None:
    trial = change(_failed("SC-10"))
    assert excused(trial, catalogue, STACK, date(2025, 6, 1)) is trial
