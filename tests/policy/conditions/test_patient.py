"""Patient: the resident ID at every digit, and children at the boundary."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.policy import load_policy
from gateway.policy.check import case_of
from gateway.policy.conditions.patient import check_character

SYSTEM = "urn:oid:2.16.156.10011.1.3"


def refused(number: object, birth_date: str, gender: str, **more: str) -> bool:
    patient = {
        "identifier": [{"system": SYSTEM, "value": number, **more}],
        "birthDate": birth_date,
        "gender": gender,
    }
    decision = load_policy().decide(case_of("visit", {"Patient/p1": patient}))
    return "nat-20-patient" in {one.rule for one in decision.findings}


@given(
    st.dates(date(1900, 1, 1), date(2025, 3, 1)),
    st.integers(0, 999),
    st.integers(0, 17),
    st.sampled_from("0123456789X"),
)
def test_a_right_number_passes_and_one_wrong_digit_does_not(
    born: date, sequence: int, at: int, digit: str
) -> None:
    first = f"990101{born:%Y%m%d}{sequence:03}"
    number = first + check_character(first)
    gender = "male" if sequence % 2 else "female"
    assert not refused(number, born.isoformat(), gender)
    if number[at] != digit:
        assert refused(number[:at] + digit + number[at + 1 :], born.isoformat(), gender)


@pytest.mark.parametrize(
    "number",
    ["", None, 990101199003071237, "99010119900307123", "990101199003071237 ", "９９0101199003071237"],
)
def test_what_is_no_number_is_refused(number: object) -> None:
    assert refused(number, "1990-03-07", "male")


def test_a_number_that_was_put_right_since_counts_no_more() -> None:
    assert not refused("990101199003071230", "1990-03-07", "male", use="old")
    assert refused("990101199003071230", "1990-03-07", "male", use="official")


def test_a_small_x_is_not_the_check_character() -> None:
    first = next(
        f"99010119900307{n:03}" for n in range(1, 999, 2) if check_character(f"99010119900307{n:03}") == "X"
    )
    assert not refused(first + "X", "1990-03-07", "male")
    assert refused(first + "x", "1990-03-07", "male")


@pytest.mark.parametrize(
    ("born", "now", "blocked"),
    [
        ("2019-03-06", "2025-03-06", True),
        ("2018-03-07", "2025-03-06", True),
        ("2018-03-06", "2025-03-06", True),
        ("2018-03-05", "2025-03-06", False),
        ("2020-02-29", "2027-02-28", True),
        ("2020-02-29", "2027-03-01", False),
        ("2018", "2025-03-06", True),
        ("2018-03", "2025-03-06", True),
        ("2018-02", "2025-03-06", False),
    ],
)
def test_a_child_is_young_through_the_day_on_which_it_turns_seven(born: str, now: str, blocked: bool) -> None:
    patch = {"variant": ["child", "no-guardian"], "now": f"{now}T09:15:00+08:00"}
    case = case_of("prescription", {**patch, "Patient/p1": {"birthDate": born}})
    found = {one.rule for one in load_policy().decide(case).findings}
    assert ("nat-20-young-child-guardian" in found) == blocked
