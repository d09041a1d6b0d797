"""Received: a finding as a regulator's system sends it: a Bundle with a Task and its DetectedIssues."""

from __future__ import annotations

from typing import Any, cast

from gateway.canonical.elements import codes, each, first, reference
from gateway.errors import Rejected
from gateway.feed.feedback.opening import PRIORITIES, Finding, Severity
from gateway.feed.feedback.task import TASKS, due_of
from gateway.policy.systems import SERIAL

_MOST = 100
"""Resources of such a Bundle."""


def finding_of(bundle: dict[str, Any], client: str) -> Finding:
    """Return the finding that a Bundle says.

    Raises:
        Rejected: it has not one Task with the code ``feedback``.
    """
    resources = [one for one in each(bundle, "entry.resource") if isinstance(one, dict)][:_MOST]
    tasks = [one for one in resources if one.get("resourceType") == "Task"]
    issues = [one for one in resources if one.get("resourceType") == "DetectedIssue"]
    if (
        bundle.get("resourceType") != "Bundle"
        or len(tasks) != 1
        or "feedback" not in codes(tasks[0].get("code"), TASKS)
    ):
        raise Rejected(
            "a finding is a Bundle with one Task of the code feedback", code="value", where="Bundle.entry"
        )
    task = tasks[0]
    texts = [task.get("description"), *(one.get("detail") for one in issues)]
    about = next((name for one in issues for name in _implicated(one)), "")
    serial = first(task, "focus.identifier", {})
    number = first(task, "identifier", {})
    return Finding(
        "；".join(dict.fromkeys(text for text in texts if isinstance(text, str) and text.strip())),
        (str(number.get("system", "")), str(number.get("value", ""))),
        str(serial.get("value", "")) if serial.get("system") == SERIAL else "",
        reference(task.get("focus")) or about,
        _severity(task, issues),
        next((one["code"] for one in issues if isinstance(one.get("code"), dict)), None),
        due_of(task),
        [one for issue in issues for one in each(issue, "evidence.detail") if isinstance(one, dict)],
        client,
    )


def _implicated(issue: dict[str, Any]) -> list[str]:
    return [name for one in each(issue, "implicated") if (name := reference(one))]


def _severity(task: dict[str, Any], issues: list[dict[str, Any]]) -> Severity:
    """Return the gravest that is said, by the issues or by the priority of the Task."""
    said = {one.get("severity") for one in issues}
    said |= {name for name, priority in PRIORITIES.items() if priority == task.get("priority")}
    return cast("Severity", next((one for one in PRIORITIES if one in said), "moderate"))
