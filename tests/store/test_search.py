"""Search: what is found, what is rejected, and pages that neither repeat nor skip."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from gateway.canonical import Draft
from gateway.errors import Rejected
from gateway.store.index import parameters

Make = Callable[..., Draft]
LOINC = "http://loinc.org"


def found(desk: Any, type_: str, *pairs: tuple[str, str], base: str = "") -> list[str]:
    return [match.id for match in desk.store.search("default", type_, pairs, base=base).matches]


@pytest.fixture
def ward(desk: Any, patient: Make, observation: Make) -> Any:
    """Two patients with three observations and an encounter."""
    encounter = {
        "resourceType": "Encounter",
        "id": "e1",
        "status": "in-progress",
        "class": {"code": "IMP"},
        "subject": {"reference": "Patient/p1"},
        "period": {"start": "2026-03-05T08:00:00+08:00"},
    }
    allergy = {
        "resourceType": "AllergyIntolerance",
        "id": "a1",
        "clinicalStatus": {"coding": [{"system": "urn:s", "code": "active"}]},
        "code": {"coding": [{"code": "X"}]},
        "patient": {"reference": "Patient/p1"},
        "reaction": [{"substance": {"coding": [{"code": "Y"}]}, "manifestation": [{"text": "rash"}]}],
    }
    coverage = {
        "resourceType": "Coverage",
        "id": "c1",
        "status": "active",
        "beneficiary": {"reference": "Patient/p2"},
        "payor": [{"display": "市医保"}],
    }
    provenance = {
        "resourceType": "Provenance",
        "id": "v1",
        "recorded": "2026-03-05T08:00:00+08:00",
        "target": [{"reference": "Encounter/e1"}, {"reference": "Patient/p1"}],
        "agent": [{"who": {"display": "HIS"}}],
    }
    desk.stored(
        patient("p1", mrn="MRN-1"),
        patient("p2", mrn="MRN-2"),
        Draft("Encounter", "e1", encounter),
        Draft("AllergyIntolerance", "a1", allergy),
        Draft("Coverage", "c1", coverage),
        Draft("Provenance", "v1", provenance),
    )
    at = {"encounter": {"reference": "Encounter/e1"}}
    desk.stored(observation("o1", subject="p1", effectiveDateTime="2026-03-05T23:30:00+08:00", **at))
    desk.stored(observation("o2", subject="p1", code="2-2", effectiveDateTime="2026-03-06", status="amended"))
    desk.stored(observation("o3", subject="p2", effectivePeriod={"start": "2026-03-05", "end": "2026-03-09"}))
    return desk


@pytest.mark.parametrize(
    ("type_", "query", "expected"),
    [
        ("Observation", [], "o3 o2 o1"),
        ("Observation", [("patient", "p1")], "o2 o1"),
        ("Observation", [("patient", "Patient/p1")], "o2 o1"),
        ("Observation", [("subject", "Patient/p2")], "o3"),
        ("Observation", [("subject:Patient", "p2")], "o3"),
        ("Observation", [("subject", "p2")], "o3"),
        ("Observation", [("patient", "p1,p2")], "o3 o2 o1"),
        ("Observation", [("patient", "p1"), ("patient", "p2")], ""),
        ("Observation", [("encounter", "e1")], "o1"),
        ("Observation", [("encounter", "Encounter/e1"), ("patient", "p2")], ""),
        ("Observation", [("code", "718-7")], "o3 o1"),
        ("Observation", [("code", f"{LOINC}|718-7")], "o3 o1"),
        ("Observation", [("code", "urn:other|718-7")], ""),
        ("Observation", [("code", "|718-7")], ""),
        ("Observation", [("code", "2-2,718-7")], "o3 o2 o1"),
        ("Observation", [("code", "none")], ""),
        ("Observation", [("status", "final")], "o3 o1"),
        ("Observation", [("status", "FINAL")], "o3 o1"),
        ("Observation", [("status", "http://hl7.org/fhir/observation-status|amended")], "o2"),
        ("Observation", [("status", "urn:x|amended")], ""),
        ("Observation", [("status", "final"), ("code", "718-7"), ("patient", "p1")], "o1"),
        ("Observation", [("identifier", "o2")], "o2"),
        ("Observation", [("identifier", "urn:lis|o2")], "o2"),
        ("Observation", [("_id", "o1,o3,nobody")], "o3 o1"),
        ("Observation", [("_id", "o1,o3"), ("_id", "o3")], "o3"),
        ("Observation", [("_id", "o1"), ("patient", "p2")], ""),
        ("AllergyIntolerance", [("code", "Y")], "a1"),
        ("AllergyIntolerance", [("code", "|X"), ("clinical-status", "active")], "a1"),
        ("AllergyIntolerance", [("patient", "p1")], "a1"),
        ("Coverage", [("patient", "p2")], "c1"),
        ("Coverage", [("beneficiary", "Patient/p2"), ("status", "active")], "c1"),
        ("Provenance", [("patient", "p1")], "v1"),
        ("Provenance", [("patient", "p2")], ""),
        ("Patient", [("identifier", "mrn-1")], "p1"),
        ("Organization", [], ""),
    ],
)
def test_what_is_found(ward: Any, type_: str, query: list[tuple[str, str]], expected: str) -> None:
    assert found(ward, type_, *query) == expected.split()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-03-05", "o1"),
        ("eq2026-03-06", "o2"),
        ("2026-03", "o3 o2 o1"),
        ("2026-03-05T23:30:00+08:00", "o1"),
        ("2026-03-05T15:30:00Z", "o1"),
        ("2026-03-05T23:30", "o1"),
        ("ne2026-03-05", "o3 o2"),
        ("gt2026-03-05", "o3 o2"),
        ("ge2026-03-06", "o3 o2"),
        ("lt2026-03-06", "o3 o1"),
        ("le2026-03-05", "o3 o1"),
        ("sa2026-03-05", "o2"),
        ("eb2026-03-06", "o1"),
        ("gt2026-03-09", ""),
        ("lt2026-03-05", ""),
        ("eq2026-03-05,eq2026-03-06", "o2 o1"),
        ("ap2026-03-06", "o3 o2 o1"),
    ],
)
def test_dates(ward: Any, value: str, expected: str) -> None:
    assert found(ward, "Observation", ("date", value)) == expected.split()


def test_a_window_of_dates(ward: Any) -> None:
    window = (("date", "ge2026-03-05T23:00"), ("date", "lt2026-03-06T01:00"))
    assert found(ward, "Observation", *window) == ["o3", "o2", "o1"]
    assert found(ward, "Observation", *window, ("status", "final")) == ["o3", "o1"]


def test_an_open_period_goes_on(ward: Any) -> None:
    assert found(ward, "Encounter", ("date", "gt2030")) == ["e1"]
    assert found(ward, "Encounter", ("date", "lt2026-03-05")) == []


def test_last_updated_takes_prefixes(ward: Any) -> None:
    first, _, last = [ward.store.read("default", "Observation", id_) for id_ in ("o1", "o2", "o3")]
    at = [json.loads(each.body)["meta"]["lastUpdated"] for each in (first, last)]
    assert found(ward, "Observation", ("_lastUpdated", f"gt{at[0]}")) == ["o3", "o2"]
    assert found(ward, "Observation", ("_lastUpdated", f"ge{at[0]}"), ("_lastUpdated", f"lt{at[1]}")) == [
        "o2",
        "o1",
    ]
    assert found(ward, "Observation", ("_lastUpdated", at[0])) == ["o1"]
    assert found(ward, "Observation", ("_lastUpdated", f"ne{at[0]}")) == ["o3", "o2"]
    assert found(ward, "Observation", ("_lastUpdated", "lt2020")) == []
    assert found(ward, "Observation", ("_lastUpdated", "lt2020,ge2020")) == ["o3", "o2", "o1"]


def test_only_the_current_version_is_found(ward: Any, observation: Make) -> None:
    ward.stored(observation("o1", subject="p1", code="9-9"))
    assert found(ward, "Observation", ("code", "718-7")) == ["o3"]
    assert found(ward, "Observation", ("code", "9-9")) == ["o1"]
    assert found(ward, "Observation", ("_id", "o1")) == ["o1"]


def test_the_servers_own_url_is_taken_off_a_reference(ward: Any) -> None:
    base = "http://localhost/fhir"
    assert found(ward, "Observation", ("patient", f"{base}/Patient/p2"), base=base) == ["o3"]
    assert found(ward, "Observation", ("patient", "http://elsewhere/fhir/Patient/p2"), base=base) == []


def test_escaped_separators_belong_to_the_value(desk: Any, patient: Make) -> None:
    desk.stored(patient("p1", mrn="a,b|c"), patient("p2", mrn="a"))
    assert found(desk, "Patient", ("identifier", r"a\,b\|c")) == ["p1"]
    assert found(desk, "Patient", ("identifier", "a")) == ["p2"]


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("foo", "1", "not-supported"),
        ("name", "x", "not-supported"),
        ("performer:Group", "1", "value"),
        ("code:exact", "x", "not-supported"),
        ("code:Patient", "x", "not-supported"),
        ("patient:Group", "1", "value"),
        ("_count:x", "1", "not-supported"),
        ("_sort", "name", "not-supported"),
        ("patient", "", "value"),
        ("patient", "a,,b", "value"),
        ("patient", "Group/1", "value"),
        ("patient", "Patient/1/_history/2", "value"),
        ("patient", "a b", "value"),
        ("code", "a|b|c", "value"),
        ("code", "|", "value"),
        ("date", "yesterday", "value"),
        ("date", "xx2026", "value"),
        ("date", "2026-02-30", "value"),
        ("_lastUpdated", "ge", "value"),
        ("_id", "a/b", "value"),
        ("_id", "x" * 65, "value"),
        ("_count", "-1", "value"),
        ("_count", "1e3", "value"),
        ("_count", "９", "value"),
        ("_total", "maybe", "value"),
        ("_include", "Observation:none", "not-supported"),
        ("_include", "Patient:link", "not-supported"),
        ("_include:exact", "Observation:subject", "not-supported"),
        ("_include", "Observation:specimen:Patient", "value"),
        ("_cursor", "abc", "value"),
        ("_cursor", "é", "value"),
        ("identifier", ",".join("x" * 300), "value"),
        ("code", "'; DROP TABLE version; --", ""),
    ],
)
def test_what_is_rejected_names_the_parameter(ward: Any, name: str, value: str, code: str) -> None:
    if not code:
        assert found(ward, "Observation", (name, value)) == []
        return
    with pytest.raises(Rejected) as raised:
        ward.store.search("default", "Observation", [(name, value)])
    assert (raised.value.code, raised.value.where) == (code, name.partition(":")[0])


def test_pages_of_one_snapshot_while_a_writer_writes(desk: Any, patient: Make) -> None:
    ids = [f"p{n}" for n in range(25)]
    for id_ in ids:
        desk.stored(patient(id_, mrn=id_))
    seen: list[tuple[str, int]] = []
    cursor, turn = None, 0
    while True:
        query = [("_count", "4"), *([("_cursor", cursor)] if cursor else [])]
        page = desk.store.search("default", "Patient", query)
        seen += [(match.id, match.ver) for match in page.matches]
        desk.stored(patient(f"new{turn}", mrn=f"new{turn}"), patient(ids[turn], mrn=ids[turn], gender="male"))
        cursor, turn = page.cursor, turn + 1
        if cursor is None:
            break
    assert seen == [(id_, 1) for id_ in reversed(ids)]
    assert found(desk, "Patient", ("_count", "1000")).__len__() == 25 + turn


@pytest.mark.parametrize(
    "query", [[("patient", "p1")], [("code", "718-7")], [("date", "2026")], [("status", "final")]]
)
def test_every_way_of_searching_pages_completely(
    desk: Any, patient: Make, observation: Make, query: list[tuple[str, str]]
) -> None:
    desk.stored(patient("p1"))
    drafts = [observation(f"o{n}", effectiveDateTime=f"2026-01-{n % 28 + 1:02}") for n in range(31)]
    desk.stored(*drafts)
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = desk.store.search(
            "default", "Observation", [*query, ("_count", "7"), *([("_cursor", cursor)] if cursor else [])]
        )
        seen += [match.id for match in page.matches]
        cursor = page.cursor
    assert seen == [f"o{n}" for n in reversed(range(31))]


def test_a_cursor_is_bound_to_its_search_and_cannot_be_changed(desk: Any, patient: Make) -> None:
    for n in range(3):
        desk.stored(patient(f"p{n}", mrn=str(n)))
    cursor = desk.store.search("default", "Patient", [("_count", "1")]).cursor
    swapped = ("A" if cursor[0] != "A" else "B") + cursor[1:]
    for pairs in (
        [("_cursor", swapped)],
        [("_cursor", cursor[:-2])],
        [("_cursor", cursor), ("identifier", "1")],
    ):
        with pytest.raises(Rejected) as raised:
            desk.store.search("default", "Patient", pairs)
        assert raised.value.where == "_cursor"
    with pytest.raises(Rejected):
        desk.store.search("default", "Organization", [("_cursor", cursor)])
    again = desk.store.search("default", "Patient", [("_count", "2"), ("_cursor", cursor)])
    assert [match.id for match in again.matches] == ["p1", "p0"], "the page may change its size"


def test_totals(ward: Any) -> None:
    def total(*pairs: tuple[str, str]) -> int | None:
        page = ward.store.search("default", "Observation", [*pairs, ("_count", "1")])
        assert len(page.matches) == 1
        following = ward.store.search(
            "default", "Observation", [*pairs, ("_count", "1"), ("_cursor", page.cursor)]
        )
        assert following.total == page.total
        return page.total

    assert total() == 3
    assert total(("_total", "none")) is None
    assert total(("_total", "accurate")) == 3
    assert total(("_total", "accurate"), ("patient", "p1")) == 2
    assert total(("_total", "estimate"), ("status", "final")) == 2


def test_a_count_of_zero_is_only_a_total(ward: Any) -> None:
    page = ward.store.search("default", "Observation", [("_count", "0"), ("_total", "accurate")])
    assert (page.matches, page.total, page.cursor) == ([], 3, None)


def test_includes_come_once_and_never_twice(ward: Any) -> None:
    def included(*names: str) -> set[str]:
        pairs = [("_include", name) for name in names]
        page = ward.store.search("default", "Observation", pairs)
        assert len(page.included) == len({(each.type, each.id) for each in page.included})
        return {f"{each.type}/{each.id}" for each in page.included}

    assert included("Observation:subject") == {"Patient/p1", "Patient/p2"}
    assert included("Observation:patient", "Observation:encounter") == {
        "Patient/p1",
        "Patient/p2",
        "Encounter/e1",
    }
    assert included("Observation:subject:Group") == set()
    assert included("Observation:specimen") == set()


@pytest.mark.parametrize("type_", ["Patient", "Observation", "MedicationRequest", "Location", "Claim"])
def test_every_parameter_of_a_type_can_be_searched(desk: Any, patient: Make, type_: str) -> None:
    desk.stored(patient())
    sample = {"reference": "http://elsewhere/x", "date": "1826", "number": "7", "quantity": "7"}
    for name, parameter in parameters(type_).items():
        if parameter.expression and parameter.type != "composite":
            value = "1|2" if name == "near" else sample.get(parameter.type, "x")
            assert found(desk, type_, (name, value)) == []


def test_pages_while_another_thread_writes(desk: Any, patient: Make) -> None:
    """Every resource of the snapshot once, in one state, however many versions come meanwhile."""
    names = [f"p{n}" for n in range(60)]
    desk.stored(*(patient(name, mrn=name, multipleBirthInteger=0) for name in names))
    done = threading.Event()

    def write() -> None:
        turn = 0
        while not done.is_set() and turn < 500:
            turn += 1
            desk.stored(patient(names[turn % 60], mrn=names[turn % 60], multipleBirthInteger=turn))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(5):
            seen: list[str] = []
            cursor: str | None = ""
            while cursor is not None:
                more = [("_cursor", cursor)] if cursor else []
                page = desk.store.search("default", "Patient", [("_count", "7"), *more])
                seen += [match.id for match in page.matches]
                cursor = page.cursor
            assert sorted(seen) == sorted(names)
    finally:
        done.set()
        writer.join()
