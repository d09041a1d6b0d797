"""Reports as documents: each result is told, or the document is refused with the result's name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from lxml import etree

from gateway.errors import Rejected
from gateway.mapping.outbound import Dialect, OutMaps, around, said_body
from gateway.wire.xml.write import write as written

CODE = "12990101MB0000000X"
HL7 = {"h": "urn:hl7-org:v3"}
PATIENT = {
    "resourceType": "Patient", "id": "p1", "name": [{"text": "钱多多"}], "gender": "female",
    "birthDate": "1990-02-03",
}  # fmt: skip
DOCTOR = {
    "resourceType": "Practitioner",
    "id": "d1",
    "name": [{"text": "温如玉"}],
    "identifier": [{"value": "D1"}],
}
HOSPITAL = {"resourceType": "Organization", "id": "h", "name": "渡桥市人民医院"}
VISIT = {
    "resourceType": "Encounter", "id": "e1", "status": "finished", "class": {"code": "AMB"},
    "subject": {"reference": "Patient/p1"}, "serviceProvider": {"reference": "Organization/h"},
    "identifier": [{"system": "urn:oid:2.16.156.10011.1.11", "value": "MZ1"}],
}  # fmt: skip
AMOUNT = {"value": 5.6, "unit": "mmol/L"}


def result(id_: str, **said: Any) -> dict[str, Any]:
    return {"resourceType": "Observation", "id": id_, "status": "final", "code": {"text": id_},
            "subject": {"reference": "Patient/p1"}, **said}  # fmt: skip


def report(*names: str, **said: Any) -> dict[str, Any]:
    return {"resourceType": "DiagnosticReport", "id": "r1", "status": "final", "code": {"text": "血常规"},
            "subject": {"reference": "Patient/p1"}, "encounter": {"reference": "Encounter/e1"},
            "issued": "2026-03-05T09:00:00+08:00", "effectiveDateTime": "2026-03-05T08:00:00+08:00",
            "identifier": [{"value": "BG1"}], "resultsInterpreter": [{"reference": "Practitioner/d1"}],
            "result": [{"reference": f"Observation/{one}"} for one in names], **said}  # fmt: skip


Write = Callable[..., Any]
Faults = Callable[[str, bytes], list[str]]


@pytest.fixture
def write(out: OutMaps, dialect: Dialect) -> Write:
    def made(*resources: Any, type_: str = "C0007") -> Any:
        ids = {one["id"] for one in resources}
        every = [*(one for one in (PATIENT, DOCTOR, HOSPITAL, VISIT) if one["id"] not in ids), *resources]
        map_ = out.maps[type_]
        pool = around(map_.about, every, {})
        body = said_body(map_, pool, dialect, {"organization": CODE})
        return etree.fromstring(written(map_.root, body, map_.namespace))

    return made


def told(root: Any, code: str = "DE04.30.015.00") -> list[str]:
    found = root.xpath(f"//h:observation[h:code/@code='{code}']/h:value/text()", namespaces=HL7)
    return [str(one) for one in found]


@pytest.mark.parametrize(("said", "text"), [
    ({"valueQuantity": AMOUNT | {"comparator": "<"}}, "<5.6"),
    ({"valueRatio": {"numerator": {"value": 1}, "denominator": {"value": 80}}}, "1:80"),
    ({"valueRange": {"low": {"value": 3, "unit": "g"}, "high": {"value": 5, "unit": "g"}}}, "3~5g"),
    ({"valueRange": {"low": {"value": 3}}}, ">=3"),
    ({"valueBoolean": False}, "否"),
    ({"valueTime": "12:00:00"}, "12:00:00"),
    ({"valueCodeableConcept": {"coding": [{"code": "POS"}]}}, "POS"),
    ({"dataAbsentReason": {"text": "标本溶血"}}, "无结果：标本溶血"),
    ({"component": [{"code": {"text": "收缩压"}, "valueQuantity": {"value": 120, "unit": "mmHg"}},
                    {"code": {"text": "舒张压"}, "valueQuantity": {"value": 80, "unit": "mmHg"}}]},
     "收缩压 120mmHg；舒张压 80mmHg"),
])  # fmt: skip
def test_a_value_is_told_whatever_its_kind(write: Write, said: dict[str, Any], text: str) -> None:
    root = write(result("x", **said), report("x"))
    assert told(root) == [text]


def test_a_panel_is_told_by_its_members(write: Write) -> None:
    panel = result("panel", hasMember=[{"reference": "Observation/a"}, {"reference": "Observation/b"}])
    members = [result("a", valueInteger=1), result("b", valueInteger=2)]
    root = write(panel, *members, report("panel", "b"))
    assert told(root) == ["1", "2"]


@pytest.mark.parametrize("said", [
    {"status": "preliminary", "valueQuantity": AMOUNT}, {"status": "registered"},
    {"status": "unknown", "valueQuantity": AMOUNT},
    {"valueString": "x", "modifierExtension": [{"url": "u:neg", "valueBoolean": True}]},
    {"valueSampledData": {"origin": {"value": 0}, "period": 1, "dimensions": 1, "data": "1 2"}},
    {"component": [{"code": {"text": "曲线"}, "valueSampledData": {"data": "1"}}]},
])  # fmt: skip
@pytest.mark.parametrize("type_", ["C0006", "C0007"])
def test_what_is_no_result_that_can_be_told_is_refused(
    write: Write, said: dict[str, Any], type_: str
) -> None:
    with pytest.raises(Rejected, match="Observation/x"):
        write(result("x", **said), report("x"), type_=type_)


def test_a_result_that_is_not_there_is_refused(write: Write) -> None:
    with pytest.raises(Rejected, match="Observation/gone"):
        write(result("x", valueInteger=1), report("x", "gone"))


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ({"status": "cancelled"}, "无结果：已取消"),
        ({"status": "cancelled", "valueQuantity": AMOUNT}, "无结果：已取消"),
        ({"status": "cancelled", "dataAbsentReason": {"text": "标本溶血"}}, "无结果：标本溶血"),
        ({"status": "unknown"}, "无结果：状态未知"),
    ],
)
def test_a_result_that_was_cancelled_refuses_no_report(
    write: Write, faults: Faults, said: dict[str, Any], text: str
) -> None:
    root = write(result("K"), result("x", **said), result("Na", valueInteger=1), report("K", "x", "Na"))
    assert told(root) == ["-", text, "1"]
    assert told(root, "DE04.30.016.00") == [] and faults("C0007", etree.tostring(root)) == []


def test_ranges_notes_and_what_a_result_means_are_told(write: Write, faults: Faults) -> None:
    high = {
        "coding": [
            {
                "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation",
                "code": "H",
                "display": "偏高",
            }
        ]
    }
    ranges = [{"low": {"value": 3.9, "unit": "mmol/L"}, "high": {"value": 6.1, "unit": "mmol/L"},
               "appliesTo": [{"text": "成人"}]}, {"text": "儿童另见说明"}]  # fmt: skip
    glucose = result(
        "GLU", valueQuantity=AMOUNT, interpretation=[high], referenceRange=ranges, note=[{"text": "复查"}]
    )
    root = write(glucose, result("K", valueInteger=4), report("GLU", "K"))
    assert faults("C0007", etree.tostring(root)) == []
    judged = root.xpath("//h:observation[h:code/@code='DE04.30.017.00']/h:value", namespaces=HL7)
    assert [(one.get("code"), one.get("displayName")) for one in judged] == [("H", "偏高")]
    text = root.xpath("//h:section[h:code/@code='30954-2']/h:text/text()", namespaces=HL7)
    assert text == ["血常规；GLU 参考值 3.9~6.1mmol/L（成人），参考值 儿童另见说明，备注：复查"]


def test_an_empty_report_is_refused_and_a_coded_conclusion_is_told(write: Write) -> None:
    attached = [{"contentType": "application/pdf", "url": "http://example.org/1.pdf"}]
    with pytest.raises(Rejected, match="neither a result nor a conclusion"):
        write(report(presentedForm=attached))
    root = write(report(conclusionCode=[{"text": "贫血"}]))
    assert told(root, "DE04.50.130.00") == ["贫血"]


def test_each_result_has_its_own_specimen(write: Write, faults: Faults) -> None:
    specimens = [{"resourceType": "Specimen", "id": id_, "type": {"text": name}} for id_, name in
                 (("s1", "静脉血"), ("s2", "尿液"))]  # fmt: skip
    results = [result("WBC", valueInteger=5, specimen={"reference": "Specimen/s1"}),
               result("UPRO", valueString="+", specimen={"reference": "Specimen/s2"})]  # fmt: skip
    root = write(*specimens, *results, report("WBC", "UPRO"))
    assert told(root, "DE04.50.134.00") == ["静脉血", "尿液", "静脉血", "尿液"]
    assert faults("C0007", etree.tostring(root)) == []
    urine = root.xpath("//h:organizer[.//h:value/@displayName='UPRO']", namespaces=HL7)
    assert told(etree.fromstring(etree.tostring(urine[0])), "DE04.50.134.00") == ["尿液"]


def test_nobody_has_reviewed_what_only_a_technician_made(write: Write, faults: Faults) -> None:
    made = report("x", performer=[{"reference": "Practitioner/d1"}]) | {"resultsInterpreter": []}
    root = write(result("x", valueInteger=1), made)
    names = "//h:{0}/h:assignedEntity/h:assignedPerson/h:name/text()"
    for who in ("legalAuthenticator", "authenticator"):
        assert root.xpath(names.format(who), namespaces=HL7) == ["-"]
    assert faults("C0007", etree.tostring(root)) == []
    assert root.xpath("//h:assignedAuthor//h:name/text()", namespaces=HL7) == ["温如玉"]


def test_who_made_a_report_and_who_is_responsible_for_it_are_told_apart(write: Write) -> None:
    technician = {"resourceType": "Practitioner", "id": "t1", "name": [{"text": "葛青筠"}],
                  "identifier": [{"use": "old", "value": "T0"}, {"value": "T1"}]}  # fmt: skip
    made = report("x", performer=[{"reference": "Organization/h"}, {"reference": "Practitioner/t1"}])
    root = write(technician, result("x", valueInteger=1), made)
    who = "//h:{0}//h:{1}/{2}"
    assert root.xpath(who.format("assignedAuthor", "name", "text()"), namespaces=HL7) == ["葛青筠"]
    assert root.xpath(who.format("assignedAuthor", "id", "@extension"), namespaces=HL7) == ["T1"]
    assert root.xpath(who.format("legalAuthenticator", "name", "text()"), namespaces=HL7) == ["温如玉"]


@pytest.mark.parametrize("named", [True, False])
def test_the_hospital_is_one_organization_code_and_name(write: Write, named: bool) -> None:
    laboratory = {"resourceType": "Organization", "id": "lab", "name": "金域检验"}
    visit = VISIT if named else {key: value for key, value in VISIT.items() if key != "serviceProvider"}
    by = [{"reference": "Organization/lab"}, {"reference": "Practitioner/d1"}]
    root = write(laboratory, visit, result("x", valueInteger=1), report("x", performer=by))
    kept = root.xpath("//h:representedCustodianOrganization", namespaces=HL7)[0]
    assert kept.xpath("h:id/@extension", namespaces=HL7) == [CODE]
    assert kept.xpath("h:name/text()", namespaces=HL7) == ["渡桥市人民医院"]
    assert "金域检验" not in etree.tostring(root, encoding="unicode")


@pytest.mark.parametrize("department", [
    {"partOf": {"reference": "Organization/h"}},
    {"identifier": [{"system": "urn:oid:2.16.156.10011.1.26", "value": "NK01"}]},
    {"type": [{"coding": [{"code": "dept"}]}]},
])  # fmt: skip
def test_a_department_does_not_stand_beside_the_code_of_its_hospital(
    write: Write, department: dict[str, Any]
) -> None:
    inner = {"resourceType": "Organization", "id": "nk", "name": "心内科", **department}
    visit = {**VISIT, "serviceProvider": {"reference": "Organization/nk"}}
    root = write(inner, visit, result("x", valueInteger=1), report("x"))
    kept = root.xpath("//h:representedCustodianOrganization/h:name/text()", namespaces=HL7)
    assert kept == ["渡桥市人民医院"]
    campus = {**HOSPITAL, "partOf": {"reference": "Organization/g"}, "identifier": [{"value": CODE}]}
    group = {"resourceType": "Organization", "id": "g", "name": "渡桥医疗集团"}
    root = write(inner, campus, group, visit, result("x", valueInteger=1), report("x"))
    assert root.xpath("//h:representedCustodianOrganization/h:name/text()", namespaces=HL7) == [
        "渡桥市人民医院"
    ]


def test_a_department_of_a_hospital_that_is_not_at_hand_is_not_given_to_another(write: Write) -> None:
    inner = {
        "resourceType": "Organization",
        "id": "nk",
        "name": "心内科",
        "partOf": {"reference": "Organization/o"},
    }
    dept = {**inner, "identifier": [{"system": "urn:oid:2.16.156.10011.1.26", "value": "NK01"}]}
    other = {**HOSPITAL, "identifier": [{"value": "12880101MB0000000Y"}], "name": "别院"}
    visit = {**VISIT, "serviceProvider": {"reference": "Organization/nk"}}
    with pytest.raises(Rejected, match=r"there: Organization\.name"):
        write(dept, other, visit, result("x", valueInteger=1), report("x"))


def test_a_laboratory_alone_is_not_the_hospital(write: Write) -> None:
    laboratory = HOSPITAL | {"name": "金域检验"}
    visit = {key: value for key, value in VISIT.items() if key != "serviceProvider"}
    made = report("x", performer=[{"reference": "Organization/h"}])
    with pytest.raises(Rejected, match=r"there: Organization\.name \(custodian/.*/name\)"):
        write(laboratory, visit, result("x", valueInteger=1), made)


@pytest.mark.parametrize("there", [True, False])
def test_who_was_merged_or_linked_has_a_document(write: Write, there: bool) -> None:
    old = {"resourceType": "Patient", "id": "old", "active": False,
           "link": [{"other": {"reference": "Patient/p1"}, "type": "replaced-by"}]}  # fmt: skip
    patient = PATIENT | {"link": [{"other": {"reference": "Patient/old"}, "type": "replaces"}]}
    assert write(*([old] if there else []), patient, result("x", valueInteger=1), report("x")) is not None


@pytest.mark.parametrize("name", ["http://127.0.0.1:8080/fhir/Patient/p1", "Patient/p1/_history/1"])
def test_an_absolute_reference_names_the_same(write: Write, name: str) -> None:
    assert write(result("x", valueInteger=1, subject={"reference": name}), report("x")) is not None


def test_the_same_id_on_two_servers_is_two_patients(write: Write) -> None:
    results = [result(str(at), valueInteger=1, subject={"reference": f"http://{at}.example.org/Patient/p1"})
               for at in (1, 2)]  # fmt: skip
    with pytest.raises(Rejected, match="a document is of one patient"):
        write(*results, report("1", "2"))
