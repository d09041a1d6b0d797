"""A critical result calls somebody through whichever door it comes, and in its own transaction."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from functools import partial

import pytest

from gateway import registry
from gateway.canonical import Envelope, new_envelope_id, now_us
from gateway.feed.critical import CriticalValues, load_rules, tasks
from gateway.mapping import Maps, load_maps
from gateway.pipeline import steps
from gateway.pipeline.job import answer
from gateway.store import Receive, Settle, Store, open_store

NOW = datetime.now(UTC).astimezone(timezone(timedelta(hours=8))).strftime("%Y%m%d%H%M%S")
MESSAGE = (
    "MSH|^~\\&|LIS|DQRM|QIAO|DQRM|{now}||ORU^R01^ORU_R01|{id}|P|2.5.1||||||UNICODE UTF-8\r"
    "PID|1||P1^^^DQRM^MR||孟秋禾||19710215|F\r"
    "OBR|1|JY1^HIS|T1^LIS|ELEC^电解质^99LIS|||{now}|||||||||D07^周^医生\r"
    "OBX|1|{kind}|{code}||{value}|{unit}|{range}|{flag}|||{status}|||{now}\r"
)


@pytest.fixture(scope="module")
def maps() -> Maps:
    return load_maps()


@pytest.fixture
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path_factory.mktemp('critical') / 'qiao.db'}", synchronous="OFF")
    opened.govern(CriticalValues(load_rules()))
    yield opened
    opened.close()


def told(store: Store, maps: Maps, id_: str = "1", **said: str) -> list[str]:
    """Send one result; return what the open Tasks say."""
    given = {"kind": "NM", "code": "K^钾^99LIS^2823-3^Potassium^LN", "unit": "mmol/L", "range": "3.5-5.3"}
    given |= {"flag": "", "status": "F", "now": NOW, "id": id_, **said}
    spec, at = registry.find()["lis/hl7v2"], now_us()
    raw = MESSAGE.format(**given).encode()
    envelope = Envelope(new_envelope_id(at), "default", spec.id, "", at, spec.content_type, "", raw)
    reading = steps.read(spec, maps, envelope)
    result = steps.translate(maps, envelope, reading)
    receive = Receive(envelope, reading.header.control_id, reading.header.digest, 0)
    store.write([receive, Settle(envelope, result, partial(answer, spec, envelope, reading.record))])
    return [one["description"] for one in tasks(store, "default")]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"value": "6.9"}, ["危急值：血钾 6.9 mmol/L ≥6.2"]),
        ({"value": "6.9", "flag": "HH"}, ["危急值：血钾 6.9 mmol/L ≥6.2"]),
        ({"value": "5.9", "flag": "危急值"}, ["危急值：血钾 5.9 mmol/L AA"]),
        ({"value": "5.9", "flag": "H"}, []),
        ({"value": "6.9", "code": "K^钾^99LIS"}, []),
        ({"value": "6.9", "code": "K^钾^99LIS", "flag": "↑↑"}, ["危急值：钾 6.9 mmol/L HH"]),
        ({"value": "阳性", "kind": "ST", "unit": "", "flag": "AA"}, ["危急值：血钾 阳性 AA"]),
        ({"value": "6.9", "status": "X"}, []),
        (
            {"value": "7.9", "code": "X^x^99LIS", "range": "3-5^REFERENCE~2-7^PANIC"},
            ["危急值：x 7.9 mmol/L >7"],
        ),
        ({"value": "6.9", "code": "X^x^99LIS", "range": "3-5^REFERENCE~2-7^PANIC"}, []),
    ],
)
def test_a_message_of_the_laboratory(
    store: Store, maps: Maps, said: dict[str, str], expected: list[str]
) -> None:
    assert told(store, maps, **said) == expected


def test_a_corrected_report_is_noted_and_a_repeat_calls_nobody_again(store: Store, maps: Maps) -> None:
    assert told(store, maps, value="6.9") == told(store, maps, "2", value="6.9")
    assert told(store, maps, "3", value="4.2", status="C") == ["危急值：血钾 6.9 mmol/L ≥6.2"]
    (task,) = tasks(store, "default")
    assert [one["text"] for one in task["note"]] == ["结果已更正：6.9 mmol/L → 4.2 mmol/L（不再达到危急值）"]
    told(store, maps, "4", value="4.2", status="C")
    (task,) = tasks(store, "default")
    assert len(task["note"]) == 1
    assert task["owner"]["reference"].startswith("Practitioner/")
