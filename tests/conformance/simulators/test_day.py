"""The day is deterministic, in order, complete, and broken exactly where it says so."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from conformance.simulators import Event, hospital_day
from conformance.simulators.event import DELIVERS
from conformance.simulators.people import REGIONS, check_character

DAY = hospital_day(7)
SOUND = [event for event in DAY if not event.fault]
CODECS = {
    "UNICODE UTF-8": "utf-8",
    "UNICODE": "utf-8",
    "GB 18030-2000": "gb18030",
    "GBK": "gb18030",
}
TYPES = [
    *(f"ADT^A{number}" for number in ("01", "02", "03", "04", "08", "11", "13", "40")),
    "OMP^O09",
    "RDE^O11",
    "ORU^R01",
]


def segments(event: Event) -> list[list[str]]:
    """Decode by MSH-18 and part into segments and fields, MSH-n at index n."""
    header = event.message.split(b"\r", 1)[0].split(b"|")
    text = event.message.decode(CODECS[header[17].decode()])
    lines = [line.split("|") for line in text.removesuffix("\r").split("\r")]
    lines[0].insert(1, "|")
    return lines


def kind(event: Event) -> str:
    return "^".join(segments(event)[0][9].split("^")[:2])


def fields(number: int, name: str) -> set[str]:
    return {
        line[number]
        for event in SOUND
        for line in segments(event)
        if line[0] == name and len(line) > number and line[number]
    }


def test_the_same_seed_gives_the_same_bytes() -> None:
    assert hospital_day(7) == DAY
    assert hospital_day(8) != DAY


def test_it_is_in_order_of_time() -> None:
    assert [event.at for event in DAY] == sorted(event.at for event in DAY)


def test_the_default_day_is_worth_watching() -> None:
    assert 450 <= len(DAY) <= 560


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("patients", [1, 60])
def test_every_type_occurs(seed: int, patients: int) -> None:
    day = [event for event in hospital_day(seed, patients=patients) if not event.fault]
    assert {kind(event) for event in day} == set(TYPES)
    assert {event.sender for event in day} == {"HIS", "LIS", "RIS"}


def test_every_sound_message_can_be_read() -> None:
    for event in SOUND:
        header, *body = segments(event)
        assert header[0] == "MSH" and header[2] == "^~\\&"
        assert header[7] and header[10] and header[11] == "P" and header[12] in ("2.3.1", "2.4", "2.5.1")
        assert all(re.fullmatch("[A-Z][A-Z0-9]{2}", line[0]) for line in body)
        assert [line[0] for line in body].count("PID") == 1


def test_sound_messages_of_one_application_have_their_own_control_ids() -> None:
    first = [segments(event)[0] for event in SOUND if not event.repeat and event.transport in DELIVERS]
    assert max(Counter((header[3], header[10]) for header in first).values()) == 1


def test_messages_have_the_size_of_real_ones() -> None:
    sizes = sorted(len(event.message) for event in SOUND)
    assert sizes[-1] < 6000
    assert 800 < sizes[len(sizes) // 2] < 2500


def test_every_resident_id_is_valid_and_of_no_region() -> None:
    text = "\n".join("|".join(line) for event in SOUND for line in segments(event))
    ids = set(re.findall(r"(?<![0-9.])99010[0-9]{12}[0-9X](?![0-9])", text))
    assert len(ids) > 30
    assert all(number[:6] in REGIONS and check_character(number[:17]) == number[17] for number in ids)


@pytest.mark.parametrize(
    ("name", "number", "expected"),
    [
        ("ORC", 1, {"NW", "RE", "CA", "DC"}),
        ("OBR", 25, {"P", "F", "C", "X"}),
        ("OBX", 11, {"P", "F", "C", "D"}),
        ("OBX", 2, {"NM", "ST", "IS", "FT", "TX"}),
        ("OBX", 5, {"*****", "阴性(-)"}),
        ("OBX", 6, {"10\\S\\9/L", "10^9/L"}),
        ("OBX", 8, {"H", "L", "N", "H~N"}),
        ("PID", 8, {"M", "F", "1", "2"}),
        ("PID", 13, {'""'}),
        ("PV1", 2, {"I", "O", "E"}),
    ],
)
def test_what_real_systems_send_occurs(name: str, number: int, expected: set[str]) -> None:
    assert expected <= fields(number, name)


def test_results_below_the_limit_and_titres_occur() -> None:
    values = fields(5, "OBX")
    assert any(re.fullmatch(r"<[0-9.]+", value) for value in values)
    assert any(re.fullmatch(r"1:[0-9]+", value) for value in values)


def test_unknown_segments_and_compounds_occur() -> None:
    names = {line[0] for event in SOUND for line in segments(event)}
    assert {"ZPI", "ZYB", "RXC", "RXR", "TQ1", "SPM", "AL1", "DG1", "IN1", "MRG", "NTE"} <= names


def test_nobody_gets_a_result_before_he_is_known() -> None:
    """But those who were in the house before the day began are first seen in the census (A08)."""
    opened = {}
    for event in SOUND:
        first = opened.setdefault(event.patient, kind(event))
        assert first in ("ADT^A01", "ADT^A04", "ADT^A08")


def test_a_repeat_has_been_sent_before() -> None:
    repeats = [event for event in DAY if event.repeat]
    assert len(repeats) >= 4
    exact = 0
    for event in repeats:
        before = [other for other in DAY[: DAY.index(event)] if _without_time(other) == _without_time(event)]
        assert before
        exact += any(other.message == event.message for other in before)
    assert 0 < exact < len(repeats)


def _without_time(event: Event) -> bytes:
    head, cut, rest = event.message.partition(b"\r")
    parts = head.split(b"|")
    return b"|".join(parts[:6] + parts[7:]) + cut + rest


def test_patients_scale_the_day() -> None:
    assert len(hospital_day(7, patients=180)) > 2 * len(DAY)
