"""Owns how much of the documents a run looked at, in numbers."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from conformance.result.model import Coverage
from conformance.result.requirement import RequirementResult, State


def coverage(requirements: Iterable[RequirementResult], automatic: Collection[str]) -> Coverage:
    """Count; the technical rows stand apart.

    Args:
        automatic: ids of the requirements that at least one existing check names, chosen for this run or not.
    """
    rows = list(requirements)
    law = [one for one in rows if not one.technical]
    own = [one for one in law if not one.organisational]
    tested = [one for one in law if one.applies and one.verdict is not State.NOT_TESTED]
    rest = [one for one in law if one.id not in automatic]
    checked = sum(one.id in automatic for one in own)
    return Coverage(
        requirements=len(law),
        automatic=len(law) - len(rest),
        attestable=sum(one.attest is not None for one in rest),
        with_reason=sum(one.attest is None for one in rest),
        applicable=sum(one.applies for one in law),
        tested=len(tested),
        attested=sum(bool(one.findings) for one in tested),
        organisational=len(law) - len(own),
        technical=len(rows) - len(law),
        # Cut, not rounded: 79.96 is not the 80 that is asked for.
        percent=1000 * checked // len(own) / 10 if own else 0.0,
    )
