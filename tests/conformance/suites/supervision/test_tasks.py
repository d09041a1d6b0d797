"""What is read of a Task: where R4 has it, or where the target says that it stands."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from conformance.harness.check import Check
from conformance.harness.run import Run
from conformance.harness.session import Session
from conformance.harness.target_file import made
from conformance.harness.verdict import Skipped
from conformance.harness.words import same
from conformance.suites.supervision.events import event_code
from conformance.suites.supervision.tasks import due_of, of_task

TASK = {
    "resourceType": "Task",
    "id": "t",
    "owner": {"reference": "Practitioner/a"},
    "restriction": {"period": {"end": "2026-03-09T09:00:00+08:00"}},
    "output": [{"valueReference": {"reference": f"DocumentReference/{one}"}} for one in "ab"],
    "extension": [{"url": "urn:example:due", "valueDate": "2026-03-07"}],
}


def run(**settings: Any) -> Run:
    target = made({"fhir": "http://127.0.0.1:9/fhir", "settings": settings})
    return Run(Check("s.one", "s", "SC-42", same("one"), lambda run: None),
               Session(target, "t1", 7, date(2026, 3, 6)))  # fmt: skip


def test_a_task_of_r4_is_read_without_a_word_of_the_target() -> None:
    assert of_task(run(), TASK, "owner") == ["Practitioner/a"]
    assert of_task(run(), TASK, "evidence") == ["DocumentReference/a", "DocumentReference/b"]
    assert of_task(run(), TASK, "about") == []
    assert due_of(run(), TASK) == datetime(2026, 3, 9, 1, tzinfo=UTC)


def test_a_target_says_where_else_it_stands() -> None:
    elsewhere = run(task={"due": "extension[url=urn:example:due].value*"})
    assert due_of(elsewhere, TASK) == datetime(2026, 3, 7, tzinfo=UTC)
    assert of_task(elsewhere, TASK, "owner") == ["Practitioner/a"]


@pytest.mark.parametrize(
    ("own", "coding"),
    [
        ({}, {"code": "drug"}),
        ({"system": "urn:example:cause"}, {"system": "urn:example:cause", "code": "drug"}),
        ({"system": "urn:example:cause", "drug": "01"}, {"system": "urn:example:cause", "code": "01"}),
    ],
)
def test_an_event_is_coded_as_the_target_codes_it(own: dict[str, str], coding: dict[str, str]) -> None:
    found = event_code(run(codes={"event-cause": own}), "drug")
    assert found == {"coding": [coding], "text": "药品"}


def test_at_a_target_that_does_not_say_how_it_codes_events_none_is_reported_under_our_code() -> None:
    with pytest.raises(Skipped, match=r"settings\.codes\.event-cause"):
        event_code(run(), "drug")
    assert event_code(run(codes={"event-cause": {}}), "drug")["coding"] == [{"code": "drug"}]
