"""Carried: a case is tried only where the target's own form has a place for what it makes wrong."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from conformance.harness.check import Check
from conformance.harness.gate.carried import reaches, see_carried
from conformance.harness.gate.case import Gate
from conformance.harness.gate.cast import Cast
from conformance.harness.run import Run
from conformance.harness.session import Session
from conformance.harness.target_file import made
from conformance.harness.verdict import Skipped
from conformance.harness.words import Words

DRUG = {"name": "{medicationCodeableConcept.text}"}
WRITES: dict[str, Any] = {
    "Patient": {"path": "//p", "body": {"id": "{number}", "card": "{identifier.value}"}},
    "Consent": {"path": "//z", "when": {"status": "active"}, "body": {"of": "{patient.number}"}},
    "RequestGroup": {
        "with": ["MedicationRequest"],
        "path": "//rx",
        "body": {"drugs": [{"$each": "MedicationRequest", "$item": DRUG}]},
    },
    "Composition": "fhir",
    "AuditEvent": "none",
}  # fmt: skip
ITEMS = {"$each": "dispenses.resource", "$item": DRUG}
SAID = {
    "fhir": "http://x",
    "identities": {"operator": {}, "physician": {}},
    "on_file": {"physician": "Practitioner/w1"},
    "writes": WRITES,
    "actions": {"redeem": {"path": "//out", "body": {"items": [ITEMS]}}},
}


@pytest.fixture
def run() -> Iterator[Run]:
    session = Session(made(SAID), "u1", 7, date(2026, 3, 6))
    yield Run(Check("u.check", "u", "NAT-19.1", Words("题", "title"), lambda run: None), session)
    session.close()


@pytest.mark.parametrize(
    ("blocked", "lacking"),
    [
        ({"Patient": {"identifier": None}}, ""),
        ({"Patient": {"birthDate": "1990-03-08"}}, "Patient.birthDate"),
        ({"Consent": None}, ""),
        ({"Consent": {"status": "inactive"}}, ""),
        ({"Consent": {"patient": {"reference": "Patient/other"}}}, ""),
        ({"Consent": {"provision": {"type": "deny"}}}, "Consent.provision.type"),
        ({"Drug": {"medicationCodeableConcept": {"text": "x"}}}, ""),
        ({"Drug": {"dispenseRequest": {"quantity": None}}}, "MedicationRequest.dispenseRequest.quantity"),
        ({"Dispense": {"medicationCodeableConcept": {"text": "x"}}}, ""),
        ({"Dispense": {"quantity": {"value": 8}}}, "MedicationDispense.quantity.value"),
        ({"Composition": {"section": []}}, ""),
        ({"Reading": None}, "AuditEvent"),
        ({"Other": {"resourceType": "Patient", "active": True}}, ""),
        ({"Review": {"reason": None}}, ""),
    ],
)
def test_what_the_form_has_no_place_for_is_skipped(run: Run, blocked: dict[str, Any], lacking: str) -> None:
    gate, cast = Gate("prescribe", blocked, {}), Cast(run, {}, (), "p")
    if not lacking:
        see_carried(run, gate, cast)
        return
    with pytest.raises(Skipped) as raised:
        see_carried(run, gate, cast)
    assert str(raised.value).endswith(f"has no place for {lacking}")


def test_a_change_reaches_the_target_where_any_of_it_has_a_place(run: Run) -> None:
    before = {"identifier": [{"value": "1"}], "birthDate": "1990-03-07"}
    assert reaches(
        run, "Patient", before, {**before, "identifier": [{"value": "2"}], "birthDate": "1990-03-08"}
    )
    assert not reaches(run, "Patient", before, {**before, "birthDate": "1990-03-08"})
    assert reaches(run, "Composition", {"title": "a"}, {"title": "b"})
