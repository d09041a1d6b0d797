"""Resident IDs are valid by GB 11643 and can belong to nobody."""

from __future__ import annotations

from datetime import date
from random import Random

import pytest

from conformance.simulators.people import REGIONS, check_character, draw, newborn, resident_id


@pytest.mark.parametrize(("first17", "expected"), [("11010519491231002", "X"), ("44052418800101001", "4")])
def test_the_printed_examples_of_the_standard(first17: str, expected: str) -> None:
    assert check_character(first17) == expected


def test_the_order_number_carries_the_sex() -> None:
    rng = Random(1)
    for sex in "MF" * 40:
        person = draw(rng, "1", date(2026, 3, 2), (0, 90), sex)
        assert int(person.resident_id[16]) % 2 == (sex == "M")
        assert person.resident_id[:6] in REGIONS
        assert person.resident_id[6:14] == f"{person.birth:%Y%m%d}"


def test_ages_stay_in_their_range() -> None:
    rng = Random(2)
    on = date(2026, 3, 2)
    assert {draw(rng, "1", on, (2, 4)).age(on) for _ in range(200)} == {2, 3, 4}


def test_a_newborn_has_no_resident_id_yet() -> None:
    mother = draw(Random(3), "1", date(2026, 3, 2), (25, 30), "F")
    child = newborn(Random(3), "2", mother, date(2026, 3, 2))
    assert child.resident_id == ""
    assert child.name.startswith(mother.name)


def test_resident_id_is_18_characters() -> None:
    assert resident_id("990101", date(1990, 3, 7), 7) == "990101199003070070"[:17] + check_character(
        "99010119900307007"
    )
