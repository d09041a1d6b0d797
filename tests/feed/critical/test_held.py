"""Critical results of an unknown sample call at once, of nobody, and of their patient when that is known."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest

from gateway import registry
from gateway.canonical import Envelope, Outcome, Quarantined, Stored, new_envelope_id, now_us
from gateway.feed.critical import CriticalValues, Said, acknowledge, load_rules, tasks
from gateway.feed.governors import Governors
from gateway.mapping import Maps, load_maps
from gateway.pipeline import steps
from gateway.pipeline.recovery import as_received, finish_unsettled
from gateway.settings import PipelineSettings
from gateway.store import Receive, Settle, Store, Transact, open_store

HERE = timezone(timedelta(hours=8))
RESULT = (
    "MSH|^~\\&|Mindray|BS-480|||{now}||ORU^R01|{id}|P|2.3.1||||{kind}||UTF-8\r"
    "OBR|1|{bar}|7|Mindray^BS-480|N|{now}|{now}|||||||{now}|serum\r"
    "OBX|1|NM|2|GLU|{value}|{unit}|3.90-6.10|N|||F||{value}|{now}\r"
)
ORDER = (
    "MSH|^~\\&|HIS|DQRM|LIS|DQRM|{now}||OML^O21|{id}|P|2.5.1||||||UNICODE UTF-8\r"
    "PID|1||2000311^^^DQRM^MR||顾长亭||{born}|M\r"
    "ORC|NW|JY1|||||||{now}\rOBR|1|JY1||CHEM^生化^99LIS\r"
    "SPM|1|{bar}||SER^血清^99LIS|||||||||||||{now}\r"
)


class Laboratory:
    """An analyser and the HIS."""

    def __init__(self, store: Store, maps: Maps) -> None:
        self.store, self.maps, self.count = store, maps, 0
        self.last: Settle | None = None

    def send(self, adapter: str, text: str, hours: int = 0, **said: str) -> Outcome:
        self.count += 1
        now = (datetime.now(UTC).astimezone(HERE) - timedelta(hours=hours, minutes=1)).strftime(
            "%Y%m%d%H%M%S"
        )
        spec, at = registry.find()[adapter], now_us()
        raw = text.format(**{"now": now, "id": str(self.count), "bar": "BC1", **said}).encode()
        envelope = Envelope(new_envelope_id(at), "default", spec.id, "", at, spec.content_type, "", raw)
        made = steps.translate(self.maps, envelope, steps.read(spec, self.maps, envelope))
        receive = Receive(envelope, str(self.count), b"%016d" % self.count, self.count)
        self.last = Settle(envelope, made, lambda _: b"")
        outcome = self.store.write([receive, self.last])[1].outcome
        assert outcome is not None
        return outcome

    def glucose(self, value: str, unit: str = "mmol/L", hours: int = 0, kind: str = "0") -> Outcome:
        return self.send("lis/hl7v2", RESULT, hours, value=value, unit=unit, kind=kind)

    def order(self, born: str = "19631104") -> None:
        self.send("his/hl7v2", ORDER, 1, born=born)
        assert self.store.released()
        finish_unsettled(self.store, self.maps, registry.find(), PipelineSettings())


@pytest.fixture(scope="module")
def maps() -> Maps:
    return load_maps()


@pytest.fixture
def laboratory(url: str, maps: Maps) -> Iterator[Laboratory]:
    opened = open_store(url)
    opened.govern(Governors(CriticalValues(load_rules())))
    yield Laboratory(opened, maps)
    opened.close()


def said(store: Store, *, every: bool = False) -> list[tuple[str, str]]:
    found = tasks(store, "default", every=every)
    return sorted((one["businessStatus"]["coding"][0]["code"], one["description"]) for one in found)


def test_a_critical_result_that_waits_calls_without_a_patient(laboratory: Laboratory) -> None:
    laboratory.glucose("1.9")
    (task,) = tasks(laboratory.store, "default")
    assert task["description"] == "危急值（结果待归属，标本 BC1）：血糖 1.9 mmol/L ≤2.8"
    assert "for" not in task
    assert "restriction" in task, "it is due like any other"
    assert laboratory.store.search("default", "Observation", []).matches == []


def test_one_in_another_unit_too_and_one_that_is_not_critical_not(laboratory: Laboratory) -> None:
    laboratory.glucose("5.1")
    assert said(laboratory.store) == []
    laboratory.glucose("38", "mg/dL")
    assert said(laboratory.store) == [("held", "危急值（结果待归属，标本 BC1）：血糖 38 mg/dL ≤2.8 mmol/L")]


def test_when_the_order_comes_the_result_calls_for_its_patient(laboratory: Laboratory) -> None:
    laboratory.glucose("1.9")
    laboratory.order()
    ((state, text),) = said(laboratory.store)
    assert (state, text) == ("open", "危急值：血糖 1.9 mmol/L ≤2.8")
    (task,) = tasks(laboratory.store, "default")
    assert task["for"]["reference"].startswith("Patient/")
    assert [state for state, _ in said(laboratory.store, every=True)] == ["open", "released"]
    notices = laboratory.store.search("default", "Communication", [("status", "in-progress")]).matches
    assert len(notices) == 1, "nobody is asked twice for one result"


def test_who_has_acknowledged_the_tube_is_told_of_the_patient(laboratory: Laboratory) -> None:
    laboratory.glucose("1.9")
    (task,) = tasks(laboratory.store, "default")
    act = lambda desk: acknowledge(desk, task["id"], Said("检验科 王"))  # noqa: E731
    laboratory.store.write([Transact("default", "x", [], act=act)])
    laboratory.order()
    assert [state for state, _ in said(laboratory.store, every=True)] == ["acknowledged", "open"]


def test_what_was_sent_twice_while_it_waited_is_no_longer_looked_for(laboratory: Laboratory) -> None:
    laboratory.glucose("1.9")
    laboratory.glucose("1.9")
    laboratory.order()
    states = sorted(state for state, _ in said(laboratory.store, every=True))
    assert states == ["open", "released", "released"]
    notices = laboratory.store.search("default", "Communication", [("status", "in-progress")]).matches
    assert len(notices) == 1


def test_what_is_not_critical_for_its_patient_is_no_longer_looked_for(laboratory: Laboratory) -> None:
    laboratory.glucose("2.0")
    born = (datetime.now(UTC) - timedelta(days=3)).strftime("%Y%m%d")
    laboratory.order(born)
    assert [state for state, _ in said(laboratory.store, every=True)] == ["released"]


def test_an_old_memory_that_waits_calls_nobody(laboratory: Laboratory) -> None:
    laboratory.glucose("1.9", hours=24 * 200)
    assert said(laboratory.store) == []


def test_what_somebody_takes_in_as_received_is_of_today(laboratory: Laboratory) -> None:
    laboratory.send("his/hl7v2", ORDER, 1, born="19631104")
    laboratory.glucose("1.9", hours=24 * 200)
    assert said(laboratory.store) == [], "older than its sample: it waits, and may be a memory"
    assert laboratory.last is not None
    (done,) = laboratory.store.write([as_received(laboratory.last)])
    assert isinstance(done.outcome, Stored)
    assert [state for state, _ in said(laboratory.store)] == ["open"]


def test_quality_control_calls_nobody(laboratory: Laboratory) -> None:
    outcome = laboratory.glucose("1.9", kind="2")
    assert isinstance(outcome, Quarantined)
    assert outcome.reason == "quality-control"
    assert said(laboratory.store, every=True) == []


def test_the_same_message_tried_again_and_still_held_calls_once(laboratory: Laboratory) -> None:
    laboratory.glucose("1.9")
    (task,) = tasks(laboratory.store, "default")
    act = lambda desk: acknowledge(desk, task["id"], Said("检验科 王"))  # noqa: E731
    laboratory.store.write([Transact("default", "x", [], act=act)])
    assert laboratory.last is not None
    (again,) = laboratory.store.write([laboratory.last])
    assert isinstance(again.outcome, Quarantined)
    assert said(laboratory.store) == []
