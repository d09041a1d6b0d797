"""Owns whether a result agrees with itself: verdicts, counts, and the score that follows from them.

A seal shows that nothing was edited after it was set; who edits a result and seals it anew with a key of his
own has to edit all of it alike.
"""

from __future__ import annotations

from collections.abc import Iterator

from conformance.harness.verdict import Verdict
from conformance.harness.words import Words
from conformance.result.model import CheckResult, RequirementResult, Result, State
from conformance.result.score import score


def contradictions(result: Result) -> tuple[Words, ...]:
    """Return in what a result contradicts itself; nothing, where it does not."""
    by_row: dict[str, list[CheckResult]] = {}
    for check in result.checks:
        by_row.setdefault(check.requirement, []).append(check)
    return (
        *(one for check in result.checks for one in _of_check(check)),
        *(one for row in result.requirements for one in _of_row(row, by_row.get(row.id, []))),
        *_of_score(result),
    )


def _of_check(check: CheckResult) -> Iterator[Words]:
    if check.verdict is Verdict.PASS and not all(one.ok for one in check.steps):
        yield Words(
            f"{check.id}：判为通过，而有步骤不符", f"{check.id}: a pass, and a step is not as expected"
        )


def _of_row(row: RequirementResult, checks: list[CheckResult]) -> Iterator[Words]:
    def said(what: Words) -> Words:
        return Words(f"{row.id}：{what.zh}", f"{row.id}: {what.en}")

    if sorted(row.checks) != sorted(one.id for one in checks):
        yield said(Words("所列检测项与结果不符", "its list of checks is not that of the result"))
    verdicts = [one.verdict for one in checks]
    critical = sorted(one.id for one in checks if one.critical and one.verdict is Verdict.FAIL)
    counted = (row.passed, row.failed, sorted(row.critical_failed))
    if counted != (verdicts.count(Verdict.PASS), verdicts.count(Verdict.FAIL), critical):
        yield said(Words("通过与未通过的计数与检测项不符", "its counts are not those of its checks"))
    if row.applies and row.verdict is State.CONFORMANT and Verdict.FAIL in verdicts:
        yield said(Words("判为符合，而有检测项未通过", "conformant, and a check of it failed"))


def _of_score(result: Result) -> Iterator[Words]:
    """Of a whole run only: which rows a part was about is not in its result."""
    if not result.run.whole:
        return
    known = {one.id for one in result.checks}
    basic = known.intersection(result.score.capped_by)
    anew = score(result.requirements, complete=result.run.complete, checks=result.checks, basic=basic)
    if (anew.value, anew.capped_by) != (result.score.value, result.score.capped_by):
        zh = f"得分 {result.score.value} 与各条结论不符，应为 {anew.value}"
        yield Words(
            zh, f"the score {result.score.value} does not follow from the verdicts: {anew.value} does"
        )
