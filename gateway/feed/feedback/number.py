"""Number: by what a finding, complaint or breach is known again: the number that its sender gave it."""

from __future__ import annotations

from typing import Any

from gateway.canonical import Resource
from gateway.canonical.logical_id import new_id
from gateway.feed.feedback.task import course_of
from gateway.feed.own import former_id, named_id
from gateway.store import Desk

Number = tuple[str, str]
"""(system, value); without a value nothing is known again."""


def id_of(kind: str, number: Number) -> str:
    """Return the id under which something begins: the same one for the same number."""
    return named_id(kind, *number) if number[1] else new_id()


def known_of(desk: Desk, kind: str, number: Number, course: str) -> Resource | None:
    """Return the Task that was opened under a number, None where there is none."""
    ids = (named_id(kind, *number), former_id(kind, *number)) if number[1] else ()
    return next((task for one in ids if (task := of_course(desk, one, course))), None)


def of_course(desk: Desk, id_: str, course: str) -> Resource | None:
    """Return a Task that takes a course, None where there is none under this id."""
    task = desk.read("Task", id_)
    return task if task is not None and course_of(task) == course else None


def numbered(number: Number) -> dict[str, Any]:
    """Return ``identifier`` of what was opened under a number."""
    system, value = number
    return {"identifier": [{**({"system": system} if system else {}), "value": value}]} if value else {}
