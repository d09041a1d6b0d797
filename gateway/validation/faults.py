"""Faults: what a check found, as a place below the value that was checked and the rule that it breaks.

A check answers None where all is well, so that the good case costs nothing; whoever asked puts its own place
in front (:func:`under`). Places are FHIRPath: ``name[0].given[1]``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gateway.canonical import Severity


@dataclass(slots=True, frozen=True)
class Rule:
    """One thing that a definition asks for.

    Attributes:
        id: name of the rule, e.g. ``"per-1"`` (invariant), ``"cardinality"``, ``"binding"``.
        severity: FHIR ``issue-severity``.
        code: FHIR ``issue-type`` code, e.g. ``"structure"``, ``"required"``, ``"code-invalid"``.
        text: English sentence that says what to do; never a value of the resource.
        text_zh: the same in Chinese.
        best_practice: True where the specification calls it that (dom-6); the pipeline leaves it out.
    """

    id: str
    severity: Severity
    code: str
    text: str
    text_zh: str
    best_practice: bool = False


RANK: dict[Severity, int] = {"fatal": 0, "error": 0, "warning": 1, "information": 2}


Fault = list[Any]
"""``[place, rule]``: the place is relative to the value that was checked and grows at its front."""

Faults = list[Fault]


@dataclass(slots=True, frozen=True)
class Level:
    """What is worth naming: a check that could find nothing else is not compiled at all.

    Attributes:
        mildest: severity below which nothing is named.
        best_practice: whether what the specification only recommends is named.
    """

    mildest: Severity = "information"
    best_practice: bool = True

    def names(self, rule: Rule) -> bool:
        """Return whether a broken ``rule`` is named."""
        return RANK[rule.severity] <= RANK[self.mildest] and (self.best_practice or not rule.best_practice)

    def named(self, faults: Faults) -> Faults | None:
        """Return the faults that are named, None for none."""
        return [one for one in faults if self.names(one[1])] or None


EVERYTHING = Level()


def note(faults: Faults | None, place: str, rule: Rule) -> Faults:
    """Add a fault at ``place`` ("" for the value itself) and return the list."""
    if faults is None:
        return [[place, rule]]
    faults.append([place, rule])
    return faults


def under(faults: Faults | None, below: Faults, place: str) -> Faults:
    """Add the faults found ``below`` the element at ``place`` and return the list."""
    for fault in below:
        here = fault[0]
        fault[0] = f"{place}.{here}" if here else place
    return join(faults, below)


def join(faults: Faults | None, more: Faults) -> Faults:
    """Add faults of the same value and return the list: in place, as a large Bundle may have many."""
    if faults is None:
        return more
    faults.extend(more)
    return faults
