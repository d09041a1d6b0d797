"""Proof: what a run finds in a mutant, against what it finds in the gateway as it is."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache, partial
from heapq import nsmallest
from pathlib import Path

from mutants.mutant import Mutant

from conformance.catalogue import Catalogue
from conformance.catalogue import load as load_catalogue
from conformance.command.rows import Rows
from conformance.harness.suite import Loaded
from conformance.harness.suite import load as load_suites
from conformance.harness.target_file import read
from conformance.harness.verdict import Verdict
from conformance.result.judge import judge
from conformance.result.model import CheckResult, RequirementResult, Result, State
from conformance.runner.plan import Plan, plan
from conformance.runner.whole import Asked, WholeRun

TIMES = 1
"""Mutants on which one and the same check is tried in the quick proof, besides those of its requirement."""
OWN = 8
"""Checks of its requirement that the quick proof tries on a mutant, where it is known what catches it."""
_RANK = {State.CONFORMANT: 3, State.PARTIAL: 2, State.NOT_TESTED: 1, State.NONCONFORMANT: 0}


@dataclass(slots=True, frozen=True)
class Worse:
    """What shows less in a mutant.

    Attributes:
        failed: requirements of which a check fails that did not.
        lost: the others of which the verdict is a worse one, since checks were skipped.
        caught: checks that fail and did not.
    """

    failed: tuple[str, ...]
    lost: tuple[str, ...]
    caught: tuple[str, ...]

    @property
    def requirements(self) -> set[str]:
        """Whatever is worse."""
        return {*self.failed, *self.lost}


@cache
def suites() -> Loaded:
    """Return all suites."""
    return load_suites()


@cache
def catalogue() -> Catalogue:
    """Return the catalogue."""
    return load_catalogue()


@cache
def planned(jurisdiction: str) -> Plan:
    """Return what a run in a jurisdiction tries today."""
    return plan(suites(), Rows(catalogue()), ("cn", jurisdiction), today())


def today() -> date:
    """Return the day in China."""
    return (datetime.now(UTC) + timedelta(hours=8)).date()


def run(
    target: Path, jurisdiction: str, folder: Path, ids: Collection[str] | None = None, jobs: int = 4
) -> Result:
    """Return what a run finds: of all checks, or of some. What was exchanged is not kept, nothing removed."""
    whole = planned(jurisdiction)
    chosen = Plan(tuple(one for one in whole.checks if ids is None or one.id in ids), (), whole.suites)
    stack = ("cn", jurisdiction)
    asked = Asked(
        read(target), stack, chosen, suites(), catalogue(), folder, today(),
        jobs=jobs, keep=True, evidence=False,
    )  # fmt: skip
    return WholeRun(asked).go()


def selections(mutants: Collection[Mutant], caught: Mapping[str, Collection[str]]) -> dict[str, set[str]]:
    """Return the checks that the quick proof tries on each mutant: its requirement's, and its share of all.

    Of each check the mutants with the smallest hashes are chosen, so each is tried ``TIMES`` times at least;
    of a requirement that has many checks likewise the nearest ``OWN``.

    Args:
        caught: by mutant, checks that are known to catch it; these are among them.
    """
    found: dict[str, set[str]] = {}
    rivals: dict[str, list[str]] = {}
    for one in mutants:
        own = []
        for check in planned(one.jurisdiction).checks:
            rivals.setdefault(check.id, []).append(one.name)
            if check.requirement == one.requirement:
                own.append(check.id)
        known = set(own) & set(caught.get(one.name, ()))
        nearest = nsmallest(OWN if known else len(own), own, key=partial(_distance, one.name))
        found[one.name] = {*nearest, *known}
    for check_id, several in rivals.items():
        for name in nsmallest(TIMES, several, key=partial(_distance, check_id)):
            found[name].add(check_id)
    return found


def _distance(one: str, other: str) -> bytes:
    return hashlib.sha256(f"{one}/{other}".encode()).digest()


def doubtful(found: Result) -> set[str]:
    """Return the checks that did not pass: what the gateway as it is makes of them must be known.

    What could not be tested, for want of data, is not among them: a share of the checks writes less than all.
    """
    away = (Verdict.PASS, Verdict.NOT_APPLICABLE, Verdict.NOT_TESTED)
    return {one.id for one in found.checks if one.verdict not in away}


def worse(control: Iterable[CheckResult], found: Result) -> Worse:
    """Return what is worse in a mutant.

    Args:
        control: of the gateway as it is; a check that is missing passes there.
    """
    known = {one.id: one for one in control}
    before = {one.id: known.get(one.id, one) for one in found.checks}
    caught = tuple(
        one.id
        for one in found.checks
        if one.verdict is Verdict.FAIL and before[one.id].verdict is not Verdict.FAIL
    )
    failed = {one.requirement for one in found.checks if one.id in caught}
    old, new = _judged(before.values(), found), _judged(found.checks, found)
    lost = {name for name, row in new.items() if _RANK.get(row.verdict, 4) < _RANK.get(old[name].verdict, 4)}
    return Worse(tuple(sorted(failed)), tuple(sorted(lost - failed)), caught)


def _judged(checks: Iterable[CheckResult], found: Result) -> dict[str, RequirementResult]:
    day = datetime.fromisoformat(found.run.started).astimezone(UTC) + timedelta(hours=8)
    rows = judge(catalogue(), list(checks), stack=found.run.jurisdictions, day=day.date())
    return {one.id: one for one in rows}
