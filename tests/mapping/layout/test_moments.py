"""Moments: what is written in any of the usual styles is one moment; what is ambiguous is nobody's guess."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mapping.layout.moments import normal, of_column

MOMENTS = st.builds(datetime.combine, st.dates(date(1850, 1, 1), date(2100, 12, 31)), st.times())


@pytest.mark.parametrize(
    "text",
    [
        "20260307090500",
        "2026-03-07 09:05:00",
        "2026/3/7 9:05:00",
        "2026.3.7 9:05",
        "2026年3月7日 9时5分0秒",
        "2026年03月07日 上午9:05",
        "2026-03-07T09:05:00.000",
        "07-MAR-26 09.05.00 AM",
        "07-3月 -26 09.05.00.000000 上午",
        "2026年03月07日09:05",
        "2026年3月7日9时5分",
        "2026年3月7日上午9:05",
        "Mar  7 2026  9:05AM",
        "Mar  7 2026  9:05:00:000AM",
        "2026-03-07 9:05:00 AM",
        "2026/3/7 9:05:00 上午",
        "２０２６-０３-０７　０９：０５：００",
    ],
)
def test_every_style_is_the_same_moment(text: str) -> None:
    assert normal(text) == "20260307090500"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2026-3-7", "20260307"),
        ("2026年3月", "202603"),
        ("15-FEB-71", "19710215"),
        ("2026-3-7 下午 1:05", "20260307130500"),
        ("2026-03-07T09:05:00+08:00", "20260307090500+0800"),
        ("2026-03-07 09:05:00.125", "20260307090500.125"),
        ("20260307090500123", "20260307090500.123"),
        ("2026-03-07 09:05:00+08", "20260307090500+0800"),
        ("2026-03-07 09:05:00.5+08", "20260307090500.5+0800"),
        ("2026-03-07Z", "20260307"),
        ("２０２６年３月７日", "20260307"),
        ("Mar  7 2026", "20260307"),
        ("2026-03-07 9:05:00 PM", "20260307210500"),
        ("/Date(1772845500000)/", "20260307090500+0800"),
        ("/Date(1772845500123-0500)/", "20260306200500.123-0500"),
        ("/Date(641923200000+0800)/", "19900506000000+0800"),
        ("/Date(-62135596800000)/", "00010101080000+0800"),
    ],
)
def test_precision_halves_and_zones_are_kept(text: str, said: str) -> None:
    assert normal(text) == said


@pytest.mark.parametrize(
    "text",
    [
        "03/04/2026",
        "7.3.26",
        "昨天",
        "",
        "2026-XX-01",
        "12-ABC-26",
        "2026-03-07-09",
        "03  7 2026",
        "1772845500000",
        "/Date(999999999999999)/",
        "2026-03-07 上午 9:05 PM",
    ],
)
def test_what_is_ambiguous_or_no_date_stays(text: str) -> None:
    assert normal(text) == text


@given(st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2100, 1, 1)))  # noqa: DTZ001 -- as databases write them
def test_what_a_database_writes_is_read(moment: datetime) -> None:
    whole = moment.replace(microsecond=0)
    assert normal(str(whole)) == normal(whole.isoformat()) == whole.strftime("%Y%m%d%H%M%S")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("198005", "198005"),
        ("201305", "201305"),
        ("1980-05", "198005"),
        ("800506", None),
        ("121212", None),
        ("200506", None),
        ("190012", "190012"),
        ("2026-03-07", "20260307"),
    ],
)
def test_six_digits_are_a_month_only_where_they_can_be_no_day(text: str, said: str | None) -> None:
    assert of_column(text) == said


@given(MOMENTS)
def test_the_usual_style_says_what_the_others_say(moment: datetime) -> None:
    usual = moment.isoformat(" ")
    assert normal(usual) == normal(usual.replace("-", "/")) == normal(f" {usual}")
    assert normal(usual[:10]) == normal(usual[:10].replace("-", "."))
