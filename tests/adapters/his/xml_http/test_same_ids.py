"""What HL7 v3 and HL7 v2 say of the same patient, visit, drug and order has the same ids."""

from __future__ import annotations

import base64
import re
from functools import cache
from pathlib import Path

import pytest

from adapters.his.xml_http.opened import open_message
from gateway import registry
from gateway.canonical import Envelope, Translation
from gateway.mapping import Maps, load_maps
from gateway.pipeline import steps
from gateway.wire.xml.v3 import carried

MOMENT = 1_772_323_200_000_000
ROOT = registry.one_root() / "adapters"
INTERACTIONS = "urn:oid:2.16.840.1.113883.1.6"
PDF = re.compile(rb'(?<=originalText value=")[^"]+')


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
        ("15-pathology-application", "01-admit", ["Patient", "Encounter"]),
        ("16-operation-application", "01-admit", ["Patient", "Encounter"]),
        ("17-transfusion-application", "01-admit", ["Patient", "Encounter"]),
        ("14-vendor-request", "10-prescription-outpatient", ["Patient", "Encounter"]),
        (
            "18-vendor-laboratory-report",
            "lis/01-blood-count-gb18030",
            ["Patient", "Encounter", "DiagnosticReport"],
        ),
    ],
)
def test_both_doors_give_the_same_ids(v3: str, v2: str, types: list[str]) -> None:
    one = translated("his/xml_http", ROOT / "his/xml_http/samples" / f"{v3}.xml")
    door = "lis/hl7v2" if v2.startswith("lis/") else "his/hl7v2"
    other = translated(door, ROOT / door / "samples" / f"{v2.removeprefix('lis/')}.hl7")
    for type_name in types:
        assert ids(one, type_name)
        assert ids(one, type_name) <= ids(other, type_name)
    assert one.merges == other.merges


def test_a_report_inside_a_registration_is_the_one_that_hl7_v2_has() -> None:
    """RCMR_IN000002UV02 carries a WS/T 500 document, which goes its own way."""
    registered = (ROOT / "his/xml_http/samples/12-document-registered-pdf.xml").read_bytes()
    report = (ROOT / "his/cda/samples/04-C0007-laboratory.xml").read_bytes()
    opened = open_message(PDF.sub(base64.b64encode(report), registered))
    inner = carried(opened.document.root)
    assert inner == report
    spec = registry.find()["his/xml_http"]
    envelope = Envelope("0" * 32, "default", spec.id, "", MOMENT, spec.content_type, "", inner)
    one = steps.translate(maps(), envelope, steps.read(spec, maps(), envelope))
    assert isinstance(one, Translation)
    other = translated("lis/hl7v2", ROOT / "lis/hl7v2/samples/01-blood-count-gb18030.hl7")
    for type_name in ("Patient", "Encounter", "DiagnosticReport"):
        assert ids(one, type_name)
        assert ids(one, type_name) <= ids(other, type_name)


@pytest.mark.parametrize(
    ("sample", "activity"),
    [
        (
            "his/xml_http/samples/02-patient-updated.xml",
            ("urn:oid:2.16.840.1.113883.1.6", "PRPA_IN201314UV02"),
        ),
        ("his/xml_http/samples/14-vendor-request.xml", ("", "example-outpatient-register")),
        ("his/cda/samples/04-C0007-laboratory.xml", ("urn:oid:2.16.156.10011.2.4", "C0007")),
        ("his/sql_view/samples/06-order.rows", ("", "order")),
        ("his/hl7v2/samples/01-admit.hl7", ("http://terminology.hl7.org/CodeSystem/v2-0003", "A01")),
    ],
)
def test_what_a_message_was_is_said_in_its_own_system(sample: str, activity: tuple[str, str]) -> None:
    """A layout's name is no trigger event of HL7 v2."""
    made = translated("/".join(sample.split("/")[:2]), ROOT / sample)
    (said,) = (
        one.body["activity"] for one in made.drafts if one.type == "Provenance" and "policy" in one.body
    )
    coding = said["coding"][0] if "coding" in said else {"system": "", "code": said["text"]}
    assert (coding["system"], coding["code"]) == activity


def test_the_number_of_an_outpatient_has_a_type_although_0203_has_none() -> None:
    made = translated("his/xml_http", ROOT / "his/xml_http/samples/04-outpatient-visit.xml")
    (patient,) = [one.body for one in made.drafts if one.type == "Patient"]
    (number,) = [one for one in patient["identifier"] if one["value"] == "MZ100234"]
    assert number["system"] == "urn:oid:2.16.156.10011.1.11"
    assert [one["code"] for one in number["type"]["coding"]] == ["outpatient-number"]
    assert not made.gaps
