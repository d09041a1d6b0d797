"""What a reason says apart from what is another in every run; what it is about stays."""

from __future__ import annotations

import pytest

from conformance.result.normal import normal


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Patient/r3f9a1c-7 is there", "Patient/r00ff12-9 is there"),
        ("id 6f1c9d3e-2b7a-4a52-9d0e-0f5a3c1b2d4e", "id 00000000-2b7a-4a52-9d0e-ffffffffffff"),
        ("流水号CQP000990101001202603060000017K不同", "流水号CQP000990101001202603070000018X不同"),
        ("sent at 2026-03-06T08:00:01.123Z", "sent at 2027-11-30T23:59:59+08:00"),
        ("dated 2026-03-06", "dated 2026-03-07"),
        ("MSH-7 20260306080001", "MSH-7 20260307090002"),
        ("at 08:00:01.5 it", "at 23:59:59 it"),
        ("http://127.0.0.1:41233/fhir refused", "http://127.0.0.1:8080/fhir refused"),
        ("http://gateway.example:8080/x", "http://gateway.example:9/x"),
        ("localhost:1 refused", "localhost:65535 refused"),
        ("no answer in 5.03 s", "no answer in 4.9 s"),
        ("等待 5.03 秒", "等待 12 秒"),
        ("took 93ms", "took 1207ms"),
        ("see E0017-2", "see E0101-11"),
        ("run r3f9a1c2", "run r00ff12ab"),
        ("sha e3b0c44298fc1c149afbf4c8996fb924", "sha 0000044298fc1c149afbf4c8996fb924"),
        ("Encounter/12/_history/3", "Encounter/13/_history/4"),
        ("number 990101199003071234", "number 990101199003079999"),
        ("患者张*bcdfgh的编号990101*******bcdfgh", "患者李*zyxwvt的编号990101*******kmnpqr"),
        ("phone 138****bcdfgh, a*bcdfgh@*", "phone 139****kmnpqr, z*kmnpqr@*"),
    ],
)
def test_what_differs_from_run_to_run_is_the_same(one: str, other: str) -> None:
    assert normal(one) == normal(other) != one


@pytest.mark.parametrize(
    "text",
    [
        "HTTP 404, expected 201",
        "3 of 1000 entries are missing",
        "code E11.900 is not in ICD-10-GB",
        "LOINC 85354-9, R4, SM4-CBC, SHA-256",
        "MedicationRequest.groupIdentifier is missing",
        "http://hl7.org/fhir/StructureDefinition/MedicationRequest",
        "处方缺少第 2 项药品",
        "severity warning, not error",
    ],
)
def test_what_it_is_about_stays(text: str) -> None:
    assert normal(text) == text


def test_other_findings_differ() -> None:
    assert normal("HTTP 404") != normal("HTTP 500")
    assert normal("2 missing") != normal("3 missing")
    assert normal("Patient/p1") != normal("Encounter/p1")


def test_long_texts_take_no_time() -> None:
    for hostile in (
        "a" * 200_000,
        "1" * 200_000,
        "://" * 60_000,
        "1." * 100_000,
        "*" * 200_000,
        "张" * 200_000,
        "2026-03-06T" * 20_000,
        "A/" * 100_000,
        "é" * 100_000,
    ):
        normal(hostile)
