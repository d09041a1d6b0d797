"""Resources made of the definitions: valid ones are taken, broken ones never crash; fhir.resources agrees."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from gateway.canonical.json import dumps
from gateway.validation import Definitions, Validator, examine
from gateway.validation.primitives import CHECKS
from gateway.validation.shapes import Element, TypeRef, shape
from gateway.validation.terminology.members import Endless

VALUES: dict[str, list[Any]] = {
    "base64Binary": ["aGVsbG8=", "aGVs bG8h", "aGVs\r\nbG8h"],
    "boolean": [True, False],
    "canonical": ["http://example.org/x", "http://example.org/x|1.0#part", "urn:oid:1.2.3"],
    "code": ["a", "a b", "A-1_2", "代码"],
    "date": ["2024", "2024-02", "2024-02-29", "0001-01-01", "9999-12-31"],
    "dateTime": ["2024", "2024-02", "2024-02-29", "2024-02-29T23:59:60Z", "2024-01-01T00:00:00.000001-14:00"],
    "decimal": [0, -1, Decimal("1.50"), Decimal("1E+3"), Decimal("0.000000001")],
    "id": ["a", "A-1.b", "x" * 64, "1"],
    "instant": ["2024-02-29T23:59:59Z", "2015-02-07T13:28:17.239+02:00"],
    "integer": [0, -2147483648, 2147483647],
    "markdown": ["# x\n\n* y\t", "　全角　"],
    "oid": ["urn:oid:1.2.840", "urn:oid:2.999"],
    "positiveInt": [1, 2147483647],
    "string": ["x", " x ", "张三\n李四", "\u2028", "😀", "\x7f", "\u00a0"],
    "time": ["00:00:00", "23:59:59.999", "23:59:60"],
    "unsignedInt": [0, 2147483647],
    "uri": [
        "http://example.org/x?y=z#a",
        "urn:uuid:c757873d-ec9a-4326-a141-556f43239520",
        "a/b",
        "mailto:x@example.org",
    ],
    "url": ["https://example.org", "mllp:10.0.0.1:2575"],
    "uuid": ["urn:uuid:c757873d-ec9a-4326-a141-556f43239520"],
    "xhtml": ['<div xmlns="http://www.w3.org/1999/xhtml"><p>x</p></div>'],
}
ENDLESS = [
    ("urn:ietf:bcp:47", "zh-CN"),
    ("urn:ietf:bcp:13", "text/plain; charset=utf-8"),
    ("http://unitsofmeasure.org", "mg"),
    ("http://unitsofmeasure.org", "min"),
    ("urn:iso:std:iso:4217", "CNY"),
]
WITHOUT = {"contained", "extension", "modifierExtension", "implicitRules"}
OWN_RULES = {"Bundle", "Parameters"}
"""Types whose instances need more than their definition says."""
JUNK: list[Any] = [
    *(None, True, 0, -1, 10**30, Decimal("NaN"), "", " ", "\ud800", "x" * 300, [], {}, [[]], [None], ["x"]),
    *({"": 1}, {"id": "x"}, {"reference": 5}, {"coding": "x"}, {"url": 1}, [{"x": {"y": []}}]),
]


@cache
def validator() -> Validator:
    return Validator()


@cache
def shape_of(name: str) -> Element:
    structure = Definitions().structure(name)
    assert structure is not None, name
    return shape(structure)


TYPES = sorted(set(Definitions().resource_types()) - OWN_RULES)


@cache
def codes(value_set: str) -> list[tuple[str, str]]:
    members = validator().terminology.members(value_set)
    if members is None:
        return []
    try:
        return [(system, concept.code) for system, concept in islice(members.each(), 12)]
    except Endless:
        return [pair for pair in ENDLESS if members.contains(*pair)]


class Maker:
    """Makes valid resources of a type: what is required, and some of what is not."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def resource(self, name: str) -> dict[str, Any]:
        return {"resourceType": name, **self._object(shape_of(name), shape_of(name), 0)}

    def _object(self, root: Element, element: Element, depth: int) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for child in element.children:
            wanted = child.least or (child.name not in WITHOUT and self._random.random() < 0.45 / (depth + 1))
            if not wanted or child.most == 0 or (depth and child.name == "id"):
                continue
            key, type_ = self._random.choice(list(child.names()))
            values = [self._value(root, child, type_, depth) for _ in range(self._random.choice((1, 1, 2)))]
            made[key] = values[: child.most] if child.many else values[0]
        if not made:  # ele-1
            child = next(one for one in element.children if one.name not in WITHOUT | {"id"})
            key, type_ = next(child.names())
            value = self._value(root, child, type_, depth)
            made[key] = [value] if child.many else value
        return made

    def _value(self, root: Element, child: Element, type_: TypeRef, depth: int) -> Any:
        bound = [value_set for strength, value_set in child.bindings if strength == "required"]
        if type_.code in CHECKS:
            listed = codes(bound[0]) if bound else []
            return self._random.choice(listed)[1] if listed else self._random.choice(VALUES[type_.code])
        if child.reference:
            return self._object(
                root, next(one for one in walk(root) if one.path == child.reference), depth + 1
            )
        if child.own:
            return self._object(root, child, depth + 1)
        if type_.code in ("Coding", "CodeableConcept"):
            listed = codes(bound[0]) if bound else []
            system, code = self._random.choice(listed or [("http://example.org/s", "x")])
            coding = {"system": system, "code": code}
            return coding if type_.code == "Coding" else {"coding": [coding]}
        if type_.code == "Reference":
            names = [target.rpartition("/")[2] for target in type_.targets] or ["Patient"]
            name = self._random.choice(names)
            return {"reference": f"{'Patient' if name == 'Resource' else name}/1"}
        if type_.code == "Resource":
            return {"resourceType": "Patient", "id": "p"}
        if type_.code == "Extension":
            return {"url": "http://example.org/x", "valueString": "y"}
        named = shape_of(type_.code)
        return self._object(named, named, depth + 2)


def walk(element: Element) -> Iterator[Element]:
    yield element
    for child in element.children:
        yield from walk(child)


def wrong(resource: Any) -> list[tuple[str, str]]:
    """Rules and places of what is wrong in itself; invariants between the elements are not looked at."""
    issues = validator().check(resource)
    return [
        (issue.rule, issue.where)
        for issue in issues
        if issue.severity in ("error", "fatal") and issue.code not in ("invariant", "processing")
    ]


@pytest.mark.parametrize("name", TYPES)
def test_what_the_definition_allows_is_taken(name: str) -> None:
    maker = Maker(Random(name))
    for _ in range(12):
        resource = maker.resource(name)
        assert wrong(resource) == [], resource


@given(st.sampled_from(TYPES), st.integers(0, 2**32))
@settings(max_examples=150, deadline=None)
def test_any_resource_that_the_definition_allows_is_taken(name: str, seed: int) -> None:
    resource = Maker(Random(seed)).resource(name)
    assert wrong(resource) == []
    text = dumps(resource)
    assert examine(validator(), text).type == name


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    for key, below in value.items() if isinstance(value, dict) else enumerate(value):
        yield value, key
        if isinstance(below, dict | list):
            yield from places(below)


GOOD: dict[str, Any] = json.loads(
    Path(__file__).with_name("good.json").read_text("utf-8"), parse_float=Decimal
)


@given(st.sampled_from(sorted(GOOD)), st.integers(0, 2**32))
@settings(max_examples=600, deadline=None)
def test_whatever_one_place_becomes_nothing_is_raised(name: str, seed: int) -> None:
    random = Random(seed)
    value = copy.deepcopy(GOOD[name])
    for _ in range(random.choice((1, 1, 1, 3))):
        found = list(places(value))
        if found:
            above, key = random.choice(found)
            above[key] = copy.deepcopy(random.choice(JUNK))
    issues = validator().check(value)
    assert all(issue.where and issue.where.isprintable() for issue in issues)


@given(st.sampled_from(TYPES), st.integers(0, 2**32))
@settings(max_examples=200, deadline=None)
def test_whatever_one_place_of_a_made_resource_becomes_nothing_is_raised(name: str, seed: int) -> None:
    random = Random(seed)
    value = Maker(random).resource(name)
    above, key = random.choice(list(places(value)))
    above[key] = copy.deepcopy(random.choice(JUNK))
    validator().check(value)


NOT_R4B = (
    "EffectEvidenceSynthesis", "MedicinalProduct", "RiskEvidenceSynthesis", "SubstanceNucleicAcid",
    "SubstancePolymer", "SubstanceProtein", "SubstanceReferenceInformation", "SubstanceSourceMaterial",
    "SubstanceSpecification",
)  # fmt: skip
CHANGED = ("Evidence", "EvidenceVariable")
"""R4B left the first out, and wrote the second anew."""


def rejected(resource: dict[str, Any]) -> list[str]:
    """What the R4B models reject, but the spaces of Unicode: XML Schema's are four, as in R4's patterns."""
    try:
        get_fhir_model_class(resource["resourceType"]).model_validate_json(dumps(resource))
    except ValidationError as error:
        faults = error.errors(include_url=False)
        return [
            f"{fault['loc']} {fault['type']}"
            for fault in faults
            if not (fault["type"] == "string_pattern_mismatch" and _unicode_space(fault["input"]))
        ]
    return []


def _unicode_space(text: Any) -> bool:
    return isinstance(text, str) and any(one.isspace() and one not in " \t\r\n" for one in text)


COMMON = [name for name in TYPES if not name.startswith(NOT_R4B) and name not in CHANGED]


@pytest.mark.parametrize("name", COMMON)
def test_fhir_resources_takes_what_we_take(name: str) -> None:
    maker = Maker(Random(name))
    for _ in range(4):
        resource = maker.resource(name)
        assert wrong(resource) == []
        assert rejected(resource) == [], resource


@pytest.mark.parametrize("name", GOOD)
def test_fhir_resources_takes_what_is_good(name: str) -> None:
    assert rejected(GOOD[name]) == []


@given(st.sampled_from(sorted(GOOD)), st.integers(0, 2**32))
@settings(max_examples=500, deadline=None)
def test_we_reject_what_fhir_resources_rejects(name: str, seed: int) -> None:
    random = Random(seed)
    value = copy.deepcopy(GOOD[name])
    above, key = random.choice(list(places(value)))
    if key == "resourceType":
        return
    above[key] = copy.deepcopy(random.choice(JUNK))
    try:
        there = rejected(value)
    except TypeError:  # NaN and lone surrogates are never written
        there = ["not JSON"]
    except AttributeError:  # a number where it expects the text of a URL is more than it bears
        there = ["not text"]
    if there:
        issues = validator().check(value)
        assert any(issue.severity in ("error", "fatal") for issue in issues), (there, above, key)
