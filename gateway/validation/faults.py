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


Fault = list[Any]
"""``[place, rule]``: the place is relative to the value that was checked and grows at its front."""

Faults = list[Fault]


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
