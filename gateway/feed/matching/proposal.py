"""Proposal: the Task about two Patients who may be one person; it remembers what was decided.

There is one for each pair, under an id that is made of the pair. It names both by identifiers of its own,
which a merge leaves as they are, and is in nobody's compartment.
"""

from __future__ import annotations

from typing import Any

from gateway.canonical import Resource
from gateway.canonical.elements import codes, each
from gateway.feed.own import TASKS, named_id
from gateway.matching import Match, Reason
from gateway.store.clock import instant

CODE = "patient-match"
"""Of the Task (``urn:qiao:codes:task-code``)."""
IDENTIFIER = "urn:qiao:match:patient"
"""System of ``Task.identifier``: the ids of the two Patients; and of the rules in its reasons."""
_GROUNDS = "grounds"
_GRADE = "grade"

Pair = tuple[str, str]


def pair_of(one: str, other: str) -> Pair:
    """Return two ids in the order in which a pair is named."""
    return (one, other) if one < other else (other, one)


def id_of(pair: Pair) -> str:
    """Return the id of the Task about a pair."""
    return named_id(*pair, CODE)


def is_proposal(task: Resource) -> bool:
    """Tell whether a Task is about two Patients who may be one person."""
    return CODE in codes(task.get("code"), TASKS) and len(ids_of(task)) == 2


def ids_of(task: Resource) -> list[str]:
    """Return the ids of the two Patients."""
    return [one["value"] for one in each(task, "identifier") if one.get("system") == IDENTIFIER]


def begun(pair: Pair, match: Match, now_us: int) -> Resource:
    """Return the Task as it begins."""
    return with_match(
        {
            "resourceType": "Task",
            "id": id_of(pair),
            "identifier": [{"system": IDENTIFIER, "value": one} for one in pair],
            "status": "requested",
            "intent": "proposal",
            "code": {"coding": [{"system": TASKS, "code": CODE, "display": "患者匹配"}]},
            "authoredOn": instant(now_us),
        },
        pair,
        match,
        now_us,
    )


def with_match(task: Resource, pair: Pair, match: Match, now_us: int) -> Resource:
    """Return a Task with what speaks for and against it now, open again."""
    said: list[dict[str, Any]] = [
        _input("patient", "valueReference", {"reference": f"Patient/{one}"}) for one in pair
    ]
    said.append(_input(_GRADE, "valueCode", match.grade))
    said.append(_input(_GROUNDS, "valueString", " ".join(one.ground for one in match.reasons)))
    said += [_input("reason", "valueCodeableConcept", concept(one)) for one in match.reasons]
    left = {name: value for name, value in task.items() if name not in ("output", "statusReason", "owner")}
    return {
        **left,
        "status": "requested",
        "priority": "urgent" if match.grade == "certain" else "routine",
        "description": "Two patients may be one person. 两位患者可能是同一人。",
        "lastModified": instant(now_us),
        "input": said,
    }


def ended(task: Resource, status: str, outcome: str, by: str, reason: str, now_us: int) -> Resource:
    """Return a Task that is decided.

    Args:
        status: R4 task-status: ``completed``, ``rejected`` or ``cancelled``.
        outcome: ``link``, ``merge``, ``reject``, ``unmerge``, ``obsolete``.
        by: who decided.
        reason: why, in the words of whoever decided.
    """
    done = {**task, "status": status, "lastModified": instant(now_us)}
    done["output"] = [{"type": {"text": "decision"}, "valueCode": outcome}]
    done.pop("statusReason", None)
    if reason:
        done["statusReason"] = {"text": reason}
    if by:
        done["owner"] = {"display": by}
    return done


def with_left(task: Resource, left: list[str]) -> Resource:
    """Return a Task that names what somebody has to look at (``"Type/id"``) among what it has brought."""
    said = [{"type": {"text": "left"}, "valueReference": {"reference": one}} for one in left]
    return {**task, "output": [*task["output"], *said]}


def left_of(task: Resource) -> list[str]:
    """Return what it names as to be looked at."""
    said = [one for one in each(task, "output") if isinstance(one, dict) and "valueReference" in one]
    return [one["valueReference"]["reference"] for one in said]


def outcome_of(task: Resource) -> str:
    """Return what was decided, ``""`` while nothing is."""
    found = [one.get("valueCode") for one in each(task, "output") if isinstance(one, dict)]
    return str(found[0]) if found and found[0] else ""


def grade_of(task: Resource) -> str:
    """Return the grade that it was proposed with."""
    return next((str(one.get("valueCode")) for one in _inputs(task, _GRADE)), "")


def reasons_of(task: Resource) -> list[Resource]:
    """Return the reasons, a CodeableConcept each."""
    return [one["valueCodeableConcept"] for one in _inputs(task, "reason") if "valueCodeableConcept" in one]


def is_remembered(task: Resource, match: Match) -> bool:
    """Tell whether a pair was decided on with all that speaks for it now, and no less against it."""
    grounds = next((str(one.get("valueString", "")) for one in _inputs(task, _GROUNDS)), "").split()
    known = set(grounds)
    now = {one.ground for one in match.reasons}
    for_now, against_known = (
        {one for one in now if not one.startswith("-")},
        {one for one in known if one.startswith("-")},
    )
    return for_now <= known and against_known <= now


def concept(reason: Reason) -> dict[str, Any]:
    """Return a reason as it is kept: the rule, and what it says in both languages."""
    coding = {"system": IDENTIFIER, "code": reason.rule, "display": reason.en}
    return {"coding": [coding], "text": f"{reason.en} / {reason.zh}"}


def provenance(pair: Pair, activity: str, by: str, reasons: list[Resource], now_us: int) -> Resource:
    """Return who linked, merged, unlinked or unmerged two Patients, and why."""
    made: Resource = {
        "resourceType": "Provenance",
        "id": named_id(*pair, activity, str(now_us)),
        "target": [{"reference": f"Patient/{one}"} for one in pair],
        "recorded": instant(now_us),
        "activity": {"text": f"patient {activity}"},
        "agent": [{"who": {"display": by}}],
    }
    return {**made, "reason": reasons} if reasons else made


def _input(name: str, element: str, value: object) -> dict[str, Any]:
    return {"type": {"text": name}, element: value}


def _inputs(task: Resource, name: str) -> list[Any]:
    return [one for one in each(task, "input") if each(one, "type.text") == [name]]
