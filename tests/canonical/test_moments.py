"""Moments: days of China, ages and anniversaries at their boundaries."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.canonical.moments import age, anniversary, day, day_of, end_us, last_day, local, moment, stated

DAYS = st.dates(date(1900, 1, 1), date(2090, 12, 31))


@pytest.mark.parametrize(
    ("born", "today", "years"),
    [
        ("2019-03-06", "2025-03-05", 5),
        ("2019-03-06", "2025-03-06", 5),
        ("2019-03-06", "2025-03-07", 6),
        ("2020-02-29", "2026-02-28", 5),
        ("2020-02-29", "2026-03-01", 6),
        ("2020-02-29", "2028-02-29", 7),
        ("2020-02-29", "2028-03-01", 8),
    ],
)
def test_a_year_of_life_is_complete_after_the_birthday(born: str, today: str, years: int) -> None:
    assert age(date.fromisoformat(born), date.fromisoformat(today)) == years


def test_a_hospital_may_count_the_birthday() -> None:
    assert age(date(2019, 3, 6), date(2025, 3, 6), after_birthday=False) == 6
    assert age(date(2020, 2, 29), date(2026, 2, 28), after_birthday=False) == 6


@given(DAYS, st.integers(0, 30_000))
def test_age_grows_by_one_at_a_time(born: date, days: int) -> None:
    today = min(born + timedelta(days), date(2190, 1, 1))
    assert 0 <= age(born, today + timedelta(1)) - age(born, today) <= 1
    assert age(born, today, after_birthday=False) - age(born, today) in (0, 1)


def test_an_anniversary_without_a_day_is_the_last_of_the_month() -> None:
    assert anniversary(date(2024, 2, 29), 3) == date(2027, 2, 28)
    assert anniversary(date(2024, 2, 29), 4) == date(2028, 2, 29)


def test_a_day_is_chinas_wherever_the_clock_stands() -> None:
    us = moment("2025-03-05T16:00:00Z")
    assert us is not None
    assert day_of(us) == date(2025, 3, 6)
    assert day_of(us - 1) == date(2025, 3, 5)
    assert local(us).hour == 0
    assert moment("2025-03-06") == moment("2025-03-06T00:00:00+08:00") == us
    assert end_us("2025-03-05") == us


def test_a_date_that_is_not_whole_means_all_its_days() -> None:
    assert (day("2024-02"), last_day("2024-02")) == (date(2024, 2, 1), date(2024, 2, 29))
    assert (day("2024"), last_day("2024")) == (date(2024, 1, 1), date(2024, 12, 31))


@pytest.mark.parametrize("text", [None, "", "x", "2025-13-01", "2025-02-30", 3, "2025-03-06T25:00:00Z"])
def test_what_is_no_date_is_none(text: object) -> None:
    assert moment(text) is None
    assert day(text) is None
    assert last_day(text) is None


@pytest.mark.parametrize(
    "text", ["", "x", "2025-13-01", "2025-02-30", 3, "永久", "0001-01-01T00:00:00+14:00"]
)
def test_an_end_that_cannot_be_read_is_not_no_end(text: object) -> None:
    assert end_us(None) is None
    with pytest.raises(ValueError, match="no date"):
        end_us(text)
    with pytest.raises(ValueError, match="no date"):
        stated(text)


def test_the_last_day_that_there_is_has_no_end() -> None:
    assert end_us("9999-12-31") is None
    assert end_us("9999") is None
