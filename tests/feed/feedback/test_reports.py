"""Adverse events, what ends the service, and breaches."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.errors import Misconfigured, Refusal
from gateway.feed.feedback import Breach, Said, move, open_breach, resume, service_stopped, stop
from gateway.feed.feedback.deadlines import Duties, duties
from gateway.settings import SupervisionSettings
from gateway.store import Change, Desk, DeskFacts, Transact

CAUSES = "urn:qiao:codes:event-cause"
YUNNAN = duties(SupervisionSettings(authorities={"issuing": "Organization/issuer"}), ("cn-yunnan",), "990101")


def event(*categories: str, detected: str = "2999-01-01", **more: Any) -> dict[str, Any]:
    said = [{"coding": [{"system": CAUSES, "code": one}]} for one in categories]
    body = {"resourceType": "AdverseEvent", "id": "a1", "actuality": "actual", "detected": detected}
    return {**body, "category": said, "subject": {"reference": "Patient/p1"}, **more}


def stopped(house: Any) -> bool:
    found: bool = house.act(lambda desk, _duties: service_stopped(DeskFacts(desk)) is not None)
    return found


def test_an_adverse_event_is_reported_by_being_stored(house: Any) -> None:
    house.write(event("drug"))
    house.write(event("drug", description="more"))
    assert house.ledger() == [("adverse-event", "effective", 0), ("adverse-event", "corrected", 1)]
    assert not stopped(house)


@pytest.mark.parametrize(
    ("category", "detected", "late"),
    [("general", "2020-01-01", True), ("grave", "2020-01-01", True), ("grave", "2999-01-01", False)],
)
def test_what_comes_after_its_deadline_is_flagged(
    house: Any, category: str, detected: str, late: bool
) -> None:
    house.write(event(category, detected=detected))
    page = house.store.search("default", "DetectedIssue", [("implicated", "AdverseEvent/a1")])
    assert len(page.matches) == late
    assert len(house.store.ledger.entries("default")[0].members) == 1 + late


def test_of_the_wards_nothing_is_reported(house: Any) -> None:
    house.write(event("drug", encounter={"reference": "Encounter/ward"}))
    house.write({**event(), "id": "a2"})
    assert house.ledger() == []
    (done,) = house.store.write([Transact("default", "x", [Change("delete", "AdverseEvent", "a2")])])
    assert done.error is None


def test_one_that_names_an_internet_visit_is_reported(house: Any) -> None:
    house.write({"resourceType": "Encounter", "id": "v1", "status": "in-progress", "class": {"code": "VR"}})
    house.duties = YUNNAN
    house.write(event("grave", detected="2020-01-01", encounter={"reference": "Encounter/v1"}))
    assert house.ledger()[0] == ("adverse-event", "effective", 0)
    assert len(house.store.ledger.entries("default")[0].members) == 2, "it was late"
    assert stopped(house)


def test_what_was_reported_stays(house: Any) -> None:
    house.write(event("drug"))
    (done,) = house.store.write([Transact("default", "x", [Change("delete", "AdverseEvent", "a1")])])
    assert isinstance(done.error, Refusal)


def test_evidence_is_entered_and_so_reaches_the_regulator(house: Any) -> None:
    coding = [{"system": "urn:qiao:codes:evidence-kind", "code": "mlps-certificate"}]
    body = {"resourceType": "DocumentReference", "id": "m1", "status": "current", "content": []}
    house.write({**body, "type": {"coding": coding}})
    house.write({**body, "type": {"coding": coding}, "status": "entered-in-error"})
    house.write({**body, "id": "m2"})
    assert house.ledger() == [("evidence", "effective", 0), ("evidence", "cancelled", 1)]


def test_what_could_have_happened_is_no_report(house: Any) -> None:
    house.write(event("drug", actuality="potential"))
    assert house.ledger() == []


@pytest.mark.parametrize("cause", ["staff-loss", "equipment-loss", "safety-hazard", "grave"])
def test_in_yunnan_it_ends_the_service(house: Any, cause: str) -> None:
    house.write(event(cause))
    assert not stopped(house), "only where the text says so"
    house.duties = YUNNAN
    house.write(event(cause, description="again"))
    assert stopped(house)
    assert house.ledger()[-1][:2] == ("service", "effective")

    def resumed(desk: Desk, _duties: Duties) -> Any:
        return resume(desk, "隐患已消除")

    assert house.act(resumed).state == "running"
    assert not stopped(house)


def test_who_stops_or_resumes_says_why(house: Any) -> None:
    with pytest.raises(Refusal):
        house.act(lambda desk, _duties: stop(desk, " ", "990101"))
    assert house.act(lambda desk, _duties: stop(desk, "停电", "990101")).state == "stopped"
    assert house.act(lambda desk, _duties: stop(desk, "again", "990101")).entry == 1
    with pytest.raises(Refusal):
        house.act(lambda desk, _duties: resume(desk, ""))


def test_a_breach_in_yunnan_goes_to_two_authorities(house: Any) -> None:
    outcome = house.act(open_breach, Breach("数据库备份外泄", persons=12), duties=YUNNAN)
    owners = [house.read(name)["owner"] for name in outcome.tasks]
    assert owners == [{"reference": "Organization/issuer"}, {"display": "省级卫生健康行政部门"}]
    said = house.read(outcome.about)
    assert (said["recipient"], said["status"]) == (owners, "in-progress")
    receipt = Said("hospital", evidence=("DocumentReference/e1",))
    for name, status in zip(outcome.tasks, ("in-progress", "completed"), strict=True):
        assert house.act(move, name.removeprefix("Task/"), "answer", receipt).state == "closed"
        assert house.read(outcome.about)["status"] == status
    assert [one[:2] for one in house.ledger()] == [
        ("breach", "effective"),
        ("breach", "closed"),
        ("breach", "closed"),
    ]


def test_elsewhere_to_one_and_a_drill_says_that_it_is_one(house: Any) -> None:
    outcome = house.act(open_breach, Breach("演练", drill=True))
    assert len(outcome.tasks) == 1
    assert house.read(outcome.about)["payload"][0]["contentString"] == "【演练】"
    receipt = Said("hospital", evidence=("DocumentReference/e1",))
    house.act(move, outcome.tasks[0].removeprefix("Task/"), "answer", receipt)
    assert [one[0] for one in house.ledger()] == ["breach-drill", "breach-drill"]


def test_what_is_set_and_does_not_exist_is_said() -> None:
    with pytest.raises(Misconfigured, match="valid"):
        duties(SupervisionSettings(deadlines={"finding": 1}))
    with pytest.raises(Misconfigured):
        duties(SupervisionSettings(authorities={"police": "x"}))
