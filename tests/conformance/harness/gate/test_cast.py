"""Cast: who stands beside the patient of a case."""

from __future__ import annotations

from datetime import date

from conformance.harness.check import Check
from conformance.harness.gate.cast import Cast
from conformance.harness.run import Run
from conformance.harness.session import Session
from conformance.harness.target_file import made
from conformance.harness.words import Words

SAID = {"fhir": "http://x", "identities": {"operator": {}, "physician": {}},
        "on_file": {"physician": "Practitioner/w1"}}  # fmt: skip


def test_another_patient_is_registered_with_all_that_the_patient_has() -> None:
    session = Session(made(SAID), "u1", 7, date(2026, 3, 6))
    run = Run(Check("u.check", "u", "NAT-18", Words("题", "title"), lambda run: None), session)
    patch = {
        "Other": {"resourceType": "Patient", "active": False},
        "Consent": {"patient": {"reference": "{Other}"}},
    }
    parts = Cast(run, patch, (), "p").parts
    session.close()
    patient, other = parts["Patient"], parts["Other"]
    assert other.keys() == patient.keys()
    assert other["identifier"][0]["system"] == patient["identifier"][0]["system"]
    assert other["identifier"] != patient["identifier"]
    assert other["active"] is False
    assert parts["Consent"]["patient"] == {"reference": f"Patient/{other['id']}"}
    assert other["id"] != patient["id"]
