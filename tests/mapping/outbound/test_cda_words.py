"""FHIR → WS/T 500: what is said of what, under which system, and by whom; nothing that nobody said."""

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
Read = Callable[..., Any]
HL7 = {"h": "urn:hl7-org:v3"}
PRESCRIPTION = "his/hl7v2/samples/10-prescription-outpatient"
ICD10 = "2.16.156.10011.2.3.3.11"


def of(resources: list[dict[str, Any]], type_: str) -> list[dict[str, Any]]:
    return [one for one in resources if one["resourceType"] == type_]


def value_of(name: str) -> str:
    return f"string(//h:observation[h:code/@displayName='{name}']/h:value)"


@pytest.fixture
def read(out: OutMaps, dialect: Dialect, faults: Faults) -> Read:
    """``read("C0004", resources, path)`` → what a valid document has there."""

    def ask(code: str, resources: list[dict[str, Any]], path: str, **facts: str) -> Any:
        map_ = out.maps[code]
        raw = write(map_.root, said_body(map_, Resources(resources), dialect, facts), map_.namespace)
        assert faults(code, raw) == []
        return etree.fromstring(raw).xpath(path, namespaces=HL7)

    return ask


@pytest.fixture
def report(sample: Sample) -> list[dict[str, Any]]:
    """A CT report with the order that it is of, and one diagnosis."""
    made = sample("pacs/ris_hl7v2/samples/01-ct-report")
    of(made, "ServiceRequest")[0]["authoredOn"] = "2026-03-05T14:59:00+08:00"
    return made


@pytest.mark.parametrize(
    ("system", "told"),
    [
        (f"urn:oid:{ICD10}", ICD10),
        ("http://hl7.org/fhir/sid/icd-10", ICD10),
        ("http://snomed.info/sct", "-"),
        ("http://his.example/dx", "-"),
    ],
)
def test_a_code_stands_under_its_own_system_alone(
    system: str, told: str, read: Read, report: list[dict[str, Any]]
) -> None:
    subject = {"reference": f"Patient/{of(report, 'Patient')[0]['id']}"}
    coding = [{"system": f"urn:oid:{ICD10}", "display": "无码"}, {"system": system, "code": "X1"}]
    code = {"coding": coding, "text": "某病"}
    report.append({"resourceType": "Condition", "id": "c", "subject": subject, "code": code})
    path = "//h:observation[h:code/@code='DE05.01.024.00']/h:value/@codeSystem"
    assert read("C0006", report, path) == [told]


def test_drugs_of_their_own_are_named_with_their_strength(read: Read, sample: Sample) -> None:
    resources = sample(PRESCRIPTION)
    forms = {f"Medication/{one['id']}": one for one in of(resources, "Medication")}
    for one in of(resources, "MedicationRequest"):
        reference = one.pop("supportingInformation")[0]
        drug = forms[reference["reference"]]
        drug["code"] = one.pop("medicationCodeableConcept")
        drug["ingredient"] = [
            {"itemCodeableConcept": {"text": "某"},
             "strength": {"numerator": {"value": 5, "unit": "mg"}, "denominator": {"value": 1, "unit": "片"}}}
        ]  # fmt: skip
        one["medicationReference"] = reference
    section = "string(//h:section[h:code/@code='10160-0']/h:text)"
    assert read("C0004", resources, section) == "盐酸二甲双胍缓释片；甘精胰岛素注射液；对乙酰氨基酚片"
    assert read("C0004", resources, value_of("药物规格")) == "5mg"


def test_who_entered_an_order_is_not_said_to_have_reviewed_it(read: Read, sample: Sample) -> None:
    resources = sample(PRESCRIPTION)
    clerk = {"resourceType": "Practitioner", "id": "k", "name": [{"text": "录入员王"}],
             "identifier": [{"value": "CLERK9"}]}  # fmt: skip
    for one in of(resources, "MedicationRequest"):
        one["recorder"] = {"reference": "Practitioner/k"}
    path = "string(//h:legalAuthenticator//h:assignedPerson/h:name)"
    assert read("C0004", [*resources, clerk], path) == "-"


def test_each_measurement_is_told_with_its_name_and_site(read: Read, report: list[dict[str, Any]]) -> None:
    of(report, "DiagnosticReport")[0]["result"] = [
        {"reference": "Observation/a"},
        {"reference": "Observation/b"},
    ]
    found = [("a", "左室射血分数", 55, "%", {}), ("b", "结节", 12, "mm", {"bodySite": {"text": "右肺上叶"}})]
    report += [
        {"resourceType": "Observation", "id": id_, "status": "final", "code": {"text": name},
         "valueQuantity": {"value": value, "unit": unit}, **more}
        for id_, name, value, unit, more in found
    ]  # fmt: skip
    told = read("C0006", report, value_of("检查报告结果-客观所见"))
    assert told == "左室射血分数 55%；结节（右肺上叶） 12mm"


def test_what_a_finding_means_and_its_range_and_notes_are_told(
    read: Read, report: list[dict[str, Any]]
) -> None:
    of(report, "DiagnosticReport")[0] |= {
        "conclusion": "室壁增厚",
        "result": [{"reference": "Observation/a"}],
    }
    report.append({
        "resourceType": "Observation", "id": "a", "status": "final", "code": {"text": "左室射血分数"},
        "valueQuantity": {"value": 45, "unit": "%"}, "interpretation": [{"text": "偏低"}],
        "referenceRange": [{"low": {"value": 50, "unit": "%"}, "high": {"value": 70, "unit": "%"}}],
        "note": [{"text": "心律不齐"}],
    })  # fmt: skip
    told = read("C0006", report, "string(//h:section[h:code/@displayName='检查报告']/h:text)")
    assert told == "室壁增厚；左室射血分数 偏低，参考值 50~70%，备注：心律不齐"


def test_a_coded_conclusion_is_told_beside_the_words(read: Read, report: list[dict[str, Any]]) -> None:
    of(report, "DiagnosticReport")[0] |= {
        "conclusion": "未见异常",
        "conclusionCode": [{"text": "双肺结节？"}, {"text": "未见异常"}],
    }
    assert read("C0006", report, value_of("检查报告结果-主观提示")) == "未见异常；双肺结节？"


def test_a_unit_that_is_only_a_code_is_told(read: Read, sample: Sample) -> None:
    resources = sample("lis/hl7v2/samples/02-chemistry-notes-per-result")
    of(resources, "ServiceRequest")[0]["authoredOn"] = "2026-03-05T14:59:00+08:00"
    for one in of(resources, "Observation"):
        if quantity := one.get("valueQuantity"):
            quantity.pop("unit", None)
            quantity["code"] = "mmol/L"
    units = read("C0007", resources, "//h:observation[h:code/@code='DE04.30.016.00']/h:value/text()")
    assert set(units) == {"mmol/L"}


def test_a_hospital_of_a_group_is_not_the_group(read: Read, sample: Sample) -> None:
    resources = [one for one in sample(PRESCRIPTION) if one["resourceType"] != "Organization"]
    group, hospital = (
        {"resourceType": "Organization", "id": id_, "name": name, "identifier": [{"value": value}]}
        for id_, name, value in (
            ("g", "健康集团", "12990101MB0000001X"),
            ("h", "市第一医院", "12990101MB0000000X"),
        )
    )
    hospital |= {"partOf": {"reference": "Organization/g"}, "type": [{"coding": [{"code": "prov"}]}]}
    of(resources, "Encounter")[0]["serviceProvider"] = {"reference": "Organization/h"}
    path = "//h:custodian//h:representedCustodianOrganization/h:name/text()"
    assert read("C0004", [*resources, group, hospital], path) == ["市第一医院"]


PROV, DEPT, CODE = "prov", "dept", "12990101MB0000000X"
NAMES = {"d": "心内科", "h": "市第一医院", "g": "健康集团"}
CUSTODIAN = "//h:custodian//h:representedCustodianOrganization/h:name/text()"


def served(resources: list[dict[str, Any]], *chain: tuple[str, str, str]) -> list[dict[str, Any]]:
    """Resources of which the visit is served by the first of (id, type, code), each a part of the next."""
    kept = [one for one in resources if one["resourceType"] != "Organization"]
    of(kept, "Encounter")[0]["serviceProvider"] = {"reference": f"Organization/{chain[0][0]}"}
    for at, (id_, type_, code) in enumerate(chain):
        made = {
            "resourceType": "Organization",
            "id": id_,
            "name": NAMES[id_],
            "identifier": [{"value": code}],
        }
        if type_:
            made["type"] = [{"coding": [{"code": type_}]}]
        if chain[at + 1 :]:
            made["partOf"] = {"reference": f"Organization/{chain[at + 1][0]}"}
        kept.append(made)
    return kept


@pytest.mark.parametrize("chain", [
    [("d", PROV, "0301"), ("h", PROV, CODE), ("g", PROV, "G1")],
    [("d", DEPT, "0301"), ("h", "", "H1")],
    [("d", "", "0301"), ("h", PROV, "H1"), ("g", "", "G1")],
    [("d", DEPT, "0301"), ("h", "", "H1"), ("g", "govt", "G1")],
    [("h", "A100", "H1")],
])  # fmt: skip
def test_the_hospital_is_found_above_a_department(
    chain: list[tuple[str, str, str]], read: Read, sample: Sample
) -> None:
    told = read("C0004", served(sample(PRESCRIPTION), *chain), CUSTODIAN, organization="12990101MB0000009X")
    assert told == ["市第一医院"]


@pytest.mark.parametrize("chain", [
    [("d", PROV, "0301"), ("h", PROV, "H1")],
    [("h", "", "H1"), ("g", "", "G1")],
    [("d", DEPT, "0301"), ("h", "", "H1"), ("g", "", "G1")],
])  # fmt: skip
def test_where_several_may_be_the_hospital_somebody_must_say_it(
    chain: list[tuple[str, str, str]], read: Read, sample: Sample
) -> None:
    with pytest.raises(Rejected, match=r"several may be the hospital: .*Organization/h"):
        read("C0004", served(sample(PRESCRIPTION), *chain), CUSTODIAN, organization="12990101MB0000009X")
