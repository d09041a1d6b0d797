"""Urgency, the pharmacy, and a dose between two bounds are said, or the document is refused."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.canonical import Envelope
from gateway.errors import Rejected
from gateway.feed.writeback.wire import of_version
from gateway.mapping import Maps
from gateway.mapping.outbound import (
    Dialect,
    OutMaps,
    Resources,
    as_json,
    said_body,
    said_rows,
    said_segments,
)
from gateway.wire import er7
from gateway.wire.er7.write import write

V2 = "http://terminology.hl7.org/CodeSystem/v2-0203"
V3 = "http://terminology.hl7.org/CodeSystem/v3-substanceAdminSubstitution"
FORMS = ("RDE_O11", "OMP_O09", "json-prescription", "xml-prescription", "table-prescription")
DOSE = {"text": "每日一次", "doseAndRate": [{"doseQuantity": {"value": 2, "unit": "片"}}]}
PHARMACY = {
    "resourceType": "Organization",
    "id": "ph",
    "name": "渡桥大药房",
    "identifier": [{"value": "YF1"}],
}


def told(out: OutMaps, dialect: Dialect, form: str, version: str = "2.5.1", **more: Any) -> Any:
    """What leaves of a prescription of one line: of tables the columns of the line."""
    patient = {"resourceType": "Patient", "id": "p1", "name": [{"text": "林知夏"}],
               "identifier": [{"type": {"coding": [{"system": V2, "code": "MR"}]},
                               "value": "MR1"}]}  # fmt: skip
    line = {
        "resourceType": "MedicationRequest", "id": "m1", "status": "active", "intent": "order",
        "subject": {"reference": "Patient/p1"}, "groupIdentifier": {"value": "CF1"},
        "identifier": [{"type": {"coding": [{"system": V2, "code": "PLAC"}]}, "value": "CF1-1"}],
        "medicationCodeableConcept": {"text": "氨氯地平片"}, "dosageInstruction": [DOSE], **more,
    }  # fmt: skip
    map_, pool = out.maps[form], Resources([patient, PHARMACY, line])
    facts = {"control": "NW", "key": "Q1", "happened": "effective", "moment": "20260305090000",
             "serial": "S1", "kind": "prescription", **of_version(version)}  # fmt: skip
    if map_.form == "hl7v2":
        return said_segments(map_, pool, dialect, facts)
    if map_.form == "rows":
        return dict(said_rows(map_, pool, dialect, facts)[-1].values)
    body: Any = as_json(said_body(map_, pool, dialect, facts))
    return body["items"][0] if "items" in body else body["item"]


def back(maps: Maps, segments: Any) -> dict[str, Any]:
    """The MedicationRequest that HL7 v2 becomes on the way in."""
    header = {"9": [{"1": ["RDE"], "2": ["O11"], "3": ["RDE_O11"]}], "10": ["Q1"], "11": ["P"],
              "12": ["2.5.1"], "18": ["UNICODE UTF-8"]}  # fmt: skip
    raw = write([("MSH", header), *segments], "UNICODE UTF-8")
    envelope = Envelope("i", "default", "his/hl7v2", "default", 0, "x-application/hl7-v2+er7", "", raw)
    drafts = maps.translate(er7.parse(raw), envelope, maps.profiles["default"]).drafts
    return next(dict(one.body) for one in drafts if one.body["resourceType"] == "MedicationRequest")


def concept(**coding: str) -> dict[str, Any]:
    return {
        "allowedCodeableConcept": {"coding": [{"system": V3, **coding}] if coding else [], "text": "不可替代"}
    }


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("substitution", [concept(code="N", display="none"), concept(), concept(code="X9")])
def test_do_not_substitute_is_said_or_refused(
    form: str, substitution: dict[str, Any], out: OutMaps, dialect: Dialect
) -> None:
    if form in ("RDE_O11", "OMP_O09") and substitution == concept(code="N", display="none"):
        segments = dict(told(out, dialect, form, substitution=substitution))
        assert segments["RXE" if form == "RDE_O11" else "RXO"]["9"] == ["N"]
        return
    with pytest.raises(Rejected, match="substitution") as refused:
        told(out, dialect, form, substitution=substitution)
    assert refused.value.code == "unsaid"


@pytest.mark.parametrize("form", FORMS)
def test_a_substitution_that_is_allowed_stops_nothing(form: str, out: OutMaps, dialect: Dialect) -> None:
    assert told(out, dialect, form, substitution=concept(code="G"))
    assert told(out, dialect, form, substitution={"allowedBoolean": True})


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("range_", [
    {"low": {"value": 500, "unit": "mg"}, "high": {"value": 1, "unit": "g"}},
    {"low": {"value": 1, "unit": "片"}}, {"high": {"value": 2, "unit": "片"}},
    {"low": {"value": 1}, "high": {"value": 2, "unit": "片"}},
    {"low": {"unit": "片"}, "high": {"value": 2, "unit": "片"}},
])  # fmt: skip
def test_a_dose_is_between_two_bounds_of_one_unit(
    form: str, range_: dict[str, Any], out: OutMaps, dialect: Dialect
) -> None:
    with pytest.raises(Rejected, match="doseRange"):
        told(out, dialect, form, dosageInstruction=[{"doseAndRate": [{"doseRange": range_}]}])


def test_bounds_of_one_unit_are_told_however_it_is_called(out: OutMaps, dialect: Dialect) -> None:
    ucum = {"system": "http://unitsofmeasure.org", "code": "mg"}
    range_ = {"low": {"value": 250, "unit": "毫克", **ucum}, "high": {"value": 500, "unit": "mg", **ucum}}
    found = told(
        out, dialect, "json-prescription", dosageInstruction=[{"doseAndRate": [{"doseRange": range_}]}]
    )
    assert (found["dose"], found["dose_high"], found["dose_unit"]) == ("250", "500", "mg")


@pytest.mark.parametrize("form", FORMS[2:])
def test_an_urgent_line_says_so(form: str, out: OutMaps, dialect: Dialect) -> None:
    assert told(out, dialect, form, priority="stat")["priority"] == "stat"
    assert "priority" not in told(out, dialect, form, priority="routine")


def test_an_urgent_line_is_urgent_in_hl7_v2_also_where_it_is_as_needed(
    maps: Maps, out: OutMaps, dialect: Dialect
) -> None:
    said = {"priority": "stat", "dosageInstruction": [{**DOSE, "asNeededBoolean": True}]}
    found = back(maps, told(out, dialect, "RDE_O11", **said))
    assert found["priority"] == "stat"
    assert found["dosageInstruction"][0]["asNeededBoolean"] is True


def test_an_urgent_prescription_is_no_document_that_does_not_say_it(out: OutMaps, dialect: Dialect) -> None:
    with pytest.raises(Rejected, match=r"MedicationRequest/m1 priority"):
        told(out, dialect, "C0004", priority="stat")


@pytest.mark.parametrize("performer", [
    {"reference": "Organization/ph"}, {"identifier": {"value": "YF1"}, "display": "渡桥大药房"},
])  # fmt: skip
def test_where_it_is_dispensed_is_told(performer: dict[str, Any], out: OutMaps, dialect: Dialect) -> None:
    said = {"dispenseRequest": {"performer": performer}}
    for form in FORMS[2:]:
        found = told(out, dialect, form, **said)
        assert (found["pharmacy_no"], found["pharmacy_name"]) == ("YF1", "渡桥大药房")
    assert dict(told(out, dialect, "RDE_O11", **said))["RXE"]["40"] == [{"1": ["YF1"], "2": ["渡桥大药房"]}]
    for form, version in (
        ("RDE_O11", "2.4"),
        ("OMP_O09", "2.5.1"),
    ):  # no other order, if another pharmacy gives it
        assert told(out, dialect, form, version, **said)
    with pytest.raises(Rejected, match=r"dispenseRequest\.performer"):
        told(out, dialect, "C0004", "", **said)


@pytest.mark.parametrize("form", FORMS[:2])
@pytest.mark.parametrize(("priority", "words"), [("routine", ["PRN"]), ("stat", ["S", "PRN"])])
def test_as_needed_stands_behind_nothing_but_what_is_urgent(
    form: str, priority: str, words: list[str], out: OutMaps, dialect: Dialect
) -> None:
    said = {"priority": priority, "dosageInstruction": [{**DOSE, "asNeededBoolean": True}]}
    assert dict(told(out, dialect, form, **said))["TQ1"]["9"] == words


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("said", [
    {"dispenseInterval": {"value": 7, "unit": "d"}},
    {"initialFill": {"quantity": {"value": 7, "unit": "片"}}},
])  # fmt: skip
def test_how_it_is_dispensed_in_parts_is_refused(
    form: str, said: dict[str, Any], out: OutMaps, dialect: Dialect
) -> None:
    with pytest.raises(Rejected, match="dispenseRequest") as refused:
        told(out, dialect, form, dispenseRequest=said)
    assert refused.value.code == "unsaid"
