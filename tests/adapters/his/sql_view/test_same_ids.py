"""The same patient, visit, prescription and report have the same ids through HL7 v2 and through a view."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from gateway import registry
from gateway.canonical import Envelope, Translation
from gateway.mapping import Maps, load_maps
from gateway.pipeline import steps

ADAPTERS = registry.find()
SAMPLES = registry.one_root() / "adapters" / "his" / "sql_view" / "samples"
MSH = "MSH|^~\\&|{0}|DQRM|QIAO|DQRM|20260307120000||{1}|X1|P|2.5.1|||||CHN|UNICODE UTF-8\r"
PATIENT = "PID|1||2000513^^^DQRM^MR~99010119710215002X^^^^NNCHN||孟^秋禾^^^^^L^I||19710215|F\r"
VISIT = (
    "PV1|1|O|C0304^^^DQRM||||D030402^温^如玉^^^^^^DQRM^L^^^EI|||03.04|||||||||MZ2026030700021^^^DQRM^VN"
    "|||||||||||||||||||||||||20260307090500\r"
)
DIAGNOSIS = "DG1|1||I10.x00^特发性(原发性)高血压^I10|特发性(原发性)高血压|20260307093000|F\r"
HIS, LIS = "his/hl7v2", "lis/hl7v2"
SAID = [
    ("01-patient", HIS, "HIS", "ADT^A08^ADT_A01", "EVN|A08\r" + PATIENT, {"Patient"}),
    (
        "02-visit",
        HIS,
        "HIS",
        "ADT^A04^ADT_A01",
        "EVN|A04\r" + PATIENT + VISIT + DIAGNOSIS,
        {"Patient", "Encounter", "Condition", "Practitioner"},
    ),
    (
        "03-diagnosis",
        HIS,
        "HIS",
        "ADT^A04^ADT_A01",
        "EVN|A04\r" + PATIENT + VISIT + DIAGNOSIS,
        {"Patient", "Encounter", "Condition"},
    ),
    (
        "04-prescription",
        HIS,
        "HIS",
        "RDE^O11^RDE_O11",
        PATIENT
        + VISIT
        + "".join(
            f"ORC|NW|CF2026030700087-{at}^HIS||CF2026030700087^HIS|||||20260307093500\r"
            f"RXE||{drug}^{name}^99YPDM|5||mg||||G|14|片\r"
            for at, drug, name in ((1, "XY001", "苯磺酸氨氯地平片"), (2, "XY002", "厄贝沙坦片"))
        ),
        {"Patient", "Encounter", "MedicationRequest"},
    ),
    (
        "06-order",
        HIS,
        "HIS",
        "OML^O21^OML_O21",
        PATIENT
        + VISIT
        + "ORC|NW|JY2026030700412^HIS|||||||20260307093600\rOBR|1|JY2026030700412^HIS||BR^血常规^99LIS\r",
        {"Patient", "Encounter", "ServiceRequest"},
    ),
    (
        "07-laboratory-report",
        LIS,
        "LIS",
        "ORU^R01^ORU_R01",
        PATIENT
        + VISIT
        + "ORC|RE|JY2026030700412|T260307004412\r"
        + "OBR|1|JY2026030700412|T260307004412|BR^血常规^99LIS|||||||||||||||||||||F\r"
        + "OBX|1|NM|WBC^白细胞计数^99LIS||11.82|10\\S\\9/L\rOBX|2|NM|HGB^血红蛋白^99LIS||138|g/L\r"
        + "OBX|3|ST|MORPH^形态^99LIS||未见异常\r",
        {"Patient", "Encounter", "ServiceRequest", "DiagnosticReport", "Observation"},
    ),
    (
        "12-transfer",
        HIS,
        "HIS",
        "ADT^A02^ADT_A02",
        "EVN||20260306091200|||N03^楚^白芷|20260306091200\rPID|1||1002345^^^DQRM^MR\r"
        "PV1|1|I|W6100^601^02^DQRM^^^^^重症监护病区|||W0304^305^12^DQRM|D610001^郎^平川||||||||||||"
        "ZY2026000318^^^DQRM^VN\r",
        {"Patient", "Encounter", "Location", "Practitioner"},
    ),
    (
        "09-staff",
        HIS,
        "HIS",
        "MFN^M02^MFN_M02",
        "MFE|MUP|1||D030402|CWE\rSTF|D030402||温^如玉\r",
        {"Practitioner"},
    ),
]


@cache
def maps() -> Maps:
    return load_maps()


def ids(adapter: str, raw: bytes) -> set[str]:
    envelope = Envelope("0" * 32, "default", adapter, "", 1_772_845_200_000_000, "", "", raw)
    result = steps.translate(maps(), envelope, steps.read(ADAPTERS[adapter], maps(), envelope))
    assert isinstance(result, Translation), result
    return {f"{one.type}/{one.body['id']}" for one in result.drafts}


@pytest.mark.parametrize(("sample", "adapter", "sender", "type_", "text", "types"), SAID)
def test_the_same_ids(sample: str, adapter: str, sender: str, type_: str, text: str, types: set[str]) -> None:
    by_message = ids(adapter, (MSH.format(sender, type_) + text).encode())
    by_row = ids("his/sql_view", Path(SAMPLES / f"{sample}.rows").read_bytes())
    for one in types:
        mine = {ref for ref in by_row if ref.startswith(f"{one}/")}
        assert mine, one
        assert mine <= by_message, one


def test_a_prescription_that_vanished_is_the_one_that_was_there() -> None:
    there = ids("his/sql_view", (SAMPLES / "04-prescription.rows").read_bytes())
    gone = ids("his/sql_view", (SAMPLES / "05-prescription-withdrawn.rows").read_bytes())
    requests = {ref for ref in gone if ref.startswith("MedicationRequest/")}
    assert len(requests) == 1
    assert requests <= there
