"""What cannot be held against its limits is told, once for each test and unit."""

from __future__ import annotations

import pytest

from gateway.canonical import now_us
from gateway.feed.alerting import tell_overdue
from gateway.feed.critical import UNREAD, tasks
from tests.feed.critical.ward import Body, Ward, potassium, unread


def test_what_cannot_be_held_against_the_limits_is_told_once(ward: Ward) -> None:
    ward.write(potassium("6.8", unit="g/kg"))
    ward.write(potassium("7.8", id="o2", unit="g/kg"))
    plain = potassium("6.8", id="o3")
    del plain["valueQuantity"]
    ward.write({**plain, "valueString": "6.8*"})
    ward.write({**plain, "id": "o4", "valueString": "溶血"})
    ward.write(potassium("6.8", id="o5", unit="g/kg", effectiveDateTime="2019-01-01"))
    assert ward.tasks() == []
    assert unread(ward) == ["危急值未判断：血钾 单位 g/kg 无法与界限比较", "危急值未判断：血钾 结果不是数值"]
    tell_overdue(ward.store, now_us())
    told = list(ward.store.alerts.find(tenant="default"))
    assert {(one.kind, one.detail) for one in told} == {("not-checked", "unit"), ("not-checked", "number")}
    for one in tasks(ward.store, "default", code=UNREAD):
        ward.acknowledge(one["id"], "信息科")
    ward.write(potassium("7.9", id="o6", unit="g/kg"))
    assert unread(ward) == []


def test_a_flag_of_the_laboratory_counts_in_whatever_unit(ward: Ward) -> None:
    ward.write(potassium("6.8", unit="g/kg", flag="HH"))
    assert (len(ward.tasks()), unread(ward)) == (1, [])


def test_a_test_that_nobody_has_translated_is_told_once(ward: Ward) -> None:
    local = {"coding": [{"system": "urn:lis", "code": "k", "display": "钾"}]}
    ward.write({**potassium("6.8"), "code": local}, {**potassium("6.8", id="o2"), "code": local})
    assert (ward.tasks(), unread(ward)) == ([], ["危急值未判断：血钾 项目代码 k 未对照 LOINC"])
    urine = {
        "coding": [{"system": "http://loinc.org", "code": "2828-2"}, {"system": "urn:lis", "code": "GLU"}]
    }
    ward.write({**potassium("6.8", id="o3"), "code": urine})
    assert len(unread(ward)) == 1
    ward.write({**potassium("6.8", id="o4", flag="HH"), "code": local})
    assert len(ward.tasks()) == 1
    ward.write(
        {
            **potassium("9", id="o5"),
            "code": {"coding": [{"system": "urn:lis", "code": "17", "display": "血糖"}]},
        }
    )
    assert len(unread(ward)) == 2


@pytest.mark.parametrize("code", [
    {"coding": [{"system": "urn:lis", "code": "aPTT"}]}, {"text": " 血钾"},
    {"coding": [{"system": "urn:lis", "code": "7", "display": "T-Bil"}]},
])  # fmt: skip
def test_a_name_is_known_in_whatever_case_and_place(ward: Ward, code: Body) -> None:
    newborn = {"reference": "Patient/newborn"}
    ward.write({**potassium("120"), "code": code, "subject": newborn})
    assert len(unread(ward)) == 1


def test_a_sender_of_ever_new_units_fills_no_store_and_no_alert(ward: Ward) -> None:
    ward.write(*(potassium("6.8", id=f"o{at}", unit=f"张三{at}") for at in range(100)))
    assert 1 < len(unread(ward)) <= 64
    tell_overdue(ward.store, now_us())
    assert {one.detail for one in ward.store.alerts.find(tenant="default")} == {"unit"}
