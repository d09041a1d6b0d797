"""Conversion functions that read several components, or a whole segment."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.canonical import Envelope
from gateway.mapping import Maps, load_maps
from gateway.mapping.functions import BAD, FUNCTIONS
from gateway.mapping.memory import Memories
from gateway.mapping.run import Run
from gateway.wire import er7

HEADER = b"MSH|^~\\&|LIS||||20260101||ORU^R01|1|P|2.5.1"


@pytest.fixture(scope="module")
def run() -> Run:
    return _run()


@cache
def _maps() -> Maps:
    return load_maps()


def _run() -> Run:
    maps = _maps()
    envelope = Envelope("0" * 32, "default", "lis/hl7v2", "", 0, "", "", b"")
    memories = Memories([{} for _ in range(999)])
    return Run(er7.parse(HEADER), envelope, maps.profiles["default"], maps.tables, maps._functions, memories)


@pytest.mark.parametrize(
    ("name", "raw", "expected"),
    [
        ("raw_text", "ADT^A01^ADT_A01", "ADT^A01^ADT_A01"),
        ("raw_text", "", None),
        ("spaced_text", ">^5^:^80", "> 5 : 80"),
        ("spaced_text", "^^", None),
        ("hd_text", "LIS^4711^L", "LIS - L:4711"),
        ("hd_text", "LIS&4711", "LIS - 4711"),
        ("bed_number", "ICU^101^A^GEN", "ICU-101-A"),
        ("ndl_bed_number", "55&Li^^^ICU^101^A^GEN", "ICU-101-A"),
        ("ndl_room_number", "55&Li^^^ICU^101^A^GEN", "ICU-101"),
        ("sampled_data", "1.5^+2^x^-3", "1.5 2 E -3"),
        ("sampled_data", "a^b", None),
        ("ed_data", "^text^plain^A^hello", "aGVsbG8="),
        ("ed_data", "^AP^^Hex^48656C6C6F", "SGVsbG8="),
        ("ed_data", "^AP^^Hex^4865xx", BAD),
        ("ed_data", "^AP^PDF^Base64^SGVsbG8=", "SGVsbG8="),
        ("ed_data", "^AP^PDF^Base64^SGVsbG8", BAD),
        ("ed_data", "^AP^PDF^ZIP^SGVsbG8=", BAD),
        ("ed_data", "^AP^PDF^Base64^", None),
        ("uuid_uri", "67E55044-10B1-426F-9247-BB680E5FE0C8", "urn:uuid:67e55044-10b1-426f-9247-bb680e5fe0c8"),
        ("uuid_uri", "67e55044", BAD),
        ("oid_uri", "1.2.840.113619", "urn:oid:1.2.840.113619"),
        ("dns_uri", "lis.example.org", "urn:dns:lis.example.org"),
        ("dns_uri", "not a name", BAD),
        ("id", "HIS20260101-1", "HIS20260101-1"),
        ("id", "a/b", BAD),
        ("narrative", "a < b", '<div xmlns="http://www.w3.org/1999/xhtml">a &lt; b</div>'),
        ("text_attachment", "a~b", {"contentType": "text/plain", "data": "YQpi"}),
        ("repeat_offset", "^^^^^^^AC^2^h", 120),
        ("repeat_offset", "^^^^^^^AC^30^", 30),
        ("repeat_offset", "^^^^^^^AC^x^h", None),
        (
            "identifier_type",
            "NNUSA",
            {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "NNUSA"}]},
        ),
    ],
)
def test_one_repetition(run: Run, name: str, raw: str, expected: Any) -> None:
    assert FUNCTIONS[name].call(raw, run) == expected


def segment(name: str, **fields: str) -> list[str]:
    numbered = {int(key[1:]): value for key, value in fields.items()}
    return [name, *(numbered.get(at, "") for at in range(1, max(numbered, default=0) + 1))]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (
            segment("AIS", f4="202601010900", f7="30", f8="MIN"),
            {"start": "2026-01-01T09:00:00+08:00", "end": "2026-01-01T09:30:00+08:00"},
        ),
        (
            segment("AIL", f6="20260101090000", f9="2", f10="h"),
            {"start": "2026-01-01T09:00:00+08:00", "end": "2026-01-01T11:00:00+08:00"},
        ),
        (segment("AIG", f8="20260101"), {"start": "2026-01-01"}),
        (segment("AIP", f6="20260101", f9="30", f10="min"), {"start": "2026-01-01"}),
        (segment("AIP", f6="20260101", f9="1", f10="d"), {"start": "2026-01-01", "end": "2026-01-02"}),
        (segment("AIP", f6="20260101"), {"start": "2026-01-01"}),
        (segment("AIS", f7="30", f8="min"), None),
        (
            segment("PR1", f5="202601012350", f7="20"),
            {"start": "2026-01-01T23:50:00+08:00", "end": "2026-01-02T00:10:00+08:00"},
        ),
        (segment("TQ1", f6="5^d", f7="20260101"), {"start": "2026-01-01", "end": "2026-01-06"}),
        (segment("TQ1", f6="5^d", f8="20260106"), {"start": "2026-01-01", "end": "2026-01-06"}),
        (segment("TQ1", f7="20260101", f8="20260103"), {"start": "2026-01-01", "end": "2026-01-03"}),
        (segment("TQ1", f6="1^mo", f7="20260101"), {"start": "2026-01-01"}),
        (segment("OBX", f5="20260101"), None),
    ],
)
def test_a_period_of_start_and_duration(run: Run, fields: list[str], expected: Any) -> None:
    assert FUNCTIONS["resource_period"].call(fields, run) == expected


def test_an_offset_counts_from_the_appointment(run: Run) -> None:
    parsed = er7.parse(HEADER + b"\rSCH|1||||||||||^^^20260101080000")
    run.frame.segments["SCH"] = list(parsed.text.split("\r")[1].split("|"))
    found = FUNCTIONS["resource_period"].call(segment("AIS", f5="15", f6="min", f7="10"), run)
    assert found == {"start": "2026-01-01T08:15:00+08:00", "end": "2026-01-01T08:25:00+08:00"}
    del run.frame.segments["SCH"]


def test_every_value_of_an_observation_is_a_component(run: Run) -> None:
    fields = segment("OBX", f2="NM", f3="WBC^白细胞", f5="5.6~7.1", f6="10^9/L", f7="4-10")
    made = FUNCTIONS["obx_components"].call(fields, run)["component"]
    assert [one["valueQuantity"]["value"] for one in made] == [Decimal("5.6"), Decimal("7.1")]
    assert {one["code"]["text"] for one in made} == {"白细胞"}
    assert all(one["referenceRange"][0]["text"] == "4-10" for one in made)


@pytest.mark.parametrize("kind", ["TX", "FT", "ST"])
def test_lines_of_text_are_no_components(run: Run, kind: str) -> None:
    fields = segment("OBX", f2=kind, f3="WBC^白细胞", f5="第一行~第二行")
    assert FUNCTIONS["obx_components"].call(fields, run) is None


CALLS: list[Callable[[Any, Run], Any]] = [
    one.call for one in FUNCTIONS.values() if one.kind in ("raw", "field", "value")
]


@settings(deadline=None)  # the first example loads the maps
@given(st.sampled_from(CALLS), st.text(max_size=40))
def test_no_text_breaks_a_function(call: Callable[[Any, Run], Any], text: str) -> None:
    call(text, _run())
