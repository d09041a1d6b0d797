"""What was entered beside a document stays, whoever made it, and stores of earlier versions go on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from gateway.errors import Refusal
from gateway.feed.feedback import (
    Breach,
    Complaint,
    Feedback,
    Finding,
    Said,
    move,
    open_breach,
    open_complaint,
    open_finding,
    resume,
    service_stopped,
    stop,
)
from gateway.feed.feedback.deadlines import duties
from gateway.feed.feedback.task import begun
from gateway.feed.governors import Governors
from gateway.feed.own import former_id, is_own, named_id
from gateway.feed.visit.governor import Visits
from gateway.settings import SupervisionSettings, TenantSettings
from gateway.store import Change, Desk, DeskFacts, Entry, Store, Transact, open_store

DUTIES = duties(SupervisionSettings(owner="Organization/quality"), ("cn-yunnan",), "990101")
NUMBER = ("urn:regulator", "F-2026-0002")
OPEN: dict[str, Any] = {
    "finding": lambda desk: open_finding(desk, DUTIES, Finding("未见签名", NUMBER)),
    "complaint": lambda desk: open_complaint(desk, DUTIES, Complaint("等候过久", NUMBER)),
    "breach": lambda desk: open_breach(desk, DUTIES, Breach("泄露", NUMBER)),
}
COURSES = {"finding": "feedback", "complaint": "complaint", "breach": "breach-report"}


class Hospital:
    def __init__(self, store: Store, governed: bool) -> None:
        self.store = store
        settings = TenantSettings(governed=governed)
        store.govern(Governors(Feedback(lambda _name: DUTIES), Visits(lambda _name: settings)))

    def act(self, act: Any) -> Any:
        (done,) = self.store.write([Transact("default", "x", [], act=act)])
        if done.error is not None:
            raise done.error
        return done.answer

    def file(self, *bodies: Any) -> None:
        """Write past the governors."""
        self.act(lambda desk: [desk.write(one) for one in bodies])

    def write(self, body: Any) -> str:
        """Write as a client; returns the rule that refuses it."""
        return self.change(Change("update", body["resourceType"], body["id"], body))

    def delete(self, name: str) -> str:
        type_, _, id_ = name.partition("/")
        return self.change(Change("delete", type_, id_))

    def change(self, change: Change) -> str:
        (done,) = self.store.write([Transact("default", "client:x", [change])])
        if done.error is None:
            return ""
        assert isinstance(done.error, Refusal) and done.error.code == "conflict", done.error
        return done.error.issues[0].rule

    def read(self, name: str) -> Any:
        found = self.store.read("default", *name.split("/"))
        assert found is not None
        return orjson.loads(found.body)


@pytest.fixture(params=[True, False], ids=["governed", "ungoverned"])
def hospital(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Hospital]:
    opened = open_store(f"sqlite:///{tmp_path / 'qiao.db'}")
    yield Hospital(opened, request.param)
    opened.close()


def changed(hospital: Hospital, name: str) -> list[str]:
    body = hospital.read(name)
    return [hospital.write({**body, "language": "zh"}), hospital.delete(name)]


@pytest.mark.parametrize("number", [NUMBER, ("", "")])
def test_what_the_regulator_found_and_what_was_reported_stays(hospital: Hospital, number: Any) -> None:
    found = hospital.act(lambda desk: open_finding(desk, DUTIES, Finding("未见签名", number)))
    issue = hospital.read(found.tasks[0])["reasonReference"]["reference"]
    assert changed(hospital, issue) == ["state-kept"] * 2
    assert changed(hospital, found.tasks[0]) == ["feedback-by-operation"] * 2
    told = hospital.act(lambda desk: open_breach(desk, DUTIES, Breach("泄露", number)))
    notice = hospital.read(told.tasks[0])["focus"]["reference"]
    assert changed(hospital, notice) == ["state-kept"] * 2
    stopped = hospital.act(lambda desk: stop(desk, "停电", "990101"))
    assert changed(hospital, stopped.about) == ["service-by-operation"] * 2


def test_evidence_that_came_with_an_answer_stays(hospital: Hospital) -> None:
    task = hospital.act(OPEN["finding"]).tasks[0].partition("/")[2]
    hospital.act(lambda desk: move(desk, DUTIES, task, "accept", Said("hospital")))
    filed = {"resourceType": "DocumentReference", "status": "current", "content": [{"attachment": {}}]}
    said = Said("hospital", text="已整改", evidence=(filed,))
    hospital.act(lambda desk: move(desk, DUTIES, task, "answer", said))
    names = [
        one.get("valueReference", {}).get("reference") for one in hospital.read(f"Task/{task}")["output"]
    ]
    assert is_own(names[0].partition("/")[2])
    assert changed(hospital, names[0]) == ["state-kept"] * 2


def test_dated_evidence_is_renewed_and_voided_but_not_deleted(hospital: Hospital) -> None:
    coded = {"coding": [{"system": "urn:qiao:codes:evidence-kind", "code": "mlps-filing"}]}
    body = {"resourceType": "DocumentReference", "id": "e1", "status": "current", "type": coded,
            "content": [{"attachment": {}}]}  # fmt: skip
    assert hospital.write(body) == ""
    assert hospital.write({**body, "description": "2027"}) == ""
    assert hospital.delete("DocumentReference/e1") == "state-kept"
    assert hospital.write({**body, "status": "entered-in-error"}) == ""


def test_what_is_merely_named_by_an_entry_is_its_owners(hospital: Hospital) -> None:
    issue = {"resourceType": "DetectedIssue", "id": "i1", "status": "preliminary"}
    assert hospital.write(issue) == ""
    line = {"resourceType": "MedicationRequest", "id": "m1", "status": "active",
            "detectedIssue": [{"reference": "DetectedIssue/i1"}]}  # fmt: skip

    def enter(desk: Desk) -> None:
        desk.append(Entry("prescription", "effective", desk.write(line)))

    hospital.act(enter)
    assert hospital.write({**issue, "status": "final"}) == ""


@pytest.mark.parametrize("name", [named_id, former_id])
@pytest.mark.parametrize("kind", OPEN)
def test_nothing_written_before_suppresses_what_is_reported(hospital: Hospital, kind: str, name: Any) -> None:
    key = name(kind, *NUMBER)
    body = {"resourceType": "Task", "id": key, "status": "completed", "intent": "order"}
    said = {"resourceType": "Communication", "id": key, "status": "completed"}
    for one in (body, said):
        assert hospital.write(one) == ("own-id" if name is named_id else "")
    hospital.file(body, said, {**body, "id": name(key, "issuing")})
    outcome = hospital.act(OPEN[kind])
    assert outcome.entry and outcome.state == "open"
    assert {hospital.read(one)["code"]["coding"][0]["code"] for one in outcome.tasks} == {COURSES[kind]}
    again = hospital.act(OPEN[kind])
    assert (again.tasks, again.entry) == (outcome.tasks, outcome.entry)


@pytest.mark.parametrize("kind", OPEN)
def test_what_an_earlier_version_opened_is_the_same_still(hospital: Hospital, kind: str) -> None:
    key = former_id(kind, *NUMBER)
    said = {"resourceType": "Communication", "id": key, "status": "in-progress"}
    ids = [former_id(key, one) for one in DUTIES.recipients.to] if kind == "breach" else [key]
    tasks = [begun(one, COURSES[kind], "x", 1, 2) for one in ids]

    def enter(desk: Desk) -> None:
        members = [desk.write(one) for one in ((said, *tasks) if kind == "breach" else tasks)]
        desk.append(Entry(kind, "submitted", members[0], tuple(members)))

    hospital.act(enter)
    outcome = hospital.act(OPEN[kind])
    assert outcome.tasks == tuple(f"Task/{one}" for one in ids)
    if kind == "breach":
        assert changed(hospital, f"Communication/{key}") == ["state-kept"] * 2


def test_a_stop_of_an_earlier_version_holds_and_is_taken_back(hospital: Hospital) -> None:
    flag = {"resourceType": "Flag", "id": former_id("service", "stopped"), "status": "active",
            "period": {"start": "2026-01-01"}}  # fmt: skip
    hospital.file(flag)
    assert hospital.act(lambda desk: stop(desk, "停电", "990101")).about == f"Flag/{flag['id']}"
    assert hospital.delete(f"Flag/{flag['id']}") == "service-by-operation"
    assert hospital.act(lambda desk: resume(desk, "来电")).state == "running"
    assert hospital.act(lambda desk: service_stopped(DeskFacts(desk))) is None


@pytest.mark.parametrize("id_", ["qiao-1", "qiao-flag", "QIAO-" + former_id("x")])
def test_ids_that_only_look_alike_are_anybodys(hospital: Hospital, id_: str) -> None:
    assert hospital.write({"resourceType": "Flag", "id": id_, "status": "active"}) == ""
    assert hospital.delete(f"Flag/{id_}") == ""
