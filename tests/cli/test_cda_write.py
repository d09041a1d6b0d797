"""``qiao cda write``: a document from a file, or an error that names what is missing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from gateway.canonical.json import dumps, loads
from gateway.cli import main

SAMPLE = Path(__file__).parents[2] / "adapters/his/hl7v2/samples/10-prescription-outpatient.json"
CODE = "12990101MB0000000X"


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    said = loads(SAMPLE.read_bytes())
    resources = [one.get("resource", one) for one in (said if isinstance(said, list) else said["entry"])]
    resources.append({"resourceType": "Organization", "id": "h", "name": "渡桥市人民医院"})
    file = tmp_path / "bundle.json"
    file.write_bytes(dumps({"resourceType": "Bundle", "entry": [{"resource": one} for one in resources]}))
    return file


def test_a_bundle_becomes_a_document(bundle: Path, tmp_path: Path) -> None:
    out = tmp_path / "C0004.xml"
    said = ["cda", "write", "--type", "C0004", "--from", str(bundle), "-o", str(out), "--organization", CODE]
    assert main(said) == 0
    root = etree.parse(str(out)).getroot()
    assert root.find("{urn:hl7-org:v3}code").get("code") == "C0004"


def test_what_is_missing_is_named_and_nothing_is_written(
    bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "C0004.xml"
    assert main(["cda", "write", "--type", "C0004", "--from", str(bundle), "-o", str(out)]) == 1
    assert "Organization.identifier | $organization (" in capsys.readouterr().err and not out.exists()


@pytest.mark.parametrize(("said", "code"), [
    (["--type", "C0099", "--from", "x.json"], 2), (["--type", "C0004", "--from", "no-such.json"], 2),
])  # fmt: skip
def test_a_wrong_command_is_told_so(said: list[str], code: int) -> None:
    assert main(["cda", "write", *said]) == code


def resources(bundle: Path) -> list[Any]:
    return [one["resource"] for one in loads(bundle.read_bytes())["entry"]]


def write(bundle: Path, found: list[Any], type_: str = "C0004") -> tuple[int, Path]:
    bundle.write_bytes(dumps({"resourceType": "Bundle", "entry": [{"resource": one} for one in found]}))
    out = bundle.parent / "out.xml"
    return main(
        ["cda", "write", "--type", type_, "--from", str(bundle), "-o", str(out), "--organization", CODE]
    ), out


def test_two_prescriptions_are_refused_and_named(bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = resources(bundle)
    line = next(one for one in found if one["resourceType"] == "MedicationRequest")
    other = {**line, "id": "other", "subject": {"reference": "Patient/wang"},
             "groupIdentifier": {"value": "CF-WANG"}}  # fmt: skip
    wang = {"resourceType": "Patient", "id": "wang", "name": [{"text": "王五"}]}
    code, out = write(bundle, [*found, wang, other])
    assert code == 1 and "CF-WANG" in capsys.readouterr().err and not out.exists()
    code, out = write(bundle, [*found, wang, {**other, "groupIdentifier": line["groupIdentifier"]}])
    assert code == 1 and "Patient/wang" in capsys.readouterr().err and not out.exists()


def test_what_is_of_somebody_else_is_not_in_the_document(bundle: Path) -> None:
    wang = {"resourceType": "Patient", "id": "wang", "name": [{"text": "王五"}]}
    theirs = {"resourceType": "Condition", "id": "t", "subject": {"reference": "Patient/wang"},
              "code": {"text": "王五的诊断"}}  # fmt: skip
    visit = {"resourceType": "Encounter", "id": "v", "subject": {"reference": "Patient/wang"},
             "identifier": [{"value": "王五的就诊"}]}  # fmt: skip
    code, out = write(bundle, [wang, theirs, visit, *resources(bundle)])
    assert code == 0 and "王五" not in out.read_text("utf-8")


@pytest.mark.parametrize("what", [
    {"status": "entered-in-error"}, {"doNotPerform": True}, {"status": "cancelled"}, {"intent": "plan"},
    {"dosageInstruction": [{"text": "首日2片"}, {"text": "以后1片"}]},
])  # fmt: skip
def test_what_the_document_cannot_say_is_refused(
    bundle: Path, capsys: pytest.CaptureFixture[str], what: dict[str, Any]
) -> None:
    found = [one | what if one["resourceType"] == "MedicationRequest" else one for one in resources(bundle)]
    code, out = write(bundle, found)
    assert code == 1 and next(iter(what)) in capsys.readouterr().err and not out.exists()


def test_a_report_that_is_cancelled_and_two_reports_are_refused(
    bundle: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = [one for one in resources(bundle) if one["resourceType"] in ("Patient", "Organization")]
    patient = next(f"Patient/{one['id']}" for one in found if one["resourceType"] == "Patient")
    report = {"resourceType": "DiagnosticReport", "id": "r1", "status": "cancelled",
              "code": {"text": "血常规"},
              "subject": {"reference": patient}, "issued": "2026-03-05T09:00:00+08:00"}  # fmt: skip
    code, _ = write(bundle, [*found, report], "C0007")
    assert code == 1 and "DiagnosticReport/r1 status" in capsys.readouterr().err
    final = {**report, "status": "final"}
    code, _ = write(bundle, [*found, final, {**final, "id": "r2"}], "C0007")
    assert code == 1 and "DiagnosticReport/r1, DiagnosticReport/r2" in capsys.readouterr().err


def test_a_prescription_that_renews_another_is_written_alone(bundle: Path) -> None:
    found = [
        one | {"priorPrescription": {"reference": "MedicationRequest/old"}}
        if one["resourceType"] == "MedicationRequest" else one for one in resources(bundle)
    ]  # fmt: skip
    line = next(one for one in found if one["resourceType"] == "MedicationRequest")
    old = {key: value for key, value in line.items() if key != "priorPrescription"}
    old |= {
        "id": "old",
        "groupIdentifier": {"value": "CF-OLD"},
        "medicationCodeableConcept": {"text": "旧药"},
    }
    group = {"resourceType": "RequestGroup", "id": "old", "subject": line["subject"],
             "action": [{"resource": {"reference": "MedicationRequest/old"}}]}  # fmt: skip
    code, out = write(bundle, [group, old, *found])
    said = out.read_text("utf-8")
    assert code == 0 and "CF-OLD" not in said and "旧药" not in said


def test_a_diagnosis_of_another_stay_brings_nothing_of_it(bundle: Path) -> None:
    found = resources(bundle)
    patient = next(f"Patient/{one['id']}" for one in found if one["resourceType"] == "Patient")
    ward = {"resourceType": "Encounter", "id": "ward", "subject": {"reference": patient},
            "identifier": [{"system": "urn:oid:2.16.156.10011.1.12", "value": "住院号零"}]}  # fmt: skip
    known, hidden = (
        {"resourceType": "Condition", "id": name, "subject": {"reference": patient}, "code": {"text": name},
         "encounter": {"reference": "Encounter/ward"}} for name in ("高血压", "梅毒")
    )  # fmt: skip
    reason = [{"reference": "Condition/高血压"}]
    lines = [
        one | {"reasonReference": reason} if one["resourceType"] == "MedicationRequest" else one
        for one in found
    ]
    code, out = write(bundle, [ward, *lines, known, hidden])
    said = out.read_text("utf-8")
    assert code == 0 and "高血压" in said and "梅毒" not in said and "住院号零" not in said
