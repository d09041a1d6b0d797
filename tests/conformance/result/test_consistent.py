"""A result that was made to look better than it is contradicts itself."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.catalogue.model import Method
from conformance.harness.verdict import Verdict
from conformance.harness.words import same
from conformance.result.consistent import contradictions
from conformance.result.judge import judge, sources
from conformance.result.model import Result, State, Step
from conformance.result.score import score
from tests.conformance.result.rows import DAY, STACK, catalogue, result, row, several, standing


def _made() -> Result:
    checks = several(["pass", "fail", "FAIL", "skip"])
    rows = judge(catalogue(row(critical=True)), checks, stack=STACK, day=DAY)
    return result(checks, rows, score=score(rows, complete=True, checks=checks))


def test_a_result_as_it_was_made_agrees_with_itself() -> None:
    assert contradictions(_made()) == ()
    assert contradictions(result()) != ()  # a score of nothing


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("score", "does not follow from the verdicts: 0.0 does"),
        ("cap", "does not follow from the verdicts"),
        ("verdict", "conformant, and what follows from its checks and attestations is nonconformant"),
        ("away", "not applicable, and what follows"),
        ("attested", "its attestations are not those of the result"),
        ("negative", "its counts are not those of its checks"),
        ("force", "whether it applies does not follow from where and when its texts hold"),
        ("check", "its counts are not those of its checks"),
        ("dropped", "its list of checks is not that of the result"),
        ("step", "a pass, and a step is not as expected"),
    ],
)
def test_an_edit_shows(what: str, said: str) -> None:
    one = _made()
    (found,), failed = one.requirements, one.checks[2]
    better = replace(failed, verdict=Verdict.PASS)
    step = Step(same("a"), same("b"), same("c"), False)
    edited = {
        "score": replace(one, score=replace(one.score, value=87.5)),
        "cap": replace(one, score=replace(one.score, capped_by=())),
        "verdict": replace(one, requirements=(replace(found, verdict=State.CONFORMANT),)),
        "away": replace(one, requirements=(replace(found, verdict=State.NOT_APPLICABLE),)),
        "attested": replace(one, requirements=(replace(found, attestations=(standing(),)),)),
        "negative": replace(one, requirements=(replace(found, counted=3),)),
        "force": replace(
            one,
            requirements=(replace(found, applies=False, verdict=State.NOT_APPLICABLE),),
            documents=sources(catalogue(row())),
        ),
        "check": replace(one, checks=(*one.checks[:2], better, one.checks[3])),
        "dropped": replace(one, checks=(*one.checks[:2], one.checks[3])),
        "step": replace(one, checks=(replace(one.checks[0], steps=(step,)), *one.checks[1:])),
    }[what]
    assert any(said in words.en for words in contradictions(edited))


@pytest.mark.parametrize(
    ("verdicts", "methods", "better"),
    [
        ("pass skip", ("automatic",), "conformant"),
        ("skip", ("automatic",), "conformant"),
        ("not-tested", ("automatic",), "partial"),
        ("pass", ("automatic", "document"), "conformant"),
        ("pass", ("document",), "conformant"),
        ("pass fail", ("automatic",), "conformant"),
    ],
)
def test_a_verdict_that_does_not_follow_shows_with_its_score(
    verdicts: str, methods: tuple[Method, ...], better: str
) -> None:
    """Whoever edits verdicts computes the score anew, and seals all of it."""
    checks = several(verdicts.split())
    rows = judge(catalogue(row(methods=methods)), checks, stack=STACK, day=DAY)
    edited = [replace(one, verdict=State(better)) for one in rows]
    for requirements, contradicts in ((rows, False), (edited, True)):
        anew = score(requirements, complete=True, checks=checks)
        assert bool(contradictions(result(checks, requirements, score=anew))) is contradicts
