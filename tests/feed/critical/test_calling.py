"""A critical value calls somebody as it is stored: a Task and a notice that nobody can write away."""

from __future__ import annotations

import pytest

from gateway.canonical.moments import moment
from gateway.errors import Refusal
from gateway.validation import Validator
from tests.feed.critical.ward import MINUTE, Ward, potassium


def test_it_says_what_to_whom_until_when(ward: Ward) -> None:
    ward.write(potassium("6.8"))
    (task,) = ward.tasks()
    assert task["description"] == "危急值：血钾 6.8 mmol/L ≥6.2"
    assert (task["focus"], task["for"]) == ({"reference": "Observation/o1"}, {"reference": "Patient/adult"})
    assert task["owner"]["reference"] == "Practitioner/d1"
    begun, due = moment(task["authoredOn"]), moment(task["restriction"]["period"]["end"])
    assert round((due - begun) / MINUTE) == 30  # type: ignore[operator]
    (notice,) = ward.all("Communication")
    assert (notice["status"], notice["recipient"][0]["reference"]) == ("in-progress", "Practitioner/d1")
    assert notice["basedOn"] == [{"reference": f"Task/{task['id']}"}]


def test_the_same_result_again_calls_nobody_twice(ward: Ward) -> None:
    body = potassium("6.8")
    ward.write(body)
    ward.write({**body, "note": [{"text": "x"}]})
    (task,) = ward.tasks()
    ward.acknowledge(task["id"])
    ward.write({**body, "note": [{"text": "y"}]})
    assert ward.tasks() == []
    assert len(ward.all("Communication")) == 1


def test_nobody_can_write_it_away(ward: Ward) -> None:
    ward.write(potassium("6.8"))
    (task,) = ward.tasks()
    with pytest.raises(Refusal):
        ward.write({**task, "status": "completed"})
    (notice,) = ward.all("Communication")
    with pytest.raises(Refusal):
        ward.write({**notice, "status": "completed"})
    assert ward.tasks() == [task]


def test_every_resource_is_right(ward: Ward) -> None:
    ward.write(potassium("6.8"))
    (task,) = ward.tasks()
    seen = [task, *ward.all("Communication")]
    ward.write({**potassium("7.0"), "status": "corrected"})
    ward.acknowledge(task["id"], "Practitioner/d1")
    seen += [*ward.tasks(every=True), *ward.all("Communication")]
    validator = Validator()
    for body in seen:
        assert [str(one) for one in validator.check(body) if one.severity == "error"] == []
