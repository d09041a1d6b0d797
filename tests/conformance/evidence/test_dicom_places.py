"""Attributes of DICOM in JSON: people are masked by their tags, studies and other documents stay."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conformance.evidence.masking import Masker


def _masked(document: Any) -> str:
    return Masker().body(json.dumps(document).encode(), "application/dicom+json") or ""


def test_people_are_masked_and_the_study_stays() -> None:
    said = _masked({
        "00100010": {"vr": "PN", "Value": [{"Alphabetic": "WANG^XIAOMING", "Ideographic": "王^小明"}]},
        "00080090": {"vr": "PN", "Value": [{"Alphabetic": "赵^敏"}]},
        "00100020": {"vr": "LO", "Value": ["10019901"]},
        "00100030": {"vr": "DA", "Value": ["19900307"]},
        "0020000D": {"vr": "UI", "Value": ["2.25.12345"]},
        "00080060": {"vr": "CS", "Value": ["CT"]},
        "00000900": {"vr": "US", "Value": [0]},
    })  # fmt: skip
    for one in ("WANG", "XIAOMING", "小明", "10019901", "19900307"):
        assert one not in said
    found = json.loads(said)
    assert found["0020000D"]["Value"] == ["2.25.12345"]
    assert found["00080060"]["Value"] == ["CT"]
    assert found["00000900"]["Value"] == [0]


@pytest.mark.parametrize(
    "document", [{"a": {"vr": "LO", "Value": ["x1"]}}, {"vr": "PN"}, {"vr": 1, "Value": "y"}]
)
def test_what_only_looks_like_an_attribute_stays(document: Any) -> None:
    assert json.loads(_masked(document)) == document
