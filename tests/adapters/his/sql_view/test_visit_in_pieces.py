"""A visit, its transfers and its diagnoses, from views of their own and in any order, are one Encounter."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from gateway import registry
from gateway.canonical import Envelope, Translation, new_envelope_id
from gateway.canonical.json import loads
from gateway.mapping import load_maps
from gateway.pipeline import steps
from gateway.store import Receive, Settle, open_store
from gateway.wire.rows import written

NUMBERS = {"patient_no": "2000513", "visit_no": "ZY1", "visit_type": "I"}
PIECES: dict[str, tuple[str, dict[str, Any]]] = {
    "visit": (
        "visit",
        {
            "row": {
                **NUMBERS,
                "status": "finished",
                "ward_code": "W3",
                "start_at": "2026-03-05 09:00:00",
                "end_at": "2026-03-09 09:30:00",
                "changed_at": "2026-03-09 10:00:00",
            },
            "diagnoses": [{"diagnosis_code": "I10.x00", "diagnosis_name": "高血压", "diagnosis_type": "F"}],
        },
    ),
    "first": (
        "transfer",
        {
            "row": {
                **NUMBERS,
                "transfer_no": "1",
                "moved_at": "2026-03-06 09:00:00",
                "from_ward_code": "W1",
                "ward_code": "W2",
                "changed_at": "2026-03-06 09:00:00",
            }
        },
    ),
    "second": (
        "transfer",
        {
            "row": {
                **NUMBERS,
                "transfer_no": "2",
                "moved_at": "2026-03-07 09:00:00",
                "from_ward_code": "W2",
                "ward_code": "W3",
                "changed_at": "2026-03-07 09:00:00",
            }
        },
    ),
}


@pytest.mark.parametrize("order", list(permutations(PIECES)), ids="-".join)
def test_one_encounter_with_all_its_places(tmp_path: Path, order: tuple[str, ...]) -> None:
    adapters, maps = registry.find(), load_maps()
    store = open_store(f"sqlite:///{tmp_path / 'qiao.db'}")
    for name in order:
        view, said = PIECES[name]
        at = 1_773_100_000_000_000
        raw = written(view, "HIS", [said])
        envelope = Envelope(new_envelope_id(at), "default", "his/sql_view", "", at, "", "", raw)
        made = steps.translate(maps, envelope, steps.read(adapters["his/sql_view"], maps, envelope))
        assert isinstance(made, Translation), made
        store.write([Receive(envelope, "", b"", 0), Settle(envelope, made, lambda _outcome: b"")])
    (encounter,) = [loads(one.body) for one in store.search("default", "Encounter", []).matches]
    wards = {loads(one.body)["id"] for one in store.search("default", "Location", []).matches}
    store.close()
    assert encounter["status"] == "finished"
    assert encounter["period"]["end"].startswith("2026-03-09T09:30")
    assert len(encounter["diagnosis"]) == 1
    places = [one["location"]["reference"].partition("/")[2] for one in encounter["location"]]
    assert len(places) == len({*places}) == 3
    assert {*places} <= wards
    assert [one["status"] for one in encounter["location"]].count("active") == 0
