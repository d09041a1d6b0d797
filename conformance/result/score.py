"""Owns the score: the weighted share of the requirements that are met, with caps that no average can hide.

A requirement that was not tested earns nothing and still counts: a target of which nothing is known has no
score. A partly conformant one earns half of the share that was shown of it: a target that answers everything
alike passes some check of almost every requirement. The technical rows together weigh as much as an average
topic of the law.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from fractions import Fraction

from conformance.harness.verdict import Verdict
from conformance.result import formula
from conformance.result.formula import CAP_BASIC, CAP_CRITICAL, CAP_INCOMPLETE, INCOMPLETE
from conformance.result.model import CheckResult, RequirementResult, Score, State, Topic
from conformance.result.points import CRITICAL, NORMAL, ORGANISATIONAL, Sum, counts


def score(
    requirements: Iterable[RequirementResult],
    *,
    complete: bool,
    checks: Iterable[CheckResult] = (),
    basic: Collection[str] = (),
) -> Score:
    """Return the score of a run.

    Args:
        complete: every check that was chosen came to a verdict.
        checks: of the run; looked at only for ``basic``.
        basic: ids of checks that any server passes and a dummy does not (its CapabilityStatement is one, an
            unknown address is not found): if one of them failed, the passes of the others show nothing.
    """
    rows = sorted(requirements, key=lambda one: one.id)
    technical = Sum.of(one for one in rows if one.technical)
    whole, share = _whole(rows, technical)
    caps = _caps(rows, complete, checks, basic)
    cap = float(min(caps.values())) if caps else None
    return Score(
        value=whole.value if cap is None else min(whole.value, cap),
        uncapped=whole.value,
        cap=cap,
        capped_by=tuple(caps),
        formula=formula.FORMULA,
        explanation=formula.explained(rows, whole, technical, caps),
        weights=_weights(whole, share),
        topics=tuple(_topic(name, rows) for name in sorted({one.topic for one in rows})),
        technical=_value(technical),
        organisational=_value(Sum.of(one for one in rows if one.organisational)),
    )


def _whole(rows: Sequence[RequirementResult], technical: Sum) -> tuple[Sum, Fraction]:
    """Return the sum of all, and what the technical rows weigh in it."""
    law = [one for one in rows if not one.technical]
    own = Sum.of(law)
    topics = {one.topic for one in law if counts(one)}
    if not technical.weight:
        return own, Fraction(0)
    share = own.weight / len(topics) if topics else Fraction(1)
    return Sum(own.earned + technical.share * share, own.weight + share, own.rows + technical.rows), share


def _weights(whole: Sum, technical: Fraction) -> dict[str, float]:
    return {
        "conformant": 1.0,
        "partial": 0.5,
        "critical": float(CRITICAL),
        "normal": float(NORMAL),
        "organisational": float(ORGANISATIONAL),
        "technical": round(float(technical), 2),
        "earned": round(float(whole.earned), 2),
        "possible": round(float(whole.weight), 2),
        "capCritical": float(CAP_CRITICAL),
        "capIncomplete": float(CAP_INCOMPLETE),
        "capBasic": float(CAP_BASIC),
    }


def _topic(name: str, rows: Iterable[RequirementResult]) -> Topic:
    own = Sum.of(one for one in rows if one.topic == name)
    return Topic(name, _value(own), own.rows, float(own.weight))


def _value(found: Sum) -> float | None:
    return found.value if found.weight else None


def _caps(
    rows: Sequence[RequirementResult], complete: bool, checks: Iterable[CheckResult], basic: Collection[str]
) -> Mapping[str, int]:
    """Return who caps the score → at what, the lowest first."""
    failed = (one.id for one in checks if one.id in basic and one.verdict is Verdict.FAIL)
    caps = dict.fromkeys(sorted(failed), CAP_BASIC)
    caps |= dict.fromkeys((one.id for one in rows if one.applies and _grave(one)), CAP_CRITICAL)
    return caps if complete else caps | {INCOMPLETE: CAP_INCOMPLETE}


def _grave(one: RequirementResult) -> bool:
    return (one.critical and one.verdict is State.NONCONFORMANT) or bool(one.critical_failed)
