"""Drugs of a prescription: what its codes, the formulary and its names say, together."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.policy import load_policy
from gateway.policy.check import case_of

ATC = "http://www.whocc.no/atc"
LINE = "urn:qiao:id:drug-approval"


def verdict(concept: dict[str, Any], **resources: Any) -> str:
    patch = {"MedicationRequest/m1": {"medicationCodeableConcept": concept}, **resources}
    return load_policy().decide(case_of("prescription", patch)).verdict


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("N05BA12", "refuse"), ("n05cf02", "refuse"), ("N02AA05", "refuse"), ("R05DA09", "refuse"),
        ("V09IX04", "refuse"), ("M03AX01", "refuse"), ("G03XB01", "refuse"), ("R01BA52", "hold"),
        ("A10AE04", "warn"), ("C08CA01", "pass"), ("N02BE01", "pass"), ("A07DA03", "pass"), ("", "pass"),
    ],
)  # fmt: skip
def test_a_code_counts_whatever_the_name_says(code: str, expected: str) -> None:
    assert verdict({"text": "氨氯地平片", "coding": [{"system": ATC, "code": code}]}) == expected
    assert verdict({"text": "氨氯地平片", "coding": [{"system": "urn:x", "code": code}]}) == "pass"


def test_a_code_of_the_formulary_or_of_an_ingredient_counts_too() -> None:
    ingredient = {"itemCodeableConcept": {"coding": [{"system": ATC, "code": "N02AA01"}]}}
    entry = {"identifier": [{"system": LINE, "value": "G1"}], "code": {"text": "复方胶囊"}}
    concept = {"text": "复方胶囊", "coding": [{"system": LINE, "code": "G1"}]}
    assert verdict(concept, **{"Medication/f1": entry}) == "pass"
    assert verdict(concept, **{"Medication/f1": {**entry, "ingredient": [ingredient]}}) == "refuse"


def test_a_code_of_the_formulary_does_not_make_another_name_known() -> None:
    entry = {"identifier": [{"system": LINE, "value": "G1"}], "code": {"text": "苯磺酸左氨氯地平片"}}
    named = [{"system": LINE, "code": "G1"}]
    assert verdict({"coding": named, "text": "神奇胶囊"}, **{"Medication/f1": entry}) == "hold"
    for name in ("苯磺酸左氨氯地平片", "苯磺酸左氨氯地平片 2.5mg*14片", "左氨氯地平片（玄宁）", "氨氯地平"):
        assert verdict({"coding": named, "text": name}, **{"Medication/f1": entry}) == "pass", name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("新康泰克", "hold"), ("复方盐酸伪麻黄碱缓释胶囊", "hold"), ("盐酸伪麻黄碱片", "refuse"),
        ("复方盐酸伪麻黄碱缓释胶囊，另盐酸麻黄碱片", "refuse"), ("复方右美沙芬", "hold"),
        ("索米痛片", "hold"), ("强力枇杷露", "hold"), ("川贝枇杷膏", "pass"), ("泰勒宁", "refuse"),
        ("氨酚待因片", "refuse"), ("佩夫人止咳露", "refuse"), ("斑蝥", "refuse"), ("去甲斑蝥素片", "hold"),
        ("曲安奈德益康唑乳膏", "pass"), ("盐酸氨溴索片", "pass"), ("氯唑沙宗片", "pass"),
        ("二氢麦角胺片", "hold"), ("酒石酸麦角胺片", "refuse"),
    ],
)  # fmt: skip
def test_a_compound_stands_for_itself_and_a_lookalike_for_nothing(name: str, expected: str) -> None:
    assert verdict({"text": name}) == expected
