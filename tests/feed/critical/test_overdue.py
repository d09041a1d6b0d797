"""What nobody has acknowledged in time is an alert, and is told once more."""

from __future__ import annotations

import asyncio

from gateway.canonical import now_us
from gateway.feed.alerting import Alerting, tell_overdue
from gateway.feed.critical import escalations
from gateway.feed.obligations import Obligations
from gateway.settings import SupervisionSettings, TenantSettings
from gateway.store import Transact, Transacted
from gateway.validation import Validator
from tests.feed.critical.ward import MINUTE, Ward, potassium


def test_overdue_is_told_once_and_over_once_it_is_acknowledged(ward: Ward) -> None:
    ward.write(potassium("6.8"))
    (task,) = ward.tasks()
    subject = f"critical:Task/{task['id']}"

    def open_() -> list[str]:
        return [one.subject for one in ward.store.alerts.find(tenant="default")]

    tell_overdue(ward.store, now_us())
    assert open_() == []
    tell_overdue(ward.store, now_us() + 31 * MINUTE)
    tell_overdue(ward.store, now_us() + 90 * MINUTE)
    assert open_() == [subject]
    assert "6.8" not in ward.store.alerts.find(tenant="default")[0].detail
    ward.acknowledge(task["id"])
    tell_overdue(ward.store, now_us() + 91 * MINUTE)
    assert open_() == []


def test_one_that_is_overdue_is_told_once_more(ward: Ward) -> None:
    ward.write(potassium("6.8"))
    (task,) = ward.tasks()

    def escalated(minutes: int) -> int:
        found = list(
            escalations(ward.store, "default", now_us() + minutes * MINUTE, ["医务科", "Organization/o"])
        )
        for one in found:
            (done,) = ward.store.write([one])
            assert done.error is None
        return len(found)

    assert [escalated(5), escalated(31), escalated(36)] == [0, 1, 0]
    second = next(one for one in ward.all("Communication") if "超时" in one["payload"][0]["contentString"])
    to = [one.get("reference") or one["display"] for one in second["recipient"]]
    assert to == ["Practitioner/d1", "医务科", "Organization/o"]
    (again,) = ward.tasks()
    assert again["restriction"] == task["restriction"]
    assert again["note"][-1]["text"] == "超时未确认，已再次通知"
    ward.acknowledge(task["id"])
    assert {one["status"] for one in ward.all("Communication")} == {"completed"}
    assert [str(one) for one in Validator().check(second) if one.severity == "error"] == []


def test_the_look_at_what_is_overdue_writes_through_the_gateways_writer(ward: Ward) -> None:
    ward.write(potassium("6.8"))
    obligations = Obligations(ward.store, lambda _: TenantSettings(), lambda _: SupervisionSettings())
    written: list[Transact] = []

    async def write(one: Transact) -> Transacted:
        written.append(one)
        return ward.store.write([one])[0]

    async def go() -> None:
        later = lambda: now_us() + 31 * MINUTE  # noqa: E731
        alerting = Alerting(obligations, [], later, write, ["医务科"])
        alerting.start()
        await asyncio.to_thread(alerting.once)
        await asyncio.to_thread(alerting.once)
        await asyncio.to_thread(alerting.stop)

    asyncio.run(go())
    assert len(written) == 1
    assert len(ward.all("Communication")) == 2
