"""Owns what a requirement weighs and earns; fractions, so that the order of the rows changes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from conformance.result.requirement import Method, RequirementResult, State

CRITICAL, NORMAL, ORGANISATIONAL = 3, 1, 1
"""What a row weighs."""


@dataclass(slots=True, frozen=True)
class Sum:
    """Points that some rows earned, of what they weigh."""

    earned: Fraction = Fraction(0)
    weight: Fraction = Fraction(0)
    rows: int = 0

    @classmethod
    def of(cls, rows: Iterable[RequirementResult]) -> Sum:
        """Return the sum of those rows that count."""
        found = [one for one in rows if counts(one)]
        earned = sum((weight(one) * points(one) for one in found), Fraction(0))
        return cls(earned, Fraction(sum(weight(one) for one in found)), len(found))

    @property
    def share(self) -> Fraction:
        """Earned of the weight, 0 to 1."""
        return self.earned / self.weight if self.weight else Fraction(0)

    @property
    def value(self) -> float:
        """0 to 100, cut down to one decimal: 99.96 is not 100, and 59.98 is not 60."""
        return (self.share * 1000).__floor__() / 10


def counts(one: RequirementResult) -> bool:
    """Tell whether a row is in the score.

    A duty of the organisation is when somebody has looked, or when a check shows that it is not met.
    """
    if not one.applies or not one.organisational:
        return one.applies
    return bool(one.findings or one.failed)


def weight(one: RequirementResult) -> int:
    """Return what a row weighs."""
    if one.organisational:
        return ORGANISATIONAL
    return CRITICAL if one.critical else NORMAL


def points(one: RequirementResult) -> Fraction:
    """Return what a row earns, 0 to 1."""
    if one.organisational and not one.findings:  # evidence that the gateway holds and nobody has looked at
        return Fraction(0)
    if one.verdict is State.CONFORMANT:
        return Fraction(1)
    return _shown(one) / 2 if one.verdict is State.PARTIAL else Fraction(0)


def _shown(one: RequirementResult) -> Fraction:
    """The share that was shown of what there is to show: its checks, and each way in which people look."""
    found = one.findings
    ways = {way for way in one.methods if way is not Method.AUTOMATIC}
    good = sum(found.get(way) is State.CONFORMANT for way in ways)
    asked = one.counted + len(ways)
    return Fraction(one.passed + good, asked) if asked else Fraction(0)
