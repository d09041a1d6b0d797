"""A document is of one patient and one visit, and each number in it is of whom its name is."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.errors import Misconfigured, Rejected
from gateway.feed.writeback.wire import of_version
from gateway.mapping import Maps
from gateway.mapping.outbound import (
    Dialect,
    OutMaps,
    Resources,
    as_json,
    dialect_of,
    said_body,
    said_rows,
    said_segments,
)
from gateway.mapping.outbound.rows import Shapes
from gateway.mapping.outbound.speech import Speech

V2 = "http://terminology.hl7.org/CodeSystem/v2-0203"
FACTS = {
    "control": "NW", "key": "Q1", "happened": "effective", "moment": "20260305090000", "serial": "S1",
    "kind": "prescription", "today": "20260305", "event": "A04", "structure": "ADT_A01",
    **of_version("2.5.1"),
}  # fmt: skip
OWN, BRANCH = "urn:oid:2.16.156.10011.1.13", "urn:qiao:default:authority:FENYUAN"
STAFF, RESIDENT = "urn:oid:2.16.156.10011.1.4", "urn:oid:2.16.156.10011.1.3"
MOTHER = {
    "resourceType": "Patient", "id": "mother", "name": [{"text": "林知夏"}],
    "telecom": [{"system": "phone", "value": "13911112222"}],
    "identifier": [{"system": RESIDENT, "value": "990101199104120024"}],
}  # fmt: skip
STAY = {
    "resourceType": "Encounter", "id": "stay", "status": "finished", "class": {"code": "IMP"},
    "identifier": [{"system": "urn:oid:2.16.156.10011.1.12", "value": "ZY777"}],
    "serviceType": {"coding": [{"code": "02", "display": "外科"}]},
    "period": {"start": "2026-02-01T09:00:00+08:00", "end": "2026-02-09T09:00:00+08:00"},
    "subject": {"reference": "Patient/p1"},
}  # fmt: skip
PRESCRIPTIONS = ("json-prescription", "xml-prescription", "table-prescription")


def number(value: str, code: str = "MR", system: str = OWN) -> dict[str, Any]:
    return {"type": {"coding": [{"system": V2, "code": code}]}, "system": system, "value": value}


def physician(id_: str, name: str, value: str = "") -> dict[str, Any]:
    return {"resourceType": "Practitioner", "id": id_, "name": [{"text": name}],
            "identifier": [{"system": STAFF, "value": value}] if value else []}  # fmt: skip


def concerned(
    *others: dict[str, Any], patient: Any = None, visit: Any = None, **more: Any
) -> list[dict[str, Any]]:
    """Resources of one prescription, with others at hand before them."""
    return [
        *others,
        {"resourceType": "Patient", "id": "p1", "name": [{"text": "林知夏之子"}], "birthDate": "2026-03-04",
         "identifier": [number("MRBABY")], **(patient or {})},
        {"resourceType": "Encounter", "id": "e1", "status": "in-progress", "class": {"code": "VR"},
         "subject": {"reference": "Patient/p1"}, "period": {"start": "2026-03-05T09:00:00+08:00"},
         **(visit or {})},
        physician("d1", "温如玉", "D1"),
        {"resourceType": "MedicationRequest", "id": "m1", "status": "active", "intent": "order",
         "subject": {"reference": "Patient/p1"}, "encounter": {"reference": "Encounter/e1"},
         "requester": {"reference": "Practitioner/d1"}, "identifier": [number("CF1-1", "PLAC", "urn:x")],
         "groupIdentifier": {"value": "CF1"}, "authoredOn": "2026-03-05T09:03:20+08:00",
         "medicationCodeableConcept": {"text": "氨氯地平片"}, "reasonCode": [{"text": "高血压"}],
         "dosageInstruction": [{"doseAndRate": [{"doseQuantity": {"value": 2, "unit": "片"}}]}],
         **more},
    ]  # fmt: skip


def told(out: OutMaps, dialect: Dialect, form: str, resources: list[dict[str, Any]], **facts: str) -> Any:
    """What leaves: of tables the columns of the first row, of HL7 v2 segments."""
    map_ = out.maps[form]
    said = {**FACTS, **facts}
    if map_.form == "hl7v2":
        return said_segments(map_, Resources(resources), dialect, said)
    if map_.form == "rows":
        return dict(said_rows(map_, Resources(resources), dialect, said)[0].values)
    return as_json(said_body(map_, Resources(resources), dialect, said))


@pytest.mark.parametrize("form", PRESCRIPTIONS)
def test_who_is_linked_with_the_patient_is_not_in_the_document(
    form: str, out: OutMaps, dialect: Dialect
) -> None:
    linked = {"link": [{"other": {"reference": "Patient/mother"}, "type": "seealso"}]}
    found = told(out, dialect, form, concerned(MOTHER, patient=linked))
    assert found["patient_no"] == "MRBABY"
    assert found["patient_name"] == "林知夏之子"
    assert not {"resident_id", "phone"} & set(found)


@pytest.mark.parametrize("form", PRESCRIPTIONS)
def test_a_visit_has_nothing_of_the_stay_that_it_is_a_part_of(
    form: str, out: OutMaps, dialect: Dialect
) -> None:
    part = {"partOf": {"reference": "Encounter/stay"}}
    assert "visit_no" not in told(out, dialect, form, concerned(STAY, visit=part))


@pytest.mark.parametrize("form", ["json-visit", "xml-visit", "table-visit"])
def test_a_visit_that_goes_on_has_not_ended(form: str, out: OutMaps, dialect: Dialect) -> None:
    part = {"partOf": {"reference": "Encounter/stay"}}
    visit = [one for one in concerned(visit=part) if one["resourceType"] != "MedicationRequest"]
    found = told(out, dialect, form, [*visit, STAY], kind="visit")
    assert found["began_at"] == "2026-03-05 09:00:00"
    assert not {"visit_no", "ended_at", "subject_code"} & set(found)


def test_a_patient_who_is_not_at_hand_is_nobody_else(out: OutMaps, dialect: Dialect) -> None:
    without = [one for one in concerned(MOTHER) if one.get("id") != "p1"]
    with pytest.raises(Rejected, match="patient_no"):
        told(out, dialect, "json-prescription", without)
    with pytest.raises(Rejected, match="no Patient"):
        told(out, dialect, "RDE_O11", without)


@pytest.mark.parametrize("form", PRESCRIPTIONS)
def test_the_first_diagnosis_has_no_code_of_the_second(form: str, out: OutMaps, dialect: Dialect) -> None:
    illnesses = [
        {"resourceType": "Condition", "id": "c1", "subject": {"reference": "Patient/p1"},
         "code": {"text": "高血压"}},
        {"resourceType": "Condition", "id": "c2", "subject": {"reference": "Patient/p1"},
         "code": {"coding": [{"code": "E11.9", "display": "2型糖尿病"}]}},
    ]  # fmt: skip
    reasons = [{"reference": "Condition/c1"}, {"reference": "Condition/c2"}]
    found = told(out, dialect, form, concerned(*illnesses, reasonCode=[], reasonReference=reasons))
    assert found["icd_name"] == "高血压"
    assert "icd_code" not in found


@pytest.mark.parametrize("form", PRESCRIPTIONS)
def test_one_physician_has_no_number_of_another(form: str, out: OutMaps, dialect: Dialect) -> None:
    first = concerned(physician("d0", "李无号"), requester={"reference": "Practitioner/d0"})
    second = {**concerned()[-1], "id": "m2", "identifier": [number("CF1-2", "PLAC", "urn:x")]}
    found = told(out, dialect, form, [*first, second])
    assert found["doctor_name"] == "李无号"
    assert "doctor_no" not in found


@pytest.mark.parametrize("form", PRESCRIPTIONS)
def test_a_number_of_staff_goes_before_one_of_a_licence(form: str, out: OutMaps, dialect: Dialect) -> None:
    both = [number("LIC1", "MD", "urn:x"), {"system": STAFF, "value": "D7"}]
    licensed = {**physician("d0", "温如玉"), "identifier": both}
    found = told(out, dialect, form, concerned(licensed, requester={"reference": "Practitioner/d0"}))
    assert found["doctor_no"] == "D7"


@pytest.mark.parametrize("form", PRESCRIPTIONS)
def test_an_old_address_with_a_type_stops_nothing(form: str, out: OutMaps, dialect: Dialect) -> None:
    moved = [
        {"use": "old", "type": "postal", "text": "旧址"},
        {"use": "home", "type": "both", "text": "新址"},
    ]
    assert told(out, dialect, form, concerned(patient={"identifier": [number("MR1")], "address": moved}))


@pytest.mark.parametrize("form", PRESCRIPTIONS)
def test_a_physician_who_is_only_named_has_the_number_that_is_named(
    form: str, out: OutMaps, dialect: Dialect
) -> None:
    named = {"identifier": {"system": STAFF, "value": "D77"}, "display": "张远"}
    found = told(out, dialect, form, concerned(requester=named))
    assert (found["doctor_no"], found["doctor_name"]) == ("D77", "张远")


GUARDIAN = {
    "resourceType": "RelatedPerson", "id": "r", "name": [{"text": "林母"}],
    "identifier": [{"system": RESIDENT, "value": "990101199104120024"}],
}  # fmt: skip


@pytest.mark.parametrize(("participants", "wanted"), [
    ([("PART", "RelatedPerson/r"), ("ATND", "Practitioner/d1")], ("D1", "温如玉")),
    ([("", "RelatedPerson/r"), ("", "Practitioner/d1")], ("D1", "温如玉")),
    ([("REF", "Practitioner/d1"), ("", "Practitioner/d0")], (None, "李无号")),
    ([("", "Practitioner/d0"), ("", "Practitioner/d1")], (None, "李无号")),
    ([("", "Practitioner/d0"), ("PPRF", "Practitioner/d1")], ("D1", "温如玉")),
    ([("CON", "Practitioner/d1")], (None, None)),
])  # fmt: skip
def test_the_physician_of_a_visit_is_one_who_attends(
    participants: list[tuple[str, str]], wanted: tuple[str, str], out: OutMaps, dialect: Dialect
) -> None:
    listed = [
        {"individual": {"reference": name}, **({"type": [{"coding": [{"code": code}]}]} if code else {})}
        for code, name in participants
    ]
    visit = concerned(GUARDIAN, physician("d0", "李无号"), visit={"participant": listed})[:-1]
    found = told(out, dialect, "table-visit", visit, kind="visit")
    assert (found.get("doctor_no"), found.get("doctor_name")) == wanted


@pytest.mark.parametrize(("performers", "wanted"), [
    (["Organization/o", "Practitioner/d1"], (None, "渡桥市第一医院")),
    (["Practitioner/d1", "Organization/o"], (None, "渡桥市第一医院")),
    (["Practitioner/d1"], ("D1", "温如玉")),
    (["PractitionerRole/x"], (None, "渡桥市第一医院")),
])  # fmt: skip
def test_a_destination_is_one_place_or_one_person(
    performers: list[str], wanted: tuple[str, str], out: OutMaps, dialect: Dialect
) -> None:
    referral = {
        "resourceType": "ServiceRequest", "id": "s1", "status": "active", "intent": "order",
        "subject": {"reference": "Patient/p1"}, "identifier": [number("SQ1", "PLAC", "urn:x")],
        "code": {"text": "转诊"}, "performer": [{"reference": name} for name in performers],
    }  # fmt: skip
    place = {"resourceType": "Organization", "id": "o", "name": "渡桥市第一医院"}
    role = {"resourceType": "PractitionerRole", "id": "x", "practitioner": {"reference": "Practitioner/d1"},
            "organization": {"reference": "Organization/o"}}  # fmt: skip
    found = told(out, dialect, "table-request", [*concerned(place, role)[:-1], referral], kind="referral")
    assert (found.get("destination_no"), found["destination_name"]) == wanted


@pytest.mark.parametrize("form", PRESCRIPTIONS)
@pytest.mark.parametrize("own", [number("MR1"), {"system": OWN, "value": "MR1"}])
def test_the_number_of_the_patient_is_of_the_register_of_the_receiver(
    form: str, own: dict[str, Any], out: OutMaps, dialect: Dialect
) -> None:
    several = {"identifier": [number("FY-1", "MR", BRANCH), own]}
    assert told(out, dialect, form, concerned(patient=several))["patient_no"] == "MR1"
    pid = dict(told(out, dialect, "RDE_O11", concerned(patient=several)))["PID"]
    assert [one["1"][0] for one in pid["3"]] == ["MR1", "FY-1"]


def test_a_register_that_is_named_is_the_only_one(maps: Maps, out: OutMaps) -> None:
    branch = dialect_of(maps.profiles["default"], maps.tables, BRANCH)
    several = {"identifier": [number("MR1"), number("FY-1", "MR", BRANCH)]}
    assert told(out, branch, "json-prescription", concerned(patient=several))["patient_no"] == "FY-1"
    with pytest.raises(Rejected, match="patient_no"):
        told(out, branch, "json-prescription", concerned(patient={"identifier": [number("MR1")]}))
    known = {"identifier": [number("MR1"), {"system": RESIDENT, "value": "990101202603040013"}]}
    found = told(out, branch, "json-prescription", concerned(patient=known))
    assert found["resident_id"] == "990101202603040013"
    assert "patient_no" not in found
    untyped = {"identifier": [number("MR1"), {"system": BRANCH, "value": "FY-2"}]}
    assert told(out, branch, "json-prescription", concerned(patient=untyped))["patient_no"] == "FY-2"


def test_rows_beside_others_are_all_of_one_element(dialect: Dialect) -> None:
    shapes = Shapes({}, {}, frozenset())
    said = {
        "+who": {"path": [".a", ".b"], "fields": {"no": ".no", "name": ".name"}},
        "+none": {"path": ".c", "always": True, "fields": {"place": {"path": ".x", "default": "-"}}},
        "+gone": {"path": ".c", "fields": {"gone": {"path": ".x", "default": "-"}}},
    }
    speech = Speech(Resources(()), dialect, {}, constants=True)
    here = {"a": [{"name": "甲"}, {"no": "2", "name": "乙"}], "b": {"no": "3"}}
    assert speech.record(shapes.fields(said, "t"), here) == {"name": ["甲"], "place": ["-"]}
    with pytest.raises(Misconfigured, match="has fields"):
        shapes.fields({"+who": {"path": ".a"}}, "t")
