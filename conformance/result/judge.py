"""Owns the verdicts of all requirements of a catalogue: each by :mod:`conformance.result.rule`, and why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType

from conformance.catalogue.model import Catalogue, Document, Requirement
from conformance.harness.words import Words
from conformance.result import reason
from conformance.result.jurisdiction import joined, why_not
from conformance.result.model import (
    CheckResult,
    Cited,
    Excluded,
    Method,
    RequirementResult,
    Source,
    Standing,
    State,
    Trouble,
)
from conformance.result.requirement import age, findings
from conformance.result.rule import Ground, Tally, state

_NONE_MISSED: Mapping[str, int] = MappingProxyType({})


def judge(
    catalogue: Catalogue,
    checks: Iterable[CheckResult],
    attested: Iterable[Standing] = (),
    *,
    stack: Collection[str],
    day: date,
    missed: Mapping[str, int] = _NONE_MISSED,
) -> tuple[RequirementResult, ...]:
    """Return the verdict of every row of the catalogue, sorted by id.

    Args:
        attested: from :func:`conformance.result.standing.standings`.
        stack: jurisdictions of the run.
        day: of the run.
        missed: row → how many of its checks were not chosen, or not come to: a part shows a part only.
    """
    by_row: dict[str, list[CheckResult]] = defaultdict(list)
    for check in sorted(checks, key=lambda one: one.id):
        by_row[check.requirement].append(check)
    seen: dict[str, list[Standing]] = defaultdict(list)
    for one in attested:
        seen[one.attestation.requirement].append(one)
    return tuple(
        _judged(catalogue, row, _Found.of(row, by_row[name], seen[name], missed.get(name, 0)), stack, day)
        for name, row in sorted(catalogue.requirements.items())
    )


def strangers(catalogue: Catalogue, checks: Iterable[CheckResult]) -> tuple[Trouble, ...]:
    """Return the checks that name no row of the catalogue, as errors of the harness: no verdict has them."""
    return tuple(
        Trouble(one.id, f"there is no requirement {one.requirement}")
        for one in sorted(checks, key=lambda one: one.id)
        if one.requirement not in catalogue.requirements
    )


def sources(catalogue: Catalogue) -> tuple[Source, ...]:
    """Return the documents of a catalogue as a result names them."""
    return tuple(_source(catalogue, one) for _, one in sorted(catalogue.documents.items()))


@dataclass(slots=True, frozen=True)
class _Found:
    """What there is about a row; ``standings``: the oldest first."""

    row: Requirement
    checks: Sequence[CheckResult]
    standings: Sequence[Standing]
    ground: Ground

    @classmethod
    def of(
        cls, row: Requirement, checks: Sequence[CheckResult], standings: Sequence[Standing], missed: int
    ) -> _Found:
        ordered = sorted(standings, key=age)
        ways = tuple(map(Method, row.methods))
        ground = Ground(Tally.of(checks), missed, findings(ordered), ways, row.organisational)
        return cls(row, checks, ordered, ground)

    @property
    def counted(self) -> int:
        """Checks that say something, or would have, had they been chosen."""
        return self.ground.tally.ran + self.ground.missed


def _reason(found: _Found, verdict: State) -> Words:
    ground, tally, parts = found.ground, found.ground.tally, list[Words]()
    if tally.failed:
        parts.append(reason.of_failed(tally.failed))
    if tally.passed:
        parts.append(reason.of_passed(len(tally.passed), found.counted))
    if tally.unrun:
        parts.append(reason.of_unrun(tally.unrun))
    if ground.missed and tally.ran:
        parts.append(reason.of_missed(ground.missed))
    if not tally.ran and not (ground.findings and verdict is State.CONFORMANT):
        parts.append(reason.of_nothing(found.row, bool(found.checks)))
    parts.extend(reason.of_attested(found.standings))
    if ground.missing:
        parts.append(reason.of_missing(ground.missing))
    return joined(parts)


def _judged(
    catalogue: Catalogue, row: Requirement, found: _Found, stack: Collection[str], day: date
) -> RequirementResult:
    applies = catalogue.applies(row, stack, day)
    verdict = state(found.ground) if applies else State.NOT_APPLICABLE
    why = _reason(found, verdict) if applies else why_not(catalogue, row, stack, day)
    return _counted(_stated(catalogue, row, applies, verdict, why), found)


def _stated(
    catalogue: Catalogue, row: Requirement, applies: bool, verdict: State, why: Words
) -> RequirementResult:
    """Return what the catalogue says of a row, with its verdict."""
    return RequirementResult(
        id=row.id,
        document=row.document,
        article=row.article,
        title=row.title,
        original=row.original,
        method=Method(row.methods[0]),
        jurisdictions=row.jurisdictions,
        applies=applies,
        critical=row.critical,
        organisational=row.organisational,
        verdict=verdict,
        reason=why,
        topic=row.topic,
        technical=not catalogue.documents[row.document].legal,
        methods=tuple(Method(one) for one in row.methods),
        advice=row.advice,
        attest=row.attest,
        also=tuple(Cited(one.document, one.article, one.original, one.binding) for one in row.also),
    )


def _counted(row: RequirementResult, found: _Found) -> RequirementResult:
    """Add what the verdict rests on."""
    tally = found.ground.tally
    return replace(
        row,
        checks=tuple(one.id for one in found.checks),
        attestations=tuple(found.standings),
        passed=len(tally.passed),
        failed=len(tally.failed),
        counted=found.counted,
        critical_failed=tuple(tally.critical_failed),
    )


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _source(catalogue: Catalogue, one: Document) -> Source:
    return Source(
        id=one.id,
        title=one.title,
        number=one.number,
        jurisdiction=one.jurisdiction,
        since=_day(one.since),
        until=_day(one.until),
        sha256=one.sha256,
        legal=one.legal,
        note=one.note,
        excluded=tuple(
            Excluded(left.articles, left.reason) for left in catalogue.exclusions if left.document == one.id
        ),
    )
