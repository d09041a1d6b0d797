"""Grade: what speaks for and against two Patients being one person, and what follows from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from gateway.canonical import Resource
from gateway.matching.rules import NEVER, Comparison, Number, Rules
from gateway.matching.slips import are_near, is_slip
from gateway.matching.spelling import READERS, is_han, is_placeholder, mistyped, number, numbers, resident

Grade = Literal["certain", "probable", "possible", "certainly-not"]
"""Codes of http://terminology.hl7.org/CodeSystem/match-grade."""

_BEST = 0.95
"""Score of what is not certain, at most."""


@dataclass(slots=True, frozen=True)
class Reason:
    """One thing that speaks for or against; it names no value.

    Attributes:
        rule: id of the rule.
        points: for (above 0) or against.
        en, zh: what is told.
        number: it is a number in common.
        contradicts: a number in common is not certain beside it.
    """

    rule: str
    points: int
    en: str
    zh: str
    number: bool = False
    contradicts: bool = False

    @property
    def ground(self) -> str:
        """The rule, with a minus where it speaks against: ``"-birth-date"``."""
        return self.rule if self.points > 0 else f"-{self.rule}"


@dataclass(slots=True, frozen=True)
class Match:
    """How far two Patients are one person.

    Attributes:
        grade: of R4.
        score: from 0 to 1.
        reasons: those that speak for it first.
    """

    grade: Grade
    score: float
    reasons: tuple[Reason, ...]


def graded(rules: Rules, one: Resource, other: Resource) -> Match:
    """Return how far two Patients are one person; the order of the two does not matter."""
    found = [*_numbered(rules, one, other), *_compared(rules, one, other)]
    reasons = tuple(sorted(found, key=lambda each: (each.points < 0, -abs(each.points), each.rule)))
    if any(each.points == NEVER for each in reasons):
        return Match("certainly-not", 0.0, reasons)
    points = sum(each.points for each in reasons)
    score = round(min(max(points, 0) / 100, _BEST), 2)
    if any(each.number for each in reasons):
        if not any(each.contradicts for each in reasons):
            return Match("certain", 1.0, reasons)
        return Match("probable", max(score, rules.probable / 100), reasons)
    if points >= rules.possible:
        return Match("probable" if points >= rules.probable else "possible", score, reasons)
    return Match("certainly-not", score, reasons)


def against(rules: Rules, one: Resource, other: Resource) -> list[str]:
    """Return the elements of two Patients that contradict each other, whatever number they have in common."""
    said = {rule.id: rule for rule in rules.compare}
    found = [reason for reason in _compared(rules, one, other) if reason.contradicts]
    return [said[reason.rule.removesuffix("-nearly")].element for reason in found]


def held(rule: Number, patient: Resource, *, old: bool = False) -> set[tuple[str, str]]:
    """Return (system, value) of the numbers that a Patient has by a rule, or had, as they are compared."""
    found = set[tuple[str, str]]()
    for system, value in written(rule, patient, old=old):
        spelled = resident(value) if rule.check == "resident" else number(value)
        if spelled:
            found.add((system, spelled))
    return found


def written(rule: Number, patient: Resource, *, old: bool = False) -> list[tuple[str, str]]:
    """Return (system, value) of the same numbers as they stand, without what says nothing."""
    return [
        (system, value)
        for system, value, types in numbers(patient, old=old)
        if (system in rule.systems or types & rule.types) and not _says_nothing(rule, value)
    ]


def _says_nothing(rule: Number, value: str) -> bool:
    found = number(value)
    return len(found) < rule.shortest or found in rule.ignore or is_placeholder(found)


def said(rule: Comparison, patient: Resource) -> set[str]:
    """Return what a Patient says of an element, without what says nothing."""
    return READERS[rule.how](patient, rule.element) - rule.ignore


def _numbered(rules: Rules, one: Resource, other: Resource) -> Iterator[Reason]:
    for rule in rules.numbers:
        a, b = held(rule, one), held(rule, other)
        before = a & held(rule, other, old=True) or b & held(rule, one, old=True)
        two = rule.one and a and b
        if a & b or (before and not two):
            yield Reason(rule.id, rule.points, *rule.text, number=True)
        elif before:  # one of the two was put right since: it says nothing
            continue
        elif two:
            yield Reason(rule.id, NEVER, *rule.other)
        elif rule.near and _is_mistyped(rule, one, other):
            yield Reason(f"{rule.id}-nearly", rule.near, *rule.nearly)


def _is_mistyped(rule: Number, one: Resource, other: Resource) -> bool:
    """Tell whether a number with a wrong check digit is a right one of the other but for a slip."""
    return any(
        is_slip(wrong, right)
        for a, b in ((one, other), (other, one))
        for wrong in mistyped(a, rule.systems)
        for _, right in held(rule, b)
    )


def _compared(rules: Rules, one: Resource, other: Resource) -> Iterator[Reason]:
    for rule in rules.compare:
        a, b = said(rule, one), said(rule, other)
        alike = _alike(rule, a, b)
        if alike:
            if rule.same:
                yield Reason(rule.id, rule.same, *rule.text)
        elif alike is False and rule.near and are_near(rule.how, a, b):
            yield Reason(f"{rule.id}-nearly", rule.near, *rule.nearly, contradicts=rule.contradicts)
        elif alike is False and rule.other:
            yield Reason(rule.id, rule.other, *rule.differs, contradicts=rule.contradicts)


def _alike(rule: Comparison, one: set[str], other: set[str]) -> bool | None:
    """Tell whether two agree; None where that cannot be told."""
    if one & other:
        return True
    if not one or not other:
        return None
    if rule.how == "date":  # of 1980 and 1980-05-06 nobody knows
        return None if any(a.startswith(b) or b.startswith(a) for a in one for b in other) else False
    if rule.how == "name" and {is_han(a) for a in one}.isdisjoint(is_han(b) for b in other):
        return None  # one in characters, one in letters
    return False
