"""What senders abroad write otherwise: zones, names, repetitions, appointments, several numbers in MRG-1."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from gateway.canonical import Envelope, Translation
from gateway.mapping import Maps, load_maps
from gateway.mapping.times import zone_of
from gateway.wire import er7

PID = "PID|1||P1^^^H^MR||Doe^Jane||19780512|F"
SCH = "SCH|P1^A|F1^B"


@cache
def maps() -> Maps:
    return load_maps()


def translate(event: str, *segments: str, at: str = "20260306100000", country: str = "USA") -> Translation:
    header = f"MSH|^~\\&|SYS|H|||{at}||{event}|1|P|2.5.1|||||{country}|UNICODE UTF-8"
    raw = "\r".join((header, *segments)).encode()
    parsed = er7.parse(raw)
    envelope = Envelope("0" * 32, "default", "any/hl7v2", "", 0, "", "", raw)
    return maps().translate(parsed, envelope, maps().profile("any/hl7v2", "", parsed))


def every(made: Translation, type_name: str) -> list[dict[str, Any]]:
    return [draft.body for draft in made.drafts if draft.type == type_name]


def one(made: Translation, type_name: str) -> dict[str, Any]:
    (body,) = every(made, type_name)
    return body


def pid(**fields: str) -> str:
    """Return PID with more fields (``f11="…"``)."""
    texts = [*PID.split("|"), *[""] * 40]
    for name, text in fields.items():
        texts[int(name[1:])] = text
    return "|".join(texts).rstrip("|")


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("20260306100000-0600", "-06:00"),
        ("202603061000+1030", "+10:30"),
        ("20260306+01:00", "+01:00"),
        ("20260306100000", ""),
        ("20260306100000+2500", ""),
        ("", ""),
    ],
)
def test_a_time_names_its_zone_or_none(text: str, zone: str) -> None:
    assert zone_of(text) == zone


@pytest.mark.parametrize(
    ("at", "start"),
    [
        ("20260306100000", "2026-03-01T08:00:00+08:00"),
        ("20260306100000-0600", "2026-03-01T08:00:00-06:00"),
        ("202603061000+0000", "2026-03-01T08:00:00+00:00"),
    ],
)
def test_the_zone_of_the_header_is_that_of_all_times_without_one(at: str, start: str) -> None:
    """Also in what a map remembers: the same raw text means another moment in another zone."""
    name = "D1^Doc^Dan" + "^" * 16 + "20260301080000"  # XCN.19: since when
    visit = "PV1|1|O|W||||" + name + "|" * 12 + "V1^^^H^VN" + "|" * 25 + "20260301080000"
    made = translate("ADT^A04", PID, visit, at=at)
    assert one(made, "Encounter")["period"]["start"] == start
    assert one(made, "Practitioner")["name"][0]["period"]["start"] == start


def test_a_lone_first_component_is_the_family_name_unless_it_is_a_whole_chinese_name() -> None:
    names = one(translate("ADT^A04", pid(f5="Doe~张三~GU CHANGTING")), "Patient")["name"]
    assert names == [{"text": "Doe", "family": "Doe"}, {"text": "张三"}, {"text": "GU CHANGTING"}]


def test_called_by_is_a_nickname_of_its_own() -> None:
    names = one(translate("ADT^A04", pid(f5="Doe^Adeline" + "^" * 13 + "Addie")), "Patient")["name"]
    assert names[1] == {"given": ["Addie"], "use": "nickname"}


def test_every_citizenship_has_its_own_extension() -> None:
    patient = one(translate("ADT^A04", pid(f26="USA~MEX")), "Patient")
    found = [ext for ext in patient["extension"] if ext["url"].endswith("/patient-citizenship")]
    codes = [ext["extension"][0]["valueCodeableConcept"]["coding"][0]["code"] for ext in found]
    assert codes == ["USA", "MEX"]


@pytest.mark.parametrize(
    ("addresses", "districts"),
    [
        ("1 Elm St^^Town", ["GL"]),
        ("1 Elm St^^Town^^^^^^Kent", ["Kent"]),
        ("1 Elm St^^Town~2 Elm St^^Town", [None, None, "GL"]),
        ("", ["GL"]),
    ],
)
def test_the_county_belongs_to_the_only_address(addresses: str, districts: list[str | None]) -> None:
    patient = one(translate("ADT^A04", pid(f11=addresses, f12="GL")), "Patient")
    assert [address.get("district") for address in patient["address"]] == districts


@pytest.mark.parametrize(
    ("raw", "system", "value"),
    [
        ("^NET^Internet^a@b.org", "email", "a@b.org"),
        ("a@b.org^NET^Internet", "email", "a@b.org"),
        ("a@b.org", "email", "a@b.org"),
        ("555 0100^PRN^XYZ", "other", "555 0100"),
        ("555 0100", "phone", "555 0100"),
    ],
)
def test_a_way_to_reach_somebody_says_what_it_is(raw: str, system: str, value: str) -> None:
    (telecom,) = one(translate("ADT^A04", pid(f13=raw)), "Patient")["telecom"]
    assert (telecom["system"], telecom["value"]) == (system, value)


def test_codes_of_the_guide_s_tables_are_translated() -> None:
    visit = "PV1|1|I|W||||D1^Doc^Dan^^^^MD|||MED|||R" + "|" * 6 + "V1^^^H^VN"
    made = translate("ADT^A01", pid(f17="CAT"), visit, "AL1|1|MA|X^Dust^L|MI", "PV2|" + "|" * 37 + "A")
    coded = one(made, "Patient")["extension"][0]["valueCodeableConcept"]["coding"]
    assert [coding["code"] for coding in coded] == ["CAT", "1041"]
    stay = one(made, "Encounter")
    assert stay["serviceType"]["coding"][-1]["system"] == "http://terminology.hl7.org/CodeSystem/service-type"
    assert stay["hospitalization"]["reAdmission"]["coding"][0]["display"] == "Re-admission"
    assert stay["extension"][0]["valueCoding"]["display"] == "Ambulance"
    assert one(made, "Practitioner")["qualification"][0]["code"]["coding"][0]["code"] == "MD"
    allergy = one(made, "AllergyIntolerance")
    for element, table in (("_criticality", "v2-0128"), ("_category", "v2-0127")):
        twin = allergy[element]
        twin = next(part for part in twin if part) if isinstance(twin, list) else twin
        coding = twin["extension"][0]["valueCodeableConcept"]["coding"][0]
        assert coding["system"] == f"http://terminology.hl7.org/CodeSystem/{table}"


@pytest.mark.parametrize("relation", ["SEL", "SELF", "18", "本人"])
def test_the_patient_is_his_own_subscriber(relation: str) -> None:
    made = translate("ADT^A04", PID, "IN1|1|PPO|BC" + "|" * 13 + "Doe^Jane|" + relation)
    (patient,) = [draft for draft in made.drafts if draft.type == "Patient"]
    assert one(made, "Coverage")["subscriber"]["reference"] == f"Patient/{patient.id}"
    assert not every(made, "RelatedPerson")


def test_an_insured_of_unstated_relation_is_named_and_nothing_more() -> None:
    made = translate("ADT^A04", PID, "IN1|1|PPO|BC" + "|" * 13 + "Doe^John")
    assert one(made, "Coverage")["subscriber"] == {"display": "John Doe"}


@pytest.mark.parametrize(
    ("sch", "more", "start", "end"),
    [
        ("|" * 9 + "^^^202603100900^202603100930", (), "09:00", "09:30"),
        ("|" * 7 + "30|min|^^^202603100900", (), "09:00", "09:30"),
        ("|" * 9 + "^^M45^202603100900", (), "09:00", "09:45"),
        ("", ("TQ1|1|||||45^min|202603100900",), "09:00", "09:45"),
        ("", ("RGS|1", "AIS|1||OV|202603100900|||20|min"), "09:00", "09:20"),
        ("", ("RGS|1", "AIP|1||D1^Doc|||202603100900|||1|hr"), "09:00", "10:00"),
    ],
)
def test_an_appointment_has_a_start_and_an_end(sch: str, more: tuple[str, ...], start: str, end: str) -> None:
    booked = one(translate("SIU^S12^SIU_S12", SCH + sch, *more), "Appointment")
    assert booked["start"] == f"2026-03-10T{start}:00+08:00"
    assert booked["end"] == f"2026-03-10T{end}:00+08:00"
    assert booked["status"] == "booked"


def test_an_appointment_without_a_time_is_proposed() -> None:
    """app-3: a booked one has its time."""
    booked = one(translate("SIU^S12^SIU_S12", SCH, PID), "Appointment")
    assert booked["status"] == "proposed"
    assert not {"start", "end"} & set(booked)


def test_a_segment_out_of_order_belongs_to_the_patient_before_it() -> None:
    made = translate(
        "SIU^S12^SIU_S12", SCH, PID, "DG1|1||I10^Hypertension^I10", "OBX|1|ST|PREG^Pregnant^L||N||||||F"
    )
    (patient,) = [draft for draft in made.drafts if draft.type == "Patient"]
    assert one(made, "Observation")["subject"]["reference"] == f"Patient/{patient.id}"


def test_further_numbers_in_mrg_are_no_further_patients() -> None:
    old = "MRG|O1^^^H^MR~8003^^^GOV^NI~O2^^^H^MR"
    merges = translate("ADT^A40", "EVN||20260306100000", PID, old).merges
    assert [merge.key[1] for merge in merges] == ["O1", "O2"]


def test_each_licence_is_a_qualification_of_its_own() -> None:
    made = translate(
        "MFN^M02^MFN_M02",
        "MFI|STF||UPD|||AL",
        "MFE|MAD|1||D1|CWE",
        "STF|D1|D1^^^H^EI|Doc^Dan",
        "PRA|D1|||||L1^MD^NE^20261231~L2^DEA^^20271231",
    )
    found = one(made, "Practitioner")["qualification"]
    assert [part["identifier"][0]["value"] for part in found] == ["L1", "L2"]
    assert [part["period"]["end"] for part in found] == ["2026-12-31", "2027-12-31"]
    assert [part["code"]["text"] for part in found] == ["MD", "DEA"]


@pytest.mark.parametrize(("code", "primary"), [("00", True), ("01", False)])
def test_a_vaccination_says_whether_it_is_history(code: str, primary: bool) -> None:
    rxa = f"RXA|0|1|20260301||03^MMR^CVX|999|||{code}^Source^NIP001"
    given = one(translate("VXU^V04^VXU_V04", PID, "ORC|RE||F1^H", rxa), "Immunization")
    assert given["primarySource"] is primary
    assert ("reportOrigin" in given) is not primary


def test_an_appointment_of_nobody_has_a_participant_all_the_same() -> None:
    booked = one(translate("SIU^S12^SIU_S12", SCH, "RGS|1", "AIS|1||OV"), "Appointment")
    assert booked["participant"] == [{"type": [{"text": "unknown"}], "status": "needs-action"}]


def test_before_version_2_3_the_coding_method_names_the_system() -> None:
    visit = "PV1|1|E" + "|" * 17 + "V1"
    made = translate("ADT^A01", PID, visit, "DG1|1|I9|786.50|Chest pain", "PR1|1|I9|47.0^Appendectomy")
    system = "http://hl7.org/fhir/sid/icd-9-cm"
    assert one(made, "Condition")["code"] == {
        "coding": [{"code": "786.50", "system": system}],
        "text": "Chest pain",
    }
    assert one(made, "Procedure")["code"]["coding"][0]["system"] == system
    named = one(translate("ADT^A01", PID, visit, "DG1|1|I9|I10^Hypertension^I10"), "Condition")
    assert named["code"]["coding"][0]["system"] == "http://hl7.org/fhir/sid/icd-10"


def test_the_account_stands_for_a_visit_that_has_no_number() -> None:
    visits = [
        [
            draft
            for draft in translate(event, pid(f18="ACC1"), "PV1|1|I|W1").drafts
            if draft.type == "Encounter"
        ]
        for event in ("ADT^A01", "ADT^A03")
    ]
    assert visits[0][0].id == visits[1][0].id


def test_one_number_said_twice_is_one_identifier() -> None:
    prt = "PRT|1|AD||AT^Attending^HL70912|98^Doc^Al|Physician^P|CLIN^Clinic|Org A^L^^^^^XX^^^OA1"
    (number,) = one(translate("ADT^A04", PID, prt), "Organization")["identifier"]
    assert number["type"]["coding"][0]["code"] == "XX"
