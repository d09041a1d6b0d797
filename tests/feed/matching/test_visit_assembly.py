"""One visit that views and HL7 v2 tell in pieces is one Encounter with all its places and diagnoses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway import registry
from gateway.canonical import Envelope, Translation, new_envelope_id
from gateway.canonical.json import loads
from gateway.mapping import load_maps
from gateway.pipeline import steps
from gateway.store import Receive, Settle, Store, open_store
from gateway.wire import rows

MSH = "MSH|^~\\&|HIS|DQRM|QIAO|DQRM|{0}||{1}|{0}|P|2.5.1|||||CHN|UNICODE UTF-8\rEVN||{0}\r"
PID = "PID|1||2000513^^^DQRM^MR||孟^秋禾||19710215|F\r"
PV1 = (
    "PV1|1|I|{0}^01^1^DQRM||||||||||||||||ZY2026030700021^^^DQRM^VN|||||||||||||||||||||||||20260307090000\r"
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path / 'qiao.db'}")
    yield opened
    opened.close()


def test_one_encounter(store: Store) -> None:
    adapters, maps = registry.find(), load_maps()

    def take(adapter: str, raw: bytes) -> None:
        at = 1_772_900_000_000_000
        envelope = Envelope(new_envelope_id(at), "default", adapter, "HIS", at, "", "", raw)
        made = steps.translate(maps, envelope, steps.read(adapters[adapter], maps, envelope))
        assert isinstance(made, Translation), made
        store.write([Receive(envelope, "", b"", 0), Settle(envelope, made, lambda _outcome: b"")])

    def event(code: str, at: str, ward: str) -> None:
        take("his/hl7v2", (MSH.format(at, f"ADT^{code}^ADT_A01") + PID + PV1.format(ward)).encode())

    def visit(at: str, ward: str, status: str, diagnoses: list[dict[str, str]], **more: str) -> None:
        row = {
            "visit_no": "ZY2026030700021", "patient_no": "2000513", "visit_type": "I", "status": status,
            "ward_code": ward, "room": "01", "bed": "1", "facility": "DQRM",
            "start_at": "2026-03-07 09:00:00", "changed_at": at, **more,
        }  # fmt: skip
        take("his/sql_view", rows.written("visit", "HIS", [{"row": row, "diagnoses": diagnoses}]))

    admitting = {
        "diagnosis_code": "I10.x00",
        "diagnosis_name": "高血压",
        "diagnosis_type": "A",
        "diagnosis_rank": "1",
    }
    final = {
        "diagnosis_code": "E11.900",
        "diagnosis_name": "2型糖尿病",
        "diagnosis_type": "F",
        "diagnosis_rank": "2",
    }
    event("A01", "20260307090500", "W1")
    visit("2026-03-07 10:00:00", "W2", "in-progress", [admitting])
    event("A02", "20260307110000", "W3")
    visit("2026-03-09 10:00:00", "W3", "finished", [admitting, final], end_at="2026-03-09 09:30:00")
    told = {
        "diagnosis_no": "Z1", "patient_no": "2000513", "visit_no": "ZY2026030700021", "visit_type": "I",
        "diagnosed_at": "2026-03-09 09:00:00", "changed_at": "2026-03-09 10:00:00", **final,
    }  # fmt: skip
    take("his/sql_view", rows.written("diagnosis", "HIS", [{"row": told}]))

    (encounter,) = all_of(store, "Encounter")
    assert encounter["status"] == "finished"
    assert len(encounter["location"]) == 3
    assert [one["status"] for one in encounter["location"]].count("active") <= 1
    assert len(encounter["diagnosis"]) == 2
    assert encounter["period"]["start"].startswith("2026-03-07T09:00")
    assert encounter["period"]["end"].startswith("2026-03-09T09:30")
    conditions = all_of(store, "Condition")
    assert len(conditions) == 2
    assert {one["encounter"]["reference"] for one in conditions} == {f"Encounter/{encounter['id']}"}
    assert len(all_of(store, "Patient")) == 1


def all_of(store: Store, type_: str) -> list[dict[str, Any]]:
    return [loads(one.body) for one in store.search("default", type_, []).matches]
