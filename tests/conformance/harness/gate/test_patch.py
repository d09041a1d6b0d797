"""Patches and the names in them."""

from __future__ import annotations

from datetime import date

import pytest

from conformance.harness.gate.patch import filled, moment_named, patched, replaced, years_ago

TODAY = date(2026, 3, 1)


def test_a_member_is_changed_and_its_neighbours_stay() -> None:
    assert patched({"a": {"b": 1, "c": 2}, "d": 3}, {"a": {"b": 9}}) == {"a": {"b": 9, "c": 2}, "d": 3}


def test_null_takes_a_member_away_and_a_list_replaces_a_list() -> None:
    assert patched({"a": 1, "b": [1, 2]}, {"a": None, "b": [3]}) == {"b": [3]}


def test_what_is_patched_does_not_change() -> None:
    whole = {"a": {"b": [1]}}
    patched(whole, {"a": {"b": [2], "c": 1}})
    assert whole == {"a": {"b": [1]}}


def test_names_are_filled_in_wherever_they_stand() -> None:
    found = filled(
        {"ref": "{Patient}", "list": ["YF{number}", 1], "none": "{not closed"},
        {"Patient": "Patient/p", "number": "7"}.__getitem__,
    )
    assert found == {"ref": "Patient/p", "list": ["YF7", 1], "none": "{not closed"}


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("today", "2026-03-01"),
        ("today-1", "2026-02-28"),
        ("today+30", "2026-03-31"),
        ("years-6", "2020-03-01"),
        ("years-6-1", "2020-02-29"),
    ],
)
def test_days_are_named_from_today_on(name: str, day: str) -> None:
    assert moment_named(name, TODAY) == day


def test_a_moment_ends_in_z_and_another_name_is_none() -> None:
    assert str(moment_named("now-60", TODAY)).endswith("Z")
    assert moment_named("Patient", TODAY) is None


def test_of_a_leap_day_the_day_before_is_taken() -> None:
    assert years_ago(date(2024, 2, 29), 6) == date(2018, 2, 28)


def test_whole_references_are_replaced_and_nothing_else() -> None:
    value = {"a": ["Organization/x", "Organization/xy"], "b": {"c": "Organization/x"}}
    assert replaced(value, {"Organization/x": "Organization/1"}) == {
        "a": ["Organization/1", "Organization/xy"],
        "b": {"c": "Organization/1"},
    }
