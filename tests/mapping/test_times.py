"""HL7 times become FHIR times with their real precision, or nothing."""

from __future__ import annotations

import re
from datetime import date, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.mapping import times

MOMENTS = st.builds(datetime.combine, st.dates(date(1850, 1, 1), date(2100, 12, 31)), st.times())
DATETIME = re.compile(
    r"([0-9]([0-9]([0-9][1-9]|[1-9]0)|[1-9]00)|[1-9]000)(-(0[1-9]|1[0-2])(-(0[1-9]|[1-2][0-9]|3[0-1])"
    r"(T([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]+)?(Z|[+-]((0[0-9]|1[0-3]):[0-5][0-9]|14:00)))?)?)?"
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026", "2026"),
        ("202602", "2026-02"),
        ("20260228", "2026-02-28"),
        ("2026022813", "2026-02-28"),  # an hour without minutes has no FHIR form
        ("202602281305", "2026-02-28T13:05:00+08:00"),
        ("20260228130509", "2026-02-28T13:05:09+08:00"),
        ("20260228130509.1234", "2026-02-28T13:05:09.1234+08:00"),
        ("20260228130509+0900", "2026-02-28T13:05:09+09:00"),
        ("20260228130509-0330", "2026-02-28T13:05:09-03:30"),
        ("1993-11-20 00:00:00.0", "1993-11-20T00:00:00.0+08:00"),
        ("2026-02-28T13:05:09Z", "2026-02-28T13:05:09Z"),
        ("20260231", None),
        ("20261301", None),
        ("00000000", None),
        ("20260228250000", None),
        ("20260228136000", None),
        ("20260228130509+1500", None),
        ("yesterday", None),
        ("199311", "1993-11"),
        ("", None),
    ],
)
def test_datetime(text: str, expected: str | None) -> None:
    assert times.to_datetime(text, "+08:00") == expected


def test_a_birth_time_gives_its_date() -> None:
    assert times.to_date("19931120083000") == "1993-11-20"
    assert times.to_date("19930231") is None


def test_an_instant_needs_minutes() -> None:
    assert times.to_instant("20260228", "+08:00") is None
    assert times.to_instant("202602281305", "+08:00") == "2026-02-28T13:05:00+08:00"
    assert times.to_instant("20260228130509", "+08:00") == "2026-02-28T13:05:09+08:00"


def test_event_time_respects_the_zone() -> None:
    assert times.to_us("19700101080000", "+08:00") == 0
    assert times.to_us("19700101000000.5+0000", "+08:00") == 500_000
    assert times.to_us("20260231", "+08:00") is None


@pytest.mark.parametrize(
    ("text", "expected"), [("0830", "08:30:00"), ("083015.5", "08:30:15.5"), ("2400", None), ("8", None)]
)
def test_time(text: str, expected: str | None) -> None:
    assert times.to_time(text) == expected


@given(st.text("0123456789-+:. TZ", max_size=26))
@example("0001+0060")
def test_nothing_malformed_is_ever_written(text: str) -> None:
    value = times.to_datetime(text, "+08:00")
    assert value is None or DATETIME.fullmatch(value)
    times.to_us(text, "+08:00")


@pytest.mark.parametrize(
    "none", ["00010101", "17530101", "18991230", "18991231", "19000101", "29991231", "99991231"]
)
@pytest.mark.parametrize("clock", ["", "000000", "080543", "235959"])
def test_what_stands_for_none_is_no_moment(none: str, clock: str) -> None:
    assert times.to_datetime(none + clock, "+08:00") is None
    assert times.to_date(none + clock) is None
    assert times.to_us(none + clock, "+08:00") is None


@pytest.mark.parametrize("digits", ["800506", "121212", "17010112", "1701011234", "1849", "2101"])
def test_years_in_which_no_patient_lived_are_none(digits: str) -> None:
    assert times.to_date(digits) is None
    assert times.to_datetime(digits, "+08:00") is None


@pytest.mark.parametrize("day", ["19000102", "18990101", "19700101", "1900", "20991231"])
def test_a_day_beside_a_placeholder_is_one(day: str) -> None:
    assert times.to_date(day) is not None


@given(
    MOMENTS,
    st.integers(0, 9),
    st.data(),
)
def test_a_time_is_the_same_whether_the_sender_or_the_message_says_its_zone(
    moment: datetime, digits: int, data: st.DataObject
) -> None:
    fraction = "." + data.draw(st.text("0123456789", min_size=digits, max_size=digits)) if digits else ""
    text = moment.strftime("%Y%m%d%H%M%S").rjust(14, "0") + fraction
    assert times.to_datetime(text, "+08:00") == times.to_datetime(f"{text}+0800", "-05:00")
    assert times.to_us(text, "+08:00") == times.to_us(f"{text}+0800", "-05:00")
