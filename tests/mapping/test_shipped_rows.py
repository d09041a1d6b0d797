"""The rows that ship: visits that end, numbers under a wrong type, results that are taken back."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from gateway.canonical import Draft, Envelope, Translation
from gateway.errors import Rejected
from gateway.mapping import Maps, load_maps
from gateway.wire import er7

PID = "PID|1||P1^^^H^MR||陈^远航||19780512|1"
PV1 = "PV1|1|I|W1^305^12" + "|" * 16 + "V1^^^^VN"
LEFT = PV1 + "|" * 26 + "20260306100000"
OBR = "OBR|1|O1|F1|BR^血常规^99LIS"
NDL = OBR + "|" * 28 + "DR9&洪&纤微"


@cache
def maps() -> Maps:
    return load_maps()


def translate(event: str, *segments: str) -> Translation:
    header = f"MSH|^~\\&|HIS|H|||20260306100000||{event}|1|P|2.5.1||||||UNICODE UTF-8"
    raw = "\r".join((header, *segments)).encode()
    parsed = er7.parse(raw)
    envelope = Envelope("0" * 32, "default", "his/hl7v2", "", 0, "", "", raw)
    return maps().translate(parsed, envelope, maps().profile("his/hl7v2", "", parsed))


def drafts(made: Translation, type_name: str) -> list[Draft]:
    return [one for one in made.drafts if one.type == type_name]


def one(made: Translation, type_name: str) -> dict[str, Any]:
    (draft,) = drafts(made, type_name)
    return draft.body


@pytest.mark.parametrize(
    ("event", "pv1", "status"),
    [
        ("ADT^A01", PV1, "active"),
        ("ADT^A03", PV1, "completed"),
        ("ADT^A08", LEFT, "completed"),
        ("ADT^A11", PV1, None),
        ("ADT^A13", LEFT, "active"),
    ],
)
def test_who_has_left_holds_no_bed(event: str, pv1: str, status: str | None) -> None:
    (location,) = one(translate(event, PID, pv1), "Encounter")["location"]
    assert location.get("status") == status


def test_a_cancelled_discharge_takes_the_end_and_the_disposition_back() -> None:
    (visit,) = drafts(translate("ADT^A13", PID, LEFT), "Encounter")
    assert set(visit.cleared) == {
        "period.end",
        "hospitalization.dischargeDisposition",
        "hospitalization.destination",
    }
    assert "end" not in visit.body.get("period", {})


def test_a_cancelled_admission_without_a_place_takes_the_place_back() -> None:
    (visit,) = drafts(translate("ADT^A11", PID, PV1.replace("W1^305^12", "")), "Encounter")
    assert visit.cleared == ("location",)


@pytest.mark.parametrize("event", ["ADT^A02", "ADT^A03", "ADT^A11", "ADT^A13"])
def test_an_event_of_a_visit_needs_the_visit(event: str) -> None:
    for segments in ([PID], [PID, "PV1|1|I|W1"]):
        with pytest.raises(Rejected) as caught:
            translate(event, *segments)
        assert caught.value.code == "no-visit"


def test_the_number_of_a_visit_means_the_same_visit_whatever_its_type() -> None:
    visits = [
        drafts(translate("ADT^A08", PID, PV1.replace("V1^^^^VN", number)), "Encounter")[0]
        for number in ("V1^^^^VN", "V1", "V1^^^^AN", "V1^^^^住院号")
    ]
    assert len({visit.id for visit in visits}) == 1
    assert visits[0].key == ("urn:oid:2.16.156.10011.1.12", "V1")
    outpatient = one(translate("ADT^A04", PID, PV1.replace("|I|", "|O|")), "Encounter")
    assert outpatient["identifier"][0]["system"] == "urn:oid:2.16.156.10011.1.11"


@pytest.mark.parametrize("kind", ["", "PI", "MR", "ID", "NNCHN"])
def test_an_id_card_is_an_id_card_whatever_type_is_written(kind: str) -> None:
    pid = PID.replace("P1^^^H^MR", f"99010119780512371x^^^H^{kind}~P1^^^H^MR").replace("371x", "3714")
    (patient,) = drafts(translate("ADT^A08", pid, PV1), "Patient")
    card = patient.body["identifier"][0]
    assert card["system"] == "urn:oid:2.16.156.10011.1.3"
    assert [coding["code"] for coding in card["type"]["coding"]] == ["NNCHN"]
    assert patient.key is not None and patient.key[1] == "P1"


def test_a_diagnosis_that_becomes_final_stays_the_same_condition() -> None:
    segment = "DG1|1||I50.900^心力衰竭^I10|||{}"
    ids = [drafts(translate("ADT^A08", PID, PV1, segment.format(use)), "Condition")[0].id for use in "AF"]
    assert ids[0] == ids[1]
    visit = one(translate("ADT^A08", PID, PV1, segment.format("F")), "Encounter")
    assert visit["diagnosis"][0]["use"]["coding"][0] == {
        "system": "http://terminology.hl7.org/CodeSystem/v2-0052",
        "code": "F",
    }


def test_beds_of_two_wards_differ() -> None:
    values = [
        {place.body["identifier"][0]["value"] for place in drafts(translate("ADT^A01", PID, pv1), "Location")}
        for pv1 in (PV1, PV1.replace("W1^", "W2^"))
    ]
    assert values == [{"W1", "W1-305", "W1-305-12"}, {"W2", "W2-305", "W2-305-12"}]


@pytest.mark.parametrize(("status", "value", "kept"), [("X", "7", False), ("D", "", False), ("W", "7", True)])
def test_a_result_taken_back_keeps_no_value(status: str, value: str, kept: bool) -> None:
    obx = f"OBX|1|NM|WBC^白细胞^99LIS||{value}|10*9/L||||||".removesuffix("|") + status
    (result,) = drafts(translate("ORU^R01", PID, OBR, obx), "Observation")
    assert ("valueQuantity" in result.body) is kept
    assert ({"valueQuantity", "valueString", "valueCodeableConcept"} <= set(result.cleared)) is not kept


@pytest.mark.parametrize(("status", "expected"), [("IP", "unknown"), ("CA", "revoked"), ("", "unknown")])
def test_who_reports_does_not_fix_a_status_that_will_change(status: str, expected: str) -> None:
    order = one(translate("ORU^R01", PID, f"ORC|RE|O1|F1||{status}", OBR), "ServiceRequest")
    assert order["status"] == expected


def test_a_chinese_name_is_read_family_first() -> None:
    reader = one(translate("ORU^R01", PID, NDL), "Practitioner")
    assert reader["name"][0]["text"] == "洪纤微"
