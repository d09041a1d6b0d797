"""The official R4 examples: all are valid but those that break R4's own rules, each with the reason."""

from __future__ import annotations

import json
import re
import tarfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from gateway.validation import Validator
from gateway.validation.xml import from_xml, to_xml

COUNT = 740
SHARDS = 6
ARTEFACTS = (
    "CodeSystem-",
    "CompartmentDefinition-",
    "ConceptMap-",
    "OperationDefinition-",
    "SearchParameter-",
    "StructureDefinition-",
    "ValueSet-",
)
"""Conformance artefacts: the definitions themselves, not examples of their use."""

OTHER_ID = "bundle-fullUrl", "fullUrl ends in pat12, the id of its Patient is pat2"
NAMELESS = "cardinality", "name and status are required, and one reference has an id of 77 characters"
REJECTED = {
    "Bundle-10bb101f-a121-4264-a920-67be9cb82c74": OTHER_ID,
    "Bundle-3a0707d3-549e-4467-b8b8-5a2ab3800efe": OTHER_ID,
    "ImplementationGuide-fhir": NAMELESS,
    "ig-r4": NAMELESS,
    "Bundle-dataelements": ("bdl-7", "seven fullUrls come two or three times (de-Quantity.value and others)"),
    "DeviceMetric-example": ("reference-target", "parent is a DeviceDefinition; R4 takes a Device"),
    "DeviceUseStatement-example": ("reference-target", "reasonReference is a Procedure, none of its targets"),
    "MedicationRequest-medrx0301": ("reference-target", "the dispenser is a Practitioner, no Organization"),
    "Observation-clinical-gender": ("reference-target", "the performer is an Encounter"),
    "Questionnaire-qs1": ("cardinality", "items without linkId, which is required"),
}
"""Rule that an example breaks, and what is wrong in it."""


_type = re.compile(rb'"resourceType"\s*:\s*"(\w+)"').search


@pytest.fixture(scope="module")
def examples(package: Path) -> dict[str, bytes]:
    """Name → text of each example, the largest first."""
    found: dict[str, bytes] = {}
    with tarfile.open(package) as archive:
        for member in archive:
            name = member.name.removeprefix("package/").removesuffix(".json")
            handle = archive.extractfile(member) if member.name.endswith(".json") else None
            if handle is None or name in ("package", ".index") or name.startswith(ARTEFACTS):
                continue
            if is_example(text := handle.read()):
                found[name] = text
    return dict(sorted(found.items(), key=lambda item: -len(item[1])))


def is_example(text: bytes) -> bool:
    kind = _type(text)
    return kind is not None and f"{kind[1].decode()}-" not in ARTEFACTS


@pytest.fixture(scope="module")
def validator() -> Validator:
    return Validator()


def errors(validator: Validator, text: bytes) -> set[str]:
    resource: Any = json.loads(text, parse_float=Decimal)
    return {issue.rule for issue in validator.check(resource) if issue.severity in ("error", "fatal")}


@pytest.mark.parametrize("shard", range(SHARDS))
def test_only_what_is_wrong_is_rejected(validator: Validator, examples: dict[str, bytes], shard: int) -> None:
    names = list(examples)[shard::SHARDS]
    rejected = {name: found for name in names if (found := errors(validator, examples[name]))}
    assert {name for name in names if name in REJECTED} == rejected.keys()
    assert all(REJECTED[name][0] in found for name, found in rejected.items())


def same(one: Any, other: Any) -> bool:
    """Equality that tells 1 from True and 5.6 from 5.60."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return repr(one) == repr(other)


@pytest.mark.parametrize("shard", range(SHARDS))
def test_each_is_the_same_after_xml(examples: dict[str, bytes], shard: int) -> None:
    for name in list(examples)[shard::SHARDS]:
        resource: Any = json.loads(examples[name], parse_float=Decimal)
        text = to_xml(resource)
        read = from_xml(text)
        assert same(read, resource), name
        assert to_xml(read) == text


def test_they_are_the_examples(examples: dict[str, bytes]) -> None:
    assert len(examples) == COUNT
    assert examples.keys() >= REJECTED.keys()
    assert len(REJECTED) <= 12
