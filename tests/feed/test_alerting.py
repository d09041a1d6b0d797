"""What is due, over or missing is said once when it begins, and once when it is over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from gateway.canonical import now_us
from gateway.canonical.moments import day_of, moment
from gateway.feed.alerting import Alerting, tell
from gateway.feed.feedback import Finding, Said, move, open_finding, resume, stop
from gateway.feed.feedback.deadlines import HOUR_US
from gateway.feed.obligations import Obligations
from gateway.feed.reconciliation import of_json
from gateway.settings import SupervisionSettings, TenantSettings
from gateway.store import Change, Desk, Store, Transact, open_store


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    opened = open_store(url)
    yield opened
    opened.close()


@pytest.fixture
def obligations(store: Store) -> Obligations:
    said = SupervisionSettings(owner="Organization/q", remind_hours=24)
    return Obligations(store, lambda _name: TenantSettings(), lambda _name: said)


def act(store: Store, work: Any) -> Any:
    (done,) = store.write([Transact("default", "x", [], act=work)])
    assert done.error is None, done.error
    return done.answer


def open_(store: Store, subject: str) -> list[tuple[str, str]]:
    found = store.alerts.find(tenant="default")
    return sorted((one.subject, one.kind) for one in found if one.subject.startswith(subject))


def keep(store: Store, id_: str, kind: str, **period: str) -> None:
    coding = [{"system": "urn:qiao:codes:evidence-kind", "code": kind}]
    body = {"resourceType": "DocumentReference", "id": id_, "status": "current", "type": {"coding": coding}}
    body |= {"context": {"period": period}}
    (done,) = store.write([Transact("default", "x", [Change("update", "DocumentReference", id_, body)])])
    assert done.error is None, done.error


def test_a_reminder_before_it_is_due_then_an_alarm_then_nothing(
    store: Store, obligations: Obligations
) -> None:
    duties = obligations.duties("default")
    task = act(store, lambda desk: open_finding(desk, duties, Finding("x", severity="moderate"))).tasks[0]
    id_, name, now = task.split("/")[1], f"feedback:{task}", now_us()
    tell(obligations, "default", now)
    assert open_(store, "feedback:") == []
    for hours, kind in ((49, "due-soon"), (73, "overdue"), (74, "overdue")):
        tell(obligations, "default", now + hours * HOUR_US)
        assert open_(store, "feedback:") == [(name, kind)]
    evidence = {"resourceType": "DocumentReference", "id": "e1", "status": "current", "content": []}

    def answered(desk: Desk) -> None:
        desk.write(evidence)
        move(desk, duties, id_, "accept", Said("hospital"))
        move(desk, duties, id_, "answer", Said("hospital", evidence=("DocumentReference/e1",)))

    act(store, answered)
    tell(obligations, "default", now + 75 * HOUR_US)
    assert open_(store, "feedback:") == []
    told = [one for one in store.alerts.find(now=False) if one.subject == name]
    assert len(told) == 2


def test_evidence_is_told_by_its_article(store: Store, obligations: Obligations) -> None:
    tell(obligations, "default", now_us())
    assert ("evidence:mlps-certificate", "missing") in open_(store, "evidence:")
    keep(store, "m", "mlps-certificate", end="2999-12-31")
    tell(obligations, "default", now_us())
    assert ("evidence:mlps-certificate", "missing") not in open_(store, "evidence:")


def test_yearly_evidence_is_asked_for_every_year_thirty_days_before(
    store: Store, obligations: Obligations
) -> None:
    """Two years of an insurance: renewed in time, then too late; each look is that of the supervisor."""
    noon = [moment("2027-01-10T12:00:00+08:00")]
    supervisor = Alerting(obligations, ["default"], now=lambda: noon[0] or 0)

    def seen(day: str) -> list[str]:
        noon[0] = moment(f"{day}T12:00:00+08:00")
        supervisor.once()
        return [kind for name, kind in open_(store, "evidence:liability-insurance")]

    keep(store, "i1", "liability-insurance", start="2027-01-05")
    assert seen("2027-01-10") == seen("2027-12-06") == [], "a month before its end and a day"
    assert seen("2027-12-07") == seen("2027-12-20") == seen("2028-01-05") == ["ending"]
    keep(store, "i2", "liability-insurance", start="2028-01-05")
    assert seen("2028-01-05") == seen("2028-12-06") == [], "the renewed one holds for the next year"
    assert seen("2028-12-07") == seen("2029-01-05") == ["ending"]
    assert seen("2029-01-06") == seen("2029-02-01") == ["expired"]
    keep(store, "i3", "liability-insurance", start="2029-02-01")
    assert seen("2029-02-01") == []
    told = [one for one in store.alerts.find(now=False) if one.subject == "evidence:liability-insurance"]
    assert [one.kind for one in reversed(told)] == ["ending", "ending", "expired"], "each once"
    assert [one.detail.endswith("2028-01-05") for one in reversed(told)] == [True, False, False]
    assert all("NAT-24" in one.detail and "第二十四条" in one.detail for one in told)


def test_a_stopped_service_is_an_alarm_until_it_goes_on(store: Store, obligations: Obligations) -> None:
    act(store, lambda desk: stop(desk, "停电", "990101"))
    Alerting(obligations, ["default", "never-seen"]).once()
    assert open_(store, "service") == [("service", "stopped")]
    act(store, lambda desk: resume(desk, "恢复"))
    tell(obligations, "default", now_us())
    assert open_(store, "service") == []


def test_what_others_have_raised_stays(store: Store, obligations: Obligations) -> None:
    store.alerts.begin("default", "receiver:platform", "unreachable", "x", 1)
    tell(obligations, "default", now_us())
    assert open_(store, "receiver:") == [("receiver:platform", "unreachable")]


def test_a_day_that_does_not_agree_is_an_alarm_until_it_does(store: Store, obligations: Obligations) -> None:
    now, day = now_us(), 24 * HOUR_US
    yesterday = str(day_of(now - day))
    said = {"day": yesterday, "kind": "visit", "source": "his"}
    store.reconciliation.state("default", of_json([{**said, "count": 3}]))
    for at in (now, now + day, now + 5 * day):
        tell(obligations, "default", at)
        assert open_(store, "reconciliation:") == [(f"reconciliation:{yesterday}", "differences")]
    store.reconciliation.state("default", of_json([{**said, "count": 0}]))
    tell(obligations, "default", now + 6 * day)
    assert open_(store, "reconciliation:") == []
