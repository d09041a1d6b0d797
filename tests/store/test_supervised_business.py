"""What belongs to the supervised business: written down with an entry, undone with it, filters searches."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.store import Desk, Entry, Transact
from gateway.store.view import SUPERVISED, View

VIEW: View = dict.fromkeys(("Patient", "Encounter", "Observation", "Practitioner"), SUPERVISED)


def subject(id_: str) -> dict[str, str]:
    return {"reference": f"Patient/{id_}"}


def write(
    desk: Any, *bodies: dict[str, Any], entered: bool, fails: bool = False, tenant: str = "default"
) -> Any:
    def act(inside: Desk) -> None:
        versions = [inside.write(one) for one in bodies]
        if entered:
            inside.append(Entry("visit", "effective", versions[-1]))
        if fails:
            raise ValueError

    return desk.store.write([Transact(tenant, "t", [], act=act)])[0]


@pytest.fixture
def filled(desk: Any) -> Any:
    for at in range(6):
        patient = {
            "resourceType": "Patient",
            "id": f"p{at}",
            "gender": "male",
            "name": [{"family": f"n{at}"}],
        }
        seen = {"resourceType": "Observation", "id": f"o{at}", "subject": subject(f"p{at}")}
        write(desk, patient, seen, entered=False)
    for at in range(3):
        visit = {"resourceType": "Encounter", "id": f"e{at}", "subject": subject(f"p{at}")}
        write(desk, visit, entered=True)
    return desk


def found(desk: Any, type_: str, *pairs: tuple[str, str], view: View = VIEW) -> set[str]:
    page = desk.store.search("default", type_, [*pairs, ("_total", "accurate")], view=view)
    names = {one.id for one in page.matches}
    assert page.total == len(names)
    return names | {one.id for one in page.included}


@pytest.mark.parametrize("few", [True, False])
def test_searches_find_nothing_else(filled: Any, few: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not few:  # so many are supervised that each candidate is looked up
        monkeypatch.setattr("gateway.store.search.planner.COUNT_CAP", 1)
    three = {"p0", "p1", "p2"}
    assert found(filled, "Patient") == three
    assert found(filled, "Patient", ("gender", "male")) == three
    assert found(filled, "Patient", ("_id", "p1,p4")) == {"p1"}
    assert found(filled, "Patient", ("name", "n4")) == set()
    assert found(filled, "Patient", ("_has:Observation:subject:_id", "o1")) == set()
    assert found(filled, "Patient", ("_has:Encounter:subject:_id", "e1")) == {"p1"}
    assert found(filled, "Observation") == set()
    assert found(filled, "Encounter", ("subject:Patient.name", "n1"), ("_include", "Encounter:subject")) == {
        "e1", "p1",
    }  # fmt: skip
    assert found(filled, "Patient", ("_revinclude", "Observation:subject"), ("_id", "p0")) == {"p0"}
    assert found(filled, "Patient", view={}) == {f"p{at}" for at in range(6)}


def test_it_goes_with_the_entry(filled: Any) -> None:
    has = filled.store.supervised_business.has
    visit = {"resourceType": "Encounter", "id": "e5", "subject": subject("p5")}
    assert write(filled, visit, entered=True, fails=True).error is not None
    assert not has("default", "Patient", "p5")
    assert write(filled, visit, entered=True).error is None
    assert has("default", "Patient", "p5")
    assert not has("other", "Patient", "p5")
    versions = [filled.store.read("default", "Patient", f"p{at}") for at in (4, 5, 0)]
    assert [one.id for one in filled.store.supervised_business.of(versions)] == ["p5", "p0"]


def test_who_only_stands_for_another_brings_that_one_along(desk: Any) -> None:
    role = {"resourceType": "PractitionerRole", "id": "r", "practitioner": {"reference": "Practitioner/d"}}
    paper = {
        "resourceType": "DocumentReference",
        "id": "f",
        "content": [{"attachment": {"url": "Binary/b"}}],
        "description": '"reference":"Patient/quoted"',
    }
    write(desk, role, paper, entered=False)
    consent = {
        "resourceType": "Consent",
        "id": "c",
        "performer": [{"reference": "PractitionerRole/r/_history/1"}],
        "sourceReference": {"reference": "DocumentReference/f"},
        "patient": {"reference": "https://elsewhere.example/fhir/Patient/far"},
    }
    write(desk, consent, entered=True)
    has = desk.store.supervised_business.has
    for type_, id_ in (
        ("PractitionerRole", "r"),
        ("Practitioner", "d"),
        ("DocumentReference", "f"),
        ("Binary", "b"),
    ):
        assert has("default", type_, id_), type_
    assert not has("default", "Patient", "far")
    assert not has("default", "Patient", "quoted")


def test_places_only_go_forward(filled: Any) -> None:
    places = filled.store.feed_places
    for client, n in (("a", 2), ("b", 3), ("a", 1), ("b", 3)):
        places.acknowledge("default", client, n)
    assert [(one.client, one.n) for one in places.of("default")] == [("a", 2), ("b", 3)]
    assert places.of("nobody") == []


def test_the_first_entry_that_names_something_is_written_down(desk: Any) -> None:
    patient = {"resourceType": "Patient", "id": "p7"}
    visit = {"resourceType": "Encounter", "id": "e7", "subject": subject("p7")}
    seen: dict[str, Any] = {}

    def look(inside: Desk) -> None:
        names = (("Patient", "p7"), ("Encounter", "e7"), ("Patient", "p8"))
        seen["at"] = [inside.entered_with(*one) for one in names]
        entry = inside.entry(seen["at"][0])
        seen["about"] = entry.reference if entry else ""

    def beside(inside: Desk) -> None:
        inside.supervise([inside.write({"resourceType": "Flag", "id": "f7", "subject": subject("p7")})])

    def told(*acts: Any) -> Any:
        done = desk.store.write([Transact("default", "t", [], act=one) for one in (*acts, look)])
        assert not any(one.error for one in done)
        return seen["at"], seen["about"]

    def enter(inside: Desk) -> None:
        inside.append(Entry("visit", "effective", inside.write(visit)))

    def again(inside: Desk) -> None:
        inside.append(Entry("visit", "corrected", inside.write({**visit, "status": "finished"}), (), "", 1))

    assert told(lambda inside: inside.write(patient), beside) == ([0, 0, 0], ""), "no entry, only a flag"
    assert told(enter) == ([1, 1, 0], "Encounter/e7/_history/1"), "also within the batch"
    assert told() == ([1, 1, 0], "Encounter/e7/_history/1")
    assert told(again) == ([1, 1, 0], "Encounter/e7/_history/1")
