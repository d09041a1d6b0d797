"""Composes against the official expansions, and rule by rule."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gateway.validation.r4 import Definitions
from gateway.validation.terminology import Members, Terminology

OFFICIAL: dict[str, dict[str, str]] = json.loads(
    Path(__file__).with_name("expansions.json").read_text("utf-8")
)
"""Out of hl7.fhir.r4.expansions 4.0.1: value set → system → codes."""


@pytest.mark.parametrize("url", OFFICIAL)
def test_official_expansions(terminology: Terminology, url: str) -> None:
    wanted = [(system, code) for system, codes in OFFICIAL[url].items() for code in codes.split(" ")]
    members = terminology.members(url)
    assert members is not None and members.complete
    assert members.pairs == frozenset(wanted)
    assert all(members.contains(system, code) for system, code in wanted)


ANIMALS = {
    "resourceType": "CodeSystem",
    "url": "urn:animals",
    "content": "complete",
    "caseSensitive": True,
    "concept": [
        {
            "code": "animal",
            "property": [{"code": "notSelectable", "valueBoolean": True}],
            "concept": [
                {
                    "code": "dog",
                    "display": "Dog",
                    "property": [{"code": "legs", "valueInteger": 4}],
                    "concept": [{"code": "puppy"}],
                },
                {"code": "fish", "property": [{"code": "legs", "valueInteger": 0}]},
                {"code": "dodo", "property": [{"code": "inactive", "valueBoolean": True}]},
            ],
        },
        {"code": "stone"},
        # A second parent, which nesting cannot say.
        {"code": "dogfish", "property": [{"code": "parent", "valueCode": "fish"}]},
    ],
}
LOOSE = {
    "resourceType": "CodeSystem", "url": "urn:loose", "version": "2", "content": "complete",
    "concept": [{"code": "Ab"}, {"code": "c"}],
}  # fmt: skip
PART = {"resourceType": "CodeSystem", "url": "urn:part", "content": "fragment", "concept": [{"code": "a"}]}


@pytest.fixture(scope="module")
def animals() -> Terminology:
    sets = {
        "urn:four": {"include": [{"system": "urn:animals", "concept": [{"code": "dog"}, {"code": "fish"}]}]},
        "urn:circle": {"include": [{"system": "urn:animals"}, {"valueSet": ["urn:circle"]}]},
        "urn:twice": {"include": [{"valueSet": ["urn:four"]}, {"valueSet": ["urn:four", "urn:four"]}]},
    }
    artefacts = [{"resourceType": "ValueSet", "url": url, "compose": one} for url, one in sets.items()]
    return Terminology(Definitions([ANIMALS, LOOSE, PART, *artefacts]))


def filtered(property: str, op: str, value: str) -> dict[str, Any]:
    return {"system": "urn:animals", "filter": [{"property": property, "op": op, "value": value}]}


def compose(terminology: Terminology, *includes: dict[str, Any], **more: Any) -> Members:
    return terminology.compose({"url": "urn:x", "compose": {"include": list(includes)} | more})


@pytest.mark.parametrize(
    ("include", "codes"),
    [
        (filtered("concept", "is-a", "dog"), "dog puppy"),
        (filtered("concept", "is-a", "fish"), "fish dogfish"),
        (filtered("concept", "descendent-of", "dog"), "puppy"),
        (filtered("concept", "is-not-a", "animal"), "stone"),
        (filtered("concept", "generalizes", "puppy"), "dog puppy"),
        (filtered("code", "=", "dog"), "dog"),
        (filtered("display", "=", "Dog"), "dog"),
        (filtered("legs", "=", "4"), "dog"),
        (filtered("legs", "in", "0, 4"), "dog fish"),
        (filtered("legs", "not-in", "4"), "puppy fish dodo stone dogfish"),
        (filtered("legs", "exists", "true"), "dog fish"),
        (filtered("legs", "exists", "false"), "puppy dodo stone dogfish"),
        (filtered("code", "regex", "dog.*"), "dog dogfish"),
        (filtered("code", "regex", "og"), ""),
        (filtered("parent", "=", "dog"), "puppy"),
        (filtered("child", "=", "puppy"), "dog"),
        (filtered("inactive", "=", "true"), "dodo"),
        (filtered("notSelectable", "=", "false"), "dog puppy fish dodo stone dogfish"),
        ({"system": "urn:animals"}, "dog puppy fish dodo stone dogfish"),
        ({"system": "urn:animals", "concept": [{"code": "animal"}]}, "animal"),
        ({"valueSet": ["urn:four"]}, "dog fish"),
        (filtered("concept", "is-a", "dog") | {"valueSet": ["urn:four"]}, "dog"),
        ({"valueSet": ["urn:twice"]}, "dog fish"),
    ],
)
def test_what_an_include_selects(animals: Terminology, include: dict[str, Any], codes: str) -> None:
    members = compose(animals, include)
    assert [concept.code for _, concept in members.each()] == codes.split()
    assert members.codes == frozenset(codes.split())
    for code in ("animal", "dog", "puppy", "fish", "dodo", "stone", "dogfish", "cat"):
        assert members.contains("urn:animals", code) is (code in codes.split()), code
        assert members.has_code(code) is (code in codes.split()), code


def test_two_filters_must_both_fit(animals: Terminology) -> None:
    both = filtered("concept", "is-a", "animal")["filter"] + filtered("legs", "=", "4")["filter"]
    assert compose(animals, {"system": "urn:animals", "filter": both}).codes == {"dog"}


def test_excluded_and_inactive(animals: Terminology) -> None:
    out = [filtered("concept", "is-a", "dog")]
    assert compose(animals, {"system": "urn:animals"}, exclude=out).codes == {
        "fish",
        "dodo",
        "stone",
        "dogfish",
    }
    assert "dodo" not in (compose(animals, {"system": "urn:animals"}, inactive=False).codes or ())


def test_an_abstract_code_is_a_member_only_where_that_is_asked_for(animals: Terminology) -> None:
    members = compose(animals, {"system": "urn:animals"})
    assert members.contains("urn:animals", "animal") is False
    assert members.contains("urn:animals", "animal", abstract=True) is True


def test_case_is_honoured_where_the_system_says_so(animals: Terminology) -> None:
    assert compose(animals, {"system": "urn:animals"}).contains("urn:animals", "DOG") is False
    loose = compose(animals, {"system": "urn:loose", "concept": [{"code": "Ab"}]})
    assert loose.contains("urn:loose", "aB") is True
    assert loose.contains("urn:loose", "C") is False


def test_unknown_is_neither_yes_nor_no(animals: Terminology) -> None:
    assert animals.members("urn:nobody") is None
    for include in (
        {"system": "http://snomed.info/sct"},
        {"system": "http://loinc.org", "filter": [{"property": "parent", "op": "=", "value": "LP1"}]},
        {"system": "urn:animals", "valueSet": ["urn:nobody"]},
        {"system": "urn:animals", "filter": [{"property": "concept", "op": "sounds-like", "value": "dog"}]},
        {"system": "urn:loose", "version": "9"},
    ):
        members = compose(animals, include)
        assert members.contains(str(include["system"]), "dog") is None
        assert not members.complete and members.codes is None and members.few == () and members.problem
        assert members.contains("urn:other", "dog") is False
    assert compose(animals, {"system": "urn:loose", "version": "2"}).complete


def test_an_import_that_nobody_knows_leaves_the_question_open(animals: Terminology) -> None:
    members = compose(animals, {"valueSet": ["urn:nobody"]}, {"system": "urn:animals"})
    assert (members.has_code("dog"), members.has_code("x")) == (True, None)
    assert members.contains("urn:any", "x") is None


def test_listed_codes_of_an_unknown_system_are_known(animals: Terminology) -> None:
    members = compose(animals, {"system": "http://loinc.org", "concept": [{"code": "2345-7"}]})
    assert members.contains("http://loinc.org", "2345-7") is True
    assert members.contains("http://loinc.org", "1-8") is False
    assert members.few == ("2345-7",)


def test_a_fragment_knows_what_it_has(animals: Terminology) -> None:
    concepts = animals.code_system("urn:part")
    assert concepts is not None and concepts.has("a") is True and concepts.has("b") is None
    members = compose(animals, {"system": "urn:part"})
    assert (members.contains("urn:part", "a"), members.contains("urn:part", "b")) == (True, None)


def test_a_value_set_that_contains_itself_is_not_followed(animals: Terminology) -> None:
    members = animals.members("urn:circle")
    assert members is not None
    assert members.contains("urn:animals", "dog") is True
    assert members.contains("urn:animals", "cat") is None
    assert "contains itself" in members.problem


def test_types_come_from_the_definitions(terminology: Terminology) -> None:
    members = terminology.members("http://hl7.org/fhir/ValueSet/resource-types")
    assert members is not None and members.has_code("Patient") and members.has_code("Pacient") is False
    assert members.few == ()


def test_modalities_of_dicom(terminology: Terminology) -> None:
    members = terminology.members("http://hl7.org/fhir/ValueSet/dicom-cid29")
    assert members is not None and members.complete
    assert members.contains("http://dicom.nema.org/resources/ontology/DCM", "CT") is True


def test_displays_in_all_languages(terminology: Terminology) -> None:
    concepts = terminology.code_system("http://hl7.org/fhir/administrative-gender")
    assert concepts is not None and concepts.display("male") == "Male"
    assert concepts.displays("nix") == () and concepts.display("nix") is None
    members = terminology.members("http://hl7.org/fhir/ValueSet/units-of-time")
    assert members is not None
    assert {"second", "秒"} <= set(members.displays("http://unitsofmeasure.org", "s"))
