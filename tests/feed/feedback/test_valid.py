"""What feedback writes is right by R4, and its codes are those of the code systems."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

from gateway.feed.feedback import Breach, Finding, Said, move, open_breach, open_finding, stop
from gateway.feed.feedback.adverse import CAUSES
from gateway.feed.feedback.states import COURSES, STATUSES, TEXTS
from gateway.validation import Validator


def codes(name: str) -> set[str]:
    data = json.loads(files("mappings").joinpath("codesystems", f"{name}.json").read_text("utf-8"))
    return {one["code"] for one in data["concept"]}


def test_every_resource_is_right(house: Any, serial: str) -> None:
    house.act(open_breach, Breach("演练", ("urn:b", "1"), persons=3, measures="已断网", drill=True))
    code = {"text": "未签名"}
    evidence = [{"display": "截图"}]
    said = Finding("x", ("urn:r", "1"), serial, code=code, evidence=evidence)
    id_ = house.act(open_finding, said).tasks[0].split("/")[1]
    house.act(move, id_, "accept", Said("hospital"))
    house.act(move, id_, "answer", Said("hospital", text="y", evidence=("DocumentReference/e1",)))
    house.act(move, id_, "return", Said("regulator", reason="z"))
    house.act(move, id_, "withdraw", Said("regulator", reason="z"))
    house.act(lambda desk, _duties: stop(desk, "停电", "990101", "AdverseEvent/a1"))
    event = {"resourceType": "AdverseEvent", "id": "a1", "actuality": "actual", "detected": "2020-01-01"}
    event["category"] = [{"coding": [{"system": CAUSES, "code": "drug"}]}]
    house.write({**event, "subject": {"reference": "Patient/p1"}})
    validator = Validator()
    entries = house.store.ledger.entries("default")
    seen = {one.type for entry in entries for one in house.store.ledger.members(entry)}
    assert seen >= {"Task", "DetectedIssue", "Communication", "Flag", "AdverseEvent"}
    for entry in entries[1:]:
        for version in house.store.ledger.members(entry):
            faults = validator.check(json.loads(version.body))
            assert [one for one in faults if one.severity in ("error", "fatal")] == [], version.type


def test_codes_are_those_of_the_code_systems() -> None:
    assert set(STATUSES) == set(TEXTS) == codes("feedback-state")
    assert set(COURSES) <= codes("task-code")
    assert {move.event for course in COURSES.values() for move in course.values()} <= codes("feed-event")
    assert CAUSES.rpartition(":")[2] == "event-cause"
    assert {"general", "grave", "extraordinary", "staff-loss"} <= codes("event-cause")
