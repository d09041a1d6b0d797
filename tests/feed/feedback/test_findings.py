"""The regulator finds, the hospital answers with evidence, the regulator closes."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.canonical.moments import moment
from gateway.errors import Refusal, Rejected
from gateway.feed.feedback import Complaint, Finding, Said, move, open_complaint, open_finding
from gateway.feed.feedback.deadlines import HOUR_US, duties
from gateway.feed.feedback.states import COURSES
from gateway.settings import SupervisionSettings
from gateway.store import Desk, Entry

REGULATOR, HOSPITAL = Said("regulator"), Said("hospital")
ANSWER = Said("hospital", text="已整改", evidence=("DocumentReference/e1",))


def opened(house: Any, **more: Any) -> str:
    outcome = house.act(open_finding, Finding("处方未见签名", **more))
    found: str = outcome.tasks[0].removeprefix("Task/")
    return found


def step(house: Any, id_: str, act: str, said: Said) -> Any:
    return house.act(move, id_, act, said)


def rule(error: pytest.ExceptionInfo[Refusal]) -> tuple[str, str, str]:
    ground = error.value.issues[0]
    return ground.rule, error.value.code, ground.requirement


def test_a_finding_about_a_serial_has_task_issue_owner_and_clock(house: Any, serial: str) -> None:
    outcome = house.act(open_finding, Finding("处方未见签名", ("urn:r", "F1"), serial, severity="high"))
    assert (outcome.state, outcome.about, outcome.entry) == ("open", "RequestGroup/g1", 2)
    task = house.read(outcome.tasks[0])
    assert (task["status"], task["owner"], task["for"]) == (
        "requested", {"reference": "Organization/quality"}, {"reference": "Patient/p1"},
    )  # fmt: skip
    assert task["focus"]["identifier"] == {"system": "urn:qiao:id:serial", "value": serial}
    end, begun = moment(task["restriction"]["period"]["end"]), moment(task["authoredOn"])
    assert end is not None and begun is not None and end - begun == 24 * HOUR_US
    issue = house.read(task["reasonReference"]["reference"])
    assert (issue["severity"], issue["detail"]) == ("high", "处方未见签名")
    again = house.act(open_finding, Finding("the same", ("urn:r", "F1"), serial))
    assert (again.tasks, again.entry) == (outcome.tasks, 2)


def test_the_whole_course_is_entered_step_by_step(house: Any, serial: str) -> None:
    id_ = opened(house, serial=serial)
    step(house, id_, "accept", HOSPITAL)
    step(house, id_, "answer", ANSWER)
    step(house, id_, "return", Said("regulator", reason="不完整"))
    step(house, id_, "answer", Said("hospital", text="补充", evidence=("DocumentReference/e1",)))
    closed = step(house, id_, "close", REGULATOR)
    assert (closed.state, closed.due) == ("closed", "")
    task = house.read(f"Task/{id_}")
    assert task["status"] == "completed"
    assert [next(iter(one)) for one in task["output"]] == ["type"] * 3
    reopened = step(house, id_, "reopen", Said("regulator", reason="复发"))
    assert (reopened.state, bool(reopened.due)) == ("reopened", True)
    assert "executionPeriod" not in house.read(f"Task/{id_}")
    assert house.ledger()[1:] == [
        ("finding", "submitted", 0), ("finding", "effective", 2), ("answer", "submitted", 3),
        ("answer", "rejected", 4), ("answer", "submitted", 5), ("finding", "closed", 6),
        ("finding", "reopened", 7),
    ]  # fmt: skip


def test_it_cannot_be_closed_without_evidence(house: Any) -> None:
    id_ = opened(house)
    step(house, id_, "accept", HOSPITAL)
    with pytest.raises(Refusal) as error:
        step(house, id_, "close", REGULATOR)
    assert rule(error) == ("feedback-not-answered", "conflict", "SC-42")
    assert "第四十二条" in error.value.issues[0].article
    with pytest.raises(Refusal) as error:
        step(house, id_, "answer", Said("hospital", text="好了"))
    assert rule(error) == ("feedback-no-evidence", "business-rule", "SC-42")
    with pytest.raises(Rejected, match="evidence is not here"):
        step(house, id_, "answer", Said("hospital", evidence=("DocumentReference/none",)))


def test_each_side_has_its_steps(house: Any) -> None:
    id_ = opened(house)
    with pytest.raises(Refusal) as error:
        step(house, id_, "accept", REGULATOR)
    assert rule(error)[:2] == ("feedback-party", "forbidden")
    step(house, id_, "accept", HOSPITAL)
    step(house, id_, "answer", ANSWER)
    with pytest.raises(Refusal) as error:
        step(house, id_, "close", HOSPITAL)
    assert rule(error)[:2] == ("feedback-party", "forbidden")
    with pytest.raises(Refusal):
        house.act(open_finding, Finding("x"), "hospital")


def test_steps_that_were_taken_answer_the_same_and_enter_nothing(house: Any) -> None:
    id_ = opened(house)
    for act, said in (("accept", HOSPITAL), ("answer", ANSWER), ("close", REGULATOR)):
        first = step(house, id_, act, said)
        before = len(house.ledger())
        assert step(house, id_, act, said) == first
        assert len(house.ledger()) == before
    with pytest.raises(Refusal) as error:
        step(house, id_, "answer", ANSWER)
    assert rule(error)[0] == "feedback-jump"


def test_a_serial_means_the_document_and_not_what_followed_it(house: Any, serial: str) -> None:
    def dispense(desk: Desk, _duties: Any) -> None:
        given = desk.write({"resourceType": "MedicationDispense", "id": "d1", "status": "completed"})
        desk.append(Entry("dispense", "effective", given, (given,), serial, 1))

    house.act(dispense)
    assert house.act(open_finding, Finding("超量", serial=serial)).about == "RequestGroup/g1"


def test_an_owner_that_is_not_on_file_is_nobody(house: Any) -> None:
    id_ = opened(house)
    with pytest.raises(Rejected) as error:
        step(house, id_, "accept", Said("hospital", owner="Practitioner/nobody"))
    assert (error.value.code, error.value.where) == ("not-found", "owner")
    assert step(house, id_, "accept", Said("hospital", owner="苏合")).state == "accepted"


def test_evidence_may_come_with_the_answer(house: Any) -> None:
    id_ = opened(house)
    step(house, id_, "accept", HOSPITAL)
    document = {"resourceType": "DocumentReference", "status": "current", "content": [{"attachment": {}}]}
    step(house, id_, "answer", Said("hospital", evidence=(document,)))
    (output,) = house.read(f"Task/{id_}")["output"]
    assert house.read(output["valueReference"]["reference"])["status"] == "current"
    entry = house.store.ledger.entries("default")[-1]
    assert len(entry.members) == 2
    step(house, id_, "answer", Said("hospital", evidence=(document,)))
    assert house.read(f"Task/{id_}")["output"] == [output], "the same answer once more files nothing"
    assert house.store.ledger.entries("default")[-1].n == entry.n


@pytest.mark.parametrize("about", [{"serial": "CQ-UNKNOWN"}, {"about": "Encounter/none"}, {"about": "x"}])
def test_feedback_for_what_is_unknown_is_not_found(house: Any, about: dict[str, str]) -> None:
    with pytest.raises(Rejected) as error:
        opened(house, **about)
    assert error.value.code == "not-found"


def test_without_an_owner_nobody_can_accept(house: Any) -> None:
    house.duties = duties()
    id_ = opened(house)
    with pytest.raises(Refusal) as error:
        step(house, id_, "accept", HOSPITAL)
    assert rule(error) == ("feedback-no-owner", "business-rule", "CQ49-5.3")
    step(house, id_, "accept", Said("hospital", owner="urn:staff|42"))
    assert house.read(f"Task/{id_}")["owner"] == {"identifier": {"system": "urn:staff", "value": "42"}}


def test_a_deadline_is_the_regulators_or_what_is_set(house: Any) -> None:
    house.duties = duties(SupervisionSettings(deadlines={"finding-moderate": 5}))
    task = house.read(f"Task/{opened(house)}")
    end, begun = moment(task["restriction"]["period"]["end"]), moment(task["authoredOn"])
    assert end is not None and begun is not None and end - begun == 5 * HOUR_US
    with pytest.raises(Rejected):
        opened(house, due="2020-01-01")
    assert opened(house, due="2999-01-01T00:00:00+08:00")


def test_a_write_moves_no_finding(house: Any) -> None:
    id_ = opened(house)
    task = house.read(f"Task/{id_}")
    with pytest.raises(Refusal) as error:
        house.write({**task, "status": "completed"})
    assert rule(error)[:2] == ("feedback-by-operation", "conflict")
    house.write({"resourceType": "Task", "id": "other", "status": "requested", "intent": "order"})


def test_a_complaint_is_the_hospitals_own(house: Any) -> None:
    outcome = house.act(open_complaint, Complaint("等候过久", ("urn:c", "1")))
    id_ = outcome.tasks[0].removeprefix("Task/")
    step(house, id_, "accept", HOSPITAL)
    step(house, id_, "answer", ANSWER)
    assert step(house, id_, "close", HOSPITAL).state == "closed"
    assert [one[:2] for one in house.ledger()] == [
        ("complaint", "submitted"), ("complaint", "effective"),
        ("complaint", "submitted"), ("complaint", "closed"),
    ]  # fmt: skip


def test_closing_always_comes_after_an_answer_with_evidence() -> None:
    for course in ("feedback", "complaint"):
        assert [state for (state, act) in COURSES[course] if act == "close"] == ["answered"]
