"""The section ``writes`` of a target file: which call fits, and what is told of a bad one."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.harness.target import Undeclared
from conformance.harness.target_file import made
from conformance.harness.writes import carried, way


def writes(said: dict[str, Any]) -> Any:
    return made({"fhir": "http://x", "writes": said}).writes


def test_the_rest_may_be_said_at_once() -> None:
    said = writes({"Patient": {"path": "//p"}, "*": "fhir"})
    assert way(said, "Consent") == "fhir"
    assert way({}, "Consent") == "fhir"
    assert way(writes({"Patient": "none"}), "Consent") is None


def test_what_a_type_is_written_by_is_a_capability() -> None:
    target = made({"fhir": "http://x", "writes": {"Patient": {"path": "//p"}}})
    assert target.has("writes.Patient")
    assert target.has("seed|writes")
    assert not made({"fhir": "http://x"}).has("seed|writes")


def test_a_type_that_is_not_needed_is_taken_by_nobody() -> None:
    said = {"fhir": "http://x", "writes": {"Media": "none", "Consent": "fhir"}}
    target = made(said)
    assert [target.has(f"writes.{one}") for one in ("Media", "Consent", "Communication")] == [
        False,
        True,
        False,
    ]
    assert "writes.Media" not in target.capabilities
    assert made({"fhir": "http://x"}).has("writes.Media")
    assert made({"fhir": "http://x", "writes": {"*": "fhir", "Media": "none"}}).has("writes.Communication")


def test_what_a_form_carries_is_known_of_what_goes_along_too() -> None:
    item = {"$each": "MedicationRequest", "$item": {"name": "{medicationCodeableConcept.text}"}}
    said = writes(
        {"RequestGroup": {"with": "MedicationRequest", "body": {"id": "{number}", "drugs": [item]}}}
    )
    assert set(carried(said, "MedicationRequest")) == {"medicationCodeableConcept.text"}
    assert "number" not in set(carried(said, "RequestGroup"))


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"patient": "none"}, "writes.patient: not a resource type"),
        ({"Patient": "maybe"}, "writes.Patient: fhir, none"),
        ({"Patient": []}, "writes.Patient: fhir, none"),
        ({"*": {"path": "x"}}, "writes.*: fhir, none"),
        ({"Patient": {"path": "x", "wen": {}}}, "writes.Patient: unknown key wen"),
        ({"Patient": [{"path": "x"}, {"body": {"a": "{b c}"}}]}, "writes.Patient[1].body: {b c}"),
        ({"Patient": {"body": {False: "{value}"}}}, "quote no, yes, on"),
        ({"Patient": {"path": "x/{a..b}"}}, "writes.Patient.path"),
        ({"Patient": {"method": "FETCH"}}, "writes.Patient.method"),
        ({"Patient": {"when": {"a b": "x"}}}, "writes.Patient.when: a b is no path"),
        ({"Patient": {"with": ["drug"]}}, "writes.Patient.with"),
        ({"Patient": {"answer": {"id": "data.id"}}}, "writes.Patient.answer: unknown key id"),
        ({"Patient": {"done": "0"}}, "writes.Patient.done"),
    ],
)
def test_a_bad_one_says_where(said: dict[str, Any], told: str) -> None:
    with pytest.raises(Undeclared) as raised:
        writes(said)
    assert told in str(raised.value)
    assert raised.value.reason.zh
