"""FHIR dates as ranges: precision, zones, calendar, open periods."""

from __future__ import annotations

import itertools
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import Misconfigured, Rejected
from gateway.store.dates import date_range, zone

CHINA = "+08:00"


def us(text: str) -> int:
    moment = datetime.fromisoformat(text)
    return int(moment.timestamp()) * 1_000_000 + moment.microsecond


@pytest.mark.parametrize(
    ("text", "first", "after"),
    [
        ("2026", "2026-01-01T00:00:00+08:00", "2027-01-01T00:00:00+08:00"),
        ("2024-02", "2024-02-01T00:00:00+08:00", "2024-03-01T00:00:00+08:00"),
        ("2023-02", "2023-02-01T00:00:00+08:00", "2023-03-01T00:00:00+08:00"),
        ("2026-03-07", "2026-03-07T00:00:00+08:00", "2026-03-08T00:00:00+08:00"),
        ("2026-03-07T09:30", "2026-03-07T09:30:00+08:00", "2026-03-07T09:31:00+08:00"),
        ("2026-03-07T09:30:15", "2026-03-07T09:30:15+08:00", "2026-03-07T09:30:16+08:00"),
        ("2026-03-07T09:30:15Z", "2026-03-07T09:30:15+00:00", "2026-03-07T09:30:16+00:00"),
        ("2026-03-07T09:30:15.25-03:30", "2026-03-07T09:30:15.25-03:30", "2026-03-07T09:30:15.26-03:30"),
        ("1990-12-31", "1990-12-31T00:00:00+08:00", "1991-01-01T00:00:00+08:00"),
    ],
)
def test_a_value_covers_what_its_precision_says(text: str, first: str, after: str) -> None:
    assert date_range(text, CHINA) == (us(first), us(after) - 1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "26",
        "2026-13",
        "2026-02-30",
        "2026-3-7",
        "20260307",
        "2026-03-07T9:30",
        "2026-03-07T25:00",
        "2026-03-07T09:30:61",
        "2026-03-07T09:30:15+15:00",
        "2026-03-07T09:30:15+0800",
        "2026-03-07 09:30",
        "２０２６",
        "2026-03-07T",
        "0000",
    ],
)
def test_what_is_no_date_is_rejected(text: str) -> None:
    with pytest.raises(Rejected):
        date_range(text, CHINA)


@given(st.text(max_size=30))
def test_any_text_is_a_range_or_rejected(text: str) -> None:
    try:
        low, high = date_range(text, CHINA)
    except Rejected:
        return
    assert low <= high


@given(st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2100, 1, 1)))  # noqa: DTZ001
def test_a_moment_lies_in_its_day_and_its_day_in_its_year(moment: datetime) -> None:
    text = moment.replace(microsecond=0).isoformat()
    ranges = [date_range(text[:length], CHINA) for length in (4, 7, 10, 19)]
    for (low, high), (inner_low, inner_high) in itertools.pairwise(ranges):
        assert low <= inner_low <= inner_high <= high


@pytest.mark.parametrize("text", ["", "8", "+8:00", "+15:00", "+14:30", "08:00", "z"])
def test_a_zone_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(Misconfigured):
        zone(text)


@given(st.dates(), st.sampled_from(["Z", "+08:00", "-11:30", "+14:00"]))
def test_a_day_is_from_its_first_second_to_its_last(day: date, away: str) -> None:
    first, last = date_range(f"{day}T00:00:00", away), date_range(f"{day}T23:59:59", away)
    assert date_range(str(day), away) == (first[0], last[1])


@pytest.mark.parametrize("text", ["2026-02-30", "2026-W07-1", "2026-1-001", "２０２６-02-03"])
def test_ten_characters_that_are_no_day_are_refused(text: str) -> None:
    with pytest.raises(Rejected):
        date_range(text, CHINA)
