"""A number that is given anew is another person's; a resident ID that is put right is in force alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest

from gateway.canonical import Draft, Merge, Quarantined, Stored
from gateway.store import Change

Make = Callable[..., Draft]
MRN = "urn:oid:2.16.156.990101.1"
RESIDENT = "urn:oid:2.16.156.10011.1.3"
RIGHT, WRONG = "990101198005060019", "99010119710215002X"
LIN: dict[str, Any] = {"name": [{"text": "林一"}], "birthDate": "1980-05-06"}
CHEN: dict[str, Any] = {"name": [{"text": "陈二"}], "birthDate": "1971-02-15"}


def read(desk: Any, id_: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(desk.store.read("default", "Patient", id_).body)
    del body["meta"]
    return body


def uses(desk: Any, id_: str) -> dict[str, str]:
    return {one["value"]: one.get("use", "") for one in read(desk, id_)["identifier"]}


def ids(number: str, *resident: str) -> dict[str, Any]:
    numbers = [{"system": MRN, "value": number}, *({"system": RESIDENT, "value": one} for one in resident)]
    return {"identifier": numbers}


@pytest.fixture
def changed(desk: Any, patient: Make) -> Any:
    """林一 was 1 and is 2 (A47)."""
    desk.stored(patient("p1", mrn="1", **LIN, **ids("1", RIGHT)), event_at=100)
    change = Merge("Patient", (MRN, "1"), "p1", "p2", kind="change")
    desk.stored(patient("p2", mrn="2", **LIN), merges=[change], event_at=200)
    return desk


@pytest.mark.parametrize("said", [CHEN, {**LIN, **ids("1", WRONG)}, {**CHEN, **ids("1", WRONG)}])
@pytest.mark.parametrize("owns", [True, False])
def test_a_number_given_anew_does_not_make_two_persons_one(
    changed: Any, patient: Make, observation: Make, said: dict[str, Any], owns: bool
) -> None:
    before = read(changed, "p1")
    told = patient("p1", mrn="1", owns=owns, **said)
    outcome = changed.put(told, observation("o1"), event_at=300).outcome
    assert isinstance(outcome, Quarantined)
    assert outcome.reason == "number-of-another-patient"
    assert "Patient/p1" in outcome.issues[0].text
    assert read(changed, "p1") == before
    assert changed.store.read("default", "Observation", "o1") is None


def test_what_it_says_to_do_helps(changed: Any, patient: Make) -> None:
    body = read(changed, "p1")
    body["identifier"] = [one for one in body["identifier"] if one["value"] != "1"]
    new = {"resourceType": "Patient", "identifier": [{"system": MRN, "value": "1"}]}
    assert changed.transact(Change("update", "Patient", "p1", body=body)).error is None
    other = changed.transact(Change("create", "Patient", body=new)).results[0].version.id
    changed.stored(patient("p1", mrn="1", **CHEN), event_at=2**53)
    assert read(changed, other)["name"] == CHEN["name"]
    assert read(changed, "p1")["name"] == LIN["name"]
    changed.stored(patient("p1", mrn="1", active=False), event_at=2**53 + 1)
    assert read(changed, other)["active"] is False, "the number is in force there"


@pytest.mark.parametrize(
    "said",
    [
        {},
        LIN,
        {"name": [{"text": "林一一"}], "birthDate": "1980-05-07"},
        {"name": [{"text": "Lin Yi"}], "birthDate": "1981-01-01"},
        {"name": CHEN["name"], "birthDate": LIN["birthDate"]},
        {"name": [{"text": "无名氏"}], "birthDate": "1900-01-01"},
    ],
)
def test_whoever_may_be_the_same_is(changed: Any, patient: Make, said: dict[str, Any]) -> None:
    assert isinstance(changed.put(patient("p1", mrn="1", **said), event_at=300).outcome, Stored)


def test_what_is_older_than_the_end_of_a_number_is_of_who_had_it(changed: Any, patient: Make) -> None:
    assert isinstance(changed.put(patient("p1", mrn="1", **CHEN), event_at=150).outcome, Stored)
    assert read(changed, "p1")["name"] == LIN["name"]


def test_who_ended_may_go_on_under_another_name(desk: Any, patient: Make) -> None:
    """Somebody unknown was admitted as 1 and is merged into who it was: results still name the unknown."""
    desk.stored(patient("p1", mrn="1", **CHEN), event_at=100)
    desk.stored(patient("p2", mrn="2", **LIN), event_at=100)
    desk.stored(patient("p2", mrn="2"), merges=[Merge("Patient", (MRN, "1"), "p1", "p2")], event_at=200)
    assert isinstance(desk.put(patient("p1", mrn="1", owns=False, **CHEN), event_at=300).outcome, Stored)
    third = {"name": [{"text": "周三"}], "birthDate": "1960-01-02"}
    assert isinstance(desk.put(patient("p1", mrn="1", **third), event_at=300).outcome, Quarantined)
    turned = [Merge("Patient", (MRN, "2"), "p2", "p1")]
    outcome = desk.put(patient("p1", mrn="1", **third), merges=turned, event_at=400).outcome
    assert isinstance(outcome, Stored), "it says itself that they are one"


def test_a_resident_id_that_is_put_right_is_in_force_alone(desk: Any, patient: Make) -> None:
    told = (
        lambda at: at.stored(patient(**ids("1", WRONG)), event_at=100),
        lambda at: at.stored(patient(**ids("1", RIGHT)), event_at=200),
        lambda at: at.stored(patient(owns=False, **ids("1", WRONG)), event_at=300),
    )
    for order in permutations(told):
        with desk.afresh() as fresh:
            for one in order:
                one(fresh)
            assert uses(fresh, "p1") == {"1": "", RIGHT: "", WRONG: "old"}, order
            fresh.stored(patient(gender="male"), event_at=400)
            assert uses(fresh, "p1") == {"1": "", RIGHT: "", WRONG: "old"}, "what is not said stays"
            fresh.stored(patient(**ids("1", WRONG)), event_at=500)
            assert uses(fresh, "p1") == {"1": "", RIGHT: "old", WRONG: ""}, "it was right after all"


def test_two_resident_ids_that_are_said_at_once_stand(desk: Any, patient: Make) -> None:
    desk.stored(patient(), event_at=100)
    desk.stored(patient(**ids("1", RIGHT, WRONG)), event_at=200)
    assert uses(desk, "p1") == {"1": "", RIGHT: "", WRONG: ""}


def test_what_comes_under_a_number_that_has_ended_puts_no_id_right(desk: Any, patient: Make) -> None:
    desk.stored(patient("p1", mrn="1", **ids("1", WRONG)), event_at=100)
    desk.stored(patient("p2", mrn="2", **ids("2", RIGHT)), event_at=100)
    desk.stored(patient("p2", mrn="2"), merges=[Merge("Patient", (MRN, "1"), "p1", "p2")], event_at=200)
    desk.stored(patient("p1", mrn="1", **ids("1", WRONG)), event_at=300)
    assert uses(desk, "p2") == {"2": "", "1": "", RIGHT: "", WRONG: "old"}
