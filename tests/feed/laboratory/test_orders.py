"""How far a laboratory order is: its Task goes with sample and reports; at the end the order is completed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.canonical import Draft, Envelope, Stored, Translation, new_envelope_id, now_us
from gateway.canonical.json import loads
from gateway.feed.governors import Governors
from gateway.feed.laboratory import LaboratoryOrders, stage_of
from gateway.store import Change, Desk, Receive, Settle, Store, Transact, open_store

Body = dict[str, Any]
LAB = {"coding": [{"system": "http://snomed.info/sct", "code": "108252007"}]}


class Ward:
    def __init__(self, store: Store) -> None:
        self.store = store

    def put(self, *bodies: Body) -> None:
        changes = [Change("update", one["resourceType"], one["id"], one) for one in bodies]
        (done,) = self.store.write([Transact("default", "test", changes)])
        assert done.error is None, done.error

    def hear(self, *bodies: Body, owns: tuple[str, ...] = ("DiagnosticReport", "Specimen")) -> None:
        """Take in a message of somebody whose word counts for these types."""
        drafts = [
            Draft(one["resourceType"], one["id"], one, owns=one["resourceType"] in owns) for one in bodies
        ]
        at = now_us()
        envelope = Envelope(new_envelope_id(at), "default", "lis/hl7v2", "lis", at, "text/plain", "", b"MSH|")
        settle = Settle(envelope, Translation(drafts, event_at=at), lambda _: b"")
        _, done = self.store.write([Receive(envelope, str(at), b"", at), settle])
        assert isinstance(done.outcome, Stored), done.outcome

    def order(self, **more: Any) -> Body:
        return {"resourceType": "ServiceRequest", "id": "r1", "status": "active", "intent": "order",
                "category": [LAB], "subject": {"reference": "Patient/p1"}, **more}  # fmt: skip

    def specimen(self, **more: Any) -> Body:
        return {"resourceType": "Specimen", "id": "s1", "subject": {"reference": "Patient/p1"},
                "request": [{"reference": "ServiceRequest/r1"}], **more}  # fmt: skip

    def report(self, status: str, *, results: bool = True) -> Body:
        found = {"result": [{"reference": "Observation/o1"}]} if results else {}
        return {"resourceType": "DiagnosticReport", "id": "d1", "status": status, "code": {"text": "生化"},
                "basedOn": [{"reference": "ServiceRequest/r1"}], **found}  # fmt: skip

    @property
    def stage(self) -> tuple[str, str] | None:
        found = self.store.search("default", "Task", [("focus", "ServiceRequest/r1")]).matches
        if not found:
            return None
        (task,) = (loads(one.body) for one in found)
        return task["businessStatus"]["coding"][0]["code"], task["status"]

    @property
    def status(self) -> str:
        found = self.store.read("default", "ServiceRequest", "r1")
        assert found is not None
        return str(loads(found.body)["status"])


@pytest.fixture
def ward(tmp_path: Path) -> Iterator[Ward]:
    store = open_store(f"sqlite:///{tmp_path / 'qiao.db'}", synchronous="OFF")
    store.govern(Governors(LaboratoryOrders()))
    yield Ward(store)
    store.close()


def test_an_order_goes_its_way(ward: Ward) -> None:
    ward.put(ward.order())
    assert ward.stage == ("ordered", "requested")
    ward.put(ward.specimen(collection={"collectedDateTime": "2026-03-06T12:45:00+08:00"}))
    assert ward.stage == ("collected", "accepted")
    ward.put(ward.specimen(receivedTime="2026-03-06T12:55:00+08:00"))
    assert ward.stage == ("received", "in-progress")
    ward.put(ward.report("partial"))
    assert ward.stage == ("resulted", "in-progress")
    assert ward.status == "active"
    ward.put(ward.report("final"))
    assert ward.stage == ("validated", "completed")
    assert ward.status == "completed"
    ward.put(ward.report("corrected"))
    assert ward.stage == ("corrected", "completed")


def test_a_registered_report_is_no_result(ward: Ward) -> None:
    ward.put(ward.order(), ward.report("registered", results=False))
    assert ward.stage == ("received", "in-progress")


def test_a_cancelled_order_says_so(ward: Ward) -> None:
    ward.put(ward.order(), ward.specimen(receivedTime="2026-03-06T12:55:00+08:00"))
    ward.put(ward.order(status="revoked"))
    assert ward.stage == ("cancelled", "cancelled")


def test_a_sample_that_only_the_order_names_counts(ward: Ward) -> None:
    sample = ward.specimen(collection={"collectedDateTime": "2026-03-06T12:45:00+08:00"})
    del sample["request"]
    ward.put(sample, ward.order(specimen=[{"reference": "Specimen/s1"}]))
    assert ward.stage == ("collected", "accepted")


def test_what_is_not_the_laboratorys_has_no_such_task(ward: Ward) -> None:
    imaging = {"coding": [{"system": "http://snomed.info/sct", "code": "363679005"}]}
    ward.put(ward.order(category=[imaging]), ward.report("final"))
    assert ward.stage is None
    assert ward.status == "active"


def test_what_an_analyser_told_does_not_hold_up_the_report_of_the_laboratory(ward: Ward) -> None:
    numbered = {"identifier": [{"value": "LIS-1"}], "id": "d2"}
    ward.put(ward.order(), ward.report("partial"))
    assert ward.stage == ("resulted", "in-progress")
    ward.put({**ward.report("partial"), **numbered})
    assert ward.stage == ("resulted", "in-progress")
    ward.put({**ward.report("final"), **numbered})
    assert ward.stage == ("validated", "completed")
    assert ward.status == "completed"
    ward.put({**ward.report("preliminary"), "id": "d3"})
    assert ward.stage == ("resulted", "in-progress")


def test_the_task_of_an_order_in_a_ledger_goes_its_way_and_the_order_stays(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Desk, "entered_with", lambda *_: 7)
    ward.put(ward.order())
    ward.put(ward.report("final"))
    assert ward.stage == ("validated", "completed")
    assert ward.status == "active", "who answers for the visit completes it"


def test_an_order_that_only_reports_have_named_has_no_task_until_it_comes_itself(ward: Ward) -> None:
    sample = ward.specimen(receivedTime="2026-03-06T12:55:00+08:00")
    ward.hear(ward.order(status="completed"), sample, ward.report("final"))
    ward.hear(ward.order(status="completed"), sample, ward.report("corrected"))
    assert ward.stage is None, "the report says how far it is; nobody has ordered anything that anybody knows"
    ward.hear(ward.order(), owns=("ServiceRequest",))
    assert ward.stage == ("corrected", "completed")
    ward.hear(ward.order(status="completed"), ward.report("amended"))
    assert ward.stage == ("corrected", "completed")


def test_an_order_that_a_report_calls_active_is_completed_with_it(ward: Ward) -> None:
    ward.hear(ward.order(), ward.report("final"))
    assert (ward.stage, ward.status) == (("validated", "completed"), "completed"), "or it would be done again"


def test_an_order_that_comes_in_the_words_of_its_report_has_its_task(ward: Ward) -> None:
    ward.hear(ward.order(), ward.report("preliminary"))
    ward.hear(ward.order(), owns=("ServiceRequest",))
    assert ward.stage == ("resulted", "in-progress")
    ward.hear(ward.report("final"))
    assert (ward.stage, ward.status) == (("validated", "completed"), "completed")


def test_an_order_that_comes_without_a_report_has_its_task_whoever_tells_of_it(ward: Ward) -> None:
    ward.hear(ward.order(), ward.specimen())
    assert ward.stage == ("ordered", "requested")
    ward.hear(ward.order(status="completed"), ward.report("final"))
    assert ward.stage == ("validated", "completed")


def test_what_changes_nothing_writes_nothing(ward: Ward) -> None:
    ward.put(ward.order(), ward.report("partial"))
    before = ward.store.newest("default")
    ward.put({**ward.report("partial"), "conclusion": "x"})
    assert ward.store.newest("default") == before + 1


@pytest.mark.parametrize(
    ("states", "stage"),
    [
        (["final", "partial"], "resulted"),
        (["final", "cancelled"], "validated"),
        (["amended", "final"], "corrected"),
        (["entered-in-error"], "ordered"),
    ],
)
def test_several_reports_are_as_far_as_the_last_of_them(states: list[str], stage: str) -> None:
    reports = [{"status": one, "result": [{"reference": "Observation/o"}]} for one in states]
    assert stage_of({"status": "active"}, [], reports) == stage
