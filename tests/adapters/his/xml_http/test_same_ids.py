"""What HL7 v3 and HL7 v2 say of the same patient, visit, drug and order has the same ids."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from gateway import registry
from gateway.canonical import Envelope, Translation
from gateway.mapping import Maps, load_maps
from gateway.pipeline import steps

MOMENT = 1_772_323_200_000_000
ROOT = registry.one_root() / "adapters"


@cache
def maps() -> Maps:
    return load_maps()


def translated(adapter: str, path: Path) -> Translation:
    spec = registry.find()[adapter]
    envelope = Envelope("0" * 32, "default", adapter, "", MOMENT, spec.content_type, "", path.read_bytes())
    made = steps.translate(maps(), envelope, steps.read(spec, maps(), envelope))
    assert isinstance(made, Translation)
    return made


def ids(made: Translation, type_name: str) -> set[str]:
    return {draft.id for draft in made.drafts if draft.type == type_name}


@pytest.mark.parametrize(
    ("v3", "v2", "types"),
    [
        ("01-patient-registered", "01-admit", ["Patient"]),
        ("05-inpatient-admitted", "01-admit", ["Patient", "Encounter", "Location"]),
        ("06-inpatient-moved", "02-transfer", ["Patient", "Encounter"]),
        ("07-inpatient-discharged", "03-discharge", ["Patient", "Encounter"]),
        ("08-orders-with-drugs", "10-prescription-outpatient", ["Patient", "Encounter", "MedicationRequest"]),
        ("11-examination-application", "37-imaging-order", ["Patient", "Encounter", "ServiceRequest"]),
        ("03-patients-merged", "07-merge", ["Patient"]),
    ],
)
def test_both_doors_give_the_same_ids(v3: str, v2: str, types: list[str]) -> None:
    one = translated("his/xml_http", ROOT / "his/xml_http/samples" / f"{v3}.xml")
    other = translated("his/hl7v2", ROOT / "his/hl7v2/samples" / f"{v2}.hl7")
    for type_name in types:
        assert ids(one, type_name)
        assert ids(one, type_name) <= ids(other, type_name)
    assert one.merges == other.merges
