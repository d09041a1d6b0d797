"""Texts that are not in force today, tried with ``--day``: a target acts today, and need not keep to them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from conformance.catalogue import Catalogue
from conformance.harness.check import Check
from conformance.harness.verdict import Verdict
from conformance.harness.words import Words
from conformance.runner.trial import Trial

_ZONE = timedelta(hours=8)
_LAPSED = Words(
    "该规定今天并未生效，而目标按今天行事，不遵守它不算不符合；所见：",
    "this text is not in force today, which is when the target acts, so it need not keep to it; found: ",
)


def today() -> date:
    """Return the day on which targets act, in China."""
    return (datetime.now(UTC) + _ZONE).date()


def excused(trial: Trial, catalogue: Catalogue, stack: tuple[str, ...], now: date) -> Trial:
    """Return a trial that failed as one that shows nothing, where its requirement is not in force now."""
    if trial.verdict is not Verdict.FAIL or trial.unanswered or _in_force(trial.check, catalogue, stack, now):
        return trial
    reason = _LAPSED if trial.reason is None else _LAPSED + trial.reason
    return replace(trial, verdict=Verdict.NOT_TESTED, reason=reason)


def _in_force(check: Check, catalogue: Catalogue, stack: tuple[str, ...], now: date) -> bool:
    """Tell whether a text holds now from which the check follows; of an unknown requirement True.

    A check that is narrower than its requirement follows from the texts of its own jurisdictions only.
    """
    row = catalogue.requirements.get(check.requirement)
    if row is None:
        return True
    binding = [one for one in row.citations if one.binding]
    own = [one for one in binding if one.jurisdiction in check.jurisdictions]
    return any(one.state(stack, now) == "applies" for one in own or binding)
