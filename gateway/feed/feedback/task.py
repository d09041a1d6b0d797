"""Task: how a finding, a complaint or a breach report stands as a resource, and how it is entered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gateway.canonical import Resource
from gateway.canonical.elements import codes, first, name_of, reference
from gateway.errors import Rejected
from gateway.feed.feedback.outcome import Outcome, business_status
from gateway.feed.feedback.states import COURSES, STATUSES, SYSTEM, State
from gateway.store import Desk, Entered, Entry, Version
from gateway.store.clock import instant

TASKS = "urn:qiao:codes:task-code"
DISPLAYS = {"feedback": "监管反馈", "complaint": "投诉", "breach-report": "数据泄露报告"}


def course_of(task: Resource) -> str:
    """Return which course a Task takes, ``""`` for a Task of others."""
    return next((code for code in codes(task.get("code"), TASKS) if code in COURSES), "")


def state_of(task: Resource) -> State:
    """Return where it stands."""
    found = codes(task.get("businessStatus"), SYSTEM)
    return next((state for state in STATUSES if state in found), "open")


def with_state(task: Resource, state: State, now_us: int) -> Resource:
    """Return a Task in another state."""
    moved = {"status": STATUSES[state], "businessStatus": business_status(state)}
    return {**task, **moved, "lastModified": instant(now_us)}


def begun(id_: str, course: str, text: str, now_us: int, due_us: int) -> Resource:
    """Return a Task as it begins."""
    return {
        "resourceType": "Task",
        "id": id_,
        "status": STATUSES["open"],
        "businessStatus": business_status("open"),
        "intent": "order",
        "code": {"coding": [{"system": TASKS, "code": course, "display": DISPLAYS[course]}]},
        "description": text,
        "authoredOn": instant(now_us),
        "lastModified": instant(now_us),
        "restriction": {"period": {"end": instant(due_us)}},
    }


def due_of(task: Resource) -> str:
    """Return when it is due, as it says."""
    return str(first(task, "restriction.period.end", ""))


def about_of(task: Resource) -> str:
    """Return ``"Type/id"`` of what it is about, ``""`` for the institution."""
    return reference(task.get("focus"))


def party(said: str) -> dict[str, Any]:
    """Return a Reference to ``"Type/id"``, ``"SYSTEM|VALUE"``, or somebody by name."""
    system, bar, value = said.partition("|")
    if bar:
        return {"identifier": {"system": system, "value": value}}
    type_, slash, id_ = said.partition("/")
    return {"reference": said} if slash and type_.isalpha() and id_ else {"display": said}


def read(desk: Desk, id_: str) -> Resource:
    """Return a Task of feedback. Raises ``Rejected`` (``not-found``): there is none."""
    found = desk.read("Task", id_)
    if found is None or not course_of(found):
        raise Rejected("there is no such finding, complaint or report", code="not-found")
    return found


def enter(desk: Desk, kind: str, event: str, members: Sequence[Version]) -> Entered:
    """Enter a step of the first of its members, after what was entered of it before."""
    known = desk.entries_about(members[0].type, members[0].id)
    return desk.append(Entry(kind, event, members[0], tuple(members), "", known[-1].n if known else 0))


def outcome(desk: Desk, *tasks: Resource, entry: int = 0) -> Outcome:
    """Return what is answered about Tasks that move together."""
    last = entry or max(
        (one.n for task in tasks for one in desk.entries_about("Task", task["id"])), default=0
    )
    state, head = state_of(tasks[0]), tasks[0]
    due = "" if state in ("closed", "withdrawn") else due_of(head)
    return Outcome(state, tuple(name_of(one) for one in tasks), last, due, about_of(head))
