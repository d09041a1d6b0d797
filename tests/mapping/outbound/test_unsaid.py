"""What a form has no place for is not left out in silence: the document is refused before it leaves."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.errors import Misconfigured, Rejected
from gateway.mapping.outbound import (
    Dialect,
    OutMaps,
    Resources,
    as_json,
    said_body,
    said_rows,
    said_segments,
)

V2 = "http://terminology.hl7.org/CodeSystem/v2-0203"
FACTS = {"control": "NW", "key": "Q1", "happened": "effective", "moment": "20260305090000", "serial": "S1"}
FORMS = ("RDE_O11", "OMP_O09", "json-prescription", "xml-prescription", "table-prescription")
TWICE = {"frequency": 2, "period": 1, "periodUnit": "d"}
DOSE = {"text": "每日一次", "doseAndRate": [{"doseQuantity": {"value": 2, "unit": "片"}}]}


def pool(**more: Any) -> Resources:
    patient = {
        "resourceType": "Patient", "id": "p1", "name": [{"text": "林知夏"}],
        "identifier": [{"type": {"coding": [{"system": V2, "code": "MR"}]}, "value": "MR1"}],
    }  # fmt: skip
    doctor = {"resourceType": "Practitioner", "id": "d1", "name": [{"text": "温如玉"}],
              "identifier": [{"system": "urn:oid:2.16.156.10011.1.4", "value": "D1"}]}  # fmt: skip
    line = {
        "resourceType": "MedicationRequest", "id": "m1", "status": "active", "intent": "order",
        "subject": {"reference": "Patient/p1"}, "requester": {"reference": "Practitioner/d1"},
        "identifier": [{"type": {"coding": [{"system": V2, "code": "PLAC"}]}, "value": "CF1-1"}],
        "groupIdentifier": {"value": "CF1"}, "authoredOn": "2026-03-05T09:03:20+08:00",
        "medicationCodeableConcept": {"text": "氨氯地平片"}, "reasonCode": [{"text": "高血压"}],
        "dosageInstruction": [DOSE], **more,
    }  # fmt: skip
    return Resources([patient, doctor, line])


def said(out: OutMaps, dialect: Dialect, name: str, resources: Resources, **facts: str) -> Any:
    map_ = out.maps[name]
    say = {"hl7v2": said_segments, "rows": said_rows}.get(map_.form, said_body)
    return say(map_, resources, dialect, {**FACTS, **facts})


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("what", "named"), [
    ({"doNotPerform": True}, "doNotPerform"),
    ({"status": "on-hold"}, "status"),
    ({"intent": "plan"}, "intent"),
    ({"modifierExtension": [{"url": "https://a.example/only-if", "valueString": "x"}]}, "modifierExtension"),
    ({"dosageInstruction": [{**DOSE, "modifierExtension": [{"url": "u", "valueBoolean": True}]}]},
     "modifierExtension"),
    ({"dosageInstruction": [{**DOSE, "text": "首日"}, {**DOSE, "text": "以后"}]}, "dosageInstruction[1]"),
    ({"dosageInstruction": [{**DOSE, "maxDosePerAdministration": {"value": 3}}]}, "maxDosePerAdministration"),
    ({"dosageInstruction": [{**DOSE, "asNeededCodeableConcept": {"text": "疼痛时"}}]}, "asNeeded"),
    ({"substitution": {"allowedBoolean": False}}, "substitution"),
    ({"dosageInstruction": [{"doseAndRate": [{"doseQuantity": {"value": 5, "comparator": "<"}}]}]}, "compar"),
    *[({"dosageInstruction": [{**DOSE, "timing": one}]}, "dosageInstruction.timing") for one in (
        {"repeat": {"frequency": 1, "period": 1, "periodUnit": "wk", "dayOfWeek": ["mon"]}},
        {"repeat": {**TWICE, "timeOfDay": ["08:00:00", "20:00:00"]}},
        {"repeat": {"frequency": 3, "frequencyMax": 4, "period": 1, "periodUnit": "d"}},
        {"repeat": {**TWICE, "when": ["ACM"], "offset": 30}},
        {"repeat": {**TWICE, "boundsRange": {"low": {"value": 5}, "high": {"value": 7}}}},
        {"event": ["2026-03-06T08:00:00+08:00"]},
        {"code": {"text": "QD"}, "repeat": TWICE},
        {"code": {"text": "QD"}, "repeat": {"timeOfDay": ["08:00:00"]}},
        {"code": {"text": "TID"}, "repeat": {"duration": 30, "durationUnit": "min"}},
        {"code": {"text": "院内三次"}, "repeat": {**TWICE, "timeOfDay": ["08:00:00", "20:00:00"]}},
        {"code": {"text": "院内三次"}, "repeat": {"duration": 30, "durationUnit": "min"}},
        {"repeat": {**TWICE, "count": 3, "countMax": 6}},
    )],
])  # fmt: skip
def test_what_would_change_the_order_is_refused_and_named(
    form: str, what: dict[str, Any], named: str, out: OutMaps, dialect: Dialect
) -> None:
    with pytest.raises(Rejected, match="must not be left out") as found:
        said(out, dialect, form, pool(**what))
    assert named in found.value.reason and "MedicationRequest/m1" in found.value.reason
    assert said(out, dialect, form, pool(**what), happened="cancelled"), "it can always be taken back"


def test_a_range_of_doses_and_every_note_go_out(out: OutMaps, dialect: Dialect) -> None:
    low, high = {"value": 1, "unit": "片"}, {"value": 2, "unit": "片"}
    resources = pool(
        dosageInstruction=[
            {"doseAndRate": [{"doseRange": {"low": low, "high": high}}], "asNeededBoolean": True}
        ],
        note=[{"text": "饭后"}, {"text": "青霉素过敏"}],
    )
    rxe = next(fields for name, fields in said(out, dialect, "RDE_O11", resources) if name == "RXE")
    assert (rxe["3"], rxe["4"]) == (["1"], ["2"])
    assert rxe["21"] == [{"2": ["饭后"]}, {"2": ["青霉素过敏"]}]
    rxo = next(fields for name, fields in said(out, dialect, "OMP_O09", resources) if name == "RXO")
    assert (rxo["2"], rxo["3"], len(rxo["6"])) == (["1"], ["2"], 2)
    body: Any = as_json(said(out, dialect, "json-prescription", resources))
    assert (body["doctor_name"], body["icd_name"]) == ("温如玉", "高血压")
    wanted = {"dose": "1", "dose_high": "2", "dose_unit": "片", "as_needed": "1", "note": "饭后；青霉素过敏"}
    assert wanted.items() <= body["items"][0].items()
    assert wanted.items() <= said(out, dialect, "table-prescription", resources)[1].values.items()


def test_a_map_of_ones_own_is_guarded_too_and_says_what_it_has_a_place_for(
    out: OutMaps, dialect: Dialect
) -> None:
    rx = {"outbound": "rx", "form": "json", "about": "MedicationRequest",
          "body": {"says[]": {"each": "MedicationRequest.dosageInstruction",
                              "fields": {"t": ".text"}}}}  # fmt: skip
    own = {"outbound": "own", "kinds": {"prescription": {"effective": "rx"}}}
    resources = pool(dosageInstruction=[{"text": "首日2片"}, {"text": "以后1片"}])
    narrow = out.read_set({**own, "maps": [rx]}, "own.yaml").kinds["prescription"]["effective"].map
    with pytest.raises(Rejected, match="dosageInstruction"):
        said_body(narrow, resources, dialect, FACTS)
    wide = out.read_set({**own, "maps": [{**rx, "says": ["dosages"]}]}, "own.yaml")
    body: Any = as_json(said_body(wide.kinds["prescription"]["effective"].map, resources, dialect, FACTS))
    assert [one["t"] for one in body["says"]] == ["首日2片", "以后1片"]
    with pytest.raises(Misconfigured, match="no 'dosage' to say"):
        out.read_set({**own, "maps": [{**rx, "says": ["dosage"]}]}, "own.yaml")


def test_a_diagnosis_that_was_ruled_out_is_not_told_as_one(out: OutMaps, dialect: Dialect) -> None:
    ruled = {"resourceType": "Condition", "id": "c1", "code": {"text": "肺炎"},
             "verificationStatus": {"coding": [{"code": "refuted"}]}}  # fmt: skip
    resources = Resources([*(one for type_ in ("Patient", "Practitioner", "MedicationRequest")
                             for one in pool().of_type(type_)), ruled])  # fmt: skip
    with pytest.raises(Rejected, match="Condition/c1"):
        said(out, dialect, "RDE_O11", resources)


@pytest.mark.parametrize(("repeat", "word"), [
    ({"frequency": 6, "period": 1, "periodUnit": "d"}, "6ID"),
    ({"frequency": 1, "period": 36, "periodUnit": "h"}, "Q36H"),
    ({"period": 1, "periodUnit": "d"}, "QD"),
    ({**TWICE, "count": 14}, "BID"),
    ({"count": 1}, "ST"),
])  # fmt: skip
def test_a_rhythm_without_a_code_has_the_word_of_the_standard(
    repeat: dict[str, Any], word: str, out: OutMaps, dialect: Dialect
) -> None:
    resources = pool(dosageInstruction=[{"timing": {"repeat": repeat}}])
    tq1 = next(fields for name, fields in said(out, dialect, "RDE_O11", resources) if name == "TQ1")
    assert tq1["3"] == [{"1": [word]}]
    assert tq1.get("14", [""]) == [str(repeat.get("count", ""))]


def test_how_often_in_all_is_no_column_and_so_refused(out: OutMaps, dialect: Dialect) -> None:
    counted = pool(dosageInstruction=[{"timing": {"repeat": {**TWICE, "count": 14}}}])
    with pytest.raises(Rejected, match="timing"):
        said(out, dialect, "json-prescription", counted)
    once = pool(dosageInstruction=[{"timing": {"repeat": {"count": 1}}}])
    assert said(out, dialect, "json-prescription", once)["items[]"][0]["frequency"] == ["ST"]


@pytest.mark.parametrize("form", ["json-prescription", "table-prescription"])
def test_days_site_and_all_instructions_have_their_place(form: str, out: OutMaps, dialect: Dialect) -> None:
    days = {"value": 1, "unit": "周", "code": "wk"}
    dosage = {**DOSE, "timing": {"repeat": {**TWICE, "boundsDuration": days}}, "patientInstruction": "忌酒",
              "additionalInstruction": [{"text": "饭前半小时服"}], "site": {"text": "左眼"}}  # fmt: skip
    found = said(out, dialect, form, pool(dosageInstruction=[dosage]))
    line: Any = as_json(found)["items"][0] if form.startswith("json") else found[1].values  # type: ignore[index]
    wanted = {"frequency": "BID", "days": "7", "site": "左眼", "instruction": "每日一次；饭前半小时服；忌酒"}
    assert wanted.items() <= line.items()
    dosage["timing"] = {"repeat": {**TWICE, "boundsDuration": {"value": 36, "code": "h"}}}
    with pytest.raises(Rejected, match="days"):
        said(out, dialect, form, pool(dosageInstruction=[dosage]))


def but(resources: Resources, *types: str) -> list[Any]:
    """The patient, the physician and the line, without some."""
    every = ("Patient", "Practitioner", "MedicationRequest")
    return [one for type_ in every if type_ not in types for one in resources.of_type(type_)]


@pytest.mark.parametrize(("form", "body"), [
    ("json-request", "requests"), ("xml-request", "item"), ("table-request", ""), ("REF_I12", "PRD"),
])  # fmt: skip
def test_a_referral_names_where_to_and_an_order_what_of_the_body(
    form: str, body: str, out: OutMaps, dialect: Dialect
) -> None:
    order = {
        "resourceType": "ServiceRequest", "id": "s1", "status": "active", "intent": "order",
        "subject": {"reference": "Patient/p1"}, "requester": {"reference": "Practitioner/d1"},
        "identifier": [{"value": "SQ1"}], "code": {"text": "转诊"}, "authoredOn": "2026-03-05T09:03:20+08:00",
        "performer": [{"reference": "Organization/o"}], "occurrenceDateTime": "2026-03-09T08:00:00+08:00",
    }  # fmt: skip
    there = {"resourceType": "Organization", "id": "o", "name": "市一院", "identifier": [{"value": "O1"}]}
    facts = {"kind": "referral"}
    resources = Resources([*but(pool(), "MedicationRequest"), order, there])
    found = said(out, dialect, form, resources, **facts)
    if form == "REF_I12":
        assert [fields.get("10") for name, fields in found if name == body][-1] == [
            {"1": ["市一院"], "10": ["O1"]}
        ]
        assert dict(found)["RF1"]["7"] == ["20260309080000"]
    else:
        values = found[0].values if form.startswith("table") else as_json(found)
        line: Any = values[body] if body else values  # type: ignore[index]
        line = line[0] if isinstance(line, list) else line
        wanted = {"destination_no": "O1", "destination_name": "市一院", "planned_at": "2026-03-09 08:00:00"}
        assert wanted.items() <= line.items() and line["issued_at"] == "2026-03-05 09:03:20"
        assert values["serial_no"] == "S1"  # type: ignore[index]
    for more in ({"quantityQuantity": {"value": 2}}, {"orderDetail": [{"text": "增强"}]}):
        with pytest.raises(Rejected, match="must not be left out"):
            said(
                out,
                dialect,
                form,
                Resources([*but(pool(), "MedicationRequest"), {**order, **more}, there]),
                **facts,
            )


def test_a_suspected_diagnosis_goes_out_as_one(out: OutMaps, dialect: Dialect) -> None:
    suspected = {"resourceType": "Condition", "id": "c",
                 "code": {"text": "胃癌", "coding": [{"code": "C16.9"}]},
                 "verificationStatus": {"coding": [{"code": "differential"}]}}  # fmt: skip
    resources = Resources(
        [*but(pool(reasonReference=[{"reference": "Condition/c"}], reasonCode=[])), suspected]
    )
    body: Any = as_json(said(out, dialect, "json-prescription", resources))
    assert (body["icd_code"], body["icd_name"]) == ("C16.9", "胃癌？")
    dg1 = next(fields for name, fields in said(out, dialect, "RDE_O11", resources) if name == "DG1")
    assert dg1["6"] == ["W"]


def test_numbers_and_names_of_before_are_not_told_nor_other_kinds_of_numbers(
    out: OutMaps, dialect: Dialect
) -> None:
    mr = {"coding": [{"system": V2, "code": "MR"}]}
    (patient,) = pool().of_type("Patient")
    patient |= {
        "identifier": [{"type": mr, "use": "old", "value": "OLD"}, {"type": mr, "value": "NEW"}],
        "name": [{"use": "old", "text": "旧名"}, {"text": "林知夏"}],
        "telecom": [{"system": "phone", "use": "old", "value": "1"}, {"system": "phone", "value": "2"}],
    }
    rest = but(pool(), "Patient")
    body: Any = as_json(said(out, dialect, "json-prescription", Resources([patient, *rest])))
    assert (body["patient_no"], body["patient_name"], body["phone"]) == ("NEW", "林知夏", "2")
    pid = dict(said(out, dialect, "RDE_O11", Resources([patient, *rest])))["PID"]
    assert (len(pid["3"]), len(pid["5"]), len(pid["13"])) == (1, 1, 1)
    patient["identifier"] = [{"system": "urn:x:wechat", "value": "openid-77"}]
    with pytest.raises(Rejected, match="patient_no"):
        said(out, dialect, "json-prescription", Resources([patient, *rest]))
    patient["identifier"] += [{"system": "urn:oid:2.16.156.10011.1.3", "value": "990101199104120046"}]
    body = as_json(said(out, dialect, "json-prescription", Resources([patient, *rest])))
    assert body["resident_id"] == "990101199104120046" and "patient_no" not in body


@pytest.mark.parametrize("form", ["RDE_O11", "OMP_O09", "json-prescription", "table-prescription"])
def test_two_lines_with_one_number_are_refused(form: str, out: OutMaps, dialect: Dialect) -> None:
    (line,) = pool().of_type("MedicationRequest")
    two = Resources([*but(pool()), {**line, "id": "m2", "medicationCodeableConcept": {"text": "布洛芬"}}])
    with pytest.raises(Rejected, match="one number"):
        said(out, dialect, form, two)


def test_a_line_that_was_cancelled_on_the_way_is_none_and_one_that_was_taken_back_is_told(
    out: OutMaps, dialect: Dialect
) -> None:
    (line,) = pool().of_type("MedicationRequest")
    gone = {**line, "id": "m2", "status": "cancelled",
            "identifier": [{**line["identifier"][0], "value": "CF1-2"}]}  # fmt: skip
    two = Resources([gone, *but(pool())])
    first: Any = as_json(said(out, dialect, "json-prescription", two))
    assert [one["item_no"] for one in first["items"]] == ["CF1-1"]

    def orders(**facts: str) -> list[tuple[str, str]]:
        found = said(out, dialect, "RDE_O11", two, **facts)
        return [(one["1"][0], one["2"][0]["1"][0]) for name, one in found if name == "ORC"]

    assert orders() == [("NW", "CF1-1")]
    assert orders(control="XO", happened="corrected") == [("CA", "CF1-2"), ("XO", "CF1-1")]
    assert orders(control="CA", happened="cancelled", void="1") == [("CA", "CF1-2"), ("CA", "CF1-1")]
    with pytest.raises(Rejected, match="status"):
        said(out, dialect, "RDE_O11", pool(status="cancelled"))


def test_a_drug_that_is_contained_in_its_line_is_found(out: OutMaps, dialect: Dialect) -> None:
    (line,) = pool().of_type("MedicationRequest")
    del line["medicationCodeableConcept"]
    line |= {"contained": [{"resourceType": "Medication", "id": "med", "code": {"text": "缬沙坦"}}],
             "medicationReference": {"reference": "#med"}}  # fmt: skip
    found = said(out, dialect, "RDE_O11", Resources([*but(pool(), "MedicationRequest"), line]))
    assert dict(found)["RXE"]["2"] == [{"2": ["缬沙坦"]}]


@pytest.mark.parametrize("form", ["RDE_O11", "OMP_O09"])
def test_lines_that_share_a_number_of_the_prescription_have_one_of_their_own(
    out: OutMaps, dialect: Dialect, form: str
) -> None:
    """An identifier that is no PLAC may be that of the whole prescription; two lines are two orders."""
    shared = {"identifier": [{"value": "CF1"}]}
    first, second = pool(**shared), pool(**shared, id="m2", medicationCodeableConcept={"text": "阿司匹林"})
    both = Resources([*first.of_type("Patient"), *first.of_type("Practitioner"),
                      *first.of_type("MedicationRequest"), *second.of_type("MedicationRequest")])  # fmt: skip
    found = [record for name, record in said(out, dialect, form, both) if name == "ORC"]
    assert [one["2"][0]["1"] for one in found] == [["m1"], ["m2"]]


@pytest.mark.parametrize(("identifiers", "number"), [
    ([{"type": {"coding": [{"system": V2, "code": "MD"}]}, "value": "LIC1"}], "LIC1"),
    ([{"type": {"coding": [{"system": V2, "code": "MD"}]}, "value": "LIC1"},
      {"type": {"coding": [{"system": V2, "code": "EI"}]}, "value": "D1"}], "D1"),
    ([{"use": "old", "value": "D0"}, {"value": "D1"}], "D1"),
    ([{"type": {"coding": [{"system": V2, "code": "NNCHN"}]}, "value": "990101199104120046"}], None),
])  # fmt: skip
@pytest.mark.parametrize("form", ["table-prescription", "table-request", "table-visit"])
def test_the_number_of_a_physician_is_that_of_staff_else_of_a_licence(
    form: str, out: OutMaps, dialect: Dialect, identifiers: list[Any], number: str | None
) -> None:
    rest = but(pool(), "Practitioner")
    doctor = {
        "resourceType": "Practitioner",
        "id": "d1",
        "name": [{"text": "温如玉"}],
        "identifier": identifiers,
    }
    visit = {"resourceType": "Encounter", "id": "e1", "status": "in-progress", "class": {"code": "VR"},
             "subject": {"reference": "Patient/p1"},
             "participant": [{"individual": {"reference": "Practitioner/d1"}},
                             {"individual": {"reference": "Practitioner/d2"}}]}  # fmt: skip
    other = {
        "resourceType": "Practitioner",
        "id": "d2",
        "name": [{"text": "莫离"}],
        "identifier": [{"value": "D2"}],
    }
    order = {
        "resourceType": "ServiceRequest",
        "id": "s1",
        "status": "active",
        "intent": "order",
        "code": {"text": "x"},
        "subject": {"reference": "Patient/p1"},
        "requester": {"reference": "Practitioner/d1"},
    }
    found = said(out, dialect, form, Resources([*rest, doctor, other, visit, order]), kind="exam")[0].values
    assert (found.get("doctor_no"), found["doctor_name"]) == (number, "温如玉")


@pytest.mark.parametrize(("form", "at"), [("ORM_O01", ("ORC", "2")), ("REF_I12", ("RF1", "6"))])
@pytest.mark.parametrize(
    ("identifiers", "number"),
    [
        ([{"use": "old", "value": "SQ0"}, {"value": "SQ1"}], "SQ1"),
        ([{"type": {"coding": [{"system": V2, "code": "FILL"}]}, "value": "F9"}, {"value": "SQ1"}], "SQ1"),
        ([{"type": {"coding": [{"system": V2, "code": "FILL"}]}, "value": "F9"}], "s1"),
        ([{"value": "SQ1"}, {"type": {"coding": [{"system": V2, "code": "PLAC"}]}, "value": "SQ2"}], "SQ2"),
    ],
)
def test_the_number_of_a_request_is_neither_of_before_nor_that_of_who_carries_it_out(
    form: str, at: tuple[str, str], out: OutMaps, dialect: Dialect, identifiers: list[Any], number: str
) -> None:
    order = {
        "resourceType": "ServiceRequest",
        "id": "s1",
        "status": "active",
        "intent": "order",
        "code": {"text": "x"},
        "subject": {"reference": "Patient/p1"},
        "identifier": identifiers,
    }
    resources = Resources([*but(pool(), "MedicationRequest"), order])
    found = dict(said(out, dialect, form, resources, kind="exam"))
    assert found[at[0]][at[1]][0]["1"] == [number]  # type: ignore[index]
    (row,) = said(out, dialect, "table-request", resources, kind="exam")
    assert row.values["request_no"] == number


def test_a_code_system_alone_is_no_drug(out: OutMaps, dialect: Dialect) -> None:
    nameless = pool(medicationCodeableConcept={"coding": [{"system": "urn:x"}]})
    with pytest.raises(Rejected, match=r"RXE\.2"):
        said(out, dialect, "RDE_O11", nameless)


def test_a_patient_of_whom_an_internal_number_is_known_has_a_number(out: OutMaps, dialect: Dialect) -> None:
    known = pool()
    (patient,) = known.of_type("Patient")
    patient["identifier"][0]["type"]["coding"][0]["code"] = "PI"
    rows = said(out, dialect, "table-prescription", known)
    assert {one.values.get("patient_no") for one in rows if "patient_no" in one.values} == {"MR1"}
