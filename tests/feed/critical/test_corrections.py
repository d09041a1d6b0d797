"""A result that is corrected is noted while nobody knows of it, and calls again once somebody has."""

from __future__ import annotations

import pytest

from gateway.canonical import now_us
from gateway.store.clock import instant
from tests.feed.critical.ward import HOUR, Ward, potassium


@pytest.mark.parametrize(("before", "after"), [("HH", "LL"), ("LL", "HH"), ("HH", "")])
def test_a_flag_alone_that_is_corrected_is_told(ward: Ward, before: str, after: str) -> None:
    """Nothing but the side changes: who knew of a high value must hear that it is low."""
    ward.write(potassium("4.1", flag=before))
    ward.write(potassium("4.1", flag=after, status="corrected"))
    (task,) = ward.tasks()
    said = task["note"][-1]["text"]
    assert said == f"危急值依据已更正：{before} → {after or '无（不再达到危急值）'}"
    assert task["description"].endswith(after or before)
    ward.write(potassium("4.1", flag=after, status="amended"))
    assert len(ward.tasks()[0]["note"]) == 1, "nothing has changed since"


@pytest.mark.parametrize(("before", "after"), [("HH", "LL"), ("LL", "HH")])
def test_a_flag_alone_that_is_corrected_after_the_acknowledgement_calls_again(
    ward: Ward, before: str, after: str
) -> None:
    ward.write(potassium("4.1", flag=before))
    ward.acknowledge(ward.tasks()[0]["id"])
    ward.write(potassium("4.1", flag=before, status="amended"))
    assert ward.tasks() == []
    ward.write(potassium("4.1", flag=after, status="corrected"))
    (task,) = ward.tasks()
    assert task["description"] == f"危急值：血钾 4.1 mmol/L {after}"
    assert len(ward.all("Communication")) == 2
    ward.acknowledge(task["id"])
    ward.write(potassium("4.1", status="corrected"))
    assert ward.tasks() == []
    ward.write(potassium("4.1", flag=after, status="corrected"))
    assert len(ward.tasks()) == 1, "it came back"


def test_an_old_result_that_has_called_calls_again_when_it_is_corrected(ward: Ward) -> None:
    taken = instant(now_us() - 71 * HOUR)
    ward.write(potassium("6.8", effectiveDateTime=taken))
    ward.acknowledge(ward.tasks()[0]["id"])
    ward.write(potassium("2.1", status="corrected", effectiveDateTime=instant(now_us() - 80 * HOUR)))
    (task,) = ward.tasks()
    assert task["description"] == "危急值：血钾 2.1 mmol/L ≤2.8"


OTHER = {"reference": "Patient/other"}


def test_a_correction_is_noted_and_still_to_be_acknowledged(ward: Ward) -> None:
    body = potassium("6.8")
    ward.write(body)
    ward.write({**body, **potassium("4.1"), "status": "corrected"})
    (task,) = ward.tasks()
    assert task["note"][0]["text"] == "结果已更正：6.8 mmol/L → 4.1 mmol/L（不再达到危急值）"
    ward.write({**body, **potassium("7.0"), "status": "corrected"})
    (task,) = ward.tasks()
    assert task["description"] == "危急值：血钾 7.0 mmol/L ≥6.2"
    ward.write({**body, "status": "entered-in-error"})
    (task,) = ward.tasks()
    assert task["note"][-1]["text"] == "结果已撤回：7.0 mmol/L"
    assert len(ward.all("Communication")) == 1


def test_another_critical_value_after_the_acknowledgement_opens_it_again(ward: Ward) -> None:
    body = potassium("6.8")
    ward.write(body)
    (task,) = ward.tasks()
    ward.acknowledge(task["id"], "李护士", "已复述")
    ward.write({**body, **potassium("7.4"), "status": "corrected"})
    (again,) = ward.tasks()
    assert (again["id"], again["note"][0]["text"]) == (task["id"], "已复述")
    assert "output" not in again
    assert len(ward.all("Communication")) == 2


def test_a_correction_that_cannot_be_judged_does_not_say_that_all_is_well(ward: Ward) -> None:
    body = potassium("6.8")
    ward.write(body)
    ward.write({**body, **potassium("6.9", unit="g/kg"), "status": "corrected"})
    (task,) = ward.tasks()
    assert task["note"][-1]["text"] == "结果已更正：6.8 mmol/L → 6.9 g/kg（无法判断是否危急）"


@pytest.mark.parametrize("between", [{"value": "4.1"}, {"status": "entered-in-error"}])
def test_a_value_that_comes_back_calls_again(ward: Ward, between: dict[str, str]) -> None:
    ward.write(potassium("6.8"))
    (task,) = ward.tasks()
    ward.acknowledge(task["id"])
    ward.write(potassium(**{"value": "6.8", "status": "corrected", **between}))
    assert ward.tasks() == []
    ward.write(potassium("6.8", status="corrected"))
    (task,) = ward.tasks()
    assert [one["authorString"] for one in task["note"]] == ["李护士"], "what was said before stays"


@pytest.mark.parametrize("acknowledged", [False, True])
def test_a_result_of_another_patient_than_was_said_calls_for_that_one(ward: Ward, acknowledged: bool) -> None:
    ward.write({"resourceType": "Patient", "id": "other", "birthDate": "1970-01-01"}, potassium("6.8"))
    (task,) = ward.tasks()
    if acknowledged:
        ward.acknowledge(task["id"])
    ward.write(potassium("6.8", subject=OTHER))
    (task,) = ward.tasks()
    assert task["for"] == OTHER
    said = {one["subject"]["reference"]: one["status"] for one in ward.all("Communication")}
    assert said == {
        "Patient/adult": "completed" if acknowledged else "entered-in-error",
        "Patient/other": "in-progress",
    }
    ward.write(potassium("6.8", subject=OTHER))
    assert len(ward.all("Communication")) == 2


def test_a_result_of_another_patient_that_is_not_critical_for_that_one_stays_to_be_known(ward: Ward) -> None:
    ward.write(potassium("6.8"))
    ward.write(potassium("6.8", subject={"reference": "Patient/newborn"}))
    (task,) = ward.tasks()
    assert task["for"] == {"reference": "Patient/newborn"}
    assert task["note"][-1]["text"].endswith("（不再达到危急值）")
