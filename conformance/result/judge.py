"""Owns the verdict of a requirement: what follows from its checks and from what was attested.

====================================================  ==============
what was found                                        verdict
====================================================  ==============
not in force in the run's jurisdictions on its day    not-applicable
a critical check failed; or one failed, none passed   nonconformant
some passed, some failed                              partial
all passed, and people attested what they have to     conformant
some passed, the others were not run or not attested  partial
none was run                                          not-tested
====================================================  ==============

An attestation counts while it holds. A row that people look at (no automatic method, or a duty of the
organisation, of which a gateway can only hold the evidence) takes what they found, once for each of its
methods; checks alone make it ``partial``. Another row that people look at besides is no more than ``partial``
until they did, and no more by their word alone; a finding against it weighs as a failed check. A failed check
is never outvoted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from conformance.catalogue.model import Catalogue, Document, Requirement
from conformance.harness.verdict import Verdict
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
    """What there is about a row; ``findings``: of each method the newest that holds."""

    row: Requirement
    checks: Sequence[CheckResult]
    standings: Sequence[Standing]
    passed: Sequence[CheckResult]
    failed: Sequence[CheckResult]
    unrun: Sequence[CheckResult]
    findings: dict[Method, State]
    missed: int

    @classmethod
    def of(
        cls, row: Requirement, checks: Sequence[CheckResult], standings: Sequence[Standing], missed: int
    ) -> _Found:
        passed = [one for one in checks if one.verdict is Verdict.PASS]
        failed = [one for one in checks if one.verdict is Verdict.FAIL]
        unrun = [one for one in checks if one.verdict in (Verdict.SKIP, Verdict.ERROR, Verdict.NOT_TESTED)]
        ordered = sorted(standings, key=age)
        return cls(row, checks, ordered, passed, failed, unrun, findings(ordered), missed)

    @property
    def counted(self) -> int:
        """Checks that say something, or would have."""
        return len(self.passed) + len(self.failed) + len(self.unrun) + self.missed

    @property
    def by_people(self) -> bool:
        return self.row.organisational or not self.row.automatic

    @property
    def against(self) -> bool:
        return State.NONCONFORMANT in self.findings.values()

    @property
    def missing(self) -> list[Method]:
        """Ways of looking at it that nobody has attested."""
        ways = map(Method, self.row.methods)
        return [one for one in ways if one is not Method.AUTOMATIC and one not in self.findings]


def _state(found: _Found) -> State:
    if found.failed:
        grave = any(one.critical for one in found.failed) or (found.by_people and found.against)
        return State.NONCONFORMANT if grave or not found.passed else State.PARTIAL
    if found.against:
        return State.PARTIAL if found.passed and not found.by_people else State.NONCONFORMANT
    if found.by_people:
        whole = bool(found.findings) and not (found.missing or found.missed)
    else:
        whole = bool(found.passed) and not (found.unrun or found.missed or found.missing)
    if whole:
        return State.CONFORMANT
    return State.PARTIAL if found.passed or found.findings else State.NOT_TESTED


def _reason(found: _Found, state: State) -> Words:
    parts: list[Words] = []
    ran = found.counted - found.missed
    if found.failed:
        parts.append(reason.of_failed(found.failed))
    if found.passed:
        parts.append(reason.of_passed(len(found.passed), found.counted))
    if found.unrun:
        parts.append(reason.of_unrun(found.unrun))
    if found.missed and ran:
        parts.append(reason.of_missed(found.missed))
    if not ran and not (found.findings and state is State.CONFORMANT):
        parts.append(reason.of_nothing(found.row, bool(found.checks)))
    parts.extend(reason.of_attested(found.standings))
    if found.missing:
        parts.append(reason.of_missing(found.missing))
    return joined(parts)


def _judged(
    catalogue: Catalogue, row: Requirement, found: _Found, stack: Collection[str], day: date
) -> RequirementResult:
    applies = catalogue.applies(row, stack, day)
    verdict = _state(found) if applies else State.NOT_APPLICABLE
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
        reason=_reason(found, verdict) if applies else why_not(catalogue, row, stack, day),
        checks=tuple(one.id for one in found.checks),
        attestations=tuple(found.standings),
        topic=row.topic,
        technical=not catalogue.documents[row.document].legal,
        methods=tuple(Method(one) for one in row.methods),
        passed=len(found.passed),
        failed=len(found.failed),
        counted=found.counted,
        critical_failed=tuple(one.id for one in found.failed if one.critical),
        advice=row.advice,
        attest=row.attest,
        also=tuple(Cited(one.document, one.article, one.original, one.binding) for one in row.also),
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
