"""The guide's conditions in our syntax."""

from __future__ import annotations

import pytest

from gateway.mapping.conditions import condition as compiled
from gateway.mapping.guide import read_guide
from gateway.mapping.guide.conditions import condition


@pytest.mark.parametrize(
    ("text", "own", "ours"),
    [
        ("", "PV1-2", ""),
        ('IF PV1-2.1 NOT EQUALS "P"', "PV1-3", "PV1-2.1 != P"),
        ('IF OBX-2="ED"', "OBX-5", "OBX-2 = ED"),
        ("IF IN1-17 IS NOT 'patient'", "IN1-16", "IN1-17 != patient"),
        ("IF PRT-5 AND PRT-6 AREA NOT VALUED", "PRT-8", "PRT-5 not valued and PRT-6 not valued"),
        ("IF PRT-5 OR PRT-6 IS VALUED", "PRT-8", "PRT-5 valued or PRT-6 valued"),
        ('IF NOT VALUED AND RXA-21 NOT EQUALS "D"', "RXA-20", "RXA-20 not valued and RXA-21 != D"),
        ('IF IAM-15 VALUED AND NOT "SEL"', "IAM-14", "IAM-15 valued and IAM-15 != SEL"),
        ("IF PID-11 LST.COUNT GREATER THAN 1", "PID-12", "PID-11 count > 1"),
        ("IF PID-7 LENGTH GREATER THAN 8", "PID-7", "PID-7 length > 8"),
        ('IF XAD.7 IN ("M","O")', "ROL-11", "ROL-11.7 in (M, O)"),
        ('IF ORC.1 IS "NW"', "ORC-9", "ORC-1 = NW"),
        (
            "IF RXO-2 IS VALUED AND (IF RXO-4.1 IS VALUED OR RXO-4.3 IS VALUED)",
            "RXO-4",
            "RXO-2 valued and (RXO-4.1 valued or RXO-4.3 valued)",
        ),
    ],
)
def test_segment_conditions(text: str, own: str, ours: str) -> None:
    assert condition(text, own, is_segment=True) == ours


@pytest.mark.parametrize(
    ("text", "own", "ours"),
    [
        ('IF HD-3 = "ISO"', "HD.2", "HD.3 = ISO"),
        ("IF XCN.19 NOT VALUED XCN.20 NOT VALUED", "XCN.17", "XCN.19 not valued and XCN.20 not valued"),
        ('IF NOT EQUAL TO "="', "SN.1", 'SN.1 != "="'),
    ],
)
def test_datatype_conditions(text: str, own: str, ours: str) -> None:
    assert condition(text, own, is_segment=False) == ours


@pytest.mark.parametrize(
    ("text", "own", "is_segment"),
    [
        ("IF PID-11 LST.COUNT EQUALS 1 AND PID-11.9 IS VALUED NOT EQUAL PID-12", "PID-12", True),
        ("IF CX.4 IN http://hl7.org/implement/standards/fhir/identifier-registry.html", "CX.4", False),
        ("IF PL.2 VALUED", "NDL.8", False),
    ],
)
def test_what_cannot_be_said(text: str, own: str, is_segment: bool) -> None:
    assert condition(text, own, is_segment=is_segment) is None


def test_every_translation_compiles() -> None:
    for row in read_guide().rows():
        if row.kind != "messages" and (
            ours := condition(row.when, row.identifier, is_segment=row.kind == "segments")
        ):
            compiled(ours, lambda _path, _whole: "x", row.id)
