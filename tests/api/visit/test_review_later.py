"""A review that is open when the visit ends: the talk is over, the prescription goes on to its pharmacist."""

from __future__ import annotations

from typing import Any

import pytest

PHYSICIAN = "Practitioner/w1"


def rules(answer: Any) -> list[str]:
    return [
        one["details"]["coding"][0]["code"] for one in answer.json()["issue"] if one["severity"] == "error"
    ]


def finish(clinic: Any) -> None:
    record = clinic.body("Composition/r1", date=clinic.read("RequestGroup/g1")["authoredOn"])
    clinic.file({**record, "status": "final"})
    visit = clinic.read("Encounter/v1")
    period = {**visit["period"], "end": record["date"]}
    done = clinic.put({**visit, "status": "finished", "period": period}, PHYSICIAN)
    assert done.status_code == 200, done.text


@pytest.mark.parametrize("decision", ["approved", "rejected"])
def test_the_pharmacist_decides_after_the_visit_has_finished(admitted: Any, decision: str) -> None:
    task = admitted.submitted()["task"]
    finish(admitted)
    done = admitted.review(task, decision=decision, **({} if decision == "approved" else {"reason": "过量"}))
    assert done.status_code == 200, done.text
    found = admitted.read("MedicationRequest/g1m0")["status"]
    assert found == ("active" if decision == "approved" else "cancelled")
    event = "effective" if decision == "approved" else "rejected"
    assert ("prescription", event, "RequestGroup/g1") in admitted.entries()


def test_after_the_end_nothing_new_is_submitted(admitted: Any) -> None:
    admitted.submitted()
    late = admitted.draft("g2", "CF2")
    admitted.write(late)
    finish(admitted)
    done = admitted.call("RequestGroup/g2", "submit", PHYSICIAN, signature=admitted.sign(late))
    assert (done.status_code, rules(done)) == (409, ["nat-19-visit-over"])


def test_what_a_broken_off_visit_took_back_is_not_approved(admitted: Any) -> None:
    task = admitted.submitted()["task"]
    done = admitted.call("Encounter/v1", "terminate", PHYSICIAN, reason="血压骤升")
    assert done.status_code == 200, done.text
    late = admitted.review(task)
    assert (late.status_code, rules(late)) == (409, ["state-jump"])
