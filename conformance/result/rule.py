"""Owns the rule by which the verdict of a requirement follows from what was found about it.

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

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from conformance.harness.verdict import Verdict
from conformance.result.model import CheckResult, Method, RequirementResult, State

_UNRUN = (Verdict.SKIP, Verdict.ERROR, Verdict.NOT_TESTED)


@dataclass(slots=True, frozen=True)
class Tally:
    """The checks of a row by what became of them; one that is not applicable says nothing."""

    passed: Sequence[CheckResult]
    failed: Sequence[CheckResult]
    unrun: Sequence[CheckResult]

    @classmethod
    def of(cls, checks: Iterable[CheckResult]) -> Tally:
        """Sort the checks of a row."""
        ran = list(checks)
        return cls(
            [one for one in ran if one.verdict is Verdict.PASS],
            [one for one in ran if one.verdict is Verdict.FAIL],
            [one for one in ran if one.verdict in _UNRUN],
        )

    @property
    def ran(self) -> int:
        """Checks that say something, or would have."""
        return len(self.passed) + len(self.failed) + len(self.unrun)

    @property
    def critical_failed(self) -> list[str]:
        """Ids of the critical checks that failed."""
        return [one.id for one in self.failed if one.critical]


@dataclass(slots=True, frozen=True)
class Ground:
    """All that the verdict of a row that applies rests on.

    Attributes:
        missed: how many of its checks were not chosen, or not come to.
        findings: what people found by each way of looking: the newest that holds.
        methods: all ways of looking at it.
    """

    tally: Tally
    missed: int
    findings: Mapping[Method, State]
    methods: Sequence[Method]
    organisational: bool

    @classmethod
    def of_row(cls, row: RequirementResult, checks: Iterable[CheckResult]) -> Ground:
        """Take it from a row of a result and the checks of that row."""
        tally, methods = Tally.of(checks), row.methods or (row.method,)
        return cls(tally, row.counted - tally.ran, row.findings, methods, row.organisational)

    @property
    def by_people(self) -> bool:
        """Whether its verdict is what people found."""
        return self.organisational or Method.AUTOMATIC not in self.methods

    @property
    def against(self) -> bool:
        """Whether people found that it is not met."""
        return State.NONCONFORMANT in self.findings.values()

    @property
    def missing(self) -> list[Method]:
        """Ways of looking at it that nobody has attested."""
        return [one for one in self.methods if one is not Method.AUTOMATIC and one not in self.findings]


def state(ground: Ground) -> State:
    """Return what follows, of a row that applies."""
    passed, failed = ground.tally.passed, ground.tally.failed
    if failed:
        grave = bool(ground.tally.critical_failed) or (ground.by_people and ground.against)
        return State.NONCONFORMANT if grave or not passed else State.PARTIAL
    if ground.against:
        return State.PARTIAL if passed and not ground.by_people else State.NONCONFORMANT
    if _whole(ground):
        return State.CONFORMANT
    return State.PARTIAL if passed or ground.findings else State.NOT_TESTED


def _whole(ground: Ground) -> bool:
    """Tell whether nothing more had to be looked at."""
    if ground.missed or ground.missing:
        return False
    if ground.by_people:
        return bool(ground.findings)
    return bool(ground.tally.passed) and not ground.tally.unrun
