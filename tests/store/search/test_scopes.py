"""Searches of several types, compartments, ``$everything``, ``$lastn``, totals and lenient searches."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.errors import Rejected
from gateway.store import Change, light
from gateway.store.search import Criteria, compartments, find, lastn


def test_several_types_in_one_search(full: Any) -> None:
    assert full.names(full.page("", ("_type", "Patient,Organization"))) == [
        "Patient/p2",
        "Patient/p1",
        "Organization/g1",
        "Organization/g0",
    ]
    shown = full.pages(lambda more: full.page("", ("_lastUpdated", "ge2020"), ("_count", "3"), *more))
    names = [name for page in shown for name in page]
    assert len(names) == len(set(names)) == 13
    page = full.page("", ("_type", "Observation,Encounter"), ("patient", "p1"), ("_sort", "-date"))
    assert full.names(page) == ["Observation/o2", "Observation/o1", "Encounter/e1"]
    assert full.page("", ("_type", "Patient,Practitioner"), ("_count", "0")).total == 3
    for pairs in ([("_type", "Nothing")], [("name", "x")]):
        with pytest.raises(Rejected):
            full.page("", *pairs)


def test_compartments(full: Any) -> None:
    def members(of: str, id_: str, type_: str, *pairs: tuple[str, str]) -> list[str]:
        return full.names(full.store.compartment("default", of, id_, type_, pairs))

    assert members("Patient", "p1", "Observation") == ["Observation/o2", "Observation/o1"]
    assert members("Patient", "p1", "Observation", ("code", "718-7")) == ["Observation/o1"]
    assert members("Patient", "p1", "*") == [
        "DiagnosticReport/r1",
        "Observation/o2",
        "Observation/o1",
        "Encounter/e1",
        "Patient/p1",
    ]
    assert members("Patient", "p1", "*", ("_type", "Encounter")) == ["Encounter/e1"]
    assert members("Encounter", "e1", "Observation") == ["Observation/o1"]
    assert members("Practitioner", "d1", "Observation") == ["Observation/o1"]
    assert members("Patient", "nobody", "*") == []
    for bad in (("Group", "1", "*"), ("Patient", "p1", "Organization"), ("Patient", "a/b", "Observation")):
        with pytest.raises(Rejected):
            members(*bad)


def test_all_five_compartments_are_known() -> None:
    assert {name: len(types) for name, types in compartments().items()} == {
        "Patient": 66,
        "Encounter": 25,
        "Practitioner": 59,
        "RelatedPerson": 32,
        "Device": 32,
    }


def test_everything_of_a_patient_comes_once_over_all_pages(full: Any) -> None:
    def ask(*pairs: tuple[str, str]) -> list[str]:
        return full.names(full.store.everything("default", "Patient", "p1", pairs))

    whole = [
        "Patient/p1",
        "DiagnosticReport/r1",
        "Observation/o2",
        "Observation/o1",
        "Encounter/e1",
        "Practitioner/d1",
        "Organization/g1",
        "Organization/g0",
    ]
    assert ask() == whole
    for count in ("1", "3", "5"):
        shown = full.pages(
            lambda more, count=count: full.store.everything(
                "default", "Patient", "p1", [("_count", count), *more]
            )
        )
        assert [name for page in shown for name in page] == whole
    assert ask(("_type", "Observation,Practitioner")) == [
        "Observation/o2",
        "Observation/o1",
        "Practitioner/d1",
    ]
    assert ask(("start", "2026-03-06"), ("_type", "Observation,Encounter")) == [
        "Observation/o2",
        "Encounter/e1",
    ]
    assert ask(("end", "2026-03-04"), ("_type", "Observation,Encounter")) == []
    assert ask(("_since", "2999-01-01")) == []


def test_everything_of_an_encounter(full: Any) -> None:
    page = full.store.everything("default", "Encounter", "e1", [])
    assert full.names(page)[:2] == ["Encounter/e1", "Observation/o1"]
    assert {"Patient/p1", "Practitioner/d1"} <= set(full.names(page))
    assert "Observation/o2" not in full.names(page)


def test_everything_of_nobody(full: Any) -> None:
    full.desk.transact(Change("delete", "Patient", "p2"))
    for type_, id_, pairs, code in (
        ("Patient", "nobody", [], "not-found"),
        ("Patient", "p2", [], "deleted"),
        ("Observation", "o1", [], "not-supported"),
        ("Patient", "p1", [("name", "x")], "not-supported"),
        ("Patient", "p1", [("start", "x")], "value"),
    ):
        with pytest.raises(Rejected) as raised:
            full.store.everything("default", type_, id_, pairs)
        assert raised.value.code == code


def test_lastn(ward: Any) -> None:
    both = {"coding": [{"code": "A"}, {"code": "B"}]}
    ward.put(
        ward.patient("p1"),
        ward.observation("o1", code="718-7", effectiveDateTime="2026-03-03"),
        ward.observation("o2", code="718-7", effectiveDateTime="2026-03-01"),
        ward.observation("o3", code="718-7", effectiveDateTime="2026-03-02"),
        ward.observation("o4", effectiveDateTime="2026-02-01") | {"code": both},
        ward.observation("o5", effectiveDateTime="2026-02-02") | {"code": {"coding": [{"code": "A"}]}},
        ward.observation("o6", effectiveDateTime="2026-02-03") | {"code": {"coding": [{"code": "B"}]}},
        ward.observation("o7") | {"code": {"text": "only words"}},
    )

    def last(*pairs: tuple[str, str]) -> list[str]:
        return [each.id for each in ward.store.lastn("default", pairs).matches]

    assert last(("patient", "p1")) == ["o1", "o6", "o7"]
    assert last(("patient", "p1"), ("max", "2")) == ["o1", "o3", "o6", "o5", "o7"]
    assert last(("code", "http://loinc.org|718-7"), ("max", "9")) == ["o1", "o3", "o2"]
    for value in ("0", "-1", "x"):
        with pytest.raises(Rejected):
            last(("max", value))


def test_totals_without_matches(full: Any) -> None:
    for pair in (("_summary", "count"), ("_count", "0")):
        page = full.page("Observation", pair, ("code:not", "2-2"))
        assert (page.matches, page.total, page.more) == ([], 2, False)
    assert full.page("Observation").total == 4, "one page shows all"
    assert full.page("Observation", ("_total", "none")).total is None
    assert full.page("Observation", ("_count", "1")).total == 4, "nobody asked, but it costs nothing"
    assert full.page("Observation", ("_count", "9" * 20)).total == 4


def test_a_total_that_nobody_asked_for(full: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients like to have one; where it would cost much, they must ask for it."""
    posted, tested = ("code:not", "2-2"), ("code:text", "x")
    first = full.page("Observation", ("_count", "1"), posted)
    assert (first.total, first.more) == (2, True)
    assert full.page("Observation", ("_count", "1"), posted, ("_cursor", first.cursor)).total == 2
    assert full.page("Observation", ("_count", "1"), ("status", "final")).total == 4
    assert full.page("Observation", ("_count", "1"), tested).total == 0
    monkeypatch.setattr("gateway.store.search.search._FEW", 1)
    assert full.page("Observation", ("_count", "1"), posted).total is None
    assert full.page("Observation", ("_count", "1"), posted, ("_total", "accurate")).total == 2


def test_a_lenient_search_warns_and_leaves_out(full: Any) -> None:
    pairs = [
        ("foo", "1"),
        ("gender:exact", "x"),
        ("name", "lee"),
        ("_sort", "nothing"),
        ("_include", "Foo:bar"),
    ]
    page = full.page("Patient", *pairs, lenient=True)
    assert full.names(page) == ["Patient/p2"]
    assert [text.partition(":")[0] for text in page.warnings] == ["foo", "gender", "_sort", "_include"]
    assert page.used == [("name", "lee")]
    with pytest.raises(Rejected):
        full.page("Patient", ("birthdate", "x"), lenient=True)
    first = full.page("Observation", ("foo", "1"), ("_count", "1"), lenient=True)
    following = full.page("Observation", *first.used, ("_cursor", first.cursor))
    assert full.names(following) == ["Observation/o3"]


def test_find_sees_what_its_own_transaction_has_written(full: Any) -> None:
    session = full.store._session
    with session.transaction() as connection:
        assert find(connection, "default", "Patient", [("name", "lee")]) == ["p2"]
        assert find(connection, "default", "Patient", []) == ["p2", "p1"]
        assert find(connection, "default", "Observation", [("subject.name", "张")], 1) == ["o2"]
        assert find(connection, "default", "Patient", [("_lastUpdated", "ge2020"), ("_id", "p1")]) == ["p1"]
        assert find(connection, "nobody", "Patient", []) == []
        with pytest.raises(Rejected):
            find(connection, "default", "Patient", [("foo", "1")])


def test_criteria_and_search_agree_on_what_was_deleted(full: Any) -> None:
    full.desk.transact(Change("delete", "Observation", "o3"))
    assert full.found("Observation", ("code", "718-7")) == ["o1"]
    assert full.found("Observation", ("code:not", "x")) == ["o4", "o2", "o1"]
    assert full.found("Patient", ("_has:Observation:patient:code", "718-7")) == ["p1"]
    assert Criteria("Observation", [("code", "718-7")], zone="Z").matches(full.observation("o9"))


def test_a_page_of_large_resources_ends_early(ward: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(light, "MAX_BYTES", 2000)
    ward.put(*(ward.patient(f"p{n}", name=[{"text": "x" * 600 * (n % 3 + 1)}]) for n in range(8)))
    for pairs in ([], [("_sort", "name")], [("_sort", "_lastUpdated")]):
        assert ward.page("Patient", *pairs).total == 8
        shown = ward.pages(lambda more, pairs=pairs: ward.page("Patient", *pairs, *more))
        assert len(shown) > 2
        assert sorted(name for page in shown for name in page) == [f"Patient/p{n}" for n in range(8)]


def test_everything_of_large_resources_ends_early(ward: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(light, "MAX_BYTES", 2000)
    large = "x" * 900
    doctors = [f"d{n}" for n in range(5)]
    ward.put(
        ward.patient("p1", generalPractitioner=[{"reference": f"Practitioner/{each}"} for each in doctors]),
        *(ward.observation(f"o{n}", note=[{"text": large}]) for n in range(5)),
        *({"resourceType": "Practitioner", "id": each, "name": [{"text": large}]} for each in doctors),
    )
    shown = ward.pages(lambda more: ward.store.everything("default", "Patient", "p1", more))
    assert max(map(len, shown)) < 4
    names = [name for page in shown for name in page]
    assert sorted(names) == sorted(
        ["Patient/p1"]
        + [f"Observation/o{n}" for n in range(5)]
        + [f"Practitioner/{each}" for each in doctors]
    )


def test_lastn_is_one_page(ward: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ward.put(ward.patient("p1"), *(ward.observation(f"o{n}", code=f"c{n}") for n in range(6)))
    for name in ("_count", "_cursor"):
        with pytest.raises(Rejected) as raised:
            ward.store.lastn("default", [("patient", "p1"), (name, "1")])
        assert (raised.value.code, raised.value.where) == ("not-supported", name)
    assert len(ward.store.lastn("default", [("patient", "p1")]).matches) == 6
    for module, name in ((lastn, "MAX_SHOWN"), (light, "MAX_BYTES")):
        with monkeypatch.context() as patch:
            patch.setattr(module, name, 5)
            with pytest.raises(Rejected) as raised:
                ward.store.lastn("default", [("patient", "p1")])
        assert raised.value.code == "too-costly"
