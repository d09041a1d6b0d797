"""Templates: what a target is sent, filled from what a check gives."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.harness.template import ABSENT, faults, filled, places

VISIT: dict[str, Any] = {
    "resourceType": "Encounter",
    "status": "in-progress",
    "subject": {"reference": "Patient/p1"},
    "participant": [
        {"individual": {"reference": "Practitioner/w1"}},
        {"individual": {"reference": "Practitioner/w3"}},
    ],
    "gender": "female",
}
NUMBERS = {"Patient/p1": "880001"}


def made(template: Any, given: dict[str, Any] = VISIT) -> Any:
    return filled(template, given, lambda one: NUMBERS.get(one, one.rpartition("/")[2]))


@pytest.mark.parametrize(
    ("template", "found"),
    [
        ("{status}", "in-progress"),
        ("visit {status}", "visit in-progress"),
        ("{subject.number}", "880001"),
        ("{participant.individual.number}", "w1"),
        ({"$of": "{gender}", "$codes": {"female": 2}}, 2),
        ({"$of": "{status}", "$codes": {"finished": 9}}, "in-progress"),
        ([{"$each": "participant", "$item": {"who": "{individual.number}"}}], [{"who": "w1"}, {"who": "w3"}]),
        ([{"$each": "diagnosis", "$item": {"who": "{x}"}}], []),
        ({"id": "{status}", "reason": "{reason}"}, {"id": "in-progress"}),
        ({"name": "{drug}", "qty": "{status}"}, {"qty": "in-progress"}),
        ("{nothing.number}", ABSENT),
    ],
)
def test_places_are_filled(template: Any, found: Any) -> None:
    assert made(template) == found


def test_a_name_whose_value_is_not_given_says_nothing() -> None:
    assert made({"name": "reason", "valueString": "{reason}"}) is ABSENT
    assert made({"system": "urn:x", "value": "{reason}"}) is ABSENT


def test_an_element_of_many_sees_itself_alone() -> None:
    assert made([{"$each": "participant", "$item": {"of": "{status}", "who": "{individual.reference}"}}]) == [
        {"who": "Practitioner/w1"},
        {"who": "Practitioner/w3"},
    ]


def test_what_a_template_names_is_known() -> None:
    template = {"a": "{x.y}", "b": [{"$each": "MedicationRequest", "$item": {"c": "{note.text | id}"}}]}
    named = {"x.y", "MedicationRequest", "MedicationRequest.note.text", "MedicationRequest.id"}
    assert set(places(template)) == named


@pytest.mark.parametrize(
    "template",
    ["{}x{a..b}", {"a": {"$each": "x"}}, {"$codes": {}}, {"a": ["{a b}"]}, {False: "{value}"}],
)
def test_what_nobody_could_fill_is_told(template: Any) -> None:
    assert list(faults(template))
    assert not list(faults({"a": "{x[system=urn:a:1].value*}", "b": {"$of": "{c}", "$codes": {True: 1}}}))
