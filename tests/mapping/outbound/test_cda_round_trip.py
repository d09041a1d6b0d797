"""FHIR → WS/T 500 → FHIR by the ordinary maps: valid by its schema, and nothing that they declare is lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, find, given, settings
from hypothesis import strategies as st

from gateway.canonical import Envelope
from gateway.canonical.placeholders import is_placeholder
from gateway.mapping import Maps
from gateway.mapping.outbound import Dialect, OutMaps, Resources, said_body
from gateway.wire import xml
from gateway.wire.xml.write import write

Faults = Callable[[str, bytes], list[str]]
Found = dict[str, list[dict[str, Any]]]
V2 = "http://terminology.hl7.org/CodeSystem/v2-0203"
OID = "urn:oid:2.16.156.10011."
HAN = "阿安白柏蔡岑程崔邓丁董范方冯高顾韩何贺洪侯胡华江"
NOTHING = ("NULL", "NAN", "N/A")
"""What stands for nothing where it comes in."""

TEXT = st.text(
    st.characters(codec="gb18030", exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp", "Cf", "Co", "Cn")),
    min_size=2,
    max_size=20,
).filter(
    lambda one: (
        any(sign in HAN or sign.isalpha() for sign in one)
        and not is_placeholder(one)
        and one.upper() not in NOTHING
    )
)
NAME = st.text(HAN, min_size=2, max_size=4)
WORD = st.text("ABCDEFGHKLMNPQ0123456789", min_size=3, max_size=12).filter(lambda one: not one.isdigit())
NUMBER = st.decimals("0.01", "9999", places=2).map(lambda one: Decimal(format(one.normalize(), "f")))
DAY = st.dates(date(1930, 1, 1), date(2020, 12, 31)).map(lambda one: one.isoformat())
DAYS = st.dates(date(2026, 3, 1), date(2026, 12, 31))
MOMENT = st.builds(lambda day, time: f"{day}T{time:%H:%M:%S}+08:00", DAYS, st.times())
ROUTES = {"1": "口服", "4": "注射用药", "6": "局部用药"}
FORMS = {
    "01": "片剂(素片、压制片),浸膏片,非包衣片",
    "19": "胶囊剂,硬胶囊",
    "16": "注射液(水针剂),油针剂,混悬针剂",
}
RESIDENTS = ("99010119951123045X", "990101197805120011")


def typed(code: str) -> dict[str, Any]:
    return {"coding": [{"system": V2, "code": code}]}


def plain(value: Any) -> Decimal:
    return Decimal(str(value)).normalize()


@st.composite
def people(draw: st.DrawFn, inpatient: bool = False) -> list[dict[str, Any]]:
    """A patient, a visit, a physician, a hospital and a diagnosis."""
    register, class_ = (("1.12", "IMP"), ("1.11", "AMB"))[not inpatient]
    number, icd, name = (
        draw(WORD),
        f"{draw(st.sampled_from('ABEIJ'))}{draw(st.integers(10, 99))}.900",
        draw(TEXT),
    )
    return [
        {"resourceType": "Patient", "id": "p", "name": [{"text": draw(NAME)}], "birthDate": draw(DAY),
         "gender": draw(st.sampled_from(["male", "female", "unknown"])),
         "telecom": [{"system": "phone", "value": "10000012345"}],
         "identifier": [{"system": f"{OID}1.3", "value": draw(st.sampled_from(RESIDENTS))}]},
        {"resourceType": "Encounter", "id": "e", "subject": {"reference": "Patient/p"},
         "class": {"code": class_}, "period": {"start": "2026-03-05T09:00:00+08:00"},
         "serviceType": {"text": draw(NAME)},
         "identifier": [{"system": f"{OID}{register}", "value": number, "type": typed("VN")}]},
        {"resourceType": "Practitioner", "id": "d", "name": [{"text": draw(NAME)}],
         "identifier": [{"system": f"{OID}1.4", "value": draw(WORD)}]},
        {"resourceType": "Organization", "id": "h", "name": draw(NAME),
         "identifier": [{"system": f"{OID}1.5", "value": "12990101MB0000000X"}]},
        {"resourceType": "Condition", "id": "c", "subject": {"reference": "Patient/p"},
         "code": {"coding": [{"system": f"{OID}2.3.3.11.3", "code": icd, "display": name}], "text": name}},
    ]  # fmt: skip


@st.composite
def prescription(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Drugs of one prescription, each with what a pharmacy needs."""
    group, at, made = draw(WORD), draw(MOMENT), []
    for number in range(draw(st.integers(1, 3))):
        name, form, route = (
            draw(TEXT),
            draw(st.sampled_from(sorted(FORMS))),
            draw(st.sampled_from(sorted(ROUTES))),
        )
        made += [
            {"resourceType": "Medication", "id": f"f{number}",
             "form": {"coding": [{"system": f"{OID}2.3.1.211", "code": form, "display": FORMS[form]}]}},
            {"resourceType": "MedicationRequest", "id": f"m{number}", "status": "active", "intent": "order",
             "subject": {"reference": "Patient/p"}, "encounter": {"reference": "Encounter/e"},
             "requester": {"reference": "Practitioner/d"}, "authoredOn": at,
             "groupIdentifier": {"system": f"{OID}1.20", "value": group},
             "supportingInformation": [{"reference": f"Medication/f{number}"}],
             "medicationCodeableConcept": {"coding": [{"code": f"YP{draw(WORD)}{number}", "display": name}],
                                           "text": name},
             "dosageInstruction": [{
                 "text": draw(TEXT),
                 "timing": {"repeat": {"frequency": draw(st.integers(1, 6)), "period": 1, "periodUnit": "d"}},
                 "route": {"coding": [{"system": f"{OID}2.3.1.158", "code": route,
                                       "display": ROUTES[route]}]},
                 "doseAndRate": [{"doseQuantity": {"value": draw(NUMBER), "unit": draw(
                     st.sampled_from(["g", "mg", "mL"]))}}]}],
             "dispenseRequest": {"quantity": {"value": draw(st.integers(1, 200)), "unit": draw(
                 st.sampled_from(["片", "支", "盒"]))}}},
        ]  # fmt: skip
    return made


@st.composite
def report(draw: st.DrawFn, laboratory: bool) -> list[dict[str, Any]]:
    """A report with its request; of a laboratory also results and specimen."""
    filler, placer, item, at = draw(WORD), draw(WORD), draw(TEXT), draw(MOMENT)
    results = [
        {"resourceType": "Observation", "id": f"o{number}", "status": "final",
         "code": {"coding": [{"system": f"{OID}2.99.2", "code": f"T{draw(WORD)}{number}", "display": name}],
                  "text": name},
         "valueQuantity": {"value": draw(NUMBER), "unit": draw(st.sampled_from(["g/L", "mmol/L", "10*9/L"]))}}
        for number, name in enumerate(draw(st.lists(TEXT, min_size=1, max_size=4)))
    ]  # fmt: skip
    identifiers = [
        {"value": filler, "type": typed("FILL")},
        {"system": f"{OID}1.24", "value": placer, "type": typed("PLAC")},
    ]
    made: list[dict[str, Any]] = [
        {"resourceType": "DiagnosticReport", "id": "r", "status": "final", "identifier": identifiers,
         "subject": {"reference": "Patient/p"}, "encounter": {"reference": "Encounter/e"},
         "code": {"coding": [{"system": f"{OID}2.99.1", "code": draw(WORD), "display": item}], "text": item},
         "effectiveDateTime": at, "issued": at, "conclusion": draw(TEXT),
         "resultsInterpreter": [{"reference": "Practitioner/d"}],
         "basedOn": [{"reference": "ServiceRequest/s"}],
         "result": [{"reference": f"Observation/{one['id']}"} for one in results]},
        {"resourceType": "ServiceRequest", "id": "s", "status": "active", "intent": "order",
         "subject": {"reference": "Patient/p"}, "authoredOn": "2026-03-05T08:00:00+08:00",
         "identifier": identifiers[1:]},
        *results,
    ]  # fmt: skip
    if laboratory:
        made.append({"resourceType": "Specimen", "id": "x", "type": {"text": "全血"},
                     "identifier": [{"system": f"{OID}1.14", "value": draw(WORD)}]})  # fmt: skip
        made[0]["specimen"] = [{"reference": "Specimen/x"}]
    return made


def there_and_back(
    maps: Maps, out: OutMaps, dialect: Dialect, faults: Faults, code: str, sent: list[dict[str, Any]]
) -> Found:
    """Return by type what comes back of resources that went out as a document."""
    wanted = out.maps[code]
    raw = write(wanted.root, said_body(wanted, Resources(sent), dialect, {}), wanted.namespace)
    assert faults(code, raw) == []
    envelope = Envelope("i", "default", "his/cda", "", 1_790_000_000_000_000, "text/xml", "", raw)
    message = maps.lay(xml.parse(raw), envelope)
    made = maps.translate(message, envelope, maps.profile("his/cda", "", message))
    found: Found = {}
    for draft in made.drafts:
        found.setdefault(draft.type, []).append(dict(draft.body))
    return found


def the_same_people(sent: list[dict[str, Any]], found: Found) -> None:
    patient, visit, physician, hospital, diagnosis = sent[:5]
    (came,) = found["Patient"]
    assert came["name"][0]["text"] == patient["name"][0]["text"]
    assert came["gender"] == patient["gender"]
    assert patient["identifier"][0]["value"] in [one["value"] for one in came["identifier"]]
    (stay,) = found["Encounter"]
    assert stay["identifier"][0]["value"] == visit["identifier"][0]["value"]
    assert stay["identifier"][0]["system"] == visit["identifier"][0]["system"]
    assert stay["class"]["code"] == visit["class"]["code"]
    doctors = {one["identifier"][0]["value"]: one for one in found["Practitioner"] if "identifier" in one}
    doctor = doctors[physician["identifier"][0]["value"]]
    assert doctor["identifier"][0]["system"] == physician["identifier"][0]["system"]
    assert doctor["name"][0]["text"] == physician["name"][0]["text"]
    assert found["Organization"][0]["identifier"][0]["value"] == hospital["identifier"][0]["value"]
    assert found["Organization"][0]["name"] == hospital["name"]
    (condition,) = found["Condition"]
    assert condition["code"]["coding"][0] == diagnosis["code"]["coding"][0]


QUICK = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@QUICK
@given(people(), prescription())
def test_a_prescription_comes_back_as_it_went(
    maps: Maps, out: OutMaps, dialect: Dialect, faults: Faults, who: list[dict[str, Any]],
    drugs: list[dict[str, Any]],
) -> None:  # fmt: skip
    found = there_and_back(maps, out, dialect, faults, "C0004", [*who, *drugs])
    the_same_people(who, found)
    assert found["Encounter"][0]["serviceType"]["text"] == who[1]["serviceType"]["text"]
    came = {one["medicationCodeableConcept"]["coding"][0]["code"]: one for one in found["MedicationRequest"]}
    forms = {f"Medication/{one['id']}": one for one in found["Medication"]}
    for form, sent in zip(drugs[::2], drugs[1::2], strict=True):
        got = came[sent["medicationCodeableConcept"]["coding"][0]["code"]]
        dose, wanted = got["dosageInstruction"][0], sent["dosageInstruction"][0]
        assert got["medicationCodeableConcept"]["text"] == sent["medicationCodeableConcept"]["text"]
        assert got["groupIdentifier"] == sent["groupIdentifier"]
        assert got["authoredOn"][:10] == sent["authoredOn"][:10]
        assert dose["text"] == wanted["text"]
        assert wanted["timing"]["repeat"].items() <= dose["timing"]["repeat"].items()
        assert dose["route"]["coding"][0]["code"] == wanted["route"]["coding"][0]["code"]
        quantity, told = dose["doseAndRate"][0]["doseQuantity"], wanted["doseAndRate"][0]["doseQuantity"]
        assert (plain(quantity["value"]), quantity["unit"]) == (plain(told["value"]), told["unit"])
        given_, told = got["dispenseRequest"]["quantity"], sent["dispenseRequest"]["quantity"]
        assert (plain(given_["value"]), given_["unit"]) == (plain(told["value"]), told["unit"])
        medication = forms[got["supportingInformation"][0]["reference"]]
        assert medication["form"]["coding"][0]["code"] == form["form"]["coding"][0]["code"]


def the_same_report(sent: list[dict[str, Any]], found: Found) -> None:
    (came,) = found["DiagnosticReport"]
    report = sent[0]
    numbers = {one["type"]["coding"][0]["code"]: one["value"] for one in came["identifier"]}
    assert numbers == {one["type"]["coding"][0]["code"]: one["value"] for one in report["identifier"]}
    assert came["code"]["coding"][0] == report["code"]["coding"][0]
    assert report["effectiveDateTime"].startswith(came["effectiveDateTime"])  # C0007 has the day alone
    assert came["conclusion"] == report["conclusion"]
    assert came["resultsInterpreter"]


@QUICK
@given(people(inpatient=True), report(laboratory=True))
def test_a_laboratory_report_comes_back_as_it_went(
    maps: Maps, out: OutMaps, dialect: Dialect, faults: Faults, who: list[dict[str, Any]],
    said: list[dict[str, Any]],
) -> None:  # fmt: skip
    found = there_and_back(maps, out, dialect, faults, "C0007", [*who, *said])
    the_same_people(who, found)
    the_same_report(said, found)
    came = {one["code"]["coding"][0]["code"]: one for one in found["Observation"] if "coding" in one["code"]}
    for sent in (one for one in said if one["resourceType"] == "Observation"):
        got = came[sent["code"]["coding"][0]["code"]]
        assert got["code"]["coding"][0] == sent["code"]["coding"][0]
        assert plain(got["valueQuantity"]["value"]) == plain(sent["valueQuantity"]["value"])
        assert got["valueQuantity"]["unit"] == sent["valueQuantity"]["unit"]
    assert len(found["DiagnosticReport"][0]["result"]) == sum(
        one["resourceType"] == "Observation" for one in said
    )
    (specimen,) = found["Specimen"]
    assert specimen["identifier"][0] == said[-1]["identifier"][0]
    assert specimen["type"]["text"] == "全血"


@QUICK
@given(people(), report(laboratory=False))
def test_an_examination_report_comes_back_as_it_went(
    maps: Maps, out: OutMaps, dialect: Dialect, faults: Faults, who: list[dict[str, Any]],
    said: list[dict[str, Any]],
) -> None:  # fmt: skip
    found = there_and_back(maps, out, dialect, faults, "C0006", [*who, *said])
    the_same_people(who, found)
    the_same_report(said, found)
    assert found["DiagnosticReport"][0]["effectiveDateTime"] == said[0]["effectiveDateTime"]
    assert found["DiagnosticReport"][0]["conclusion"] == said[0]["conclusion"]


@pytest.mark.parametrize("code", ["C0006", "C0007"])
@pytest.mark.parametrize(("made", "signed"), [("d", ""), ("t", "d"), ("", "d")])
def test_who_made_a_report_does_not_come_back_as_who_signed_for_it(
    maps: Maps, out: OutMaps, dialect: Dialect, faults: Faults, code: str, made: str, signed: str
) -> None:
    """Written again, a review would stand there that nobody did."""
    technician = {"resourceType": "Practitioner", "id": "t", "name": [{"text": "葛青筠"}],
                  "identifier": [{"system": f"{OID}1.4", "value": "T1"}]}  # fmt: skip
    sent = [
        *find(people(), lambda _: True),
        *find(report(laboratory=code == "C0007"), lambda _: True),
        technician,
    ]
    (report_,) = (one for one in sent if one["resourceType"] == "DiagnosticReport")
    report_ |= {name: [{"reference": f"Practitioner/{who}"}] for name, who in
                (("performer", made), ("resultsInterpreter", signed)) if who}  # fmt: skip
    if not signed:
        del report_["resultsInterpreter"]
    found = there_and_back(maps, out, dialect, faults, code, sent)
    (came,) = found["DiagnosticReport"]
    names = {f"Practitioner/{one['id']}": one["name"][0]["text"] for one in found["Practitioner"]}
    known = {one["id"]: one["name"][0]["text"] for one in sent if one["resourceType"] == "Practitioner"}

    def who(element: str) -> list[str]:
        return [names[one["reference"]] for one in came.get(element, ())]

    assert who("performer") == [known[made or signed]]
    assert who("resultsInterpreter") == ([known[signed]] if signed else [])


def test_an_order_without_a_rhythm_comes_back_without_one(
    maps: Maps, out: OutMaps, dialect: Dialect, faults: Faults, sample: Callable[[str], list[dict[str, Any]]]
) -> None:
    sent = sample("his/hl7v2/samples/10-prescription-outpatient")
    for one in sent:
        for dosage in one.get("dosageInstruction", ()):
            dosage.pop("timing", None)
    found = there_and_back(maps, out, dialect, faults, "C0004", sent)
    dosages = [one for order in found["MedicationRequest"] for one in order["dosageInstruction"]]
    assert dosages and not [one for one in dosages if "timing" in one]
