"""What a laboratory system says of its report (OBR-25) becomes its status (R4 DiagnosticReport.status)."""

from __future__ import annotations

from functools import cache

import pytest

from gateway import registry
from gateway.canonical import Envelope, Translation
from gateway.mapping import Maps, load_maps
from gateway.pipeline import steps

REPORT = (
    "MSH|^~\\&|LIS|DQRM|QIAO|DQRM|20260305171240||ORU^R01^ORU_R01|1|P|2.5.1|||||CHN|UNICODE UTF-8\r"
    "PID|1||1002345^^^DQRM^MR\rOBR|1|A1|R1|CBC^血常规^L|||20260305160000{report}\r"
    "OBX|1|NM|WBC^白细胞^L||6.5|10*9/L|4-10|N|||{result}\r"
)


@cache
def maps() -> Maps:
    return load_maps()


@pytest.mark.parametrize(
    ("report", "result", "status"),
    [
        ("O", "", "registered"),
        ("I", "I", "registered"),
        ("A", "F", "partial"),
        ("R", "R", "partial"),
        ("P", "P", "preliminary"),
        ("F", "F", "final"),
        ("C", "C", "corrected"),
        ("X", "X", "cancelled"),
        ("作废", "W", "entered-in-error"),
    ],
)
def test_the_sender_says_how_far_its_report_is(report: str, result: str, status: str) -> None:
    raw = REPORT.format(report="|" * 18 + report, result=result).encode()
    spec = registry.find()["lis/hl7v2"]
    envelope = Envelope("", "default", spec.id, "", 0, spec.content_type, "", raw)
    made = steps.translate(maps(), envelope, steps.read(spec, maps(), envelope))
    assert isinstance(made, Translation)
    assert [one.body["status"] for one in made.drafts if one.type == "DiagnosticReport"] == [status]
