"""One visit that views and HL7 v2 tell in pieces is one Encounter, in whatever order the pieces arrive."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import permutations
from typing import Any

import pytest

from gateway import registry
from gateway.canonical import Envelope, Translation, new_envelope_id
from gateway.canonical.json import loads
from gateway.mapping import load_maps
from gateway.pipeline import steps
from gateway.store import Receive, Settle, Store, open_store
from gateway.wire import rows

MOMENT = 1_775_000_000_000_000
VISIT = {"visit_no": "ZY2026030700021", "patient_no": "2000513", "visit_type": "I"}
ADMITTING = {
    "diagnosis_code": "I10.x00",
    "diagnosis_name": "高血压",
    "diagnosis_type": "A",
    "diagnosis_rank": "1",
}
FINAL = {
    "diagnosis_code": "E11.900",
    "diagnosis_name": "2型糖尿病",
    "diagnosis_type": "F",
    "diagnosis_rank": "2",
}

Piece = tuple[str, bytes]
Take = Callable[..., None]


def event(code: str, at: str, ward: str) -> Piece:
    return "his/hl7v2", (
        f"MSH|^~\\&|HIS|DQRM|QIAO|DQRM|{at}||ADT^{code}^ADT_A01|{at}{code}|P|2.5.1|||||CHN|UNICODE UTF-8\r"
        f"EVN||{at}\rPID|1||2000513^^^DQRM^MR||孟^秋禾||19710215|F\r"
        f"PV1|1|I|{ward}^01^1^DQRM||||||||||||||||ZY2026030700021^^^DQRM^VN{'|' * 25}20260307090000\r"
    ).encode()


def row(view: str, at: str, details: dict[str, Any] | None = None, **said: str) -> Piece:
    whole = {"row": {**VISIT, **said, "changed_at": at}, **(details or {})}
    return "his/sql_view", rows.written(view, "HIS", [whole])


def visit(at: str, ward: str, status: str, diagnoses: list[dict[str, str]], **more: str) -> Piece:
    where = {"ward_code": ward, "room": "01", "bed": "1", "facility": "DQRM"}
    begun = {"status": status, "start_at": "2026-03-07 09:00:00"}
    return row("visit", at, {"diagnoses": diagnoses}, **where, **begun, **more)


PIECES: dict[str, Piece] = {
    "admitted": event("A01", "20260307090500", "W1"),
    "in-the-view": visit("2026-03-07 10:00:00", "W2", "in-progress", [ADMITTING]),
    "transferred": row(
        "transfer", "2026-03-08 08:05:00", transfer_no="T1", moved_at="2026-03-08 08:00:00",
        from_ward_code="W2", from_room="01", from_bed="1", ward_code="W3", room="01", bed="1",
        facility="DQRM",
    ),
    "discharged": visit(
        "2026-03-09 10:00:00", "W3", "finished", [ADMITTING, FINAL], end_at="2026-03-09 09:30:00"
    ),
    "diagnosed": row(
        "diagnosis", "2026-03-09 10:01:00", diagnosis_no="Z1", diagnosed_at="2026-03-09 09:00:00", **FINAL
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path_factory.mktemp('visit') / 'qiao.db'}")
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def take(store: Store) -> Take:
    """``take(tenant, piece, …)`` stores what arrives, in that order."""
    adapters, maps = registry.find(), load_maps()

    def taking(tenant: str, *pieces: Piece) -> None:
        for adapter, raw in pieces:
            envelope = Envelope(new_envelope_id(MOMENT), tenant, adapter, "HIS", MOMENT, "", "", raw)
            made = steps.translate(maps, envelope, steps.read(adapters[adapter], maps, envelope))
            assert isinstance(made, Translation), made
            store.write([Receive(envelope, "", b"", 0), Settle(envelope, made, lambda _outcome: b"")])

    return taking


def all_of(store: Store, tenant: str, type_: str) -> list[dict[str, Any]]:
    return [loads(one.body) for one in store.search(tenant, type_, []).matches]


def test_one_encounter_in_every_order(store: Store, take: Take) -> None:
    for at, order in enumerate(permutations(PIECES)):
        tenant = f"t{at}"
        take(tenant, *(PIECES[name] for name in order))
        (encounter,) = all_of(store, tenant, "Encounter")
        assert encounter["status"] == "finished", order
        assert encounter["period"]["start"].startswith("2026-03-07T09:00"), order
        assert encounter["period"]["end"].startswith("2026-03-09T09:30"), order
        places = all_of(store, tenant, "Location")
        beds = {f"Location/{one['id']}" for one in places}
        assert {one["location"]["reference"] for one in encounter["location"]} <= beds, order
        assert [one["status"] for one in encounter["location"]] == ["completed"] * 3, order
        conditions = all_of(store, tenant, "Condition")
        said = {one["condition"]["reference"] for one in encounter["diagnosis"]}
        assert said == {f"Condition/{one['id']}" for one in conditions}, order
        assert len(said) == 2, order
        assert {one["encounter"]["reference"] for one in conditions} == {f"Encounter/{encounter['id']}"}
        (patient,) = all_of(store, tenant, "Patient")
        assert (patient["name"][0]["text"], patient["birthDate"]) == ("孟秋禾", "1971-02-15"), order


def test_where_the_patient_is_now_is_what_the_newest_says(store: Store, take: Take) -> None:
    before = ["admitted", "in-the-view", "transferred"]
    seen = set()
    for at, order in enumerate(permutations(before)):
        take(f"n{at}", *(PIECES[name] for name in order))
        (encounter,) = all_of(store, f"n{at}", "Encounter")
        assert encounter["status"] == "in-progress", order
        (now,) = [one["location"] for one in encounter["location"] if one["status"] == "active"]
        (bed,) = [one for one in all_of(store, f"n{at}", "Location") if now["reference"].endswith(one["id"])]
        seen.add(bed["identifier"][0]["value"] if "identifier" in bed else bed["name"])
        assert len(encounter["location"]) == 3, order
    assert len(seen) == 1


@pytest.mark.parametrize("mention", ["prescription", "diagnosis", "visit"])
def test_who_is_only_mentioned_is_described_by_an_older_row(store: Store, take: Take, mention: str) -> None:
    """A view of patients says when one was changed last: years before the prescription that names them."""
    said = {"patient_no": "2000513", "name": "孟秋禾", "phone": "13900010002", "changed_at": "2020-01-01"}
    patient = "his/sql_view", rows.written("patient", "HIS", [{"row": said}])
    held = row("visit", "2026-03-07 10:00:00", {}, status="finished", start_at="2026-03-07 09:00:00")
    named = {
        "prescription": row(
            "prescription", "2026-03-07 11:00:00",
            {"items": [{"item_no": "I1", "drug_code": "A1", "drug_name": "甲"}]}, rx_no="R1", status="SC",
        ),
        "diagnosis": PIECES["diagnosed"],
        "visit": held,
    }  # fmt: skip
    take(mention, named[mention], held, patient)
    (stored,) = all_of(store, mention, "Patient")
    assert stored["name"] == [{"text": "孟秋禾"}]
    assert stored["telecom"][0]["value"] == "13900010002"
    (encounter,) = all_of(store, mention, "Encounter")
    assert encounter["status"] == "finished"
    assert encounter["period"]["start"].startswith("2026-03-07T09:00")


def test_who_was_live_first_is_completed_by_the_backfill(store: Store, take: Take) -> None:
    """A hospital goes live with HL7 v2 and loads its register afterwards: all is there in any order."""
    said = {
        "patient_no": "2000513", "name": "孟秋", "phone": "13900010002", "address": "渡桥市渡口路 1 号",
        "marital_status": "20", "changed_at": "2020-01-01",
    }  # fmt: skip
    pieces = {
        "live": event("A01", "20260307090500", "W1"),
        "register": ("his/sql_view", rows.written("patient", "HIS", [{"row": said}])),
        "visit": PIECES["discharged"],
    }
    seen = set()
    for at, order in enumerate(permutations(pieces)):
        take(f"b{at}", *(pieces[name] for name in order))
        (stored,) = all_of(store, f"b{at}", "Patient")
        assert stored["name"][0]["text"] == "孟秋禾", order
        assert stored["birthDate"] == "1971-02-15", order
        assert [one["value"] for one in stored["telecom"]] == ["13900010002"], order
        assert "渡桥市渡口路 1 号" in json.dumps(stored["address"], ensure_ascii=False), order
        del stored["meta"], stored["id"]
        seen.add(json.dumps(stored, sort_keys=True))
    assert len(seen) == 1, seen
