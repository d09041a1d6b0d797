"""Finds what a check's messages made of its patients, so that it is removed at the end."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from conformance.evidence.exchange import Book
from conformance.harness.client import Client
from conformance.harness.paths import each
from conformance.harness.run import Run
from conformance.simulators.exact import Resource

_MADE = (
    "Encounter:patient", "Condition:patient", "AllergyIntolerance:patient", "MedicationRequest:patient",
    "ServiceRequest:patient", "DiagnosticReport:patient", "Observation:patient", "Specimen:patient",
    "ImagingStudy:patient", "Account:patient", "Coverage:beneficiary", "RelatedPerson:patient",
    "Composition:patient", "DocumentReference:patient",
)  # fmt: skip
"""What messages make about a patient."""


@dataclass(slots=True)
class _Sweeper:
    book: Book = field(default_factory=Book)
    doing: str = "clean-up"


def sweep(run: Run, numbers: Iterable[str]) -> None:
    """Note what was made about the patients with these numbers; no evidence of a check."""
    identity = run.target.identities.get("operator")
    if identity is None:
        return
    client = Client(run.session.line, identity, _Sweeper())
    for number in numbers:
        for one in _made(client, number):
            if one.get("id"):
                run.wrote(one)
            for name in each(one, "supportingInformation.reference"):
                if str(name).startswith("Medication/"):
                    run.wrote(str(name))


def _made(client: Client, number: str) -> list[Resource]:
    """Return a patient and what is about him; type by type where a target does not include it."""
    query = f"Patient?identifier={number}"
    whole = client.get(f"{query}&{'&'.join(f'_revinclude={one}' for one in _MADE)}&_count=100")
    found = whole.entries
    if not whole.ok:
        found = client.get(query).entries
        pairs = [one.split(":") for one in _MADE]
        asked = [f"{kind}?{how}=Patient/{one.get('id')}" for one in list(found) for kind, how in pairs]
        found = [*found, *(one for address in asked for one in client.get(address).entries)]
    return [one for one in found if one.get("resourceType") not in (None, "OperationOutcome")]
