"""The barcode in a view of orders or results is that of the sample, as it is in SPM-2."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.canonical import Envelope, Translation
from gateway.mapping import load_maps
from gateway.wire import rows

COMMON = {
    "patient_no": "P1",
    "visit_no": "V1",
    "visit_type": "O",
    "specimen_code": "SER",
    "specimen_name": "血清",
}
VIEWS: dict[str, dict[str, str]] = {
    "order": {"order_no": "JY1", "status": "SC", "category": "LAB", "item_code": "GLU", "item_name": "糖"},
    "result": {"report_no": "B1", "report_code": "GLU", "report_name": "葡萄糖", "source_system": "LIS",
               "status": "F", "collected_at": "2026-03-06 09:30:00"},
}  # fmt: skip


def specimens(view: str, **more: str) -> list[dict[str, Any]]:
    raw = rows.written(view, "HIS", [{"row": {**COMMON, **VIEWS[view], **more}, "items": []}])
    maps = load_maps()
    envelope = Envelope("0" * 32, "default", "his/sql_view", "", 0, "application/json", "", raw)
    message = maps.lay(rows.parse(raw), envelope)
    found = maps.translate(message, envelope, maps.profile("his/sql_view", "", message))
    assert isinstance(found, Translation)
    return [draft.body for draft in found.drafts if draft.type == "Specimen"]


@pytest.mark.parametrize("view", sorted(VIEWS))
def test_a_barcode_numbers_the_one_sample_of_a_row(view: str) -> None:
    (specimen,) = specimens(view, specimen_no="BC1")
    (number,) = specimen["identifier"]
    assert (number["system"], number["value"]) == ("urn:oid:2.16.156.10011.1.14", "BC1")
    assert specimen["type"]["coding"][0]["code"] == "SER"
    assert specimen["subject"]


@pytest.mark.parametrize("view", sorted(VIEWS))
def test_a_row_without_one_has_its_sample_as_before(view: str) -> None:
    (specimen,) = specimens(view)
    assert "identifier" not in specimen


def test_when_it_was_taken_stays() -> None:
    (specimen,) = specimens("result", specimen_no="BC1")
    assert specimen["collection"]["collectedDateTime"] == "2026-03-06T09:30:00+08:00"
