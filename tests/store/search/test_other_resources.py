"""Chains, ``_has`` and ``_list``: what a search asks of other resources."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.errors import Rejected
from gateway.store.search import far, planner

CASES = [
    ("Observation", ("subject.name", "张"), "o2 o1"),
    ("Observation", ("subject:Patient.name", "lee"), "o4 o3"),
    ("Observation", ("patient.birthdate", "lt1985"), "o4 o3"),
    ("Observation", ("subject:Patient.organization.name", "alp"), "o2 o1"),
    ("Observation", ("subject:Patient.organization.partof.name", "root"), "o2 o1"),
    ("Observation", ("subject.organization:missing", "true"), "o4 o3"),
    ("Observation", ("subject.name", "nobody"), ""),
    ("Observation", ("subject._id", "p2"), "o4 o3"),
    ("Observation", ("subject:Patient._has:Encounter:patient:status", "finished"), "o2 o1"),
    ("Patient", ("_has:Observation:patient:code", "2-2"), "p2 p1"),
    ("Patient", ("_has:Observation:subject:value-quantity", "gt6.5"), "p2"),
    ("Patient", ("_has:Observation:patient:_has:Provenance:target:agent", "Practitioner/d1"), "p1"),
    ("Patient", ("_has:Observation:patient:code:not", "718-7"), "p2 p1"),
    ("Practitioner", ("_has:Observation:performer:subject.name", "张三"), "d1"),
    ("Practitioner", ("_has:Observation:performer:code", "none"), ""),
    ("Patient", ("_list", "l1"), "p2"),
    ("Observation", ("_list", "l1"), "o3"),
    ("Observation", ("_list", "nobody"), ""),
]


@pytest.mark.parametrize("from_the_far_end", [True, False])
def test_what_is_found(full: Any, from_the_far_end: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same, whether a chain is searched from its far end or tested on each candidate."""
    monkeypatch.setattr(planner, "FEW", -1 if from_the_far_end else 1 << 60)
    if not from_the_far_end:
        monkeypatch.setattr(far, "MAX_FAR", 0)
        monkeypatch.setattr(far, "MAX_JOINED", -1)
    for type_, pair, expected in CASES:
        assert full.found(type_, pair) == expected.split(), pair


def test_a_chain_sees_what_its_page_sees(full: Any) -> None:
    first = full.page("Observation", ("subject.name", "张"), ("_count", "1"))
    full.put({"resourceType": "Patient", "id": "p1", "name": [{"family": "Other"}]})
    pairs = [("subject.name", "张"), ("_count", "1"), ("_cursor", first.cursor)]
    assert full.found("Observation", *pairs) == ["o1"]
    assert full.found("Observation", ("subject.name", "张")) == []


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("subject:Device.name", "x", "not-supported"),
        ("subject:Organization.name", "x", "value"),
        ("subject.nothing", "x", "not-supported"),
        ("code.name", "x", "not-supported"),
        ("subject.birthdate", "never", "value"),
        (
            "has-member.has-member.has-member.has-member.has-member.has-member.has-member.code",
            "x",
            "too-costly",
        ),
        ("focus.focus.focus.code", "x", "too-costly"),
        ("_has:Nothing:patient:code", "x", "value"),
        ("_has:Observation:code:code", "x", "not-supported"),
        ("_has:Observation:patient", "x", "value"),
        ("_list", "$current-problems", "not-supported"),
        ("_list", "a/b", "value"),
    ],
)
def test_what_is_rejected(full: Any, name: str, value: str, code: str) -> None:
    with pytest.raises(Rejected) as raised:
        full.page("Observation", (name, value))
    assert raised.value.code == code
