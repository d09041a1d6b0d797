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
