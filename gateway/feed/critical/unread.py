"""Unread: results that have limits and cannot be held against them, told once for each test and unit."""

from __future__ import annotations

from zlib import crc32

from gateway.canonical import Resource
from gateway.canonical.elements import name_of
from gateway.feed.critical.grounds import Unread
from gateway.feed.critical.task import UNREAD, state
from gateway.feed.own import TASKS, named_id
from gateway.store import Desk
from gateway.store.clock import instant

MOST = 64
"""Units of a test that are told of; with a sender that writes another into every result it stays at these."""
LONGEST = 24
"""Characters of a unit that are told."""


def begin_unread(desk: Desk, observation: Resource, unread: Unread) -> None:
    """Write, once for a test and unit, that its results are not held against its limits."""
    unit = unread.unit[:LONGEST]
    id_ = named_id(UNREAD, unread.test, str(crc32(unread.unit.encode()) % MOST), unread.why)
    if desk.version("Task", id_) is not None:
        return
    now = instant(desk.ts_us)
    why = {
        "unit": f"单位 {unit or '（无）'} 无法与界限比较",
        "number": "结果不是数值",
        "code": f"项目代码 {unit} 未对照 LOINC",
    }[unread.why]
    desk.write(
        {
            "resourceType": "Task", "id": id_, "status": "requested", "intent": "order", "priority": "urgent",
            "businessStatus": state("open"),
            "code": {"coding": [{"system": TASKS, "code": UNREAD, "display": "危急值未判断"}]},
            "description": f"危急值未判断：{unread.test} {why}",
            "focus": {"reference": name_of(observation)},
            "authoredOn": now, "lastModified": now,
            "reasonCode": {"text": unread.why},
        }
    )  # fmt: skip
