"""Owns a requirement's verdict in a result, and the attestations that it may rest on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from conformance.harness.words import Words
from conformance.result.shape import Shaped


class State(StrEnum):
    """What became of a requirement."""

    CONFORMANT = "conformant"
    PARTIAL = "partial"
    NONCONFORMANT = "nonconformant"
    NOT_APPLICABLE = "not-applicable"
    NOT_TESTED = "not-tested"

    @property
    def words(self) -> Words:
        """The word for it in a report."""
        return _STATES[self]


_STATES = {
    State.CONFORMANT: Words("符合", "conformant"),
    State.PARTIAL: Words("部分符合", "partly conformant"),
    State.NONCONFORMANT: Words("不符合", "nonconformant"),
    State.NOT_APPLICABLE: Words("不适用", "not applicable"),
    State.NOT_TESTED: Words("未测", "not tested"),
}


class Method(StrEnum):
    """How a requirement is looked at."""

    AUTOMATIC = "automatic"
    DOCUMENT = "document"
    ONSITE = "onsite"

    @property
    def words(self) -> Words:
        """The word for it in a report."""
        return _METHODS[self]


_METHODS = {
    Method.AUTOMATIC: Words("自动", "automatic"),
    Method.DOCUMENT: Words("文审", "document review"),
    Method.ONSITE: Words("现场", "on site"),
}


@dataclass(slots=True, frozen=True)
class Evidence(Shaped):
    """A file that shows what was attested; its path below the folder of the attestations or the report."""

    file: str
    sha256: str


@dataclass(slots=True, frozen=True)
class Attestation(Shaped):
    """What somebody saw in documents or on site.

    Attributes:
        finding: conformant or nonconformant.
        when: day it was seen, ``YYYY-MM-DD``.
        until: last day on which it holds; None: a year.
    """

    requirement: str
    method: Method
    finding: State
    who: str
    role: str
    when: str
    until: str | None = None
    note: str = ""
    evidence: tuple[Evidence, ...] = ()


@dataclass(slots=True, frozen=True)
class Standing(Shaped):
    """An attestation, and whether it holds on the day of the run; ``reason``: why not."""

    attestation: Attestation
    holds: bool
    reason: Words | None = None


def findings(standings: Iterable[Standing]) -> dict[Method, State]:
    """Return what people found by each way of looking: the newest that holds; of one day, the one against."""
    held = (one.attestation for one in sorted(standings, key=age) if one.holds)
    return {one.method: one.finding for one in held}


def age(one: Standing) -> tuple[str, bool]:
    """Return what attestations of a requirement are sorted by: the last one counts."""
    return one.attestation.when, one.attestation.finding is State.NONCONFORMANT


@dataclass(slots=True, frozen=True)
class Cited(Shaped):
    """Where a duty stands besides; ``binding``: the text asks for it, and does not only encourage."""

    document: str
    article: str
    original: str
    binding: bool = True


@dataclass(slots=True, frozen=True)
class RequirementResult(Shaped):
    """What became of a requirement.

    Attributes:
        article: as a reader finds it in the document.
        original: the sentence in Chinese.
        method: the first way of looking at it.
        applies: here and on that day.
        reason: why the verdict is what it is.
        attestations: all that there are for it, those too that do not hold.
        technical: drawn from the standard, not from the law.
        methods: all ways of looking at it.
        passed: checks that passed, of :attr:`counted`.
        failed: likewise, that failed.
        counted: checks that were to be run here.
        critical_failed: critical checks that failed.
        advice: what to do about a failure.
        attest: what an assessor must have seen; None where nobody needs to.
        also: where else the same duty stands.
    """

    id: str
    document: str
    article: str
    title: Words
    original: str
    method: Method
    jurisdictions: tuple[str, ...]
    applies: bool
    critical: bool
    organisational: bool
    verdict: State
    reason: Words
    checks: tuple[str, ...] = ()
    attestations: tuple[Standing, ...] = ()
    topic: str = ""
    technical: bool = False
    methods: tuple[Method, ...] = ()
    passed: int = 0
    failed: int = 0
    counted: int = 0
    critical_failed: tuple[str, ...] = ()
    advice: Words | None = None
    attest: Words | None = None
    also: tuple[Cited, ...] = ()

    @property
    def findings(self) -> dict[Method, State]:
        """What people found, by the way they looked at it; of each way the newest that holds."""
        return findings(self.attestations)


def by_day(one: Attestation) -> tuple[str, ...]:
    """Return what attestations are sorted by: requirement, day, method, name."""
    return (one.requirement, one.when, one.method, one.who, one.finding, one.note)
