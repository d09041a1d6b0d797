"""Escalation: a critical value that nobody has acknowledged in time is told of once more."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.canonical import Resource
from gateway.canonical.elements import codes, each
from gateway.feed.critical.task import ALERT, CODE, is_open, said_of, who
from gateway.feed.own import TASKS, named_id
from gateway.store import Desk
from gateway.store.clock import instant

ESCALATED = "escalated"
"""Type of the input that says when it was told once more."""


def escalate(desk: Desk, id_: str, escalated: Sequence[str]) -> Resource | None:
    """Tell once more of a Task that nobody has acknowledged in time: its owner, and whom the rules name.

    Returns the Task, None where that has been done, or somebody has acknowledged it meanwhile.
    """
    task = desk.read("Task", id_)
    if (
        task is None
        or CODE not in codes(task.get("code"), TASKS)
        or not is_open(task)
        or said_of(task, ESCALATED)
    ):
        return None
    now = instant(desk.ts_us)
    told = named_id(id_, "escalation", str(task.get("authoredOn", "")))
    to = [*([task["owner"]] if "owner" in task else []), *(who(one) for one in escalated)]
    desk.write(
        {
            "resourceType": "Communication", "id": told, "status": "in-progress", "priority": "stat",
            "category": [ALERT],
            "basedOn": [{"reference": f"Task/{id_}"}],
            **({"about": [task["focus"]]} if "focus" in task else {}),
            **({"subject": task["for"]} if "for" in task else {}),
            **({"encounter": task["encounter"]} if "encounter" in task else {}),
            **({"recipient": to} if to else {}),
            "sent": now,
            "payload": [{"contentString": f"超时未确认：{task.get('description', '')}"}],
        }
    )  # fmt: skip
    inputs = [
        *each(task, "input"),
        {"type": {"text": ESCALATED}, "valueString": now},
        {"type": {"text": "communication"}, "valueReference": {"reference": f"Communication/{told}"}},
    ]
    note = {"time": now, "text": "超时未确认，已再次通知"}
    done = {**task, "lastModified": now, "input": inputs, "note": [*each(task, "note"), note]}
    desk.write(done)
    return done


def is_escalated(task: Resource) -> bool:
    """Tell whether it was told once more."""
    return bool(said_of(task, ESCALATED))
