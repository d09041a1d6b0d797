"""FHIR → HL7 v2 → FHIR through the ordinary maps: what the rows that lead out declare is not lost."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.canonical import Envelope
from gateway.mapping import Maps
from gateway.mapping.outbound import Dialect, OutMaps, Resources, said_segments
from gateway.wire import er7
from gateway.wire.er7.write import write

V2 = "http://terminology.hl7.org/CodeSystem/v2-0203"
HAN = "阿安白柏蔡岑程崔邓丁董范方冯高顾韩何贺洪侯胡华江"
TEXT = st.text(
    st.characters(codec="gb18030", exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp", "Cf", "Co", "Cn")),
    min_size=1, max_size=20,
).filter(lambda one: one.strip() == one and one != '""')  # fmt: skip
WORD = st.text("ABCDEFGHKLMNPQ0123456789", min_size=2, max_size=12).filter(lambda one: not one.isdigit())
NUMBER = st.decimals("0.001", "9999", places=3).map(lambda one: one.normalize()).map(
    lambda one: Decimal(format(one, "f"))
)  # fmt: skip
DAY = st.dates().filter(lambda one: one.year >= 1900).map(lambda one: one.isoformat())
MOMENT = st.datetimes().filter(lambda one: one.year >= 1900).map(
    lambda one: f"{one:%Y-%m-%dT%H:%M:%S}+08:00"
)  # fmt: skip
NAME = st.text(HAN, min_size=2, max_size=4)


def typed(code: str) -> dict[str, Any]:
    return {"coding": [{"system": V2, "code": code}]}


@st.composite
def people(draw: st.DrawFn) -> list[dict[str, Any]]:
    """A patient, a visit and a physician."""
    patient: dict[str, Any] = {
        "resourceType": "Patient", "id": "p", "name": [{"text": draw(NAME), "use": "official"}],
        "identifier": [{"system": "urn:oid:2.16.156.10011.1.13", "value": draw(WORD), "type": typed("MR")}],
        "birthDate": draw(DAY), "gender": draw(st.sampled_from(["male", "female", "other", "unknown"])),
    }  # fmt: skip
    visit = {
        "resourceType": "Encounter", "id": "e", "subject": {"reference": "Patient/p"},
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "VR"},
        "identifier": [{"system": "urn:oid:2.16.156.10011.1.11", "value": draw(WORD), "type": typed("VN")}],
        "period": {"start": draw(MOMENT)},
    }  # fmt: skip
    physician = {"resourceType": "Practitioner", "id": "d", "name": [{"text": draw(NAME)}],
                 "identifier": [{"system": "urn:oid:2.16.156.10011.1.4", "value": draw(WORD)}]}  # fmt: skip
    return [patient, visit, physician]


@st.composite
def lines(draw: st.DrawFn) -> list[dict[str, Any]]:
    """The drugs of one prescription."""
    group, found = draw(WORD), []
    for at in range(draw(st.integers(1, 3))):
        unit = draw(st.sampled_from(["g", "mg", "mL"]))
        drug = {"code": f"{draw(WORD)}{at}", "display": draw(TEXT), "system": "urn:qiao:default:codes:99YPDM"}
        found.append({
            "resourceType": "MedicationRequest", "id": f"m{at}", "status": "active", "intent": "order",
            "subject": {"reference": "Patient/p"}, "encounter": {"reference": "Encounter/e"},
            "requester": {"reference": "Practitioner/d"}, "authoredOn": draw(MOMENT),
            "identifier": [{"value": f"{group}-{at}", "type": typed("PLAC")}],
            "groupIdentifier": {"system": "urn:oid:2.16.156.10011.1.20", "value": group},
            "medicationCodeableConcept": {"coding": [drug], "text": drug["display"]},
            "dosageInstruction": [{
                "text": draw(TEXT), "timing": {"code": {"text": draw(st.sampled_from(["QD", "BID", "TID"]))}},
                "route": {"coding": [{"system": "urn:oid:2.16.156.10011.2.3.1.158", "code": "1",
                                      "display": "口服"}], "text": "口服"},
                "doseAndRate": [{"doseQuantity": {"value": draw(NUMBER), "unit": unit}}],
            }],
            "dispenseRequest": {"quantity": {"value": draw(NUMBER), "unit": "片"}},
            "note": [{"text": draw(TEXT)}],
        })  # fmt: skip
    return found


def back(maps: Maps, out: OutMaps, dialect: Dialect, name: str, resources: list[dict[str, Any]],
         charset: str) -> dict[str, list[dict[str, Any]]]:  # fmt: skip
    """What comes back of resources that went out as a message, by type."""
    map_ = out.maps[name]
    segments = said_segments(map_, Resources(resources), dialect, {"control": "NW", "event": "I12"})
    kinds = [{"$event": "I12"}.get(one, one) for one in map_.message]
    header = {
        "3": ["QIAO"], "7": ["20260305090000"], "9": [{str(at): [one] for at, one in enumerate(kinds, 1)}],
        "10": ["Q1"], "11": ["P"], "12": ["2.5.1"], "17": ["CHN"], "18": [charset],
    }  # fmt: skip
    raw = write([("MSH", header), *segments], charset)
    envelope = Envelope("i", "default", "his/hl7v2", "default", 0, "x-application/hl7-v2+er7", "", raw)
    made = maps.translate(er7.parse(raw), envelope, maps.profiles["default"])
    found: dict[str, list[dict[str, Any]]] = {}
    for draft in made.drafts:
        found.setdefault(draft.type, []).append(dict(draft.body))
    return found


QUICK = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@QUICK
@given(people(), lines(), st.sampled_from(["RDE_O11", "OMP_O09"]),
       st.sampled_from(["UNICODE UTF-8", "GB 18030-2000"]))  # fmt: skip
def test_a_prescription_comes_back_as_it_went(
    maps: Maps, out: OutMaps, dialect: Dialect, who: list[dict[str, Any]], drugs: list[dict[str, Any]],
    message: str, charset: str,
) -> None:  # fmt: skip
    found = back(maps, out, dialect, message, [*who, *drugs], charset)
    _same_people(who, found)
    came = {one["identifier"][0]["value"]: one for one in found["MedicationRequest"]}
    for sent in drugs:
        got = came[sent["identifier"][0]["value"]]
        dose, wanted = got["dosageInstruction"][0], sent["dosageInstruction"][0]
        assert got["groupIdentifier"] == sent["groupIdentifier"]
        assert got["authoredOn"] == sent["authoredOn"] and got["status"] == "active"
        assert got["medicationCodeableConcept"] == sent["medicationCodeableConcept"]
        assert (
            dose["text"] == wanted["text"]
            and dose["timing"]["code"]["text"] == wanted["timing"]["code"]["text"]
        )
        assert wanted["route"]["coding"][0] in dose["route"]["coding"]
        quantity, said = dose["doseAndRate"][0]["doseQuantity"], wanted["doseAndRate"][0]["doseQuantity"]
        assert (Decimal(str(quantity["value"])), quantity["unit"]) == (said["value"], said["unit"])
        given_, said = got["dispenseRequest"]["quantity"], sent["dispenseRequest"]["quantity"]
        assert (Decimal(str(given_["value"])), given_["unit"]) == (said["value"], said["unit"])
        assert got["note"] == sent["note"]


@QUICK
@given(people(), WORD, TEXT, TEXT, MOMENT, st.sampled_from(["routine", "urgent", "asap", "stat"]))
def test_a_request_comes_back_as_it_went(
    maps: Maps, out: OutMaps, dialect: Dialect, who: list[dict[str, Any]], number: str, item: str, note: str,
    at: str, priority: str,
) -> None:  # fmt: skip
    sent = {
        "resourceType": "ServiceRequest", "id": "s", "status": "active", "intent": "order",
        "authoredOn": at, "subject": {"reference": "Patient/p"}, "encounter": {"reference": "Encounter/e"},
        "priority": priority,
        "requester": {"reference": "Practitioner/d"},
        "identifier": [{"system": "urn:oid:2.16.156.10011.1.24", "value": number, "type": typed("PLAC")}],
        "code": {"coding": [{"system": "http://loinc.org", "code": "24627-2", "display": item}],
                 "text": item},
        "note": [{"text": note}],
    }  # fmt: skip
    found = back(maps, out, dialect, "ORM_O01", [*who, sent], "UNICODE UTF-8")
    _same_people(who, found)
    (got,) = found["ServiceRequest"]
    for name in ("status", "intent", "authoredOn", "priority", "code", "note"):
        assert got[name] == sent[name], name
    assert got["identifier"][0]["value"] == number
    assert got["identifier"][0]["system"] == "urn:oid:2.16.156.10011.1.24"


@QUICK
@given(people(), WORD, TEXT, MOMENT)
def test_a_referral_comes_back_as_it_went(
    maps: Maps, out: OutMaps, dialect: Dialect, who: list[dict[str, Any]], number: str, reason: str, at: str
) -> None:
    sent = {
        "resourceType": "ServiceRequest", "id": "s", "status": "active", "intent": "order", "authoredOn": at,
        "subject": {"reference": "Patient/p"}, "requester": {"reference": "Practitioner/d"},
        "identifier": [{"system": "urn:qiao:default:id:referral", "value": number, "type": typed("PLAC")}],
        "reasonCode": [{"text": reason}], "note": [{"text": reason}],
    }  # fmt: skip
    found = back(maps, out, dialect, "REF_I12", [*who, sent], "UNICODE UTF-8")
    (got,) = found["ServiceRequest"]
    assert got["identifier"][0]["value"] == number and got["authoredOn"] == at
    assert got["reasonCode"] == sent["reasonCode"] and got["note"] == sent["note"]


def _same_people(who: list[dict[str, Any]], found: dict[str, list[dict[str, Any]]]) -> None:
    patient, visit, physician = who
    (came,) = found["Patient"]
    assert came["name"][0]["text"] == patient["name"][0]["text"]
    assert (came["birthDate"], came["gender"]) == (patient["birthDate"], patient["gender"])
    assert came["identifier"][0]["value"] == patient["identifier"][0]["value"]
    assert came["identifier"][0]["system"] == patient["identifier"][0]["system"]
    (stay,) = found["Encounter"]
    assert stay["class"]["code"] == "VR" and stay["period"]["start"] == visit["period"]["start"]
    assert stay["identifier"][0]["value"] == visit["identifier"][0]["value"]
    doctors = {one["identifier"][0]["value"]: one["name"][0]["text"] for one in found["Practitioner"]}
    assert doctors[physician["identifier"][0]["value"]] == physician["name"][0]["text"]
