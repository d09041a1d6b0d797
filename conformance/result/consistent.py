"""Owns whether a result agrees with itself: verdicts, counts, and the score that follows from them.

A seal shows that nothing was edited after it was set; who edits a result and seals it anew with a key of his
own has to edit all of it alike.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta

from conformance.catalogue.model import EVERYWHERE
from conformance.harness.verdict import Verdict
from conformance.harness.words import Words
from conformance.result.model import CheckResult, Course, RequirementResult, Result, Source, State
from conformance.result.requirement import by_day
from conformance.result.rule import Ground, state
from conformance.result.score import score

_ZONE = timedelta(hours=8)


def contradictions(result: Result) -> tuple[Words, ...]:
    """Return in what a result contradicts itself; nothing, where it does not."""
    by_row: dict[str, list[CheckResult]] = {}
    for check in result.checks:
        by_row.setdefault(check.requirement, []).append(check)
    return (
        *(one for check in result.checks for one in _of_check(check)),
        *(one for row in result.requirements for one in _of_row(row, by_row.get(row.id, []))),
        *_of_attestations(result),
        *_of_force(result),
        *_of_score(result),
    )


def _of_check(check: CheckResult) -> Iterator[Words]:
    if check.verdict is Verdict.PASS and not all(one.ok for one in check.steps):
        yield Words(
            f"{check.id}：判为通过，而有步骤不符", f"{check.id}: a pass, and a step is not as expected"
        )


def _of_row(row: RequirementResult, checks: list[CheckResult]) -> Iterator[Words]:
    if sorted(row.checks) != sorted(one.id for one in checks):
        yield _said(row, "所列检测项与结果不符", "its list of checks is not that of the result")
    ground = Ground.of_row(row, checks)
    tally = ground.tally
    counted = (row.passed, row.failed, sorted(row.critical_failed))
    if counted != (len(tally.passed), len(tally.failed), sorted(tally.critical_failed)) or ground.missed < 0:
        yield _said(row, "通过与未通过的计数与检测项不符", "its counts are not those of its checks")
    due = state(ground) if row.applies else State.NOT_APPLICABLE
    if row.verdict is not due:
        yield _said(
            row,
            f"判为{row.verdict.words.zh}，而所列检测和见证得出{due.words.zh}",
            f"{row.verdict.words.en}, and what follows from its checks and attestations is {due.words.en}",
        )


def _said(row: RequirementResult, zh: str, en: str) -> Words:
    return Words(f"{row.id}：{zh}", f"{row.id}: {en}")


def _of_attestations(result: Result) -> Iterator[Words]:
    """Yield the rows that rest on attestations that the result does not have."""
    for row in result.requirements:
        own = [one.attestation for one in row.attestations]
        there = [one for one in result.attestations if one.requirement == row.id]
        if sorted(own, key=by_day) != sorted(there, key=by_day):
            yield _said(row, "所据见证与结果所列不符", "its attestations are not those of the result")


def _of_force(result: Result) -> Iterator[Words]:
    """Yield the rows that are said to apply, or not to, against the texts that the result lists."""
    documents, day = {one.id: one for one in result.documents}, _day(result.run)
    for row in result.requirements:
        named = [row.document, *(one.document for one in row.also if one.binding)]
        texts = [documents[one] for one in named if one in documents]
        applies = any(_holds(one, result.run.jurisdictions, day) for one in texts)
        if len(texts) == len(named) and row.applies is not applies:
            yield _said(
                row,
                "是否适用与所列文件的地区和施行日期不符",
                "whether it applies does not follow from where and when its texts hold",
            )


def _day(run: Course) -> str:
    """Return the day whose law was asked for: where it is not said, that of the end, in China."""
    try:
        return run.day or f"{datetime.fromisoformat(run.finished).astimezone(UTC) + _ZONE:%Y-%m-%d}"
    except ValueError:
        return ""  # no text holds on no day: every row shows it


def _holds(text: Source, jurisdictions: Collection[str], day: str) -> bool:
    here = text.jurisdiction == EVERYWHERE or text.jurisdiction in jurisdictions
    return here and bool(day) and (text.since or day) <= day <= (text.until or day)


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
