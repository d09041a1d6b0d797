"""Cases: reads ``conformance/suites/SUITE/*.yaml``, and makes a check of each.

::

    scenes:                     # what several cases have in common, by name
      child: {Person: {years: 5}, Guardian: {resourceType: RelatedPerson, …}}
    cases:
    - name: emergency           # last part of the check's id
      requirement: SC-30.2
      zh: …                     # a statement that holds when it passes
      en: …
      action: admit             # what is tried: a key of ACTIONS
      scene: [child]            # scenes that both twins are laid over
      own: [hospital]           # what is the check's own: hospital, physician, pharmacist, paediatrician
      blocked: {Encounter: {priority: {…}}}     # patches by part, over a visit in which all is right
      passes: {}                # and of its twin; nothing: the visit as it is
      outcome: refused          # refused (default), held, warned, flagged, not-ready, remarked
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import yaml

from conformance.harness.check import Case
from conformance.harness.words import Words

Outcome = Literal["refused", "held", "warned", "flagged", "not-ready", "remarked"]
Patch = Mapping[str, Any]
OWN = ("hospital", "physician", "pharmacist", "paediatrician")
_KEYS = {
    "name", "requirement", "zh", "en", "action", "scene", "own", "blocked", "passes", "outcome", "critical",
    "needs", "jurisdictions",
}  # fmt: skip
SUBMITS = ("actions.submit", "signing")
REVIEWS = (*SUBMITS, "actions.review")
REDEEMS = (*REVIEWS, "actions.redeem")
ACTIONS: Mapping[str, tuple[str, ...]] = {
    "admit": (), "prescribe": SUBMITS, "request": SUBMITS, "record": SUBMITS, "finish": SUBMITS,
    "review": REVIEWS, "redeem": REDEEMS, "readiness": ("actions.readiness",),
}  # fmt: skip
"""What is tried → what the target must have for it."""


@dataclass(slots=True, frozen=True)
class Gate:
    """One case.

    Attributes:
        blocked: patches by part: what is wrong.
        passes: what the twin that passes has otherwise than the visit in which all is right.
        altered: the twin is told by the case itself: it must pass, it is no mere prerequisite.
    """

    action: str
    blocked: Patch
    passes: Patch
    own: tuple[str, ...] = ()
    outcome: Outcome = "refused"
    altered: bool = False


def read(folder: Path) -> list[Case]:
    """Return the cases of a suite.

    Raises:
        ValueError: a file says something that nobody understands; names file and case.
    """
    found: list[Case] = []
    for path in sorted(folder.glob("*.yaml")):
        said = yaml.load(path.read_text("utf-8"), yaml.CSafeLoader) or {}
        scenes = said.get("scenes") or {}
        for one in said.get("cases") or ():
            try:
                found.append(_case(one, scenes))
            except (KeyError, TypeError, ValueError) as error:
                raise ValueError(f"{path.name}: {one.get('name', '?')}: {error}") from error
    return found


def _case(said: Mapping[str, Any], scenes: Mapping[str, Patch]) -> Case:
    unknown = set(said) - _KEYS
    if unknown:
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
    gate = _gate(said, scenes)
    return Case(
        said["name"], said["requirement"], Words(said["zh"], said["en"]), (gate,),
        critical=bool(said.get("critical")), needs=_needs(gate, said),
        jurisdictions=tuple(said.get("jurisdictions") or ()),
    )  # fmt: skip


def _gate(said: Mapping[str, Any], scenes: Mapping[str, Patch]) -> Gate:
    outcome, own = said.get("outcome", "refused"), tuple(said.get("own") or ())
    if outcome not in get_args(Outcome) or not set(own) <= set(OWN) or said["action"] not in ACTIONS:
        raise ValueError("no such action or outcome, or nothing that can be one's own")
    common: Patch = {}
    for name in said.get("scene") or ():
        common = _over(common, scenes[name])
    passes = said.get("passes") or {}
    blocked = _over(common, said["blocked"])
    return Gate(said["action"], blocked, _over(common, passes), own, outcome, bool(passes))


def _over(common: Patch, more: Patch) -> Patch:
    """Lay patches over patches: ``null`` stays, since it takes away what the visit has."""
    found = dict(common)
    for name, said in more.items():
        both = isinstance(said, Mapping) and isinstance(found.get(name), Mapping)
        found[name] = _over(found[name], said) if both else said
    return found


def _needs(gate: Gate, said: Mapping[str, Any]) -> tuple[str, ...]:
    brought = any(isinstance(one, Mapping) and "resourceType" in one for one in gate.blocked.values())
    seed = ("seed|writes",) if gate.own or brought else ()
    return (*ACTIONS[gate.action], *seed, *(said.get("needs") or ()))
