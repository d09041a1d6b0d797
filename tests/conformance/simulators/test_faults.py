"""Every fault of the day is really one."""

from __future__ import annotations

import pytest

from conformance.simulators import Event, hospital_day
from conformance.simulators.faults import BROKEN, LOST
from conformance.simulators.people import check_character

BY_FAULT = {event.fault: event for event in hospital_day(7) if event.fault}


def header(event: Event) -> list[bytes]:
    return event.message.split(b"\r", 1)[0].split(b"|")


def pid(event: Event) -> list[str]:
    return next(line for line in event.message.decode().split("\r") if line.startswith("PID")).split("|")


def test_all_faults_are_in_the_day() -> None:
    in_content = {"no-pid", "impossible-date", "wrong-check-digit", "no-patient-id", "unknown-type"}
    assert set(BY_FAULT) == {*BROKEN, *LOST, *in_content, "reused-control-id", "truncated-body"}


@pytest.mark.parametrize("fault", ["not-hl7", "xml", "binary", "utf-16", "bom"])
def test_it_does_not_begin_with_a_header(fault: str) -> None:
    assert not BY_FAULT[fault].message.startswith(b"MSH|")


def test_the_header_ends_early() -> None:
    assert len(header(BY_FAULT["truncated-header"])) < 9


def test_header_fields_are_missing() -> None:
    assert header(BY_FAULT["no-control-id"])[9] == b""
    assert header(BY_FAULT["no-message-type"])[8] == b""
    assert header(BY_FAULT["no-charset"])[17] == b""


@pytest.mark.parametrize("fault", ["wrong-charset", "no-charset"])
def test_the_bytes_are_gb18030_and_do_not_say_so(fault: str) -> None:
    event = BY_FAULT[fault]
    with pytest.raises(UnicodeDecodeError):
        event.message.decode()
    assert "门诊" in event.message.decode("gb18030")
    assert header(event)[17] in (b"", b"UNICODE")


def test_the_type_is_unknown() -> None:
    assert header(BY_FAULT["unknown-type"])[8] == b"ZZZ^Z99"


def test_the_patient_is_missing() -> None:
    assert b"\rPID|" not in BY_FAULT["no-pid"].message
    assert pid(BY_FAULT["no-patient-id"])[3] == ""


def test_the_date_is_impossible() -> None:
    assert pid(BY_FAULT["impossible-date"])[7] == "20260231"


def test_the_check_character_is_wrong() -> None:
    number = pid(BY_FAULT["wrong-check-digit"])[19]
    assert len(number) == 18 and check_character(number[:17]) != number[17]


def test_line_ends_are_not_carriage_returns() -> None:
    assert b"\r" not in BY_FAULT["line-feeds"].message
    assert b"\r\n" in BY_FAULT["crlf"].message


def test_the_report_stops_in_the_middle() -> None:
    assert not BY_FAULT["truncated-body"].message.endswith(b"\r")


@pytest.mark.parametrize("transport", LOST)
def test_what_breaks_off_is_sent_again_whole(transport: str) -> None:
    day = hospital_day(7)
    broken = BY_FAULT[transport]
    whole = next(event for event in day if event.note == f"update (after {transport})")
    assert broken.transport == transport
    assert whole.at > broken.at and whole.transport == "frame"
    assert whole.message.startswith(broken.message)
