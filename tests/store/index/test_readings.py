"""What the value of an element says: codes, texts, references, times, numbers."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.store.dates import EARLIEST, LATEST
from gateway.store.index import (
    Quantity,
    parameters,
    quantities,
    readings,
    references,
    spans,
    strings,
    texts,
    tokens,
    unversioned,
)

UTC8 = "+08:00"
D = Decimal

TYPES = (
    *("Address", "Age", "Attachment", "CodeableConcept", "Coding", "ContactPoint", "HumanName", "Identifier"),
    *("Money", "Period", "Quantity", "Range", "Reference", "Resource", "SampledData", "Timing", "boolean"),
    *("canonical", "code", "date", "dateTime", "decimal", "id", "instant", "integer", "string", "uri"),
)


def test_tokens() -> None:
    gender = parameters("Patient")["gender"]
    assert tokens(gender, "code", "male") == [("http://hl7.org/fhir/administrative-gender", "male")]
    concept = {"coding": [{"system": "s", "code": "a"}, {"display": "no code"}, {"code": "b"}], "text": "t"}
    assert readings.tokens("", "CodeableConcept", concept) == [("s", "a"), ("", "b")]
    assert readings.tokens("", "Identifier", {"system": "s", "value": "1"}) == [("s", "1")]
    assert readings.tokens("", "ContactPoint", {"system": "phone", "value": "138"}) == [("phone", "138")]
    assert readings.tokens("", "boolean", False) == [("", "false")]


def test_texts() -> None:
    concept = {"coding": [{"display": "White cells"}], "text": "白细胞"}
    assert texts("CodeableConcept", concept) == ["白细胞", "White cells"]
    assert texts("Identifier", {"type": concept, "value": "1"}) == ["白细胞", "White cells"]
    assert texts("Reference", {"display": "张三"}) == ["张三"]


def test_strings() -> None:
    name = {"family": "欧阳", "given": ["小", "明"], "prefix": ["Dr"]}
    assert strings("HumanName", name) == ["欧阳", "小", "明", "Dr", "欧阳小明"]
    assert strings("HumanName", {"family": "Chalmers", "given": ["Peter"]})[-1] == "Peter Chalmers"
    assert strings("HumanName", {"family": "王", "given": ["明"], "text": "王明"}) == ["王明", "王", "明"]
    address = {"line": ["民权路8号"], "city": "重庆市", "postalCode": "400010"}
    assert strings("Address", address) == ["民权路8号", "重庆市", "400010"]


def test_references() -> None:
    assert references("Reference", {"reference": "Patient/1/_history/2"}) == ["Patient/1/_history/2"]
    assert references("Reference", {"identifier": {"value": "1"}}) == []
    assert references("Resource", {"resourceType": "Composition", "id": "1"}) == ["Composition/1"]
    assert references("canonical", "http://x|1.0") == ["http://x|1.0"]
    assert unversioned("Patient/1/_history/2") == "Patient/1"
    assert unversioned("http://x|1.0") == "http://x"


def test_spans() -> None:
    assert spans("date", "1970-01-01", "Z") == [(0, 86_399_999_999)]
    assert spans("Period", {"start": "1970-01-01"}, "Z") == [(0, LATEST)]
    assert spans("Period", {"end": "1970-01-01"}, "Z") == [(EARLIEST, 86_399_999_999)]
    events = {"event": ["1970-01-01T00:00:05Z", "1970-01-01T00:00:01Z"]}
    assert spans("Timing", events, UTC8) == [(1_000_000, 5_999_999)]
    bounds = {"repeat": {"boundsPeriod": {"start": "1970-01-01", "end": "1970-01-01"}}}
    assert spans("Timing", bounds, "Z") == [(0, 86_399_999_999)]
    assert spans("dateTime", "2026-02-30", UTC8) == []
    assert spans("Period", {"start": "2026-03-02", "end": "2026-03-01"}, UTC8) == []
    assert spans("Age", {"value": 3}, UTC8) == []
    for malformed in ({}, {"start": "x"}, {"start": "2026", "end": 7}, None, 7, "x"):
        assert spans("Period", malformed, UTC8) == []
    assert spans("Timing", {"event": []}, UTC8) == []


@pytest.mark.parametrize(
    ("type_", "value", "expected"),
    [
        ("integer", 7, Quantity(D(7), D(7))),
        ("decimal", D("0.50"), Quantity(D("0.50"), D("0.50"))),
        ("Quantity", {"value": D("5.4"), "unit": "mg"}, Quantity(D("5.4"), D("5.4"), unit="mg")),
        ("Quantity", {"value": 5, "comparator": "<", "code": "g"}, Quantity(None, D(5), code="g")),
        ("Quantity", {"value": 5, "comparator": ">="}, Quantity(D(5), None)),
        ("Money", {"value": 9, "currency": "CNY"}, Quantity(D(9), D(9), "urn:iso:std:iso:4217", "CNY")),
        ("Range", {"low": {"value": 1, "unit": "a"}, "high": {"value": 2}}, Quantity(D(1), D(2), unit="a")),
        ("Range", {"high": {"value": 2, "unit": "a"}}, Quantity(None, D(2), unit="a")),
        (
            "SampledData",
            {"origin": {"value": 10, "unit": "mV"}, "factor": D("0.5"), "data": "2 E -4 6"},
            Quantity(D("8.0"), D("13.0"), unit="mV"),
        ),
    ],
)
def test_quantities(type_: str, value: Any, expected: Quantity) -> None:
    assert quantities(type_, value) == [expected]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["coding", "code", "value", "system", "start", "event", "low", "text"]), inner
        )
    ),
    max_leaves=8,
)


@given(st.sampled_from(TYPES), JSON)
def test_what_is_malformed_says_nothing_and_breaks_nothing(type_: str, value: Any) -> None:
    for system, code in readings.tokens("s", type_, value):
        assert isinstance(system, str) and isinstance(code, str)
    assert all(isinstance(text, str) for text in texts(type_, value) + strings(type_, value))
    assert all(isinstance(text, str) for text in references(type_, value))
    assert all(low <= high for low, high in spans(type_, value, UTC8))
    quantities(type_, value)
