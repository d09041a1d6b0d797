"""Diagnoses: of several earlier ones each counts; what nobody can compare is held."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.policy import load_policy
from gateway.policy.check import case_of

ICD = "urn:oid:2.16.156.10011.2.3.3.11"


def concept(said: str) -> dict[str, Any]:
    return {"coding": [{"system": ICD, "code": said}]} if said[:1].isascii() else {"text": said}


def found(earlier: list[str], now: str, date: str = "2024-11-03", offered: tuple[str, ...] = ()) -> set[str]:
    extensions = [
        {
            "url": "urn:qiao:extension:earlier-diagnosis",
            "extension": [
                {"url": "institution", "valueString": "渡桥市人民医院"},
                {"url": "date", "valueDate": date},
                {"url": "diagnosis", "valueCodeableConcept": concept(one)},
            ],
        }
        for one in earlier
    ]
    patch = {"Encounter/v1": {"extension": extensions}, "Condition/c1": {"code": None}}
    patch |= {"parameters": {"offered-diagnoses": offered}}
    case = case_of("prescription", {**patch, "MedicationRequest/m1": {"reasonCode": [concept(now)]}})
    return {one.rule for one in load_policy().decide(case).findings if one.verdict in ("refuse", "hold")}


@pytest.mark.parametrize(
    ("earlier", "now", "rules"),
    [
        (["I10.x00"], "I10.x02", set()),
        (["I10.x00", "E11.900"], "E11.401", set()),
        (["I10.x00", "E11.900"], "J45.900", {"nat-20-same-diagnosis"}),
        (["I10.x00", "哮喘"], "J45.900", {"nat-20-diagnosis-comparable"}),
        (["I10.x00", "哮喘"], "哮喘", set()),
        (["高血压"], "高血压", set()),
        (["高血压"], "I10.x00", {"nat-20-diagnosis-comparable"}),
        (["无"], "无", {"nat-20-established"}),
        ([], "I10.x00", {"nat-20-established"}),
    ],
)
def test_an_earlier_diagnosis_is_compared(earlier: list[str], now: str, rules: set[str]) -> None:
    assert found(earlier, now) == rules


@pytest.mark.parametrize(
    ("date", "good"), [("2025-03-06", True), ("2025-03-07", False), ("x", False), ("2024", True)]
)
def test_an_earlier_diagnosis_is_not_of_the_future(date: str, good: bool) -> None:
    assert ("nat-20-established" not in found(["I10.x00"], "I10.x00", date)) is good


@pytest.mark.parametrize(
    ("offered", "earlier", "now", "refused"),
    [
        ((), ["K35.800"], "K35.800", False),  # the hospital has not said what it sees
        (("I10", "E11"), ["I10.x00"], "I10.x02", False),
        (("I10", "E11"), ["K35.800"], "K35.800", True),
        (("i10 ",), ["I10.x00"], "I10.x00", False),
        (("I10",), ["阑尾炎"], "阑尾炎", False),  # no code: not to be judged by a list of codes
        (
            ("E11",),
            ["E11.900", "K35.800"],
            "K35.800",
            True,
        ),  # that another one is seen does not help this one
        (("E11",), ["E11.900", "K35.800"], "E11.401", False),
    ],
)
def test_a_revisit_is_for_what_the_hospital_sees(
    offered: tuple[str, ...], earlier: list[str], now: str, refused: bool
) -> None:
    assert ("nat-19-offered" in found(earlier, now, offered=offered)) is refused


def visit(earlier: list[str], offered: tuple[str, ...] = ("E11",), **said: Any) -> bool:
    """Tell whether a visit is refused for what it is for."""
    extensions = [
        {"url": "urn:qiao:extension:earlier-diagnosis",
         "extension": [{"url": "diagnosis", "valueCodeableConcept": concept(one)}]}
        for one in earlier
    ]  # fmt: skip
    patch = {"Encounter/v1": {"extension": extensions, **said}, "parameters": {"offered-diagnoses": offered}}
    patch |= {"Condition/k35": {"code": concept("K35.800")}}
    return "nat-19-offered" in {one.rule for one in load_policy().decide(case_of("visit", patch)).findings}


K35 = {"reference": "Condition/k35"}
COMORBIDITY = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/diagnosis-role", "code": "CM"}]}


@pytest.mark.parametrize(
    ("said", "refused"),
    [
        ({}, False),  # nobody knows for which of the two
        ({"reasonCode": [concept("K35.800")]}, True),
        ({"reasonCode": [concept("E11.900"), concept("K35.800")]}, True),
        ({"reasonReference": [K35]}, True),
        ({"diagnosis": [{"condition": K35}]}, True),
        ({"diagnosis": [{"condition": K35, "use": COMORBIDITY}]}, False),
        ({"reasonCode": [concept("E11.900")]}, False),
        ({"reasonCode": [concept("R42.x00")]}, False),  # dizziness is a complaint, and no disease
        ({"reasonCode": [concept("头晕")]}, False),
    ],
)
def test_a_visit_is_judged_by_what_it_says_that_it_is_for(said: dict[str, Any], refused: bool) -> None:
    assert visit(["E11.900", "K35.800"], **said) is refused
    assert not visit(["E11.900", "K35.800"], offered=(), **said)


def test_a_visit_that_does_not_say_is_judged_by_the_earlier_diagnoses() -> None:
    assert visit(["K35.800"])
    assert visit(["K35.800", "J45.900"])
    assert visit(["K35.800"], reasonCode=[concept("头晕")])
    assert not visit(["阑尾炎"])
