"""The rows of the guide that need more than one field: several values, periods, documents, statuses."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from gateway.canonical import Envelope, Translation
from gateway.mapping import Maps, load_maps
from gateway.wire import er7

PID = "PID|1||P1^^^H^MR||Doe^Jane||19780512|F"
ORC = "ORC|RE|PO1^H|FO1^H"
OBR = "OBR|1|PO1^H|FO1^H|ORG^Organisms^L|||20260306080000"


@cache
def maps() -> Maps:
    return load_maps()


def translate(event: str, *segments: str) -> Translation:
    header = f"MSH|^~\\&|SYS|H|||20260306100000||{event}|1|P|2.5.1||||||UNICODE UTF-8"
    raw = "\r".join((header, *segments)).encode()
    parsed = er7.parse(raw)
    envelope = Envelope("0" * 32, "default", "lis/hl7v2", "", 0, "", "", raw)
    return maps().translate(parsed, envelope, maps().profile("lis/hl7v2", "", parsed))


def one(made: Translation, type_name: str) -> dict[str, Any]:
    (draft,) = [one for one in made.drafts if one.type == type_name]
    return draft.body


def result(obx: str) -> dict[str, Any]:
    return one(translate("ORU^R01^ORU_R01", PID, ORC, OBR, obx), "Observation")


def test_several_coded_values_become_components_and_no_value_stands_beside_them() -> None:
    made = result("OBX|1|CWE|ORG^Organism^L||A^aa^L~B^bb^L||||||F")
    assert [part["valueCodeableConcept"]["text"] for part in made["component"]] == ["aa", "bb"]
    assert all(part["code"]["coding"] == made["code"]["coding"] for part in made["component"])
    assert not [name for name in made if name.startswith("value")]


def test_repetitions_of_a_text_stay_one_text() -> None:
    made = result("OBX|1|TX|NOTE^Note^L||one~two||||||F")
    assert made["valueString"] == "one\ntwo"
    assert "component" not in made


@pytest.mark.parametrize(("sub", "parts"), [("1", 0), ("1^2^3^a", 4)])
def test_a_sub_id_is_kept_where_it_groups_results(sub: str, parts: int) -> None:
    made = result(f"OBX|1|NM|K^Potassium^L|{sub}|4||||||F")
    found = [one for one in made.get("extension", ()) if one["url"].endswith("observation-v2-subid")]
    assert sum(len(one["extension"]) for one in found) == parts


def test_a_result_that_could_not_be_obtained_says_so_beside_its_status() -> None:
    made = result("OBX|1|NM|K^Potassium^L||4||||||X")
    assert made["status"] == "cancelled"
    coding = made["_status"]["extension"][0]["valueCodeableConcept"]["coding"][0]
    assert coding["code"] == "X"
    assert "valueQuantity" not in made


def test_who_is_booked_is_booked_for_a_time() -> None:
    made = translate(
        "SIU^S12^SIU_S12",
        "SCH|1|2|||||||||^^^20260305100000^20260305110000|||||D1^Doc^Dan||||D1^Doc^Dan|||||Booked",
        PID,
        "RGS|1",
        "AIP|1||D1^Doc^Dan|ATND|||15|min|30|min||Booked",
    )
    people = [
        part
        for part in one(made, "Appointment")["participant"]
        if part.get("actor", {}).get("reference", "").startswith("Practitioner/") and "period" in part
    ]
    assert [part["period"] for part in people] == [
        {"start": "2026-03-05T10:15:00+08:00", "end": "2026-03-05T10:45:00+08:00"}
    ]
    assert people[0]["status"] == "accepted"


@pytest.mark.parametrize(
    ("status", "clinical", "verification"),
    [
        ("", "active", None),
        ("C", "active", "confirmed"),
        ("I", "inactive", "confirmed"),
        ("E", None, "entered-in-error"),
    ],
)
def test_an_allergy_in_error_has_no_clinical_status(
    status: str, clinical: str | None, verification: str | None
) -> None:
    iam = "IAM|1|DA|PEN^Penicillin^L||rash|A" + "|" * 11 + status
    made = one(translate("ADT^A60^ADT_A60", "EVN||20260306100000", PID, iam), "AllergyIntolerance")

    def code(name: str) -> str | None:
        return made[name]["coding"][0]["code"] if name in made else None

    assert (code("clinicalStatus"), code("verificationStatus")) == (clinical, verification)


BOOKED = ("SIU^S14^SIU_S12", "SCH|1|2|||||||||^^^20260305100000^20260305110000|||||||||||||||Booked", PID)


@pytest.mark.parametrize(
    ("group", "changes", "left"),
    [
        ("U", "UUUU", {"Practitioner", "Location", "service"}),
        ("U", "DUUU", {"Practitioner", "Location"}),
        ("U", "ADAX", {"Practitioner", "Location", "service"}),
        ("U", "XAAD", {"Location", "service"}),
        ("D", "UUUU", set()),
        ("", "    ", {"Practitioner", "Location", "service"}),
    ],
)
def test_what_is_taken_off_an_appointment_is_not_in_it(group: str, changes: str, left: set[str]) -> None:
    service, thing, place, person = changes.replace(" ", "") or ("", "", "", "")
    made = translate(
        *BOOKED,
        f"RGS|1|{group}",
        f"AIS|1|{service}|CT^scan^L|20260305100000|||15|min",
        f"AIG|1|{thing}|CT1^scanner^L",
        f"AIL|1|{place}|R1^1^^H",
        f"AIP|1|{person}|D1^Doc^Dan|ATND",
    )
    found = one(made, "Appointment").get("participant", [])
    names = [part.get("actor", {}).get("reference", "/").partition("/")[0] for part in found]
    assert {name for name in names if name not in ("", "Patient")} == left - {"service"}
    assert ("service" in left) == any(part.get("type") == [{"text": "service"}] for part in found)
    assert ("serviceType" in one(made, "Appointment")) == ("service" in left)
    assert not [path for path in made.unmapped if path[:3] in ("RGS", "AIS", "AIG", "AIL", "AIP")]


def told_alone(number: str) -> str:
    """Return the id of a document by its own message."""
    txa = f"TXA|1|CN|TX|20260306|||20260306|||||{number}^H"
    return str(one(translate("MDM^T01^MDM_T01", "EVN||20260306100000", PID, txa), "DocumentReference")["id"])


@pytest.mark.parametrize(
    ("event", "code"),
    [
        ("T02", ""),
        ("T05", "appends"),
        ("T06", "appends"),
        ("T08", ""),
        ("T09", "replaces"),
        ("T10", "replaces"),
    ],
)
def test_a_document_relates_to_its_parent_as_its_event_says(event: str, code: str) -> None:
    structure = "MDM_T01" if event in ("T05", "T09") else "MDM_T02"
    txa = "TXA|1|CN|TX|20260306|||20260306|||||DOC2^H|DOC1^H||||AU||AV"
    obx = [] if structure == "MDM_T01" else ["OBX|1|TX|CN^Note^L||text||||||F"]
    made = translate(f"MDM^{event}^{structure}", "EVN||20260306100000", PID, txa, *obx)
    documents = {
        draft.body["masterIdentifier"]["value"]: draft
        for draft in made.drafts
        if draft.type == "DocumentReference"
    }
    document = documents["DOC2"].body
    assert documents["DOC2"].owns, "a laboratory owns the documents that it sends"
    if code:
        (relates,) = document["relatesTo"]
        parent = documents["DOC1"]
        assert relates == {"code": code, "target": {"reference": f"DocumentReference/{parent.id}"}}
        assert parent.body["status"] == ("superseded" if code == "replaces" else "current")
        assert parent.owns is (code == "replaces"), "an addendum changes nothing in its parent"
        assert parent.id == told_alone("DOC1"), "the parent as its own message tells it"
    else:
        assert "relatesTo" not in document
    related = [part["identifier"]["value"] for part in document.get("context", {}).get("related", ())]
    assert related == (["DOC1"] if event == "T02" else [])


def blood_group(obx: str) -> dict[str, Any]:
    return {name: value for name, value in result(obx).items() if name.startswith("value")}


@pytest.mark.parametrize(
    ("code", "kind", "value", "snomed"),
    [
        ("883-9^ABO^LN", "CWE", "1^A型^L", "112144000"),
        ("883-9^ABO^LN", "ST", "AB型", "165743006"),
        ("882-1^ABO+Rh^LN", "CE", "O^^L", "58460004"),
        ("10331-7^Rh^LN", "ST", "阳性", "165747007"),
        ("RH^Rh^L^10331-7^Rh^LN", "CWE", "1^阴性^L", "165746003"),
    ],
)
def test_a_blood_group_is_coded_where_its_loinc_code_says_that_it_is_one(
    code: str, kind: str, value: str, snomed: str
) -> None:
    (made,) = blood_group(f"OBX|1|{kind}|{code}||{value}||||||F").values()
    codings = {one["system"]: one["code"] for one in made["coding"] if "system" in one}
    assert codings["http://snomed.info/sct"] == snomed
    said = value.split("^")
    assert said[0] in (made.get("text"), *(one["code"] for one in made["coding"])), "the original stays"


@pytest.mark.parametrize(
    ("obx", "value"),
    [
        ("OBX|1|ST|ABO^ABO^L||A||||||F", {"valueString": "A"}),
        ("OBX|1|ST|883-9^ABO^L||A||||||F", {"valueString": "A"}),
        ("OBX|1|ST|10331-7^Rh^LN||弱D||||||F", {"valueCodeableConcept": {"text": "弱D"}}),
        ("OBX|1|NM|883-9^ABO^LN||1||||||F", {"valueQuantity": {"value": 1}}),
    ],
)
def test_a_blood_group_is_never_guessed(obx: str, value: dict[str, Any]) -> None:
    assert blood_group(obx) == value


@pytest.mark.parametrize(
    ("said", "codes"),
    [
        ("回族", ["回族", "03"]),
        ("03^回族^GB3304", ["03"]),
        ("H^Hispanic^HL70189", ["H"]),
        ("1^Han^L", ["1", "01"]),
    ],
)
def test_an_ethnic_group_is_coded_where_it_is_known(said: str, codes: list[str]) -> None:
    pid = PID + "|" * 14 + said
    patient = one(translate("ADT^A04^ADT_A01", "EVN||20260306100000", pid), "Patient")
    (found,) = [part for part in patient["extension"] if part["url"].endswith("ethnic-group")]
    assert [coding["code"] for coding in found["valueCodeableConcept"]["coding"] if "code" in coding] == codes


def charge(ft1: str) -> dict[str, Any]:
    return one(translate("DFT^P03^DFT_P03", "EVN||20260306100000", PID, ft1), "ChargeItem")


def test_a_credit_takes_back_what_was_charged_and_no_more() -> None:
    fields = "FT1|1|TX1||20260306|20260306|{}|D1^Drug^L|||{}|26.60&CNY"
    charged, credit = charge(fields.format("CG", "7")), charge(fields.format("CD", "7"))
    assert charged["id"] != credit["id"], "both are posted, and their sum is what is owed"
    assert (charged["status"], credit["status"]) == ("billable", "billable")
    assert (charged.get("factorOverride"), credit.get("factorOverride")) == (None, -1)
    negative = charge(fields.format("CD", "-7"))
    assert negative["quantity"]["value"] == -7
    assert "factorOverride" not in negative
    assert charge(fields.format("CD", "7").replace("TX1", ""))["id"] != credit["id"]


@pytest.mark.parametrize("event", ["B01", "B02"])
def test_a_member_of_staff_is_one_however_he_is_told(event: str) -> None:
    staff = ("STF|S1|S1^^^H^EI|Lin^Yue||F|19800101|A", "PRA|S1|||||L77^licence")
    made = translate(f"PMU^{event}^PMU_B01", "EVN||20260306100000", *staff)
    told = translate("MFN^M02^MFN_M02", "MFI|PRA||UPD|||NE", "MFE|MAD|||S1|CWE", *staff)
    assert one(made, "Practitioner") == one(told, "Practitioner")
    assert one(made, "Practitioner")["active"] is True


SCHEME = "urn:qiao:extension:check-digit-scheme"


@pytest.mark.parametrize(
    ("path", "segment"),
    [
        ("Patient", "PID|1||P1^7^M10^H^MR||Doe^Jane"),
        ("Account", f"{PID}||||||||||A1^7^M10^H^AN"),
        ("Practitioner", f"{PID}\rPV1|1|I|||||D1^Doc^Dan" + "^" * 6 + "H^^7^M10|||||||||||V1"),
        ("Organization", f"{PID}\rNK1|1||||||||||||Work^L^E1^7^M10"),
    ],
)
def test_the_scheme_of_a_check_digit_stands_beside_it(path: str, segment: str) -> None:
    made = translate("ADT^A01^ADT_A01", "EVN||20260306100000", *segment.split("\r"))
    found = [
        one
        for draft in made.drafts
        if draft.type == path
        for number in draft.body.get("identifier", ())
        for one in number.get("extension", ())
    ]
    assert {one["url"].rpartition("/")[2]: one["valueString"] for one in found} == {
        "identifier-checkDigit": "7",
        SCHEME: "M10",
    }


@pytest.mark.parametrize(("type_", "use"), [("H", "home"), ("BDL", None), ("L", None)])
def test_a_type_of_address_without_a_use_keeps_its_code(type_: str, use: str | None) -> None:
    made = translate("ADT^A01^ADT_A01", f"PID|1||P1^^^H^MR||Doe^Jane||||||Lane 1^^Town^^^^{type_}")
    address = one(made, "Patient")["address"][0]
    assert address.get("use") == use
    codings = [
        coding
        for extension in address.get("_use", {}).get("extension", ())
        for coding in extension["valueCodeableConcept"]["coding"]
    ]
    system = "http://terminology.hl7.org/CodeSystem/v2-0190"
    assert codings == ([] if use else [{"code": type_, "system": system}])


def test_the_first_patient_is_the_subject_of_an_appointment() -> None:
    made = translate(*BOOKED, PID.replace("PID|1|", "PID|2|").replace("P1^", "P2^"))
    appointment = one(made, "Appointment")
    [subject] = [
        extension["valueReference"]["reference"]
        for extension in appointment["extension"]
        if extension["url"] == "http://hl7.org/fhir/5.0/StructureDefinition/extension-Appointment.subject"
    ]
    people = [part["actor"]["reference"] for part in appointment["participant"] if "actor" in part]
    assert subject == people[0]
    assert len(people) == 2
