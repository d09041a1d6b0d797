"""Slicing: each value is in the slice that its discriminators say, and each slice has its own limits."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.validation import Definitions, Validator

URL = "urn:test:slices"
R4 = "http://hl7.org/fhir/StructureDefinition/"
Faults = set[tuple[str, str]]


def structure(type_: str, lines: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """A profile; an element is given by its id alone."""
    elements = []
    for line in lines:
        steps = [step.partition(":") for step in line["id"].split(".")]
        named = {"sliceName": steps[-1][2]} if steps[-1][2] else {}
        elements.append({"path": ".".join(step[0] for step in steps)} | named | line)
    return {
        "resourceType": "StructureDefinition",
        "url": URL,
        "kind": "resource",
        "type": type_,
        "baseDefinition": R4 + type_,
        "derivation": "constraint",
        "differential": {"element": elements},
    } | more


def found(resource: dict[str, Any], *definitions: dict[str, Any]) -> Faults:
    issues = Validator(Definitions(definitions)).check(resource, [URL], best_practice=False)
    return {(one.rule, one.where) for one in issues if one.severity == "error"}


def by(type_: str, path: str, **more: Any) -> dict[str, Any]:
    return {"discriminator": [{"type": type_, "path": path}], "rules": "open"} | more


def patient(*systems: str) -> dict[str, Any]:
    return {"resourceType": "Patient", "identifier": [{"system": one, "value": "1"} for one in systems]}


def identifiers(slicing: dict[str, Any], **limits: Any) -> list[dict[str, Any]]:
    """Slices a and b by their system."""
    return [
        {"id": "Patient.identifier", "slicing": slicing},
        {"id": "Patient.identifier:a"} | limits,
        {"id": "Patient.identifier:a.system", "fixedUri": "urn:a"},
        {"id": "Patient.identifier:b"},
        {"id": "Patient.identifier:b.system", "patternUri": "urn:b"},
    ]


SYSTEM = by("value", "system")
HERE = "Patient.identifier"
ROWS: list[tuple[str, dict[str, Any], dict[str, Any], str, Faults]] = [
    ("open takes others", SYSTEM, {}, "a c b", set()),
    ("min", SYSTEM, {"min": 1}, "b c", {("cardinality", HERE)}),
    ("min reached", SYSTEM, {"min": 1}, "b a", set()),
    ("max", SYSTEM, {"max": "1"}, "a b a", {("cardinality", HERE)}),
    ("max of one slice only", SYSTEM, {"max": "1"}, "a b b", set()),
    ("forbidden", SYSTEM, {"max": "0"}, "a", {("cardinality", HERE)}),
    ("closed", SYSTEM | {"rules": "closed"}, {}, "a c", {("slicing", HERE + "[1]")}),
    ("closed and good", SYSTEM | {"rules": "closed"}, {}, "b a a", set()),
    ("open at end", SYSTEM | {"rules": "openAtEnd"}, {}, "a b c", set()),
    ("not at end", SYSTEM | {"rules": "openAtEnd"}, {}, "a c b", {("slice-order", HERE + "[2]")}),
    ("ordered", SYSTEM | {"ordered": True}, {}, "a c b b", set()),
    ("out of order", SYSTEM | {"ordered": True}, {}, "b a b", {("slice-order", HERE + "[1]")}),
    ("out of order twice", SYSTEM | {"ordered": True}, {}, "b a a",
     {("slice-order", HERE + "[1]"), ("slice-order", HERE + "[2]")}),
    ("pattern", by("pattern", "system"), {"min": 1}, "b", {("cardinality", HERE)}),
    ("by the whole", by("value", "$this"), {"min": 1}, "a b", set()),
]  # fmt: skip


@pytest.mark.parametrize(("slicing", "limits", "systems", "expected"), [row[1:] for row in ROWS],
                         ids=[row[0] for row in ROWS])  # fmt: skip
def test_rules_and_limits(
    slicing: dict[str, Any], limits: dict[str, Any], systems: str, expected: Faults
) -> None:
    resource = patient(*(f"urn:{one}" for one in systems.split()))
    assert found(resource, structure("Patient", identifiers(slicing, **limits))) == expected


def test_what_a_slice_says_is_asked_of_its_values_only() -> None:
    lines = [*identifiers(SYSTEM), {"id": "Patient.identifier:a.period", "min": 1}]
    assert found(patient("urn:b", "urn:a"), structure("Patient", lines)) == {
        ("cardinality", "Patient.identifier[1].period")
    }


def test_the_default_slice_has_what_is_in_no_other() -> None:
    lines = [
        *identifiers(SYSTEM | {"rules": "closed"}),
        {"id": "Patient.identifier:@default", "max": "1"},
        {"id": "Patient.identifier:@default.period", "min": 1},
    ]
    assert found(patient("urn:a", "urn:c"), structure("Patient", lines)) == {
        ("cardinality", "Patient.identifier[1].period")
    }


def test_a_slice_is_sliced_again() -> None:
    lines = [
        *identifiers(SYSTEM, min=2),
        {"id": "Patient.identifier:a", "slicing": by("value", "value")},
        {"id": "Patient.identifier:a/one", "min": 1},
        {"id": "Patient.identifier:a/one.value", "fixedString": "1"},
        {"id": "Patient.identifier:a/two", "min": 1},
        {"id": "Patient.identifier:a/two.value", "fixedString": "2"},
    ]
    resource = patient("urn:a", "urn:a", "urn:b")
    assert found(resource, structure("Patient", lines)) == {("cardinality", HERE)}
    resource["identifier"][1]["value"] = "2"
    assert found(resource, structure("Patient", lines)) == set()


def test_slices_that_nothing_tells_apart_ask_nothing() -> None:
    lines = [{"id": "Patient.name", "slicing": {"rules": "open"}}, {"id": "Patient.name:x", "min": 1}]
    assert found({"resourceType": "Patient", "name": [{"text": "a"}]}, structure("Patient", lines)) == set()


def test_by_existence() -> None:
    lines = [
        {"id": "Patient.name", "slicing": by("exists", "period")},
        {"id": "Patient.name:old", "max": "1"},
        {"id": "Patient.name:old.period", "min": 1},
        {"id": "Patient.name:now", "min": 1, "max": "1"},
        {"id": "Patient.name:now.period", "max": "0"},
    ]
    now: dict[str, Any] = {"text": "a"}
    old = now | {"period": {"end": "2026"}}
    asks = structure("Patient", lines)
    assert found({"resourceType": "Patient", "name": [old, now]}, asks) == set()
    assert found({"resourceType": "Patient", "name": [old]}, asks) == {("cardinality", "Patient.name")}
    assert found({"resourceType": "Patient", "name": [old, old, now]}, asks) == {
        ("cardinality", "Patient.name")
    }


def _observation(**more: Any) -> dict[str, Any]:
    return {"resourceType": "Observation", "status": "final", "code": {"text": "x"}} | more


def test_by_the_type_of_a_choice() -> None:
    lines = [
        {"id": "Observation.value[x]", "slicing": by("type", "$this", rules="closed")},
        {"id": "Observation.value[x]:valueQuantity", "type": [{"code": "Quantity"}]},
        {"id": "Observation.value[x]:valueQuantity.unit", "min": 1},
        {"id": "Observation.value[x]:valueString", "type": [{"code": "string"}]},
    ]
    asks = structure("Observation", lines)
    assert found(_observation(valueString="y"), asks) == set()
    assert found(_observation(valueQuantity={"value": 1}), asks) == {
        ("cardinality", "Observation.valueQuantity.unit")
    }
    assert found(_observation(valueBoolean=True), asks) == {("slicing", "Observation.valueBoolean")}


def test_by_part_of_a_choice() -> None:
    lines = [
        {"id": "Observation.component", "slicing": by("value", "value.ofType(Quantity).code")},
        {"id": "Observation.component:kg", "min": 1},
        {"id": "Observation.component:kg.value[x].code", "fixedCode": "kg"},
    ]
    asks = structure("Observation", lines)
    part = {"code": {"text": "x"}, "valueQuantity": {"value": 1, "system": "urn:u", "code": "kg"}}
    assert found(_observation(component=[part]), asks) == set()
    other = {"code": {"text": "x"}, "valueString": "kg"}
    assert found(_observation(component=[other]), asks) == {("cardinality", "Observation.component")}


@pytest.mark.parametrize("whole", ["patternCodeableConcept", "below"])
def test_by_a_value_inside_of_what_the_path_names(whole: str) -> None:
    """The discriminator says ``code``; the slice fixes it whole, or its parts."""
    coding = {"system": "urn:s", "code": "a"}
    lines: list[dict[str, Any]] = [
        {"id": "Observation.component", "slicing": by("value", "code")},
        {"id": "Observation.component:a", "min": 1, "max": "1"},
    ]
    if whole == "below":
        lines += [
            {"id": "Observation.component:a.code.coding.system", "fixedUri": "urn:s"},
            {"id": "Observation.component:a.code.coding.code", "fixedCode": "a"},
        ]
    else:
        lines.append({"id": "Observation.component:a.code", whole: {"coding": [coding]}})
    asks = structure("Observation", lines)
    good = {"code": {"coding": [coding]}, "valueString": "x"}
    assert found(_observation(component=[good]), asks) == set()
    other = {"code": {"coding": [coding | {"code": "b"}]}, "valueString": "x"}
    assert found(_observation(component=[other]), asks) == {("cardinality", "Observation.component")}


def test_by_a_value_set() -> None:
    lines = [
        {"id": "Observation.category", "slicing": by("value", "$this")},
        {"id": "Observation.category:kind", "min": 1, "binding": {
            "strength": "required", "valueSet": "http://hl7.org/fhir/ValueSet/observation-category"}},
    ]  # fmt: skip
    asks = structure("Observation", lines)
    kind = {"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "exam"}
    assert found(_observation(category=[{"coding": [kind]}, {"text": "x"}]), asks) == set()
    assert found(_observation(category=[{"text": "x"}]), asks) == {("cardinality", "Observation.category")}


def test_by_an_extension() -> None:
    lines = [
        {"id": "Patient.name", "slicing": by("value", "extension('urn:kind').value")},
        {"id": "Patient.name:pinyin", "max": "1"},
        {"id": "Patient.name:pinyin.extension:kind", "min": 1, "type": [
            {"code": "Extension", "profile": ["urn:kind"]}]},
        {"id": "Patient.name:pinyin.extension:kind.value[x]", "fixedCode": "SYL"},
    ]  # fmt: skip
    name = {"text": "Lin", "extension": [{"url": "urn:kind", "valueCode": "SYL"}]}
    asks = structure("Patient", lines)
    assert found({"resourceType": "Patient", "name": [name, {"text": "林"}]}, asks) == set()
    assert found({"resourceType": "Patient", "name": [name, name]}, asks) == {("cardinality", "Patient.name")}


ENTRIES = [
    {"id": "Bundle.entry", "slicing": by("type", "resource")},
    {"id": "Bundle.entry:patient", "min": 1, "max": "1"},
    {"id": "Bundle.entry:patient.resource", "type": [{"code": "Patient"}]},
    {"id": "Bundle.entry:patient.resource.name", "min": 1},
]


def _bundle(*resources: dict[str, Any]) -> dict[str, Any]:
    entries = [
        {"fullUrl": f"urn:uuid:5f2d3c52-0f3c-4d69-9a53-1b0d7b0f0a0{n}", "resource": one}
        for n, one in enumerate(resources)
    ]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def test_by_the_type_of_an_entry() -> None:
    asks = structure("Bundle", ENTRIES)
    named = {"resourceType": "Patient", "name": [{"text": "a"}]}
    assert found(_bundle(_observation(), named), asks) == set()
    assert found(_bundle(_observation()), asks) == {("cardinality", "Bundle.entry")}
    assert found(_bundle(named, patient("urn:a")), asks) == {
        ("cardinality", "Bundle.entry"),
        ("cardinality", "Bundle.entry[1].resource.name"),
    }


MALE = structure("Patient", [{"id": "Patient.gender", "fixedCode": "male", "min": 1}], url="urn:test:male")


def test_by_the_profile_of_an_entry() -> None:
    lines = [
        {"id": "Bundle.entry", "slicing": by("profile", "resource")},
        {"id": "Bundle.entry:male", "min": 1, "max": "1"},
        {"id": "Bundle.entry:male.resource", "type": [{"code": "Patient", "profile": ["urn:test:male"]}]},
    ]
    male, female = ({"resourceType": "Patient", "gender": one} for one in ("male", "female"))
    asks = structure("Bundle", lines)
    assert found(_bundle(female, male), asks, MALE) == set()
    assert found(_bundle(female, _observation()), asks, MALE) == {("cardinality", "Bundle.entry")}
    assert found(_bundle(male, male), asks, MALE) == {("cardinality", "Bundle.entry")}


def test_by_the_type_of_what_is_referred_to() -> None:
    lines = [
        {"id": "Observation.performer", "slicing": by("type", "resolve()")},
        {"id": "Observation.performer:who", "min": 1, "type": [
            {"code": "Reference", "targetProfile": [R4 + "Practitioner"]}]},
    ]  # fmt: skip
    asks = structure("Observation", lines)
    for reference, good in (("Practitioner/1", True), ("Organization/1", False), ("#p", True)):
        resource = _observation(performer=[{"reference": reference}])
        if reference == "#p":
            resource["contained"] = [{"resourceType": "Practitioner", "id": "p"}]
        assert found(resource, asks) == (set() if good else {("cardinality", "Observation.performer")})


def test_by_the_content_of_what_is_referred_to() -> None:
    lines = [
        {"id": "Observation.subject", "slicing": by("value", "resolve().gender")},
        {"id": "Observation.subject:male", "min": 1, "type": [
            {"code": "Reference", "targetProfile": ["urn:test:male"]}]},
    ]  # fmt: skip
    asks = structure("Observation", lines)
    for gender, expected in (("male", set()), ("female", {("cardinality", "Observation.subject")})):
        inner = {"resourceType": "Patient", "id": "p", "gender": gender}
        resource = _observation(subject={"reference": "#p"}, contained=[inner])
        assert found(resource, asks, MALE) == expected


def test_slices_within_slices() -> None:
    """Blood pressure's own way: the coding inside a component is a slice of its own."""
    lines = [
        {"id": "Observation.component", "slicing": by("value", "code.coding.code")},
        {"id": "Observation.component:a", "min": 1},
        {"id": "Observation.component:a.code.coding", "slicing": by("value", "code")},
        {"id": "Observation.component:a.code.coding:main", "min": 1, "max": "1"},
        {"id": "Observation.component:a.code.coding:main.code", "fixedCode": "a"},
        {"id": "Observation.component:a.code.coding:main.display", "min": 1},
    ]
    asks = structure("Observation", lines)
    codings = [{"system": "urn:x", "code": "z"}, {"system": "urn:s", "code": "a", "display": "A"}]
    part = {"code": {"coding": codings}, "valueString": "x"}
    assert found(_observation(component=[part]), asks) == set()
    del codings[1]["display"]
    assert found(_observation(component=[part]), asks) == {
        ("cardinality", "Observation.component[0].code.coding[1].display")
    }
