"""Moves: the steps of a finding, a complaint or a report, by the table of ``states.py``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from gateway.canonical import Resource
from gateway.canonical.elements import reference
from gateway.canonical.json import dumps
from gateway.canonical.moments import moment
from gateway.errors import Rejected
from gateway.feed.feedback.deadlines import Duties
from gateway.feed.feedback.grounds import refuse
from gateway.feed.feedback.outcome import Outcome
from gateway.feed.feedback.states import COURSES, STATUSES, Act, Move, Party, State
from gateway.feed.feedback.task import course_of, enter, outcome, party, read, state_of, with_state
from gateway.feed.own import named_id
from gateway.store import Desk, Version
from gateway.store.clock import instant

EVIDENCE_TYPES = ("DocumentReference", "Media", "Composition", "QuestionnaireResponse", "Provenance")
"""What may be evidence of a rectification."""


@dataclass(slots=True, frozen=True)
class Said:
    """What comes with a step.

    Attributes:
        by: whose side acts.
        client: who.
        reason: why it is returned, opened again or withdrawn.
        text: the answer.
        evidence: ``"Type/id"`` of what is on file, or DocumentReferences that are filed with it.
        owner: who handles it from now on.
        due: FHIR dateTime until when it is to be answered now, of ``return`` and ``reopen``.
    """

    by: Party
    client: str = ""
    reason: str = ""
    text: str = ""
    evidence: Sequence[str | Resource] = ()
    owner: str = ""
    due: str = ""


def move(desk: Desk, duties: Duties, id_: str, act: Act, said: Said) -> Outcome:
    """Take one step; a step that was taken answers the same again.

    Raises:
        Rejected: ``not-found``: there is no such Task, or no such evidence.
        Refusal: it is the other side's, the state does not allow it, or something is missing.
    """
    task = read(desk, id_)
    course, state = course_of(task), state_of(task)
    table = COURSES[course]
    found = table.get((state, act))
    if found is None:
        if _repeated(table, state, act):
            return outcome(desk, task)
        raise _jump(course, state, act)
    if said.by not in (found.by, "operator"):
        raise refuse("feedback-party", also=f"{act}: {found.by}")
    taken, more = _taken(desk, duties, task, act, said, found)
    if taken == task:
        return outcome(desk, task)
    written = desk.write(taken)
    enter(desk, _kind(desk, task, found), found.event, [written, *more])
    if course == "breach-report":
        _close_report(desk, taken)
    return outcome(desk, taken)


def _taken(
    desk: Desk, duties: Duties, task: Resource, act: Act, said: Said, to: Move
) -> tuple[Resource, list[Version]]:
    """Return the Task after the step, and what was filed with it."""
    now = desk.ts_us
    if act == "accept":
        return with_state({**task, "owner": _owner(desk, duties, task, said)}, to.to, now), []
    if act == "answer":
        filed = [_filed(desk, str(task["id"]), one) for one in said.evidence]
        names = [one if isinstance(one, str) else f"{one.type}/{one.id}" for one in filed]
        if not names:
            raise refuse("feedback-no-evidence", "evidence")
        return _answered(task, said, names, to.to, now), [one for one in filed if not isinstance(one, str)]
    if act == "close":
        return with_state(
            {**task, "executionPeriod": {"start": task["authoredOn"], "end": instant(now)}}, to.to, now
        ), []
    if not said.reason.strip():
        raise refuse("feedback-no-reason", "reason")
    return with_state(_noted(duties, task, act, said, now), to.to, now), []


def _noted(duties: Duties, task: Resource, act: Act, said: Said, now: int) -> Resource:
    """Return the Task with the reason as a note, and what is due when, where that changes."""
    note = {"authorString": said.client or said.by, "time": instant(now), "text": f"{act}: {said.reason}"}
    noted = {**task, "note": [*task.get("note", []), note]}
    noted.pop("executionPeriod", None)
    if said.due:
        noted["restriction"] = {"period": {"end": _due(said.due, now)}}
    elif act == "reopen":
        severity = {"asap": "high", "routine": "low"}.get(str(task.get("priority")), "moderate")
        noted["restriction"] = {"period": {"end": instant(duties.due_us(f"finding-{severity}", now))}}
    return noted


def _answered(task: Resource, said: Said, names: Sequence[str], state: State, now: int) -> Resource:
    known = task.get("output", [])
    outputs: list[dict[str, Any]] = [
        {"type": {"text": "evidence"}, "valueReference": {"reference": name}} for name in names
    ]
    if said.text.strip():
        outputs.append({"type": {"text": "answer"}, "valueString": said.text})
    new = [one for one in outputs if one not in known]
    answered = {**task, "output": [*known, *new]}
    return with_state(answered, state, now) if new or state_of(task) != state else dict(task)


def _owner(desk: Desk, duties: Duties, task: Resource, said: Said) -> dict[str, Any]:
    if said.owner:
        named = party(said.owner)
        type_, _, id_ = str(named.get("reference", "")).partition("/")
        if id_ and desk.read(type_, id_) is None:
            raise Rejected("this owner is not here", code="not-found", where="owner")
        return named
    if duties.settings.owner:
        return party(duties.settings.owner)
    if "owner" in task:
        return dict(task["owner"])
    raise refuse("feedback-no-owner", "owner")


def _filed(desk: Desk, task: str, evidence: str | Resource) -> str | Version:
    """Return evidence that is on file, or file it: the same with the same answer, sent again, once.

    Raises:
        Rejected: it is not there, or is none.
    """
    if not isinstance(evidence, str):
        if evidence.get("resourceType") != "DocumentReference":
            raise Rejected(
                "evidence that is filed with an answer is a DocumentReference", code="value", where="evidence"
            )
        content = {key: value for key, value in evidence.items() if key != "id"}
        id_ = named_id("DocumentReference", task, sha256(dumps(content)).hexdigest())
        known = desk.read("DocumentReference", id_)
        return f"DocumentReference/{id_}" if known else desk.write({**content, "id": id_})
    name = reference({"reference": evidence})
    type_, _, id_ = name.partition("/")
    found = desk.read(type_, id_) if type_ in EVIDENCE_TYPES else None
    if found is None or found.get("status") == "entered-in-error":
        raise Rejected("this evidence is not here", code="not-found", where="evidence")
    return name


def _repeated(table: Any, state: State, act: Act) -> bool:
    """Tell whether a state is where the act leads."""
    return act != "answer" and any(move.to == state for (_, other), move in table.items() if other == act)


def _jump(course: str, state: State, act: Act) -> Exception:
    if act == "close":
        return refuse("feedback-not-answered", "Task", also=state)
    possible = sorted(f"${other}" for (at, other) in COURSES[course] if at == state)
    return refuse("feedback-jump", "Task", also=f"{state}: {', '.join(possible) or '-'}")


def _kind(desk: Desk, task: Resource, move_: Move) -> str:
    """Return the kind of the entry; a drill stays one to its end."""
    if move_.kind != "breach":
        return move_.kind
    return "breach-drill" if _is_drill(desk.read("Communication", _communication(task)) or {}) else "breach"


def _is_drill(communication: Resource) -> bool:
    return any("drill" in str(one.get("text", "")) for one in communication.get("category", []))


def _communication(task: Resource) -> str:
    return reference(task.get("focus")).partition("/")[2]


def _close_report(desk: Desk, task: Resource) -> None:
    """Complete the Communication once the last authority has been told."""
    id_ = _communication(task)
    said = desk.read("Communication", id_)
    others = desk.referring("Task", f"Communication/{id_}")
    if said is not None and all(one.get("status") == STATUSES["closed"] for one in others):
        desk.write({**said, "status": "completed"})


def _due(text: str, now_us: int) -> str:
    found = moment(text)
    if found is None or found <= now_us:
        raise Rejected("is a moment to come", code="value", where="due")
    return instant(found)
