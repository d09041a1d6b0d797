"""A number that has ended stays on who goes on, as an old one, whatever comes later and in whatever order."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest

from gateway.canonical import Draft, Merge, Quarantined
from gateway.store import Change, Desk, Settle, Transact

Make = Callable[..., Draft]
MRN = "urn:oid:2.16.156.990101.1"
CARD = {"system": "urn:oid:2.16.156.10011.1.3", "value": "990101198005060019"}


def read(desk: Any, name: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(desk.store.read("default", *name.split("/")).body)
    del body["meta"]
    return body


def numbers(desk: Any, name: str) -> dict[str, str]:
    """Number → use, ``""`` for one in force."""
    return {one["value"]: one.get("use", "") for one in read(desk, name).get("identifier", ())}


def merge(old: int, new: int, **more: Any) -> Merge:
    return Merge("Patient", (MRN, str(old)), f"p{old}", f"p{new}", **more)


def ends(desk: Any, patient: Make, old: int, new: int, at: int, **more: Any) -> Any:
    """Say that one number has ended in another (A40)."""
    return desk.put(patient(f"p{new}", mrn=str(new)), merges=[merge(old, new, **more)], event_at=at).outcome


def act(desk: Any, said: Callable[[Desk], object]) -> None:
    (done,) = desk.store.write([Transact("default", "records", [], act=said, joins=True)])
    assert done.error is None, done.error


def found(desk: Any, number: str) -> set[str]:
    matches = desk.store.search("default", "Patient", [("identifier", f"{MRN}|{number}")]).matches
    return {one.id for one in matches}


@pytest.fixture
def two(desk: Any, patient: Make, observation: Make) -> Any:
    desk.stored(patient("p1", mrn="1", active=True), observation("o1"), event_at=100)
    desk.stored(patient("p2", mrn="2"), observation("o2", subject="p2"), event_at=100)
    return desk


def about(desk: Any, patient: str) -> list[str]:
    return sorted(
        one.id for one in desk.store.search("default", "Observation", [("patient", patient)]).matches
    )


def test_who_goes_on_is_found_by_the_number_that_ended(two: Any, patient: Make) -> None:
    ends(two, patient, 1, 2, 200)
    assert numbers(two, "Patient/p2") == {"2": "", "1": "old"}
    assert numbers(two, "Patient/p1") == {"1": ""}, "who ended is as it was, but for its end"
    assert found(two, "1") == {"p1", "p2"}
    before = read(two, "Patient/p2")
    assert ends(two, patient, 1, 2, 200).refs == [], "the same again"
    two.reopen()
    assert ends(two, patient, 1, 2, 200).refs == []
    assert read(two, "Patient/p2") == before


def test_a_number_that_nothing_was_known_of_is_there_too(desk: Any, patient: Make) -> None:
    ends(desk, patient, 1, 2, 200)
    assert numbers(desk, "Patient/p2") == {"2": "", "1": "old"}
    assert desk.stored(patient("p1", mrn="1", gender="male"), event_at=150) == []
    assert "gender" not in read(desk, "Patient/p2"), "what is late speaks of who had that number then"


@pytest.mark.parametrize("owns", [True, False])
def test_what_comes_late_does_not_bring_it_back(two: Any, patient: Make, owns: bool) -> None:
    ends(two, patient, 1, 2, 200)
    two.put(patient("p1", mrn="1", owns=owns, gender="male"), event_at=150 if owns else 900)
    assert numbers(two, "Patient/p2") == {"2": "", "1": "old"}
    two.stored(patient("p2", mrn="2", gender="female"), event_at=300)
    assert numbers(two, "Patient/p2") == {"2": "", "1": "old"}, "nor does who goes on lose it"


def test_an_order_under_the_old_number_only_uses_it(two: Any, patient: Make, observation: Make) -> None:
    ends(two, patient, 1, 2, 200)
    old = patient("p1", mrn="1", language="zh")
    old.registers = False
    two.stored(old, observation("o9"), event_at=300)
    assert numbers(two, "Patient/p2") == {"2": "", "1": "old"}
    assert about(two, "p2") == ["o1", "o2", "o9"]
    old.registers = True
    two.stored(old, event_at=300)
    assert numbers(two, "Patient/p2") == {"2": "", "1": ""}, "the same words, of the register"


def test_the_register_brings_it_back_and_ends_it_again(two: Any, patient: Make) -> None:
    ends(two, patient, 1, 2, 200)
    two.stored(patient("p1", mrn="1"), event_at=300)
    assert numbers(two, "Patient/p2") == {"2": "", "1": ""}
    assert ends(two, patient, 1, 2, 200).refs == [], "the first end is older"
    assert numbers(two, "Patient/p2") == {"2": "", "1": ""}
    ends(two, patient, 1, 2, 400)
    assert numbers(two, "Patient/p2") == {"2": "", "1": "old"}
    assert two.stored(patient("p1", mrn="1"), event_at=300) == []


def test_who_is_withdrawn_under_it_does_not_bring_it_back(two: Any, patient: Make) -> None:
    ends(two, patient, 1, 2, 200)
    two.stored(patient("p1", mrn="1", active=False), event_at=300)
    assert numbers(two, "Patient/p2") == {"2": "", "1": "old"}


def test_a_chain_is_the_same_in_every_order(desk: Any, patient: Make, observation: Make) -> None:
    told = (
        lambda at: at.stored(patient("p4", mrn="4"), observation("o4", subject="p4"), event_at=100),
        lambda at: at.stored(patient("p5", mrn="5"), event_at=110),
        lambda at: at.stored(patient("p6", mrn="6"), event_at=120),
        lambda at: ends(at, patient, 4, 5, 200),
        lambda at: ends(at, patient, 5, 6, 300),
    )
    for order in permutations(told):
        with desk.afresh() as fresh:
            for one in order:
                one(fresh)
            (living,) = (
                one.id
                for one in fresh.store.search("default", "Patient", []).matches
                if "replaced-by" not in one.body.decode()
            )
            assert numbers(fresh, f"Patient/{living}") == {"6": "", "5": "old", "4": "old"}, order
            fresh.put(patient("p4", mrn="4", gender="male"), event_at=150)
            assert numbers(fresh, f"Patient/{living}") == {"6": "", "5": "old", "4": "old"}
            assert about(fresh, living) == ["o4"]


def test_a_number_that_changes_is_old_on_the_same_patient(desk: Any, patient: Make) -> None:
    desk.stored(patient("p1", mrn="1"), event_at=100)
    desk.stored(patient("p2", mrn="2"), merges=[merge(1, 2, kind="change")], event_at=200)
    assert numbers(desk, "Patient/p1") == {"1": "old", "2": ""}
    desk.stored(patient("p1", mrn="1", gender="male"), event_at=150)
    assert read(desk, "Patient/p1")["gender"] == "male", "it is the same patient, and nobody has said since"
    assert numbers(desk, "Patient/p1") == {"1": "old", "2": ""}
    desk.stored(patient("p1", mrn="1"), merges=[merge(2, 1, kind="change")], event_at=300)
    assert numbers(desk, "Patient/p1") == {"1": "", "2": "old"}, "and back"


def test_further_numbers_of_the_register_end_too(two: Any, patient: Make) -> None:
    index, card = ({"system": "urn:pi", "value": one} for one in ("P1", "P2"))
    two.stored(patient("p1", mrn="1", identifier=[{"system": MRN, "value": "1"}, index]), event_at=110)
    two.stored(patient("p2", mrn="2", identifier=[{"system": MRN, "value": "2"}, card]), event_at=110)
    ends(two, patient, 1, 2, 200, further=(index,))
    late = patient("p1", mrn="1", owns=False, identifier=[{"system": MRN, "value": "1"}, index, CARD])
    two.stored(late, event_at=300)
    assert numbers(two, "Patient/p2") == {"2": "", "P2": "", "1": "old", "P1": "old", CARD["value"]: ""}


# The other way round.


def test_a_merge_the_other_way_round_turns_it(two: Any, patient: Make, observation: Make) -> None:
    ends(two, patient, 1, 2, 200)
    two.stored(patient("p2", mrn="2"), observation("o3", subject="p2"), event_at=250)
    outcome = ends(two, patient, 2, 1, 300)
    assert [one.rule for one in outcome.issues] == ["merge-turned"]
    goes_on, ended = read(two, "Patient/p1"), read(two, "Patient/p2")
    assert goes_on["link"] == [{"other": {"reference": "Patient/p2"}, "type": "replaces"}]
    assert goes_on["active"] is True
    assert ended["link"] == [{"other": {"reference": "Patient/p1"}, "type": "replaced-by"}]
    assert ended["active"] is False
    assert numbers(two, "Patient/p1") == {"1": "", "2": "old"}
    assert (about(two, "p1"), about(two, "p2")) == (["o1", "o2", "o3"], [])
    for old, new, at in ((2, 1, 300), (1, 2, 200)):
        two.reopen()
        assert ends(two, patient, old, new, at).refs == [], "each of them again"
    two.stored(patient("p2", mrn="2"), observation("o4", subject="p2"), event_at=280)
    assert about(two, "p1") == ["o1", "o2", "o3", "o4"], "messages of either number land there"
    assert numbers(two, "Patient/p1") == {"1": "", "2": "old"}


def test_it_turns_whatever_the_order(two: Any, patient: Make) -> None:
    ends(two, patient, 2, 1, 300)
    outcome = ends(two, patient, 1, 2, 200)
    assert "older-event" in [one.rule for one in outcome.issues]
    assert numbers(two, "Patient/p1") == {"1": "", "2": "old"}
    assert "link" in read(two, "Patient/p2")


def test_it_turns_where_only_the_numbers_are_told(two: Any, patient: Make) -> None:
    """PID with a number alone says nothing else of the patient: who goes on is named all the same."""
    bare = patient("p1", mrn="1", owns=False)
    ends(two, patient, 1, 2, 200)
    two.stored(bare, merges=[merge(2, 1)], event_at=300)
    assert numbers(two, "Patient/p1") == {"1": "", "2": "old"}


def test_it_turns_a_chain(desk: Any, patient: Make, observation: Make) -> None:
    for n in (4, 5, 6):
        desk.stored(patient(f"p{n}", mrn=str(n)), observation(f"o{n}", subject=f"p{n}"), event_at=100)
    ends(desk, patient, 4, 5, 200)
    ends(desk, patient, 5, 6, 300)
    ends(desk, patient, 6, 4, 400)
    assert numbers(desk, "Patient/p4") == {"4": "", "5": "old", "6": "old"}
    assert about(desk, "p4") == ["o4", "o5", "o6"]
    for ended in ("p5", "p6"):
        assert read(desk, f"Patient/{ended}")["link"][-1]["other"] == {"reference": "Patient/p4"}
        assert read(desk, f"Patient/{ended}")["active"] is False
    assert ends(desk, patient, 6, 4, 400).refs == []


def test_where_no_record_had_ended_the_numbers_alone_turn(desk: Any, patient: Make) -> None:
    ends(desk, patient, 1, 2, 200)
    ends(desk, patient, 2, 1, 300)
    assert numbers(desk, "Patient/p2") == {"2": "old", "1": ""}
    assert ends(desk, patient, 1, 2, 200).refs == []


def test_a_number_that_comes_again_and_ends_again_turns_nothing(two: Any, patient: Make) -> None:
    """It is not the one under which the survivor goes on: the number of somebody who had ended there."""
    ends(two, patient, 3, 2, 200)
    ends(two, patient, 2, 1, 300)
    two.stored(patient("p3", mrn="3"), event_at=400)
    assert numbers(two, "Patient/p1") == {"1": "", "2": "old", "3": ""}
    outcome = ends(two, patient, 3, 2, 500)
    assert "merge-turned" not in [one.rule for one in outcome.issues]
    assert numbers(two, "Patient/p1") == {"1": "", "2": "", "3": "old"}


def test_who_is_meant_must_be_known(two: Any, patient: Make) -> None:
    body = {"resourceType": "Patient", "identifier": [{"system": MRN, "value": "9"}]}
    made = [two.transact(Change("create", "Patient", body=body)).results[0].version.id for _ in "ab"]
    for id_ in made:
        act(two, lambda desk, id_=id_: desk.merge(id_, "p2"))
    outcome = ends(two, patient, 2, 9, 300)
    assert isinstance(outcome, Quarantined)
    assert outcome.reason == "merge-not-turned"
    assert all(f"Patient/{id_}" in outcome.issues[0].text for id_ in made)
    assert numbers(two, "Patient/p2")["2"] == "", "nothing of it is done"


def test_a_replay_that_keeps_turns_nothing(two: Any, patient: Make) -> None:
    ends(two, patient, 1, 2, 200)
    first = two.envelope()
    from gateway.canonical import Translation

    told = Translation([patient("p1", mrn="1")], merges=[merge(2, 1)], event_at=300)
    two.store.write([two.receive(first), Settle(first, told, two.ack)])
    ends(two, patient, 1, 2, 400)
    two.store.write([Settle(first, told, two.ack, keeps=True)])
    assert numbers(two, "Patient/p2") == {"2": "", "1": "old"}
    assert "link" in read(two, "Patient/p1")


# A human's word, and what is taken back.


def test_a_human_ends_what_who_goes_on_has_of_the_register(two: Any, patient: Make) -> None:
    two.stored(patient("p1", mrn="1", identifier=[{"system": MRN, "value": "1"}, CARD]), event_at=110)
    before = {name: read(two, name) for name in ("Patient/p1", "Patient/p2")}
    act(two, lambda desk: desk.merge("p1", "p2"))
    assert numbers(two, "Patient/p2") == {"2": "", "1": "old", CARD["value"]: ""}
    two.stored(patient("p1", mrn="1", owns=False), event_at=300)
    assert numbers(two, "Patient/p2")["1"] == "old"
    act(two, lambda desk: desk.unmerge("p1"))
    assert {name: read(two, name) for name in before} == before


def test_the_his_turns_what_a_human_has_merged(two: Any, patient: Make) -> None:
    act(two, lambda desk: desk.merge("p1", "p2"))
    ends(two, patient, 2, 1, 300)
    assert numbers(two, "Patient/p1") == {"1": "", "2": "old"}
    assert read(two, "Patient/p2")["active"] is False


def test_what_is_taken_back_is_as_it_was(two: Any, patient: Make) -> None:
    two.stored(
        patient("p2", mrn="2", identifier=[{"system": MRN, "value": one} for one in "21"]), event_at=110
    )
    before = {name: read(two, name) for name in ("Patient/p1", "Patient/p2", "Observation/o1")}
    ends(two, patient, 1, 2, 200)
    assert numbers(two, "Patient/p2") == {"2": "", "1": "old"}
    act(two, lambda desk: desk.unmerge("p1"))
    assert {name: read(two, name) for name in before} == before


@pytest.mark.parametrize("kind", ["merge", "change"])
def test_the_number_of_a_visit_ends_too(desk: Any, kind: Any) -> None:
    def visit(number: str, **more: Any) -> Draft:
        body = {"resourceType": "Encounter", "id": f"e{number}", "status": "in-progress"}
        said = {**body, "identifier": [{"system": "urn:v", "value": number}]}
        return Draft("Encounter", f"e{number}", said, key=("urn:v", number), **more)

    desk.stored(visit("1"), event_at=100)
    if kind == "merge":
        desk.stored(visit("2"), event_at=100)
    desk.stored(visit("2"), merges=[Merge("Encounter", ("urn:v", "1"), "e1", "e2", kind)], event_at=200)
    desk.put(visit("1", owns=False), event_at=300)
    assert numbers(desk, f"Encounter/e{2 if kind == 'merge' else 1}") == {"1": "old", "2": ""}
