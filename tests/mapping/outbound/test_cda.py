"""FHIR → WS/T 500: valid against the schemas, or refused where something would have to be invented."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from lxml import etree

from gateway.errors import Rejected
from gateway.mapping.outbound import Dialect, OutMaps, Resources, said_body
from gateway.wire.xml.write import write

Sample = Callable[[str], list[dict[str, Any]]]
Faults = Callable[[str, bytes], list[str]]
HL7 = {"h": "urn:hl7-org:v3"}
PRESCRIPTION = "his/hl7v2/samples/10-prescription-outpatient"
LABORATORY = ("01-blood-count-gb18030", "02-chemistry-notes-per-result", "03-corrected-and-deleted")


def document(code: str, resources: list[dict[str, Any]], out: OutMaps, dialect: Dialect) -> bytes:
    map_ = out.maps[code]
    return write(map_.root, said_body(map_, Resources(resources), dialect, {}), map_.namespace)


def asked(resources: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same with the order that a report is of, since the schema wants its time."""
    order = next((one for one in resources if one["resourceType"] == "ServiceRequest"), None)
    if order is None:
        order = {"resourceType": "ServiceRequest", "id": "s1"}
        resources.append(order)
    order["authoredOn"] = "2026-03-05T14:59:00+08:00"
    return resources


def test_a_prescription_is_valid_and_says_its_drugs(
    out: OutMaps, dialect: Dialect, sample: Sample, faults: Faults
) -> None:
    said = document("C0004", sample(PRESCRIPTION), out, dialect)
    assert faults("C0004", said) == []
    root = etree.fromstring(said)
    names = root.xpath("//h:manufacturedLabeledDrug/h:name/text()", namespaces=HL7)
    assert names == ["盐酸二甲双胍缓释片", "甘精胰岛素注射液", "对乙酰氨基酚片"]
    assert root.xpath("//h:routeCode/@code", namespaces=HL7) == ["1", "401", "1"]
    assert root.xpath("//h:administrationUnitCode/@code", namespaces=HL7) == ["05", "16", "01"]
    assert root.xpath("//h:doseQuantity/@value", namespaces=HL7) == ["0.5", "14", "0.5"]
    assert root.xpath("//h:rateQuantity/@unit", namespaces=HL7)[:1] == ["次/日"]
    assert root.xpath("string(//h:age/@value)", namespaces=HL7) == "74"


@pytest.mark.parametrize("name", LABORATORY)
def test_a_laboratory_report_is_valid_and_its_numbers_stay_as_they_are(
    name: str, out: OutMaps, dialect: Dialect, sample: Sample, faults: Faults
) -> None:
    resources = asked(sample(f"lis/hl7v2/samples/{name}"))
    said = document("C0007", resources, out, dialect)
    assert faults("C0007", said) == []
    values = etree.fromstring(said).xpath(
        "//h:observation[h:code/@code='DE04.30.015.00']/h:value/text()", namespaces=HL7
    )
    quantities = [one["valueQuantity"] for one in resources if "valueQuantity" in one]
    numbers = {str(one["value"]) for one in quantities if "comparator" not in one}
    reported = {one for one in values if one.replace(".", "").isdigit()}
    assert reported <= numbers and reported


@pytest.mark.parametrize("name", ["01-ct-report", "04-ultrasound-gbk", "06-xray-with-pdf"])
def test_an_examination_report_is_valid_and_says_what_was_found(
    name: str, out: OutMaps, dialect: Dialect, sample: Sample, faults: Faults
) -> None:
    resources = asked(sample(f"pacs/ris_hl7v2/samples/{name}"))
    said = document("C0006", resources, out, dialect)
    assert faults("C0006", said) == []
    report = next(one for one in resources if one["resourceType"] == "DiagnosticReport")
    words = etree.fromstring(said).xpath(
        "//h:observation[h:code/@displayName='检查报告结果-主观提示']/h:value/text()", namespaces=HL7
    )
    assert words == [report.get("conclusion", "-")]


@pytest.mark.parametrize(
    ("gone", "place"),
    [("birthDate", "age"), ("name", "patient.name")],
)
def test_what_the_schema_wants_and_nobody_knows_is_never_invented(
    gone: str, place: str, out: OutMaps, dialect: Dialect, sample: Sample
) -> None:
    resources = sample(PRESCRIPTION)
    next(one for one in resources if one["resourceType"] == "Patient").pop(gone)
    with pytest.raises(Rejected, match=place):
        document("C0004", resources, out, dialect)


def test_a_refusal_names_every_place_at_once(out: OutMaps, dialect: Dialect, sample: Sample) -> None:
    resources = [
        one for one in sample(PRESCRIPTION) if one["resourceType"] not in ("Medication", "Organization")
    ]
    with pytest.raises(Rejected) as refused:
        document("C0004", resources, out, dialect)
    assert (
        "administrationUnitCode" in refused.value.reason and "Organization.identifier" in refused.value.reason
    )


def test_what_may_be_said_to_be_unknown_is_said_so(
    out: OutMaps, dialect: Dialect, sample: Sample, faults: Faults
) -> None:
    resources = sample(PRESCRIPTION)
    patient = next(one for one in resources if one["resourceType"] == "Patient")
    patient.pop("gender")
    patient["identifier"] = [
        one for one in patient["identifier"] if one["system"] != "urn:oid:2.16.156.10011.1.3"
    ]
    said = document("C0004", resources, out, dialect)
    assert faults("C0004", said) == []
    root = etree.fromstring(said)
    assert root.xpath("string(//h:administrativeGenderCode/@code)", namespaces=HL7) == "0"
    assert root.xpath("string(//h:patient/h:id/@extension)", namespaces=HL7) == "-"


def test_the_same_version_has_the_same_document_id(out: OutMaps, dialect: Dialect, sample: Sample) -> None:
    assert document("C0004", sample(PRESCRIPTION), out, dialect) == document(
        "C0004", sample(PRESCRIPTION), out, dialect
    )


def test_without_what_a_document_is_about_there_is_none(out: OutMaps, dialect: Dialect) -> None:
    with pytest.raises(Rejected, match="DiagnosticReport"):
        document("C0007", [], out, dialect)
