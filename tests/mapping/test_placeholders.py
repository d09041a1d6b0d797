"""A placeholder (``不详``) in the place of a number makes no two persons, visits or orders one."""

from __future__ import annotations

import pytest

from gateway.errors import Rejected
from tests.mapping.test_foreign import every, one, translate

PLACEHOLDERS = ["不详", "未知", "暂无", "无证件", "N/A", "--", "000000"]


@pytest.mark.parametrize("nothing", PLACEHOLDERS)
def test_a_person_without_a_number_waits(nothing: str) -> None:
    with pytest.raises(Rejected) as refused:
        translate("ADT^A08", f"PID|1||{nothing}^^^^MR||孟秋禾||||||||||||||{nothing}", country="CHN")
    assert refused.value.code == "no-patient"


@pytest.mark.parametrize("nothing", PLACEHOLDERS)
def test_an_identifier_that_is_none_is_left_out_and_told(nothing: str) -> None:
    made = translate(
        "ADT^A08", f"PID|1||P1^^^^MR~{nothing}^^^^SB||孟秋禾||||||||||||||{nothing}", country="CHN"
    )
    assert [one["value"] for one in one(made, "Patient")["identifier"]] == ["P1"]
    assert sum("malformed" in issue.text for issue in made.issues) == 2


def test_two_visits_without_a_number_are_two() -> None:
    first, second = (
        every(
            translate("ADT^A04", f"PID|1||{no}^^^^MR||孟秋禾", "PV1|1|O|||||||||||||||||不详^^^^VN"),
            "Encounter",
        )
        for no in ("P1", "P2")
    )
    assert not first
    assert not second


def test_a_part_of_a_key_that_is_none_makes_no_two_doctors_one() -> None:
    texts = [
        f"PID|1||P1^^^^MR||孟秋禾\rPV1|1|O|||||不详^{name}||||||||||||V1^^^^VN" for name in ("温如玉", "石磊")
    ]
    for made in (translate("ADT^A04", *text.split("\r"), country="CHN") for text in texts):
        assert not every(made, "Practitioner")
        assert one(made, "Encounter")["participant"][0]["individual"].keys() == {"display"}
