"""Pharmacist: on duty by shift, by hours, and never by memory."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.policy import load_policy
from gateway.policy.check import case_of

SCHEDULE = {"actor": [{"reference": "PractitionerRole/y1"}]}


def shift(start: str, end: str) -> dict[str, Any]:
    return {"schedule": {"reference": "Schedule/s1"}, "status": "free", "start": start, "end": end}


def nobody(patch: dict[str, Any], event: Any = "prescription") -> bool:
    found = {one.rule for one in load_policy().decide(case_of(event, patch)).findings}
    return bool(found & {"nata-3-pharmacist-on-duty", "nata-3-reviewer-on-duty"})


@pytest.mark.parametrize("event", ["prescription", "review"])
@pytest.mark.parametrize(
    ("start", "end", "on"),
    [
        ("2025-03-06T08:00:00+08:00", "2025-03-06T16:00:00+08:00", True),
        ("2025-03-06T00:00:00Z", "2025-03-06T08:00:00Z", True),
        ("2025-03-06T09:16:00+08:00", "2025-03-06T16:00:00+08:00", False),
        ("2025-03-06T00:00:00+08:00", "2025-03-06T09:15:00+08:00", False),
    ],
)
def test_a_shift_is_a_slot(event: Any, start: str, end: str, on: bool) -> None:
    assert nobody({"Schedule/s1": SCHEDULE, "Slot/1": shift(start, end)}, event) != on


def test_a_shift_goes_before_the_usual_hours() -> None:
    slot = shift("2025-03-08T20:00:00+08:00", "2025-03-09T08:00:00+08:00")
    patch = {"Schedule/s1": SCHEDULE, "Slot/1": slot, "now": "2025-03-08T23:00:00+08:00"}
    patch |= {"variant": [], "MedicationRequest/m1": {"authoredOn": "2025-03-08T23:00:00+08:00"}}
    assert not nobody(patch)
    assert nobody({**patch, "Slot/1": None, "Schedule/s1": None})


@pytest.mark.parametrize(
    ("hours", "on"),
    [
        ({"daysOfWeek": ["thu"], "allDay": True}, True),
        ({"daysOfWeek": ["fri"], "allDay": True}, False),
        ({"availableStartTime": "22:00:00", "availableEndTime": "10:00:00"}, True),
        ({"availableStartTime": "22:00:00", "availableEndTime": "09:00:00"}, False),
    ],
)
def test_hours_of_a_week(hours: dict[str, Any], on: bool) -> None:
    assert nobody({"PractitionerRole/y1": {"availableTime": [hours]}}) != on


def test_who_is_away_is_not_on_duty() -> None:
    away = [{"description": "假", "during": {"start": "2025-03-05", "end": "2025-03-06"}}]
    assert nobody({"PractitionerRole/y1": {"notAvailable": away}})


def test_who_was_on_duty_a_moment_ago_is_looked_at_again() -> None:
    assert not nobody({})
    assert nobody({"PractitionerRole/y1": {"active": False}})
    assert not nobody({})
    assert nobody({"PractitionerRole/y1": None})
    other = {"active": True, "organization": {"reference": "Organization/o1"}, "code": [{"text": "药师"}]}
    assert not nobody({"PractitionerRole/y1": None, "PractitionerRole/y2": other})
