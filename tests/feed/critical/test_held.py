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
        self.now = datetime.now(UTC).astimezone(HERE)

    def send(self, adapter: str, text: str, hours: int = 0, **said: str) -> Outcome:
        self.count += 1
        now = (self.now - timedelta(hours=hours, minutes=1)).strftime("%Y%m%d%H%M%S")
        spec, at = registry.find()[adapter], now_us()
        raw = text.format(**{"now": now, "id": str(self.count), "bar": "BC1", **said}).encode()
        envelope = Envelope(new_envelope_id(at), "default", spec.id, "", at, spec.content_type, "", raw)
        made = steps.translate(self.maps, envelope, steps.read(spec, self.maps, envelope))
        receive = Receive(envelope, str(self.count), b"%016d" % self.count, self.count)
        self.last = Settle(envelope, made, lambda _: b"")
        outcome = self.store.write([receive, self.last])[1].outcome
        assert outcome is not None
        return outcome

    def glucose(self, value: str, hours: int = 0, *, more: str = "", **said: str) -> Outcome:
        known = {"unit": "mmol/L", "kind": "0", **said}
        return self.send("lis/hl7v2", RESULT + more, hours, value=value, **known)

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
    laboratory.glucose("38", unit="mg/dL")
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


def test_what_is_sent_twice_while_it_waits_calls_once_and_is_looked_for_no_longer(
    laboratory: Laboratory,
) -> None:
    laboratory.glucose("1.9")
    laboratory.glucose("1.9")
    assert len(said(laboratory.store)) == 1
    laboratory.order()
    states = sorted(state for state, _ in said(laboratory.store, every=True))
    assert states == ["open", "released"]
    notices = laboratory.store.search("default", "Communication", [("status", "in-progress")]).matches
    assert len(notices) == 1


POTASSIUM = "OBX|2|NM|3|K|6.9|mmol/L|3.50-5.30|N|||F||6.9|{now}\r"


def test_of_a_message_that_says_more_only_what_is_new_calls(laboratory: Laboratory) -> None:
    laboratory.glucose("1.9")
    laboratory.glucose("1.9", more=POTASSIUM)
    laboratory.glucose("1.9", more=POTASSIUM)
    of = "危急值（结果待归属，标本 BC1）："
    assert said(laboratory.store) == [
        ("held", f"{of}血糖 1.9 mmol/L ≤2.8"),
        ("held", f"{of}血钾 6.9 mmol/L ≥6.2"),
    ]
    laboratory.order()
    assert sorted(state for state, _ in said(laboratory.store)) == ["open", "open"]


def test_one_that_waits_is_looked_for_until_all_that_its_task_says_is_stored(laboratory: Laboratory) -> None:
    laboratory.glucose("1.9", more=POTASSIUM)
    laboratory.glucose("1.9")
    second = laboratory.last
    assert second is not None
    laboratory.send("his/hl7v2", ORDER, 1, born="19631104")
    laboratory.store.write([second])
    assert [state for state, _ in said(laboratory.store)] == ["held", "open"], "its potassium waits still"


def test_the_same_value_of_another_tube_and_of_another_time_calls(laboratory: Laboratory) -> None:
    laboratory.glucose("1.9")
    laboratory.glucose("1.9", bar="BC2")
    laboratory.glucose("1.9", hours=2)
    assert len(said(laboratory.store)) == 3


def test_the_same_value_without_a_time_calls_again(laboratory: Laboratory) -> None:
    """The number may be that of another tube, of another day: nobody can tell."""
    timeless = RESULT.replace("|N|{now}|{now}|||||||{now}|", "|N||||||||||").replace("|{value}|{now}", "")
    for _ in range(2):
        laboratory.send("lis/hl7v2", timeless, value="1.9", unit="mmol/L", kind="0")
    assert [state for state, _ in said(laboratory.store)] == ["held", "held"]
    laboratory.order()
    assert len(laboratory.store.search("default", "Observation", []).matches) > 0
    assert "held" not in [state for state, _ in said(laboratory.store)]


def test_what_is_not_critical_for_its_patient_is_no_longer_looked_for(laboratory: Laboratory) -> None:
    laboratory.glucose("2.0")
    born = (datetime.now(UTC) - timedelta(days=3)).strftime("%Y%m%d")
    laboratory.order(born)
    assert [state for state, _ in said(laboratory.store, every=True)] == ["released"]


def test_an_old_memory_that_waits_calls_somebody_to_look_at_its_sender_once(laboratory: Laboratory) -> None:
    for tube in range(3):
        laboratory.glucose("1.9", hours=24 * 200, bar=f"BC{tube}")
    ((state, text),) = said(laboratory.store)
    assert (state, text.split("）：")[0]) == (
        "old",
        "危急值（结果时间过旧，未逐项通知，请核对仪器时钟；发送方 mindray-bs，3 项",
    )
    (task,) = tasks(laboratory.store, "default")
    assert len([one for one in task["input"] if one["type"]["text"] == "inbox"]) == 3


def test_an_old_one_that_waited_is_not_counted_again_when_it_is_stored(laboratory: Laboratory) -> None:
    laboratory.glucose("1.9", hours=24 * 5)
    (task,) = tasks(laboratory.store, "default")
    act = lambda desk: acknowledge(desk, task["id"], Said("检验科 王"))  # noqa: E731
    laboratory.store.write([Transact("default", "x", [], act=act)])
    laboratory.send("his/hl7v2", ORDER, 24 * 6, born="19631104")
    finish_unsettled(laboratory.store, laboratory.maps, registry.find(), PipelineSettings())
    assert len(laboratory.store.search("default", "Observation", []).matches) == 1
    assert said(laboratory.store) == []


def test_what_somebody_takes_in_as_received_is_of_today(laboratory: Laboratory) -> None:
    laboratory.send("his/hl7v2", ORDER, 1, born="19631104")
    laboratory.glucose("1.9", hours=24 * 200)
    assert [state for state, _ in said(laboratory.store)] == ["old"], "it waits, and may be a memory"
    assert laboratory.last is not None
    (done,) = laboratory.store.write([as_received(laboratory.last)])
    assert isinstance(done.outcome, Stored)
    assert [state for state, _ in said(laboratory.store)] == ["old", "open"]


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
