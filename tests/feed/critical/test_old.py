"""Critical results with times of former days call somebody to look, once for each sender."""

from __future__ import annotations

import pytest

from gateway.canonical import now_us
from gateway.canonical.moments import moment
from gateway.feed.alerting import tell_overdue
from gateway.feed.critical.old import MOST, NAMED, count_of, is_old
from gateway.store.clock import instant
from gateway.validation import Validator
from tests.feed.critical.ward import MINUTE, Ward, potassium

DAY = 24 * 60 * MINUTE


def slow(days: int = 4) -> str:
    """What a clock says that is behind."""
    return instant(now_us() - days * DAY)


def test_a_slow_clock_does_not_stay_unseen(ward: Ward) -> None:
    ward.write(potassium("6.8", effectiveDateTime=slow()))
    (task,) = ward.tasks()
    assert is_old(task)
    assert task["description"].startswith(
        "危急值（结果时间过旧，未逐项通知，请核对仪器时钟；发送方 client:x，1 项）"
    )
    assert "血钾 6.8 mmol/L ≥6.2" in task["description"]
    assert (task["priority"], task["businessStatus"]["coding"][0]["code"]) == ("stat", "old")
    named = [one["valueReference"]["reference"] for one in task["input"] if "valueReference" in one]
    assert "Observation/o1" in named
    begun, due = moment(task["authoredOn"]), moment(task["restriction"]["period"]["end"])
    assert round((due - begun) / MINUTE) == 30  # type: ignore[operator]
    assert len(ward.all("Communication")) == 1
    tell_overdue(ward.store, now_us() + 31 * MINUTE)
    assert [one.kind for one in ward.store.alerts.find(tenant="default")] == ["overdue"]


def test_last_years_memory_rings_one_telephone(ward: Ward) -> None:
    for at in range(0, 300, 50):
        ward.write(*(potassium("6.8", id=f"m{n}", effectiveDateTime="2020-01-01T08:00:00+08:00")
                     for n in range(at, at + 50)))  # fmt: skip
    (task,) = ward.tasks()
    assert (count_of(task), len(ward.all("Communication"))) == (MOST, 1)
    assert f"{MOST} 项以上" in task["description"]
    assert int(task["meta"]["versionId"]) <= MOST + 1, "it is written no more"
    assert len([one for one in task["input"] if one["type"]["text"] == "value"]) == NAMED


def test_one_more_after_the_acknowledgement_calls_again_and_the_same_does_not(ward: Ward) -> None:
    ward.write(potassium("6.8", effectiveDateTime=(first := slow())))
    ward.write(potassium("6.9", id="o2", effectiveDateTime=slow()))
    (task,) = ward.tasks()
    assert count_of(task) == 2
    ward.acknowledge(task["id"], "检验科 王", "时钟已校准")
    ward.write(potassium("6.8", effectiveDateTime=first, status="amended"))
    assert ward.tasks() == []
    ward.write(potassium("7.1", id="o3", effectiveDateTime=slow()))
    (again,) = ward.tasks()
    assert (again["id"], count_of(again), again["note"][0]["text"]) == (task["id"], 1, "时钟已校准")
    assert "7.1" in again["description"]
    assert "6.8" not in again["description"]
    assert len(ward.all("Communication")) == 2


def test_one_that_is_taken_out_and_put_in_again_is_counted_once(ward: Ward) -> None:
    body = potassium("6.8", effectiveDateTime=slow())
    ward.write(body)
    ward.write({**body, "status": "entered-in-error"})
    ward.write(body)
    assert [count_of(one) for one in ward.tasks()] == [1]


@pytest.mark.parametrize("value", ["4.1", "6.1"])
def test_what_is_not_critical_is_not_counted(ward: Ward, value: str) -> None:
    ward.write(potassium(value, effectiveDateTime=slow()))
    assert ward.tasks() == []


def test_it_is_a_right_resource(ward: Ward) -> None:
    ward.write(potassium("6.8", effectiveDateTime=slow()))
    ward.write(potassium("6.8", id="o2", effectiveDateTime=slow()))
    for body in (*ward.tasks(), *ward.all("Communication")):
        assert [str(one) for one in Validator().check(body) if one.severity == "error"] == []
