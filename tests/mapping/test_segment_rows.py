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
    assert all(part["code"] == made["code"] for part in made["component"])
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
