"""Posting rows: what is filed for each kind of value, and that a search finds it under its keys."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.store.dates import date_range
from gateway.store.index import (
    FAR,
    Index,
    Rows,
    identifier_keys,
    number_keys,
    parameters,
    range_keys,
    reference_key,
    reference_keys,
    string_keys,
    token_keys,
    uri_keys,
)
from gateway.store.index.carefully import carefully
from gateway.store.index.filing import _written
from gateway.store.keys import system_key
from gateway.store.types import NUMBER

ZONE = "+08:00"
TENANT, SEQ = 3, 77
MRN = "urn:oid:2.16.156.990101.1"


def filed(resource: dict[str, Any]) -> Rows:
    rows = Rows()
    Index(ZONE).extract(resource, TENANT, SEQ, rows)
    return rows


def found(rows: Rows, type_: str, name: str, code: str, system: str = "") -> bool:
    """Whether a token search would find the resource."""
    keys = token_keys(parameters(type_)[name], TENANT, code)
    return any((key, NUMBER[type_], system_key(system), SEQ) in rows.tokens for key in keys)


def refers(rows: Rows, type_: str, name: str, target: str) -> bool:
    keys = reference_keys(parameters(type_)[name], TENANT, target)
    return any((key, NUMBER[type_], sys, SEQ) in rows.tokens for key, sys in keys)


def test_tokens_of_every_kind() -> None:
    rows = filed(
        {
            "resourceType": "Patient",
            "identifier": [{"system": MRN, "value": "M1"}],
            "active": True,
            "gender": "male",
            "telecom": [{"system": "phone", "value": "138 0000"}],
            "communication": [{"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": "zh"}]}}],
            "meta": {"tag": [{"system": "urn:t", "code": "x"}], "profile": ["http://p|1"], "source": "urn:s"},
        }
    )
    assert found(rows, "Patient", "identifier", "m1", MRN), "codes are compared without case"
    assert found(rows, "Patient", "active", "true")
    assert found(rows, "Patient", "gender", "male", "http://hl7.org/fhir/administrative-gender")
    assert found(rows, "Patient", "phone", "138 0000", "phone")
    assert found(rows, "Patient", "language", "zh", "urn:ietf:bcp:47")
    assert found(rows, "Patient", "_tag", "x", "urn:t")
    for name, uri in (("_profile", "http://p"), ("_profile", "http://p|1"), ("_source", "urn:s")):
        (key,) = uri_keys(parameters("Patient")[name], TENANT, uri)
        assert (key, NUMBER["Patient"], 0, SEQ) in rows.tokens


def test_deceased_is_filed_where_it_is_true() -> None:
    for more, filed_too in (
        ({}, False),
        ({"deceasedBoolean": False}, False),
        ({"deceasedBoolean": True}, True),
        ({"deceasedDateTime": "2026-03-09"}, True),
    ):
        rows = filed({"resourceType": "Patient", **more})
        assert found(rows, "Patient", "deceased", "true") is filed_too
        assert not found(rows, "Patient", "deceased", "false")
    assert parameters("Patient")["deceased"].unfiled == {"false"}


def test_references_are_filed_once_for_all_that_ask_for_them() -> None:
    rows = filed(
        {
            "resourceType": "Observation",
            "subject": {"reference": "Patient/1/_history/2"},
            "performer": [{"reference": "Patient/1"}, {"reference": "http://other/Practitioner/2"}],
            "specimen": {"reference": "#inside"},
            "focus": [{"identifier": {"system": MRN, "value": "M1"}}],
        }
    )
    assert refers(rows, "Observation", "subject", "Patient/1")
    assert refers(rows, "Observation", "patient", "Patient/1")
    assert refers(rows, "Observation", "performer", "Patient/1")
    assert refers(rows, "Observation", "performer", "http://other/Practitioner/2")
    assert not refers(rows, "Observation", "focus", "Patient/1")
    (key,) = identifier_keys(parameters("Observation")["focus"], TENANT, "M1")
    assert (key, NUMBER["Observation"], system_key(MRN), SEQ) in rows.tokens
    assert len(rows.tokens) == 4
    assert {row[0] for row in rows.tokens} >= {reference_key(TENANT, "Patient/1")}, "all below one key"


def test_references_that_nobody_searches_by_are_there_for_a_merge() -> None:
    rows = filed({"resourceType": "AllergyIntolerance", "encounter": {"reference": "Encounter/1"}})
    assert rows.tokens == [(reference_key(TENANT, "Encounter/1"), NUMBER["AllergyIntolerance"], 0, SEQ)]
    assert not len(filed({"resourceType": "AllergyIntolerance", "encounter": {"reference": "Other/1"}}))


def test_ids_that_begin_alike_lie_near_each_other() -> None:
    near = reference_key(1, "Condition/b7b129de-768f-87d7-bd74-ad583ad7496c")
    also = reference_key(1, "Encounter/b7b129de-0947-5573-94f1-8aeeecfce2ad")
    far = reference_key(1, "Encounter/c7b129de-0947-5573-94f1-8aeeecfce2ad")
    assert near != also
    assert near >> 40 == also >> 40 != far >> 40


def test_dates_are_short_or_long() -> None:
    rows = filed({"resourceType": "Encounter", "period": {"start": "2026-03-09T08:00:00+08:00"}})
    ((short, long),) = range_keys(parameters("Encounter")["date"], TENANT)
    ((seq, p, low, high),) = rows.ranges
    assert (seq, p) == (SEQ, long)
    assert low == date_range("2026-03-09T08:00:00+08:00", ZONE)[0] < high
    ((_, p, *ends),) = filed(
        {"resourceType": "Encounter", "period": {"start": "2026-03-09", "end": "2026-03-09"}}
    ).ranges
    assert (p, tuple(ends)) == (short, date_range("2026-03-09", ZONE))


def test_strings_of_names_and_addresses() -> None:
    name = {"family": "王", "given": ["小明"], "text": "王小明"}
    rows = filed({"resourceType": "Patient", "name": [name], "address": [{"city": "Zürich"}]})
    (names,) = string_keys(parameters("Patient")["given"], TENANT)
    (addresses,) = string_keys(parameters("Patient")["address-city"], TENANT)
    assert sorted(rows.strings) == sorted(
        [(names, "小明", SEQ), (names, "王小明", SEQ), (addresses, "zurich", SEQ)]
    )


def test_numbers_and_quantities() -> None:
    value = {"value": Decimal("5.4"), "code": "mmol/L"}
    component = [{"valueQuantity": {"value": 7, "comparator": ">"}}]
    rows = filed({"resourceType": "Observation", "valueQuantity": value, "component": component})
    (own,) = number_keys(parameters("Observation")["value-quantity"], TENANT)
    (inner,) = number_keys(parameters("Observation")["component-value-quantity"], TENANT)
    assert sorted(rows.numbers) == sorted([(own, 5.4, 5.4, SEQ), (inner, 7.0, FAR, SEQ)])
    assert set(number_keys(parameters("Observation")["combo-value-quantity"], TENANT)) == {own, inner}


def as_sets(rows: Rows) -> list[set[Any]]:
    return [set(rows.tokens), set(rows.ranges), set(rows.strings), set(rows.numbers)]


def test_the_generated_functions_file_what_each_value_says(resources: dict[str, dict[str, Any]]) -> None:
    written = {type_: _written(type_, ZONE) for type_ in NUMBER}
    seen: Counter[str] = Counter()
    for name, resource in resources.items():
        quick, careful = Rows(), Rows()
        written[resource["resourceType"]](resource, TENANT, SEQ, quick)
        carefully(resource, TENANT, SEQ, careful, ZONE)
        assert as_sets(quick) == as_sets(careful), name
        seen.update({table: len(rows) for table, rows in zip("trsn", as_sets(quick), strict=True)})
    assert min(seen.values()) > 100


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["coding", "reference", "value", "given", "start", "code"]), inner)
    ),
    max_leaves=6,
)


@given(
    st.dictionaries(
        st.sampled_from(["name", "gender", "identifier", "birthDate", "link", "telecom", "meta"]), ODD
    )
)
def test_what_is_malformed_costs_nothing_else(odd: dict[str, Any]) -> None:
    resource = {"resourceType": "Patient", **odd, "active": True}
    rows, careful = filed(resource), Rows()
    carefully(resource, TENANT, SEQ, careful, ZONE)
    assert found(rows, "Patient", "active", "true")
    assert as_sets(rows) == as_sets(careful)


@pytest.mark.parametrize("type_", ["Bundle", "Binary", "Parameters", "MedicinalProduct"])
def test_types_with_few_parameters(type_: str) -> None:
    entry = [{"resource": {"resourceType": "Composition", "id": "c1"}}, {"resource": {"id": "x"}}]
    rows = filed({"resourceType": type_, **({"entry": entry} if type_ == "Bundle" else {})})
    assert len(rows) == (1 if type_ == "Bundle" else 0), "composition and message select the same"
    if type_ == "Bundle":
        assert refers(rows, "Bundle", "composition", "Composition/c1")
