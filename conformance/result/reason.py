"""Owns how a requirement's verdict is explained: what failed, what was not run and why, who attested what."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from conformance.catalogue.model import Requirement
from conformance.harness.words import Words
from conformance.result.jurisdiction import joined
from conformance.result.model import CheckResult, Method, Standing

_NONE = Words("未说明原因", "no reason was given")


def of_failed(failed: Sequence[CheckResult]) -> Words:
    """Return which checks failed, each with its reason."""
    said = (Words(f"{one.id}（{_why(one).zh}）", f"{one.id} ({_why(one).en})") for one in failed)
    names = joined(said, "、", ", ")
    return Words(f"未通过：{names.zh}", f"failed: {names.en}")


def of_unrun(unrun: Sequence[CheckResult]) -> Words:
    """Return which checks came to no verdict; checks with one reason share it."""
    by_reason: dict[Words, list[str]] = {}
    for one in unrun:
        by_reason.setdefault(_why(one), []).append(one.id)
    said = (
        Words(f"{'、'.join(ids)}（{why.zh}）", f"{', '.join(ids)} ({why.en})")
        for why, ids in by_reason.items()
    )
    names = joined(said, "、", ", ")
    return Words(f"未执行：{names.zh}", f"not run: {names.en}")


def of_missed(missed: int) -> Words:
    """Return how many of its checks were not chosen for this run, or not come to."""
    return Words(f"另有 {missed} 项检测本次未执行", f"{missed} more of its checks were not in this run")


def of_passed(passed: int, counted: int) -> Words:
    """Return how many checks passed."""
    if passed == counted:
        return Words(
            f"{counted} 项检测全部通过", f"all {counted} checks passed" if counted > 1 else "its check passed"
        )
    return Words(f"{counted} 项检测中 {passed} 项通过", f"{passed} of {counted} checks passed")


def of_attested(standings: Iterable[Standing]) -> list[Words]:
    """Return what was attested, and of what does not hold why not."""
    return [_held(one) if one.holds else one.reason or _NONE for one in standings]


def of_missing(methods: Iterable[Method]) -> Words:
    """Return which ways of looking at it nobody has attested."""
    names = joined((one.words for one in methods), "、", ", ")
    return Words(f"尚无有效见证：{names.zh}", f"not attested: {names.en}")


def of_nothing(row: Requirement, elsewhere: bool) -> Words:
    """Return why nothing was tried; ``elsewhere``: its checks hold in other jurisdictions."""
    if elsewhere:
        return Words("其检测项不适用于本次检测的地区", "its checks hold in other jurisdictions")
    if row.automatic or row.reason is None:
        return Words("本次未执行其任何检测项", "none of its checks was in this run")
    return Words(f"无自动检测：{row.reason.zh}", f"no automatic check: {row.reason.en}")


def _held(one: Standing) -> Words:
    said, method, found = one.attestation, one.attestation.method.words, one.attestation.finding.words
    return Words(
        f"{method.zh}：{said.who}（{said.role}）于 {said.when} 判定{found.zh}",
        f"{method.en}: {said.who} ({said.role}) found it {found.en} on {said.when}",
    )


def _why(one: CheckResult) -> Words:
    return one.reason or one.title
