"""What is due, over or missing is said once when it begins, and once when it is over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.canonical import now_us
from gateway.feed.feedback import Finding, Said, move, open_finding, resume, stop
from gateway.feed.feedback.deadlines import HOUR_US
from gateway.feed.obligations import Obligations
from gateway.feed.reconciliation import of_json
from gateway.feed.supervising import Supervisor, tell
from gateway.policy.moments import day_of
from gateway.settings import SupervisionSettings, TenantSettings
from gateway.store import Change, Desk, Store, Transact, open_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path / 'qiao.db'}")
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
    coding = [{"system": "urn:qiao:codes:evidence-kind", "code": "mlps-certificate"}]
    body = {"resourceType": "DocumentReference", "id": "m", "status": "current", "type": {"coding": coding}}
    body |= {"context": {"period": {"end": "2999-12-31"}}}
    store.write([Transact("default", "x", [Change("update", "DocumentReference", "m", body)])])
    tell(obligations, "default", now_us())
    assert ("evidence:mlps-certificate", "missing") not in open_(store, "evidence:")


def test_a_stopped_service_is_an_alarm_until_it_goes_on(store: Store, obligations: Obligations) -> None:
    act(store, lambda desk: stop(desk, "停电", "990101"))
    Supervisor(obligations, ["default", "never-seen"]).once()
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
    store.reckoning.state("default", of_json([{**said, "count": 3}]))
    for at in (now, now + day, now + 5 * day):
        tell(obligations, "default", at)
        assert open_(store, "reconciliation:") == [(f"reconciliation:{yesterday}", "differences")]
    store.reckoning.state("default", of_json([{**said, "count": 0}]))
    tell(obligations, "default", now + 6 * day)
    assert open_(store, "reconciliation:") == []
