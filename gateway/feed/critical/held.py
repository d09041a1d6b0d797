"""Held: critical results of a message in quarantine: of whom nobody knows yet, and somebody must be told."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.canonical.elements import each
from gateway.feed.critical.grounds import Ground
from gateway.feed.critical.rules import Rules
from gateway.feed.critical.task import CODE, DISPLAY, call, end_notices, is_open, state
from gateway.feed.own import named_id
from gateway.store import Desk
from gateway.store.clock import instant

MOST_HELD = 20
"""Critical results of one message that are named."""
CALLING = "结果已归属患者，按该结果另行通知"
CALLED = "结果已归属患者：该结果已另行通知，或对该患者不属危急值"
"""Why a Task is closed: its result calls now; it has called (the same was sent twice), or need not."""


def held_id(message: str) -> str:
    """Return the id of the Task about critical values of a message that waits in quarantine."""
    return named_id("inbox", message, CODE)


def begin_held(desk: Desk, message: str, grounds: Sequence[Ground], sample: str, rules: Rules) -> None:
    """Write the Task about critical results that wait: whose they are, nobody knows yet.

    Args:
        message: id in the inbox.
        sample: barcode, ``""`` for none.
    """
    values = "；".join(one.text for one in grounds[:MOST_HELD])
    of = f"，标本 {sample}" if sample else ""
    said = {"value": values, "inbox": message, **({"sample": sample} if sample else {})}
    task = {"reasonCode": {"text": "held"}, "businessStatus": state("held")}
    call(desk, held_id(message), f"{DISPLAY}（结果待归属{of}）：{values}", said, rules, task, {})


def end_held(desk: Desk, message: str, why: str = CALLING) -> bool:
    """Close the Task of a message that waited: its results are stored, and call by themselves if they must.

    Returns whether there was one.
    """
    task = desk.read("Task", held_id(message))
    if task is None:
        return False
    if is_open(task):
        now = instant(desk.ts_us)
        note = {"time": now, "text": why}
        gone = {"status": "cancelled", "businessStatus": state("released"), "lastModified": now}
        desk.write({**task, **gone, "note": [*each(task, "note"), note]})
        end_notices(desk, task, {"status": "completed", "note": [note]})
    return True
