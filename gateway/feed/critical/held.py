"""Held: critical results of a message in quarantine: of whom nobody knows yet, and somebody must be told."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.canonical import Resource
from gateway.canonical.elements import each
from gateway.feed.critical.grounds import Ground
from gateway.feed.critical.rules import Rules
from gateway.feed.critical.same import mark_of
from gateway.feed.critical.task import CODE, DISPLAY, call, end_notices, is_open, state, told
from gateway.feed.own import TASKS, named_id
from gateway.store import Desk, Occasion
from gateway.store.clock import instant

MOST_HELD = 20
"""Critical results of one message that are named."""
MOST_MESSAGES = 64
"""Messages that one Task knows to say the same."""
RESULT = "urn:qiao:codes:held-result"
MESSAGE = "urn:qiao:codes:inbox"
"""Systems of the identifiers of a Task: which results it is about, and which messages say them all."""
CALLING = "结果已归属患者，按该结果另行通知"
CALLED = "结果已归属患者：该结果已另行通知，或对该患者不属危急值"
"""Why a Task is closed: its result calls now; it has called (the same was sent twice), or need not."""


def held_id(message: str) -> str:
    """Return the id of the Task about critical values of a message that waits in quarantine."""
    return named_id("inbox", message, CODE)


def begin_held(
    desk: Desk, occasion: Occasion, results: Sequence[tuple[Resource, Ground]], sample: str, rules: Rules
) -> None:
    """Write the Task about critical results that wait: whose they are, nobody knows yet.

    What another message has said, and waits too, calls nobody twice: that Task is about both.

    Args:
        occasion: the message.
        results: Observations, and why they are critical.
        sample: barcode, ``""`` for none.
    """
    message = occasion.source
    marks = {_mark(body, occasion): ground for body, ground in results}
    known = {mark: task for mark in marks for task in _bearing(desk, RESULT, mark)}
    for task in {task["id"]: task for task in known.values()}.values():
        _join(desk, task, message, frozenset(marks))
    fresh = {mark: ground for mark, ground in marks.items() if mark not in known}
    if not fresh:
        return
    values = "；".join([one.text for one in fresh.values()][:MOST_HELD])
    of = f"，标本 {sample}" if sample else ""
    said = [told("value", values), told("inbox", message), *([told("sample", sample)] if sample else [])]
    task = {
        "identifier": [_identifier(MESSAGE, message), *(_identifier(RESULT, one) for one in fresh)],
        "reasonCode": {"text": "held"},
        "businessStatus": state("held"),
    }
    call(desk, held_id(message), f"{DISPLAY}（结果待归属{of}）：{values}", said, rules, task, {})


def end_held(desk: Desk, message: str, why: str = CALLING) -> bool:
    """Close the Tasks of a message that waited: its results are stored, and call by themselves if they must.

    Returns whether there was one.
    """
    found = tasks_of(desk, message)
    for task in found:
        if is_open(task):
            now = instant(desk.ts_us)
            note = {"time": now, "text": why}
            gone = {"status": "cancelled", "businessStatus": state("released"), "lastModified": now}
            desk.write({**task, **gone, "note": [*each(task, "note"), note]})
            end_notices(desk, task, {"status": "completed", "note": [note]})
    return bool(found)


def tasks_of(desk: Desk, message: str) -> list[Resource]:
    """Return the Tasks about critical results of a message that waits, or waited."""
    own = desk.read("Task", held_id(message))
    found = _bearing(desk, MESSAGE, message)
    return found if own is None or own["id"] in {one["id"] for one in found} else [own, *found]


def _join(desk: Desk, task: Resource, message: str, marks: frozenset[str]) -> None:
    """Let a Task end with this message too, if that says all that it is about."""
    said = [one["value"] for one in each(task, "identifier") if one.get("system") == MESSAGE]
    all_ = {one["value"] for one in each(task, "identifier") if one.get("system") == RESULT}
    if is_open(task) and all_ <= marks and message not in said and len(said) < MOST_MESSAGES:
        desk.write({**task, "identifier": [*task["identifier"], _identifier(MESSAGE, message)]})


def _mark(observation: Resource, occasion: Occasion) -> str:
    """Return by what a result is known again: not in another message, where nobody knows its time.

    The number of its sample may be that of another tube, of another day.
    """
    mark, timed = mark_of(observation), occasion.clock and "effectiveDateTime" in observation
    return mark if timed else f"{occasion.source}.{mark}"


def _bearing(desk: Desk, system: str, value: str) -> list[Resource]:
    found = desk.bearing("Task", "identifier", value)
    return [one for one in found if _identifier(system, value) in each(one, "identifier")
            and TASKS in each(one, "code.coding.system")]  # fmt: skip


def _identifier(system: str, value: str) -> dict[str, str]:
    return {"system": system, "value": value}
