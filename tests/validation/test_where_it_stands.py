"""What a value asks of what it stands in: conditions of extensions, choices with only halves."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.validation import Validator

UNIT = "http://hl7.org/fhir/StructureDefinition/questionnaire-unit"
MOST = "http://hl7.org/fhir/StructureDefinition/questionnaire-maxOccurs"
HALF = {"extension": [{"url": "http://hospital.example/reason", "valueString": "unknown"}]}


@pytest.fixture(scope="module")
def validator() -> Validator:
    return Validator()


def errors(validator: Validator, resource: dict[str, Any]) -> list[tuple[str, str]]:
    found = validator.check(resource, best_practice=False)
    return [(one.rule, one.where) for one in found if one.severity == "error"]


def questionnaire(extension: dict[str, Any], **item: Any) -> dict[str, Any]:
    asked = {"linkId": "1", "extension": [extension], **item}
    return {"resourceType": "Questionnaire", "status": "draft", "item": [asked]}


@pytest.mark.parametrize(
    ("extension", "item", "right"),
    [
        ({"url": UNIT, "valueCoding": {"code": "mg"}}, {"type": "decimal"}, True),
        ({"url": UNIT, "valueCoding": {"code": "mg"}}, {"type": "string"}, False),
        ({"url": MOST, "valueInteger": 3}, {"type": "decimal", "repeats": True}, True),
        ({"url": MOST, "valueInteger": 3}, {"type": "decimal", "repeats": False}, False),
        ({"url": MOST, "valueInteger": 1}, {"type": "decimal", "repeats": False}, True),
    ],
)
def test_an_extension_may_ask_something_of_its_element(
    validator: Validator, extension: dict[str, Any], item: dict[str, Any], right: bool
) -> None:
    place = "Questionnaire.item[0].extension[0]"
    expected = [] if right else [("extension-context", place)]
    assert errors(validator, questionnaire(extension, **item)) == expected
    assert errors(validator, questionnaire(extension, **item)) == expected  # remembered or not


def test_a_choice_of_which_only_halves_are_there_is_of_one_type(validator: Validator) -> None:
    observation = {"resourceType": "Observation", "status": "final", "code": {"text": "a"}}
    assert errors(validator, {**observation, "_valueString": HALF}) == []
    both = {**observation, "_valueString": HALF, "_valueDateTime": HALF}
    assert errors(validator, both) == [("choice", "Observation")]
