"""Alone: the PID and PV1 of one document name one person and one visit, by whichever of their numbers."""

from __future__ import annotations

import pytest

from gateway.errors import Rejected
from gateway.mapping.layout.alone import check_alone
from gateway.mapping.layout.laid import LaidSegment


def pid(number: str = "", card: str = "", name: str = "") -> LaidSegment:
    fields = [""] * 20
    fields[0], fields[3], fields[5], fields[19] = "PID", number, name, card
    return LaidSegment("PID", fields)


def pv1(number: str) -> LaidSegment:
    return LaidSegment("PV1", ["PV1", *[""] * 18, number])


def test_a_visit_is_one_whatever_is_said_beside_its_number() -> None:
    check_alone([pv1("V1^^^^VN"), pv1(""), pv1("V1"), pv1("不详")])
    with pytest.raises(Rejected, match="tells of several visits"):
        check_alone([pv1("V1^^^^VN"), pv1("V2^^^^VN")])


@pytest.mark.parametrize(
    "patients",
    [
        [],
        [pid("1^^^^MR")],
        [pid("1^^^^MR"), pid("1^^^HIS^MR", "C1"), pid(card="C1")],
        [pid(name="甲"), pid(name="甲")],
    ],
)
def test_one_person_may_be_said_again(patients: list[LaidSegment]) -> None:
    check_alone(patients)


@pytest.mark.parametrize(
    "patients",
    [
        [pid("1"), pid("2")],
        [pid("1"), pid(name="乙")],
        [pid(name="甲"), pid(name="乙")],
        [pid("1"), pid("1", "C1"), pid("1", "C2")],
        [pid("不详", name="甲"), pid("不详", name="乙")],
    ],
)
def test_another_person_is_noticed(patients: list[LaidSegment]) -> None:
    with pytest.raises(Rejected, match="tells of several patients"):
        check_alone(patients)


def test_of_several_each_needs_a_number() -> None:
    check_alone([pid("1"), pid(card="C2")], several=2)
    check_alone([pid(name="甲")], several=1)
    for other in ([], [pid(name="乙")], [pid("不详", "-", "乙")]):
        with pytest.raises(Rejected, match="has no number"):
            check_alone([pid("1"), *other], several=2)
