"""Alone: what one message says of two people is the order of neither."""

from __future__ import annotations

from functools import cache

import pytest

from gateway.canonical import Envelope, Translation
from gateway.errors import Rejected
from gateway.mapping import Maps, load_maps
from gateway.wire import er7

FIRST = "PID|||P1^^^^MR~9901^^^^JHN||张三"
VISIT = "PV1||O|||||||||||||||||V1"


@cache
def maps() -> Maps:
    return load_maps()


def translated(*again: str) -> Translation:
    lines = [
        "MSH|^~\\&|HIS|A|||20260305||RDE^O11^RDE_O11|1|P|2.5.1", FIRST, VISIT, "ORC|NW|1||RX1",
        "RXE||D1^甲|1||g",
        *again, "ORC|NW|2||RX2", "RXE||D2^乙|1||g",
    ]  # fmt: skip
    raw = "\r".join(lines).encode()
    envelope = Envelope("0" * 32, "default", "his/hl7v2", "", 1_772_845_200_000_000, "", "", raw)
    message = er7.parse(raw)
    return maps().translate(message, envelope, maps().profile("his/hl7v2", "", message))


@pytest.mark.parametrize(
    ("again", "reason"),
    [
        ("PID|||P2^^^^MR||李四", "several-patients"),
        ("PID|||||李四", "several-patients"),
        ("PV1||O|||||||||||||||||V2", "several-visits"),
    ],
)
def test_a_second_one_is_not_taken_for_the_first(again: str, reason: str) -> None:
    with pytest.raises(Rejected) as said:
        translated(again)
    assert said.value.code == reason


@pytest.mark.parametrize("again", [FIRST, "PID|||P1^^^^MR", "PID|", 'PID|||""', VISIT, "PV1||O"])
def test_the_same_one_may_be_said_again(again: str) -> None:
    made = [one.type for one in translated(again).drafts]
    assert made.count("Patient") == 1
    assert made.count("MedicationRequest") == 2


def reported(*lines: str, mark: str = "|") -> Translation:
    head = "MSH|^~\\&|LIS|A|||20260305||ORU^R01^ORU_R01|1|P|2.5.1"
    raw = "\r".join((head, *lines)).replace("|", mark).encode()
    envelope = Envelope("0" * 32, "default", "his/hl7v2", "", 1_772_845_200_000_000, "", "", raw)
    message = er7.parse(raw)
    return maps().translate(message, envelope, maps().profile("his/hl7v2", "", message))


def test_a_report_before_its_patient_is_nobodys() -> None:
    results = ("OBR|1||F1^LIS|GLU", "OBX|1|NM|GLU||5.6")
    assert reported(FIRST, *results).drafts
    for lines in ((*results, FIRST), (*results, FIRST, "OBR|2||F2^LIS|GLU", "OBX|1|NM|GLU||5.7")):
        with pytest.raises(Rejected) as said:
            reported(*lines)
        assert said.value.code == "no-patient"


@pytest.mark.parametrize("mark", ["|", "#"])
@pytest.mark.parametrize("second", [" PID|||P2^^^^MR", "pid|||P2^^^^MR", "\x00PID|||P2^^^^MR"])
def test_whose_results_follow_does_not_depend_on_how_the_segment_is_written(mark: str, second: str) -> None:
    results = ("OBR|1||F1^LIS|GLU", "OBX|1|NM|GLU||5.6")
    later = ("OBR|1||F2^LIS|GLU", "OBX|1|NM|GLU||15.6")
    made = reported(FIRST, *results, second, *later, mark=mark).drafts
    people = {one.body["identifier"][0]["value"]: one.id for one in made if one.type == "Patient"}
    told = [one.body for one in made if one.type == "Observation"]
    assert {str(one["valueQuantity"]["value"]): one["subject"]["reference"] for one in told} == {
        "5.6": f"Patient/{people['P1']}", "15.6": f"Patient/{people['P2']}",
    }  # fmt: skip
