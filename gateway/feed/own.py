"""Own: ids of what the gateway writes by itself: Tasks, remarks, notices, evidence that came with an answer.

There is one such resource for each of its grounds, so that who repeats something finds it: the id is made of
the grounds, and so anybody can compute it. Nobody else may write under it (``visit/reserved.py``,
docs/visit.md).
"""

from __future__ import annotations

import re
import uuid

from gateway.canonical import Resource
from gateway.canonical.elements import codes, references
from gateway.store import Desk

PREFIX = "qiao-"
"""Begins every id of the gateway's own."""

TASKS = "urn:qiao:codes:task-code"
"""System of what a Task of ours is for."""

_NAMESPACE = uuid.UUID("0b8f1f0a-9a43-5c52-8a1c-5b8f6a3cf0d5")
_OWN = re.compile(PREFIX + r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}").fullmatch


def named_id(*parts: str) -> str:
    """Return the id of what there is once for each of its grounds: the same one for the same parts."""
    return PREFIX + former_id(*parts)


def former_id(*parts: str) -> str:
    """Return the id that it had before the prefix: stores of that time keep it."""
    return str(uuid.uuid5(_NAMESPACE, "\n".join(parts)))


def is_own(id_: str) -> bool:
    """Tell whether an id is one that only the gateway gives."""
    return _OWN(id_) is not None


def may_be_former(id_: str) -> bool:
    """Tell whether an id looks like one of the time before the prefix; other UUIDs of version 5 do too."""
    return len(id_) == 36 and id_[14] == "5" and is_own(PREFIX + id_)


def task_of(desk: Desk, about: str, code: str) -> Resource | None:
    """Return the gateway's own Task about ``"Type/id"``, None where there is none.

    Its code and focus must say so: a former id was nobody's alone.
    """
    for id_ in (named_id(about, code), former_id(about, code)):
        task = desk.read("Task", id_)
        if task is not None and is_task_of(task, about, code):
            return task
    return None


def is_task_of(task: Resource, about: str, code: str) -> bool:
    """Tell whether a Task says that it is about a document, of this code alone."""
    return codes(task.get("code"), TASKS) == {code} and references(task, "focus") == [about]
