"""What a message changes in a resource: a table of cases."""

from __future__ import annotations

from copy import deepcopy
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.store.merge import group, merge

STUB = {"resourceType": "Patient", "id": "p1"}

CASES: list[tuple[str, dict[str, Any], dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    ("new resource", {}, {"gender": "male"}, {}, {"gender": "male"}),
    ("owner replaces", {"gender": "male"}, {"gender": "female"}, {}, {"gender": "female"}),
    ("absent is unchanged", {"gender": "male"}, {"active": True}, {}, {"gender": "male", "active": True}),
    (
        "cleared is removed",
        {"gender": "male", "active": True},
        {},
        {"cleared": ("gender",)},
        {"active": True},
    ),
    (
        "cleared takes the sibling",
        {"birthDate": "1990", "_birthDate": {}},
        {},
        {"cleared": ("birthDate",)},
        {},
    ),
    ("fills where nothing is", {}, {"status": "unknown"}, {"fills": ("status",)}, {"status": "unknown"}),
    (
        "fills never replaces",
        {"status": "final"},
        {"status": "unknown"},
        {"fills": ("status",)},
        {"status": "final"},
    ),
    (
        "fills a cleared one",
        {"status": "final"},
        {"status": "unknown"},
        {"fills": ("status",), "cleared": ("status",)},
        {"status": "unknown"},
    ),
    (
        "stub fills gaps",
        {"gender": "male"},
        {"gender": "female", "active": True},
        {"owns": False},
        {"gender": "male", "active": True},
    ),
    (
        "stub clears nothing",
        {"gender": "male"},
        {},
        {"owns": False, "cleared": ("gender",)},
        {"gender": "male"},
    ),
    (
        "older fills gaps",
        {"gender": "male"},
        {"gender": "female", "active": True},
        {"newer": False},
        {"gender": "male", "active": True},
    ),
    (
        "older clears nothing",
        {"gender": "male"},
        {},
        {"newer": False, "cleared": ("gender",)},
        {"gender": "male"},
    ),
    (
        "choice excludes the other",
        {"valueString": "neg"},
        {"valueQuantity": {"value": 1}},
        {},
        {"valueQuantity": {"value": 1}},
    ),
    (
        "choice counts as present",
        {"effectiveDateTime": "2026"},
        {"effectivePeriod": {"start": "2026"}},
        {"owns": False},
        {"effectiveDateTime": "2026"},
    ),
    (
        "a value ends its absence",
        {"dataAbsentReason": {"text": "pending"}},
        {"valueString": "neg"},
        {},
        {"valueString": "neg"},
    ),
    (
        "a date ends its absence",
        {"_birthDate": {"extension": []}},
        {"birthDate": "1990"},
        {},
        {"birthDate": "1990"},
    ),
    (
        "identifiers are united",
        {"identifier": [{"system": "a", "value": "1"}]},
        {"identifier": [{"system": "b", "value": "1"}]},
        {},
        {"identifier": [{"system": "a", "value": "1"}, {"system": "b", "value": "1"}]},
    ),
    (
        "owner renews an identifier",
        {"identifier": [{"system": "a", "value": "1"}]},
        {"identifier": [{"system": "a", "value": "1", "use": "old"}]},
        {},
        {"identifier": [{"system": "a", "value": "1", "use": "old"}]},
    ),
    (
        "stub adds identifiers only",
        {"identifier": [{"system": "a", "value": "1"}]},
        {"identifier": [{"system": "a", "value": "1", "use": "old"}, {"system": "b", "value": "2"}]},
        {"owns": False},
        {"identifier": [{"system": "a", "value": "1"}, {"system": "b", "value": "2"}]},
    ),
    (
        "a Period keeps its start",
        {"effectivePeriod": {"start": "2026-03-01", "end": "2026-03-02"}},
        {"effectivePeriod": {"end": "2026-03-03"}},
        {},
        {"effectivePeriod": {"start": "2026-03-01", "end": "2026-03-03"}},
    ),
    (
        "a Period is never turned round",
        {"period": {"start": "2026-03-01", "end": "2026-03-02"}},
        {"period": {"start": "2026-03-07T08:00:00+08:00"}},
        {},
        {"period": {"start": "2026-03-07T08:00:00+08:00"}},
    ),
    (
        "a Period of one day is none that is turned round",
        {"period": {"start": "2026-03-07"}},
        {"period": {"end": "2026-03-07T01:00:00+08:00"}},
        {},
        {"period": {"start": "2026-03-07", "end": "2026-03-07T01:00:00+08:00"}},
    ),
    (
        "a part is cleared",
        {"period": {"start": "2026-03-01", "end": "2026-03-02"}, "gender": "male"},
        {},
        {"cleared": ("period.end", "period.nothing", "gender.nothing")},
        {"period": {"start": "2026-03-01"}, "gender": "male"},
    ),
    (
        "with its last part an element goes",
        {"period": {"end": "2026-03-02"}},
        {},
        {"cleared": ("period.end",)},
        {},
    ),
    (
        "older clears no part",
        {"period": {"end": "2026-03-02"}},
        {"period": {"start": "2026-03-01"}},
        {"newer": False, "cleared": ("period.end",)},
        {"period": {"end": "2026-03-02"}},
    ),
    (
        "other elements are replaced whole",
        {"maritalStatus": {"coding": [], "text": "married"}},
        {"maritalStatus": {"coding": [{"code": "S"}]}},
        {},
        {"maritalStatus": {"coding": [{"code": "S"}]}},
    ),
    (
        "precision survives",
        {"valueQuantity": {"value": Decimal("6.50")}},
        {"status": "final"},
        {},
        {"valueQuantity": {"value": Decimal("6.50")}, "status": "final"},
    ),
]


@pytest.mark.parametrize(
    ("stored", "said", "how", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_merge(
    stored: dict[str, Any], said: dict[str, Any], how: dict[str, Any], expected: dict[str, Any]
) -> None:
    before = {**STUB, **stored} if stored else {}
    incoming = {**STUB, **said}
    kept = deepcopy((before, incoming))
    assert merge(before, incoming, **how) == {**STUB, **expected}
    assert (before, incoming) == kept, "neither side is changed"


def at(place: str, status: str, **more: Any) -> dict[str, Any]:
    return {"location": {"reference": f"Location/{place}"}, "status": status, **more}


PLACES: list[tuple[str, list[Any], list[Any], list[Any]]] = [
    ("the same place", [at("a", "active")], [at("a", "active")], [at("a", "active")]),
    (
        "a transfer keeps where the patient was",
        [at("a", "active")],
        [at("b", "active")],
        [at("a", "completed"), at("b", "active")],
    ),
    (
        "the place before is not said twice",
        [at("a", "active")],
        [at("b", "active"), at("a", "completed")],
        [at("a", "completed"), at("b", "active")],
    ),
    (
        "a completed one is replaced",
        [at("a", "completed"), at("b", "active")],
        [at("a", "completed", period={"end": "2026"})],
        [at("a", "completed", period={"end": "2026"}), at("b", "active")],
    ),
    (
        "who comes back is there",
        [at("a", "completed"), at("b", "active")],
        [at("a", "active"), at("b", "completed")],
        [at("a", "active"), at("b", "completed")],
    ),
    (
        "a reserved bed is taken",
        [at("a", "active"), at("b", "reserved")],
        [at("b", "active")],
        [at("a", "completed"), at("b", "active")],
    ),
    (
        "what is not said is unchanged",
        [at("a", "active"), at("t", "active"), at("b", "reserved")],
        [at("a", "active")],
        [at("a", "active"), at("t", "active"), at("b", "reserved")],
    ),
    (
        "what is said as it stands changes nothing",
        [at("a", "active"), at("a", "completed")],
        [at("a", "active"), at("a", "completed")],
        [at("a", "active"), at("a", "completed")],
    ),
]


@pytest.mark.parametrize(("stored", "said", "expected"), [c[1:] for c in PLACES], ids=[c[0] for c in PLACES])
def test_the_places_of_an_encounter_are_a_history(
    stored: list[Any], said: list[Any], expected: list[Any]
) -> None:
    encounter = {"resourceType": "Encounter", "id": "e1"}
    once = merge({**encounter, "location": stored}, {**encounter, "location": said})
    assert once["location"] == expected
    assert merge(once, {**encounter, "location": said}) == once, "the same message again"


def test_a_discharge_keeps_what_the_admission_said() -> None:
    encounter = {"resourceType": "Encounter", "id": "e1"}
    source, home = {"text": "emergency"}, {"text": "home"}
    admitted = {
        **encounter,
        "period": {"start": "2026-03-01"},
        "hospitalization": {"admitSource": source},
    }
    discharge = {
        **encounter,
        "period": {"end": "2026-03-09"},
        "hospitalization": {"dischargeDisposition": home},
    }
    discharged = merge(admitted, discharge)
    assert discharged["period"] == {"start": "2026-03-01", "end": "2026-03-09"}
    assert discharged["hospitalization"] == {"admitSource": source, "dischargeDisposition": home}
    cleared = ("period.end", "hospitalization.dischargeDisposition")
    assert merge(discharged, encounter, cleared=cleared) == admitted


def test_a_cancelled_prescription_keeps_its_timing() -> None:
    order = {"resourceType": "MedicationRequest", "id": "m1"}
    dose, timing = [{"doseQuantity": {"value": 2}}], {"code": {"text": "bid"}}
    stored = {**order, "dosageInstruction": [{"timing": timing, "asNeededBoolean": True, "doseAndRate": []}]}
    said: dict[str, Any] = {"asNeededCodeableConcept": {"text": "pain"}, "doseAndRate": dose}
    assert merge(stored, {**order, "dosageInstruction": [said]})["dosageInstruction"] == [
        {"timing": timing, **said}
    ]
    several = [{"text": "mornings"}, {"text": "evenings"}]
    assert merge(stored, {**order, "dosageInstruction": several})["dosageInstruction"] == several


_names = st.sampled_from(
    [
        "gender",
        "active",
        "valueString",
        "valueQuantity",
        "dataAbsentReason",
        "birthDate",
        "_birthDate",
        "name",
    ]
)
_resources = st.dictionaries(_names, st.integers()).map(lambda elements: {**STUB, **elements})


@given(_resources, _resources, st.booleans(), st.booleans(), st.sets(_names), st.sets(_names))
def test_the_same_message_twice_changes_nothing_more(
    stored: dict[str, Any], said: dict[str, Any], owns: bool, newer: bool, cleared: set[str], fills: set[str]
) -> None:
    how: dict[str, Any] = {"owns": owns, "newer": newer, "cleared": tuple(cleared), "fills": tuple(fills)}
    once = merge(stored, said, **how)
    if not cleared & {group(name) for name in said} and not cleared & set(said):
        assert merge(once, said, **how) == once
    if not owns or not newer:
        assert {name: once[name] for name in stored} == stored


@pytest.mark.parametrize("newer", [True, False])
def test_what_was_entered_in_error_has_no_clinical_status(newer: bool) -> None:
    active = {"resourceType": "Condition", "id": "c", "clinicalStatus": {"coding": [{"code": "active"}]}}
    error = {
        "resourceType": "Condition",
        "id": "c",
        "verificationStatus": {"coding": [{"code": "entered-in-error"}]},
    }
    ended = merge(active, error)
    assert "clinicalStatus" not in ended
    assert "clinicalStatus" not in merge(ended, active, newer=newer), "con-5"


def report(*results: str) -> dict[str, Any]:
    return {
        "resourceType": "DiagnosticReport",
        "id": "r1",
        "result": [{"reference": f"Observation/{one}"} for one in results],
    }


@pytest.mark.parametrize("newer", [True, False])
def test_the_results_of_a_report_come_in_pieces(newer: bool) -> None:
    first = report("glucose", "urea")
    assert merge(first, report("potassium"), newer=newer) == report("glucose", "urea", "potassium")
    assert merge(first, report("urea", "glucose"), newer=newer) == first, "a correction repeats results"
    assert merge(first, report("potassium"), owns=False) == first, "who does not own it adds nothing"
    assert merge(report(), {**report("a")}, newer=newer) == report("a")
