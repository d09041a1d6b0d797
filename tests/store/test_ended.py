"""What is withdrawn under a number that has ended is the record that ended; who goes on stays."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Literal

import pytest

from gateway.canonical import Draft, Merge
from gateway.store import Desk, Transact

Make = Callable[..., Draft]
MRN = "urn:oid:2.16.156.990101.1"


def read(desk: Any, name: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(desk.store.read("default", *name.split("/")).body)
    del body["meta"]
    return body


@pytest.fixture
def two(desk: Any, patient: Make) -> Any:
    desk.stored(patient("p1", mrn="1", active=True), event_at=100)
    desk.stored(patient("p2", mrn="2", active=True, name=[{"text": "林一"}]), event_at=100)
    return desk


def by_message(two: Any, patient: Make) -> None:
    two.stored(patient("p2", mrn="2"), merges=[Merge("Patient", (MRN, "1"), "p1", "p2")], event_at=200)


def by_human(two: Any, patient: Make) -> None:
    act: Callable[[Desk], object] = lambda at: at.merge("p1", "p2")  # noqa: E731
    (done,) = two.store.write([Transact("default", "records", [], act=act, joins=True)])
    assert done.error is None


@pytest.mark.parametrize("merged", [by_message, by_human])
@pytest.mark.parametrize("reopened", [False, True])
def test_who_goes_on_stays_when_the_record_that_ended_is_deleted(
    two: Any, patient: Make, merged: Callable[[Any, Make], None], reopened: bool
) -> None:
    merged(two, patient)
    before = read(two, "Patient/p2")
    if reopened:
        two.reopen()
    outcome = two.put(patient("p1", mrn="1", active=False, name=[{"text": "作废"}]), event_at=300).outcome
    assert [one.rule for one in outcome.issues] == ["ended-withdrawn"]
    assert outcome.refs == []
    assert read(two, "Patient/p2") == before
    two.stored(patient("p2", mrn="2", active=False), event_at=400)
    assert read(two, "Patient/p2")["active"] is False, "under its own number it is meant"


def test_a_number_that_was_changed_is_no_record_of_its_own(desk: Any, patient: Make) -> None:
    desk.stored(patient("p1", mrn="1", active=True), event_at=100)
    change = Merge("Patient", (MRN, "1"), "p1", "p2", kind="change")
    desk.stored(patient("p2", mrn="2"), merges=[change], event_at=200)
    assert desk.stored(patient("p1", mrn="1", active=False), event_at=300) == []
    assert read(desk, "Patient/p1")["active"] is True


def test_a_number_that_the_register_has_brought_back_counts_again(two: Any, patient: Make) -> None:
    by_message(two, patient)
    two.stored(patient("p1", mrn="1"), event_at=300)
    two.stored(patient("p1", mrn="1", active=False), event_at=400)
    assert read(two, "Patient/p2")["active"] is False


@pytest.mark.parametrize("kind", ["merge", "change"])
@pytest.mark.parametrize("status", ["entered-in-error", "cancelled"])
def test_a_visit_goes_on_when_the_one_that_ended_in_it_is_withdrawn(
    desk: Any, kind: Literal["merge", "change"], status: str
) -> None:
    def visit(number: str, status: str = "in-progress") -> Draft:
        body = {"resourceType": "Encounter", "id": f"e{number}", "status": status}
        said = {**body, "identifier": [{"system": "urn:v", "value": number}]}
        return Draft("Encounter", f"e{number}", said, key=("urn:v", number))

    desk.stored(visit("1"), event_at=100)
    if kind == "merge":
        desk.stored(visit("2"), event_at=100)
    desk.stored(visit("2"), merges=[Merge("Encounter", ("urn:v", "1"), "e1", "e2", kind)], event_at=200)
    name = f"Encounter/e{2 if kind == 'merge' else 1}"
    before = read(desk, name)
    outcome = desk.put(visit("1", status), event_at=300).outcome
    assert [(one.where, one.rule) for one in outcome.issues] == [("Encounter", "ended-withdrawn")]
    assert read(desk, name) == before
