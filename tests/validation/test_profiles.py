"""Profiles: what a StructureDefinition asks beyond its type is checked, at its place, and nothing else is."""

from __future__ import annotations

import copy
import json
import os
import tarfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from gateway.validation import Definitions, Validator

R4 = "http://hl7.org/fhir/StructureDefinition/"
URL = "urn:test:profile"
PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "identifier": [{"system": "urn:a", "value": "1"}],
    "name": [{"family": "林", "given": ["知夏"]}],
    "gender": "male",
    "birthDate": "1990-03-07",
}
OBSERVATION: dict[str, Any] = {
    "resourceType": "Observation",
    "status": "final",
    "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4"}]},
    "subject": {"reference": "Patient/1"},
    "effectiveDateTime": "2026-03-06",
    "valueQuantity": {"value": 60, "unit": "/min", "system": "http://unitsofmeasure.org", "code": "/min"},
}


def profile(type_: str, *elements: dict[str, Any], url: str = URL, **more: Any) -> dict[str, Any]:
    """A StructureDefinition; an element's id is its path where none is given."""
    listed = [{"id": one["path"]} | one for one in ({"path": type_}, *elements)]
    return {
        "resourceType": "StructureDefinition",
        "url": url,
        "kind": "complex-type" if type_[0].islower() or type_ == "Extension" else "resource",
        "abstract": False,
        "type": type_,
        "baseDefinition": R4 + type_,
        "derivation": "constraint",
        "differential": {"element": listed},
    } | more


def found(
    resource: Any, *definitions: dict[str, Any], url: str = URL, must: bool = False
) -> set[tuple[str, str]]:
    """Rules and places of what is wrong, without warnings (with them, where must-support is asked for)."""
    validator = Validator(Definitions(definitions))
    validator.profiles.must_support = must
    return {
        (one.rule, one.where)
        for one in validator.check(resource, [url], best_practice=False)
        if must or one.severity == "error"
    }


def changed(resource: dict[str, Any], **more: Any) -> dict[str, Any]:
    made = copy.deepcopy(resource) | more
    return {name: value for name, value in made.items() if value is not None}


PATIENT_ROWS: list[tuple[str, dict[str, Any], dict[str, Any], set[tuple[str, str]]]] = [
    ("min", {"path": "Patient.telecom", "min": 1}, {}, {("cardinality", "Patient.telecom")}),
    ("max", {"path": "Patient.name", "max": "0"}, {}, {("cardinality", "Patient.name")}),
    ("max of two", {"path": "Patient.name", "max": "1"}, {"name": [{"text": "a"}, {"text": "b"}]},
     {("cardinality", "Patient.name")}),
    ("max reached", {"path": "Patient.name", "max": "1"}, {}, set()),
    ("below what is absent", {"path": "Patient.contact.name", "min": 1}, {}, set()),
    ("below what is there", {"path": "Patient.name.text", "min": 1}, {},
     {("cardinality", "Patient.name[0].text")}),
    ("fixed code", {"path": "Patient.gender", "fixedCode": "female"}, {}, {("fixed", "Patient.gender")}),
    ("fixed boolean", {"path": "Patient.active", "fixedBoolean": True}, {"active": False},
     {("fixed", "Patient.active")}),
    ("fixed boolean is no number", {"path": "Patient.multipleBirth[x]", "fixedInteger": 1},
     {"multipleBirthBoolean": True}, {("fixed", "Patient.multipleBirthBoolean")}),
    ("fixed structure", {"path": "Patient.name", "fixedHumanName": {"family": "林"}}, {},
     {("fixed", "Patient.name[0]")}),
    ("pattern", {"path": "Patient.name", "patternHumanName": {"family": "林"}}, {}, set()),
    ("pattern in a list", {"path": "Patient.name", "patternHumanName": {"given": ["知夏"]}},
     {"name": [{"given": ["知", "知夏"]}]}, set()),
    ("pattern missing", {"path": "Patient.name", "patternHumanName": {"given": ["冬"]}}, {},
     {("pattern", "Patient.name[0]")}),
    ("max length", {"path": "Patient.name.family", "maxLength": 1}, {"name": [{"family": "欧阳"}]},
     {("max-length", "Patient.name[0].family")}),
    ("choice", {"path": "Patient.deceased[x]", "type": [{"code": "boolean"}]},
     {"deceasedDateTime": "2026"}, {("choice", "Patient.deceasedDateTime")}),
    ("choice left", {"path": "Patient.deceased[x]", "type": [{"code": "boolean"}]},
     {"deceasedBoolean": False}, set()),
    ("shortened path", {"path": "Patient.deceasedBoolean", "max": "1"}, {"deceasedDateTime": "2026"},
     {("choice", "Patient.deceasedDateTime")}),
    ("min value", {"path": "Patient.birthDate", "minValueDate": "2000-01-01"}, {},
     {("bounds", "Patient.birthDate")}),
    ("max value", {"path": "Patient.birthDate", "maxValueDate": "2000"}, {}, set()),
    ("invariant", {"path": "Patient", "constraint": [{
        "key": "t-1", "severity": "error", "human": "h", "expression": "telecom.exists()"}]}, {},
     {("t-1", "Patient")}),
    ("invariant below", {"path": "Patient.name", "constraint": [{
        "key": "t-2", "severity": "error", "human": "h", "expression": "given.count() > 1"}]}, {},
     {("t-2", "Patient.name[0]")}),
    ("invariant of a primitive", {"path": "Patient.name.family", "constraint": [{
        "key": "t-3", "severity": "error", "human": "h", "expression": "length() > 1"}]}, {},
     {("t-3", "Patient.name[0].family")}),
    ("binding", {"path": "Patient.maritalStatus", "binding": {
        "strength": "required", "valueSet": "http://hl7.org/fhir/ValueSet/administrative-gender"}},
     {"maritalStatus": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-MaritalStatus",
                                    "code": "M"}]}},
     {("binding", "Patient.maritalStatus")}),
    ("target", {"path": "Patient.generalPractitioner", "type": [
        {"code": "Reference", "targetProfile": [R4 + "Organization"]}]},
     {"generalPractitioner": [{"reference": "Practitioner/1"}]},
     {("reference-target", "Patient.generalPractitioner[0]")}),
    ("second half of a primitive", {"path": "Patient.birthDate.extension", "min": 1}, {},
     {("cardinality", "Patient.birthDate.extension")}),
    ("second half is there", {"path": "Patient.birthDate.extension", "min": 1},
     {"_birthDate": {"extension": [{"url": "urn:x", "valueString": "y"}]}}, set()),
    ("without a value", {"path": "Patient.gender", "fixedCode": "male"},
     {"gender": None, "_gender": {"extension": [{"url": "urn:x", "valueString": "y"}]}},
     {("fixed", "Patient.gender")}),
]  # fmt: skip


@pytest.mark.parametrize(("element", "more", "expected"), [row[1:] for row in PATIENT_ROWS],
                         ids=[row[0] for row in PATIENT_ROWS])  # fmt: skip
def test_what_one_element_asks(
    element: dict[str, Any], more: dict[str, Any], expected: set[tuple[str, str]]
) -> None:
    assert found(changed(PATIENT, **more), profile("Patient", element)) == expected


def test_a_snapshot_says_the_same_as_a_differential() -> None:
    made = profile("Patient", {"path": "Patient.telecom", "min": 1})
    made["snapshot"] = made.pop("differential")
    assert found(PATIENT, made) == {("cardinality", "Patient.telecom")}


def test_elements_without_ids_are_found_by_their_order() -> None:
    elements = [
        {"path": "Patient.identifier", "slicing": {"discriminator": [{"type": "value", "path": "system"}]}},
        {"path": "Patient.identifier", "sliceName": "a", "max": "0"},
        {"path": "Patient.identifier.system", "fixedUri": "urn:a"},
        {"path": "Patient.name"},
    ]
    made = profile("Patient")
    made["differential"]["element"] = elements
    assert found(PATIENT, made) == {("cardinality", "Patient.identifier")}


def test_a_chain_of_bases_counts_whole() -> None:
    base = profile("Patient", {"path": "Patient.telecom", "min": 1}, url="urn:test:base")
    middle = profile("Patient", {"path": "Patient.photo", "min": 1}, url="urn:test:middle")
    middle["baseDefinition"] = "urn:test:base"
    top = profile(
        "Patient", {"path": "Patient.gender", "fixedCode": "female"}, baseDefinition="urn:test:middle"
    )
    assert found(PATIENT, base, middle, top) == {
        ("cardinality", "Patient.telecom"),
        ("cardinality", "Patient.photo"),
        ("fixed", "Patient.gender"),
    }


def test_a_slice_of_the_base_is_known_to_the_profile() -> None:
    slicing = {"discriminator": [{"type": "value", "path": "system"}], "rules": "open"}
    base = profile(
        "Patient",
        {"path": "Patient.identifier", "slicing": slicing},
        {"path": "Patient.identifier", "id": "Patient.identifier:a", "sliceName": "a"},
        {"path": "Patient.identifier.system", "id": "Patient.identifier:a.system", "fixedUri": "urn:a"},
        url="urn:test:base",
    )
    top = profile(
        "Patient",
        {"path": "Patient.identifier.period", "id": "Patient.identifier:a.period", "min": 1},
        baseDefinition="urn:test:base",
    )
    assert found(PATIENT, base, top) == {("cardinality", "Patient.identifier[0].period")}


@pytest.mark.parametrize(
    ("definitions", "rule"),
    [
        ([], "profile-unknown"),
        ([profile("Patient", baseDefinition="urn:test:nowhere")], "profile-unknown"),
        ([profile("Patient", baseDefinition=URL)], "profile-circular"),
        ([profile("Patient", {"path": "Patient.name", "max": "many"})], "profile-malformed"),
    ],
)
def test_what_cannot_be_checked_is_said(definitions: list[dict[str, Any]], rule: str) -> None:
    validator = Validator(Definitions(definitions))
    issues = validator.check(PATIENT, [URL], best_practice=False)
    assert [(one.rule, one.severity, one.where) for one in issues] == [(rule, "warning", "Patient")]


def test_meta_profile_is_checked_and_named() -> None:
    asks = profile("Patient", {"path": "Patient.telecom", "min": 1})
    claims = changed(PATIENT, meta={"profile": ["urn:test:nowhere", URL]})
    issues = Validator(Definitions([asks])).check(claims, best_practice=False)
    assert {(one.rule, one.where) for one in issues} == {
        ("profile-unknown", "Patient.meta.profile[0]"),
        ("cardinality", "Patient.telecom"),
    }


def test_a_contained_resource_may_claim_a_profile() -> None:
    inner = changed(PATIENT, id="p", meta={"profile": [URL]})
    outer = changed(OBSERVATION, contained=[inner], subject={"reference": "#p"})
    asks = profile("Patient", {"path": "Patient.telecom", "min": 1})
    issues = Validator(Definitions([asks])).check(outer, best_practice=False)
    assert [(one.rule, one.where) for one in issues] == [("cardinality", "Observation.contained[0].telecom")]


def test_a_profile_is_for_its_type() -> None:
    assert found(OBSERVATION, profile("Patient")) == {("profile-type", "Observation")}
    assert found(PATIENT, profile("DomainResource", {"path": "DomainResource.text", "min": 1})) == {
        ("cardinality", "Patient.text")
    }


def test_must_support_is_information() -> None:
    asks = profile("Patient", {"path": "Patient.photo", "mustSupport": True}, {"path": "Patient.name"})
    assert found(PATIENT, asks) == set()
    assert ("must-support", "Patient.photo") in found(PATIENT, asks, must=True)


ASKS_TELECOM = profile("Patient", {"path": "Patient.telecom", "min": 1}, url="urn:test:with-telecom")
SUBJECT = profile(
    "Observation",
    {
        "path": "Observation.subject",
        "type": [{"code": "Reference", "targetProfile": ["urn:test:with-telecom"]}],
    },
)


def test_a_profile_on_the_target_of_a_reference() -> None:
    good = changed(PATIENT, telecom=[{"system": "phone", "value": "1"}])
    for inner, expected in ((PATIENT, {("profile", "Observation.subject")}), (good, set())):
        outer = changed(OBSERVATION, contained=[changed(inner, id="p")], subject={"reference": "#p"})
        assert found(outer, SUBJECT, ASKS_TELECOM) == expected
        entries = [
            {"fullUrl": "http://a/fhir/Patient/1", "resource": changed(inner, id="1")},
            {"fullUrl": "http://a/fhir/Observation/2", "resource": changed(OBSERVATION, id="2")},
        ]
        bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
        asks = profile(
            "Bundle",
            {
                "path": "Bundle.entry.resource",
                "type": [{"code": "Patient"}, {"code": "Observation", "profile": [URL]}],
            },
            url="urn:test:bundle",
        )
        wrong = found(bundle, SUBJECT, ASKS_TELECOM, asks, url="urn:test:bundle")
        assert wrong == {(rule, "Bundle.entry[1].resource.subject") for rule, _ in expected}


def test_what_is_elsewhere_is_let_pass_but_not_of_another_type() -> None:
    assert found(OBSERVATION, SUBJECT, ASKS_TELECOM) == set()
    elsewhere = changed(OBSERVATION, subject={"reference": "Group/1"})
    assert found(elsewhere, SUBJECT, ASKS_TELECOM) == {("reference-target", "Observation.subject")}


def test_a_target_profile_that_nobody_knows_refuses_nothing() -> None:
    resource = changed(OBSERVATION, contained=[changed(PATIENT, id="p")], subject={"reference": "#p"})
    assert found(OBSERVATION, SUBJECT) == set()
    assert found(resource, SUBJECT) == set()


def test_profiles_may_refer_to_each_other() -> None:
    """Two organizations that are part of one another, each by the same profile."""
    asks = profile("Organization", {"path": "Organization.partOf", "min": 1, "type": [
        {"code": "Reference", "targetProfile": [URL]}]})  # fmt: skip
    urls = [f"urn:uuid:5f2d3c52-0f3c-4d69-9a53-1b0d7b0f0a0{n}" for n in (1, 2)]
    entries = [
        {"fullUrl": own, "resource": {
            "resourceType": "Organization", "name": "x", "meta": {"profile": [URL]},
            "partOf": {"reference": to}}}
        for own, to in zip(urls, reversed(urls), strict=True)
    ]  # fmt: skip
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    validator = Validator(Definitions([asks]))
    assert validator.check(bundle, best_practice=False) == []
    del entries[1]["resource"]["partOf"]
    issues = validator.check(bundle, best_practice=False)
    assert {(one.rule, one.where) for one in issues} == {
        ("cardinality", "Bundle.entry[1].resource.partOf"),
        ("profile", "Bundle.entry[0].resource.partOf"),
    }


NESTED = profile(
    "Extension",
    {
        "path": "Extension.extension",
        "slicing": {"discriminator": [{"type": "value", "path": "url"}]},
        "min": 1,
    },
    {
        "path": "Extension.extension",
        "id": "Extension.extension:when",
        "sliceName": "when",
        "min": 1,
        "max": "1",
    },
    {"path": "Extension.extension.url", "id": "Extension.extension:when.url", "fixedUri": "when"},
    {
        "path": "Extension.extension.value[x]",
        "id": "Extension.extension:when.value[x]",
        "min": 1,
        "type": [{"code": "date"}],
    },
    {"path": "Extension.url", "fixedUri": "urn:test:nested"},
    {"path": "Extension.value[x]", "max": "0"},
    url="urn:test:nested",
    context=[{"type": "element", "expression": "Patient"}],
)
PART = {"url": "when", "valueDate": "2026-03-06"}


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([PART], set()),
        ([PART, PART], {("cardinality", "Patient.extension[0].extension")}),
        (
            [{"url": "when", "valueString": "x"}],
            {("choice", "Patient.extension[0].extension[0].valueString")},
        ),
        (
            [{"url": "who", "valueString": "x"}],
            {("cardinality", "Patient.extension[0].extension")},
        ),
    ],
)
def test_an_extension_is_checked_by_its_definition(parts: list[Any], expected: set[tuple[str, str]]) -> None:
    resource = changed(PATIENT, extension=[{"url": "urn:test:nested", "extension": parts}])
    assert found(resource, NESTED, profile("Patient")) == expected


def test_a_part_that_the_extension_does_not_name_is_told() -> None:
    parts = [PART, {"url": "who", "valueString": "x"}]
    resource = changed(PATIENT, extension=[{"url": "urn:test:nested", "extension": parts}])
    issues = Validator(Definitions([NESTED])).check(resource, best_practice=False)
    assert [(one.rule, one.where) for one in issues] == [
        ("extension-nested", "Patient.extension[0].extension[1].url")
    ]


def test_an_extension_stands_where_its_definition_says() -> None:
    resource = changed(PATIENT, name=[{"text": "x"}], contact=[
        {"name": {"text": "y"}, "extension": [{"url": "urn:test:nested", "extension": [PART]}]}])  # fmt: skip
    assert found(resource, NESTED, profile("Patient")) == {
        ("extension-context", "Patient.contact[0].extension[0]")
    }


def test_an_extension_may_be_required() -> None:
    asks = profile(
        "Patient",
        {
            "path": "Patient.extension",
            "id": "Patient.extension:when",
            "sliceName": "when",
            "min": 1,
            "type": [{"code": "Extension", "profile": ["urn:test:nested"]}],
        },
    )
    assert found(PATIENT, NESTED, asks) == {("cardinality", "Patient.extension")}
    resource = changed(PATIENT, extension=[{"url": "urn:test:nested", "extension": [PART]}])
    assert found(resource, NESTED, asks) == set()


def test_content_of_a_choice_by_its_short_name() -> None:
    asks = profile("Observation", {"path": "Observation.valueQuantity.code", "fixedCode": "kg"})
    assert found(OBSERVATION, asks) == {("fixed", "Observation.valueQuantity.code")}
    other = changed(OBSERVATION, valueQuantity=None, valueString="x")
    assert found(other, asks) == {("choice", "Observation.valueString")}


def test_children_of_shared_content_are_checked() -> None:
    component = {"code": {"text": "x"}, "valueString": "y", "referenceRange": [{"text": "z"}]}
    resource = changed(OBSERVATION, valueQuantity=None, component=[component])
    asks = profile("Observation", {"path": "Observation.component.referenceRange.low", "min": 1})
    assert found(resource, asks) == {("cardinality", "Observation.component[0].referenceRange[0].low")}


@pytest.mark.parametrize("junk", [None, True, 5, "x", [], {}, [None], [[]], {"reference": 5}, {"coding": 5}])
def test_junk_is_a_fault_and_no_crash(junk: Any) -> None:
    """Whatever stands anywhere, the check ends with an answer."""
    resource = OFFICIAL["bp"]
    validator = Validator()
    for name in resource:
        assert validator.check(changed(resource) | {name: junk}, [R4 + "bp"])
    for name in resource["component"][0]:
        broken = copy.deepcopy(resource)
        broken["component"][0][name] = junk
        assert validator.check(broken, [R4 + "bp"])


def _vital(code: str, unit: str, value: Any = 60) -> dict[str, Any]:
    category = {
        "system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "vital-signs",
    }  # fmt: skip
    return {
        "resourceType": "Observation",
        "status": "final",
        "category": [{"coding": [category]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
        "subject": {"reference": "Patient/1"},
        "effectiveDateTime": "2026-03-06",
        "valueQuantity": _quantity(unit, value),
    }


def _quantity(unit: str, value: Any) -> dict[str, Any]:
    return {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit}


def _component(code: str, value: int) -> dict[str, Any]:
    return {
        "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
        "valueQuantity": _quantity("mm[Hg]", value),
    }


def _bp() -> dict[str, Any]:
    made = _vital("85354-9", "x") | {"component": [_component("8480-6", 120), _component("8462-4", 80)]}
    del made["valueQuantity"]
    return made


OFFICIAL = {
    "bp": _bp(),
    "heartrate": _vital("8867-4", "/min"),
    "bodyheight": _vital("8302-2", "cm", 180),
    "bodyweight": _vital("29463-7", "kg", 80),
    "bodytemp": _vital("8310-5", "Cel", Decimal("36.6")),
    "bmi": _vital("39156-5", "kg/m2", 24),
    "oxygensat": _vital("2708-6", "%", 98),
    "resprate": _vital("9279-1", "/min", 14),
}


@pytest.mark.parametrize("name", OFFICIAL)
def test_the_official_vital_signs_take_what_is_good(name: str) -> None:
    assert found(OFFICIAL[name], url=R4 + name) == set()
    assert found(OFFICIAL[name], url=R4 + "vitalsigns") == set()


MUTANTS: list[tuple[str, str, Any, str, str]] = [
    ("bp", "component.0.code.coding.0.code", "1", "cardinality", "Observation.component"),
    ("bp", "component.1", None, "cardinality", "Observation.component"),
    ("bp", "component.0.valueQuantity.code", "kPa", "fixed", "Observation.component[0].valueQuantity.code"),
    (
        "bp",
        "component.0.valueQuantity.value",
        None,
        "cardinality",
        "Observation.component[0].valueQuantity.value",
    ),
    ("bp", "valueString", "120/80", "choice", "Observation.valueString"),
    ("bp", "category", None, "cardinality", "Observation.category"),
    ("bp", "category.0.coding.0.code", "laboratory", "cardinality", "Observation.category"),
    ("heartrate", "code.coding.0.code", "1", "cardinality", "Observation.code.coding"),
    ("heartrate", "valueQuantity.code", "/s", "fixed", "Observation.valueQuantity.code"),
    ("heartrate", "effectiveDateTime", "2026", "vs-1", "Observation.effectiveDateTime"),
    ("heartrate", "effectiveDateTime", None, "cardinality", "Observation.effective"),
    ("heartrate", "valueQuantity", None, "vs-2", "Observation"),
    ("heartrate", "subject.reference", "Group/1", "reference-target", "Observation.subject"),
    ("bodyheight", "valueQuantity.code", "m", "binding", "Observation.valueQuantity.code"),
    ("bodytemp", "valueQuantity.system", "urn:x", "fixed", "Observation.valueQuantity.system"),
    ("bmi", "valueQuantity.unit", None, "cardinality", "Observation.valueQuantity.unit"),
]


@pytest.mark.parametrize(("name", "path", "value", "rule", "where"), MUTANTS)
def test_the_official_vital_signs_refuse_what_is_bad(
    name: str, path: str, value: Any, rule: str, where: str
) -> None:
    resource = copy.deepcopy(OFFICIAL[name])
    *above, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    parent: Any = resource
    for step in above:
        parent = parent[step]
    if value is None:
        del parent[last]
    else:
        parent[last] = value
    assert (rule, where) in found(resource, url=R4 + name)


CLAIMS = {
    "vitalsigns": (
        "blood-pressure blood-pressure-dar bmi body-height body-length body-temperature heart-rate "
        "head-circumference respiratory-rate satO2 vitals-panel bmi-using-related"
    ),
    "bp": "blood-pressure blood-pressure-dar blood-pressure-cancel",
    "bmi": "bmi bmi-using-related",
    "bodyheight": "body-height body-length",
    "bodytemp": "body-temperature",
    "heartrate": "heart-rate",
    "headcircum": "head-circumference",
    "resprate": "respiratory-rate",
    "oxygensat": "satO2",
    "vitalspanel": "vitals-panel",
    "observation-genetics": "example-genetics-1 example-genetics-2 example-genetics-brcapat",
}


def test_no_official_example_is_refused_by_its_profile() -> None:
    below = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    file = below / "qiao" / "tests" / "hl7.fhir.r4.examples-4.0.1.tgz"
    if not file.is_file():
        pytest.skip("needs the official examples, which test_examples.py fetches")
    validator = Validator()
    wanted = {f"package/Observation-{id_}.json" for ids in CLAIMS.values() for id_ in ids.split()}
    with tarfile.open(file) as archive:
        texts = {
            one.name: archive.extractfile(one).read()  # type: ignore[union-attr]
            for one in archive
            if one.name in wanted
        }
    assert texts.keys() == wanted
    for name, ids in CLAIMS.items():
        for id_ in ids.split():
            resource = json.loads(texts[f"package/Observation-{id_}.json"], parse_float=Decimal)
            issues = validator.check(resource, [R4 + name], best_practice=False)
            assert [one for one in issues if one.severity == "error"] == [], (name, id_)


def _laboratory(code: str, display: str, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": code, "display": display}]},
        "valueQuantity": _quantity("mmol/L", 4),
    } | more


def test_the_official_lipid_profile_tells_its_results_by_what_they_refer_to() -> None:
    """Slices by ``resolve().code``: what a result is says the profile of its target, two definitions away."""
    definitions = Definitions()
    results = []
    for name in ("cholesterol", "triglyceride", "hdlcholesterol"):
        structure = definitions.structure(name)
        assert structure is not None
        elements = {one["path"]: one for one in structure["differential"]["element"]}
        asked = elements["Observation.code"]
        code = asked.get("fixedCodeableConcept") or asked["patternCodeableConcept"]
        limits = {
            side: elements[f"Observation.referenceRange.{side}"].get("fixedQuantity", {"value": 2})
            for side in ("low", "high")
            if elements[f"Observation.referenceRange.{side}"]["min"]
        }
        results.append(_laboratory("", "") | {"id": name, "code": code, "referenceRange": [limits]})
    report_code = definitions.structure("lipidprofile")
    assert report_code is not None
    code = next(one["fixedCodeableConcept"] for one in report_code["differential"]["element"]
                if one["path"] == "DiagnosticReport.code")  # fmt: skip
    report = {
        "resourceType": "DiagnosticReport",
        "status": "final",
        "code": code,
        "contained": results,
        "result": [{"reference": f"#{one['id']}"} for one in results],
    }
    url = R4 + "lipidprofile"
    assert found(report, url=url) == set()
    swapped = report | {"result": [report["result"][1], report["result"][0], report["result"][2]]}
    assert found(swapped, url=url) == {("slice-order", "DiagnosticReport.result[1]")}
    broken = copy.deepcopy(report)
    broken["contained"][0]["code"] = {"text": "something else"}
    assert {("slicing", "DiagnosticReport.result[0]"), ("cardinality", "DiagnosticReport.result")} <= found(
        broken, url=url
    )
