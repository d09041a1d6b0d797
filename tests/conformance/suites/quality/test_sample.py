"""Whose data are looked at: people with reports among them, whatever was written last."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from conformance.suites.quality.sample import PROFILE, _patients, ahead

MOST = PROFILE["sample"]["patients"]


class Target:
    """A target whose first patients have no report."""

    def __init__(self, without: int, reported: int) -> None:
        self.without = [{"resourceType": "Patient", "id": f"a{number:03}"} for number in range(without)]
        self.reported = {f"Patient/z{number:03}": {"id": f"z{number:03}"} for number in range(reported)}

    def some(self, query: str, most: int) -> list[dict[str, Any]]:
        if query.startswith("Patient"):
            return self.without[:most]
        return [{"id": name, "subject": {"reference": name}} for name in self.reported][:most]

    def read(self, name: str) -> dict[str, Any] | None:
        return self.reported.get(name)


def drawn(target: Any) -> list[str]:
    return [str(one["id"]) for one in _patients(target)]


def test_a_third_are_people_with_a_report() -> None:
    found = drawn(Target(100, 100))
    assert len(found) == len(set(found)) == MOST
    assert sum(one.startswith("z") for one in found) == MOST // 3


def test_where_nobody_has_a_report_and_where_few_are_there_all_are_looked_at() -> None:
    assert drawn(Target(3, 0)) == ["a000", "a001", "a002"]
    assert sorted(drawn(Target(2, 1))) == ["a000", "a001", "z000"]
    assert drawn(Target(0, 0)) == []


ASKED = datetime(2026, 3, 2, 0, 0, 0, 400_000, tzinfo=UTC)


def told(difference: float) -> timedelta:
    """What is made of a clock that differs by so many seconds, and is told half a second later."""
    there = ASKED + timedelta(seconds=difference + 0.25)
    return ahead(
        format_datetime(there.replace(microsecond=0), usegmt=True), ASKED, ASKED + timedelta(seconds=0.5)
    )


@given(st.floats(-0.1, 0.1))
def test_a_clock_that_agrees_moves_nothing_of_what_came_just_before_into_the_run(difference: float) -> None:
    assert told(difference) == timedelta()


@given(st.floats(-7200, 7200))
def test_another_clock_is_followed_as_far_as_its_date_tells(difference: float) -> None:
    found = told(difference).total_seconds()
    assert abs(found) <= abs(difference) + 1e-5
    assert abs(found - difference) <= 1.5 + 1e-5


def test_a_target_that_tells_no_date_is_taken_to_agree() -> None:
    assert ahead("", ASKED, ASKED) == ahead("yesterday", ASKED, ASKED) == timedelta()
