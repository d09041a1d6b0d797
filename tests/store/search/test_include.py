"""``_include``, ``_revinclude``, ``:iterate`` and the wildcard."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.errors import Rejected
from gateway.store import light
from gateway.store.search import budget, include, sight


@pytest.mark.parametrize(
    ("type_", "pairs", "expected"),
    [
        ("DiagnosticReport", [("_include", "DiagnosticReport:result")], "Observation/o1 Observation/o2"),
        ("DiagnosticReport", [("_include", "DiagnosticReport:subject:Patient")], "Patient/p1"),
        ("DiagnosticReport", [("_include", "DiagnosticReport:subject:Group")], ""),
        ("DiagnosticReport", [("_include", "*")], "Observation/o1 Observation/o2 Patient/p1"),
        (
            "DiagnosticReport",
            [("_include", "DiagnosticReport:*")],
            "Observation/o1 Observation/o2 Patient/p1",
        ),
        (
            "DiagnosticReport",
            [("_include", "DiagnosticReport:result"), ("_include:iterate", "Observation:performer")],
            "Observation/o1 Observation/o2 Practitioner/d1",
        ),
        (
            "DiagnosticReport",
            [("_include", "DiagnosticReport:subject"), ("_include:recurse", "*")],
            "Encounter/e1 Observation/o1 Observation/o2 Organization/g0 Organization/g1 Patient/p1 "
            "Practitioner/d1",
        ),
        ("Patient", [("_id", "p2"), ("_revinclude", "Observation:subject")], "Observation/o3 Observation/o4"),
        ("Patient", [("_id", "p1"), ("_revinclude", "DiagnosticReport:*")], "DiagnosticReport/r1"),
        ("Patient", [("_id", "p2"), ("_revinclude", "*")], "List/l1 Observation/o3 Observation/o4"),
        ("Observation", [("_id", "o1"), ("_revinclude", "*")], "DiagnosticReport/r1 Provenance/v1"),
        (
            "Encounter",
            [("_id", "e1"), ("_revinclude:iterate", "*")],
            "DiagnosticReport/r1 Observation/o1 Provenance/v1",
        ),
        ("Observation", [("_id", "nobody"), ("_revinclude", "*")], ""),
        (
            "Patient",
            [
                ("_id", "p1"),
                ("_revinclude", "Encounter:subject"),
                ("_revinclude:iterate", "Observation:encounter"),
            ],
            "Encounter/e1 Observation/o1",
        ),
        ("Patient", [("_revinclude:iterate", "Provenance:target")], ""),
        ("Observation", [("_id", "o1"), ("_revinclude", "Provenance:target")], "Provenance/v1"),
        ("Provenance", [("_include", "Provenance:target")], "Observation/o1"),
    ],
)
def test_what_is_included(full: Any, type_: str, pairs: list[tuple[str, str]], expected: str) -> None:
    assert full.included(type_, *pairs) == sorted(expected.split())


def test_a_cycle_ends(ward: Any) -> None:
    def organization(id_: str, above: str) -> dict[str, Any]:
        return {"resourceType": "Organization", "id": id_, "partOf": {"reference": f"Organization/{above}"}}

    ward.put(organization("a", "b"), organization("b", "c"), organization("c", "a"))
    assert ward.included("Organization", ("_id", "a"), ("_include:iterate", "Organization:partof")) == [
        "Organization/b",
        "Organization/c",
    ]
    assert (
        len(ward.included("Organization", ("_id", "a"), ("_revinclude:iterate", "Organization:partof"))) == 2
    )


def test_a_reference_to_a_version_includes_that_version(ward: Any) -> None:
    ward.put({"resourceType": "Patient", "id": "p1", "gender": "male"})
    ward.put({"resourceType": "Patient", "id": "p1", "gender": "female"})
    target = [{"reference": "Patient/p1/_history/1"}]
    ward.put({"resourceType": "Provenance", "id": "v1", "recorded": "2026-03-05T08:00:00Z", "target": target})
    page = ward.page("Provenance", ("_include", "Provenance:target"))
    assert [(each.id, each.ver) for each in page.included] == [("p1", 1)]


def test_too_much_is_said(full: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(include, "MAX_INCLUDED", 1)
    with pytest.raises(Rejected) as raised:
        full.page("Patient", ("_revinclude", "Observation:subject"))
    assert raised.value.code == "too-costly"


def test_too_large_is_said(full: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(light, "MAX_BYTES", 100)
    for type_, pair in (
        ("Patient", ("_revinclude", "Observation:subject")),
        ("Observation", ("_include", "Observation:subject")),
    ):
        with pytest.raises(Rejected) as raised:
            full.page(type_, pair)
        assert raised.value.code == "too-costly"


def test_versions_that_are_included_cost_their_walk(ward: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(1, 8):
        ward.put({"resourceType": "Patient", "id": "p1", "language": f"x{n}"})
    items = [{"item": {"reference": f"Patient/p1/_history/{n}"}} for n in (5, 2, 9)]
    ward.put({"resourceType": "List", "id": "l1", "status": "current", "mode": "working", "entry": items})
    asked = ("List", ("_include", "List:item"))
    assert {(each.id, each.ver) for each in ward.page(*asked).included} < {("p1", 2), ("p1", 5)}
    monkeypatch.setattr(sight, "Budget", lambda: budget.Budget(60.0, candidates=4))
    with pytest.raises(Rejected) as raised:
        ward.page(*asked)
    assert raised.value.code == "too-costly"


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("_include", "Observation", "not-supported"),
        ("_include", "Observation:code", "not-supported"),
        ("_include", "Nothing:x", "not-supported"),
        ("_include", "Observation:subject:Nothing", "value"),
        ("_include", "Encounter:subject", "not-supported"),
        ("_revinclude", "*:subject", "not-supported"),
        ("_revinclude:all", "Observation:subject", "not-supported"),
        ("_revinclude", "Observation:encounter", "not-supported"),
        ("_revinclude", "Provenance:target:Patient", "not-supported"),
    ],
)
def test_what_is_rejected(full: Any, name: str, value: str, code: str) -> None:
    with pytest.raises(Rejected) as raised:
        full.page("Observation", (name, value))
    assert (raised.value.code, raised.value.where) == (code, name.partition(":")[0])
