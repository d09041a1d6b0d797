"""The operations as functions (R4 §4.8, §4.9, §4.10)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.errors import Rejected
from gateway.validation.r4 import Definitions
from gateway.validation.terminology import Members, Terminology
from gateway.validation.terminology.operations import expand, lookup, subsumes, translate, validate_code
from gateway.validation.terminology.operations.coding import Asked, asked

GENDER = "http://hl7.org/fhir/administrative-gender"
SCT = "http://snomed.info/sct"


def members_of(terminology: Terminology, name: str) -> Members:
    members = terminology.members(f"http://hl7.org/fhir/ValueSet/{name}")
    assert members is not None
    return members


@pytest.mark.parametrize(
    ("code", "result", "unknown", "said"),
    [
        (Asked("male", GENDER), True, "", ""),
        (Asked("male", GENDER, display="male "), True, "", ""),
        (Asked("male", GENDER, display="Man"), False, "", 'called "Male"'),
        (Asked("m", GENDER), False, "", "Unknown code"),
        (Asked("22298006", SCT), False, SCT, "not checked"),
        (Asked("x", "urn:nobody"), False, "urn:nobody", "not known here"),
        (Asked("male", GENDER, version="9"), False, f"{GENDER}|9", "not checked"),
        (Asked("male"), False, "", "no system"),
        (Asked("[in_i]", "http://unitsofmeasure.org", display="inches"), True, "", ""),
    ],
)
def test_validate_code_in_a_code_system(
    terminology: Terminology, code: Asked, result: bool, unknown: str, said: str
) -> None:
    found = validate_code.in_code_system(terminology, [code])
    assert (found.result, found.unknown) == (result, unknown)
    assert said in found.message


@pytest.mark.parametrize(
    ("name", "code", "result", "unknown"),
    [
        ("administrative-gender", Asked("female", GENDER), True, ""),
        ("administrative-gender", Asked("female"), True, ""),
        ("administrative-gender", Asked("F"), False, ""),
        ("administrative-gender", Asked("female", "urn:other"), False, ""),
        ("condition-code", Asked("22298006", SCT), False, SCT),
        ("condition-code", Asked("22298006"), False, SCT),
        ("ucum-units", Asked("mg/dL", "http://unitsofmeasure.org"), True, ""),
        ("item-type", Asked("question", "http://hl7.org/fhir/item-type"), False, ""),
    ],
)
def test_validate_code_in_a_value_set(
    terminology: Terminology, name: str, code: Asked, result: bool, unknown: str
) -> None:
    found = validate_code.in_value_set(terminology, members_of(terminology, name), [code])
    assert (found.result, found.unknown) == (result, unknown)


def test_one_good_coding_of_a_concept_is_enough(terminology: Terminology) -> None:
    codings = [Asked("1", "urn:nobody"), Asked("male", GENDER)]
    assert validate_code.in_value_set(
        terminology, members_of(terminology, "administrative-gender"), codings
    ).result


def test_what_was_not_checked_says_so(terminology: Terminology) -> None:
    told = validate_code.parameters(validate_code.in_code_system(terminology, [Asked("1", SCT)]))
    by_name = {one["name"]: one for one in told["parameter"]}
    assert by_name["result"]["valueBoolean"] is False
    assert by_name["x-caused-by-unknown-system"]["valueCanonical"] == SCT
    assert by_name["issues"]["resource"]["issue"][0]["code"] == "not-found"


def test_lookup(terminology: Terminology) -> None:
    system = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
    found = lookup.lookup(terminology, Asked("CASH", system))
    assert (found.concept.display, found.concept.parents) == ("Cash", ("_ActAccountCode",))
    names = [one["name"] for one in lookup.parameters(found)["parameter"]]
    assert names[:3] == ["name", "version", "display"] and "property" in names
    only = lookup.parameters(found, ["parent"])["parameter"][-1]
    assert only["part"][1] == {"name": "value", "valueCode": "_ActAccountCode"}
    for wrong in (Asked("nix", system), Asked("x", "urn:nobody")):
        with pytest.raises(Rejected) as error:
            lookup.lookup(terminology, wrong)
        assert error.value.code == "not-found"


def test_subsumes(terminology: Terminology) -> None:
    system = "http://terminology.hl7.org/CodeSystem/v3-ActCode"

    def told(first: str, second: str, other: str = system) -> str:
        return subsumes.subsumes(terminology, Asked(first, system), Asked(second, other))

    assert told("_ActAccountCode", "CASH") == "subsumes"
    assert told("CASH", "_ActAccountCode") == "subsumed-by"
    assert told("CASH", "CASH") == "equivalent"
    assert told("CASH", "AMB") == "not-subsumed"
    for wrong in (("CASH", "nix", system), ("CASH", "male", GENDER)):
        with pytest.raises(Rejected):
            told(*wrong)


def test_expand_by_pages(terminology: Terminology) -> None:
    members = members_of(terminology, "administrative-gender")
    whole = [concept.code for _, concept in expand.expand(members, expand.Wish()).contains]
    assert whole == ["male", "female", "other", "unknown"]
    second = expand.expand(members, expand.Wish(offset=1, count=2))
    assert (second.total, [one.code for _, one in second.contains]) == (4, ["female", "other"])
    assert expand.expand(members, expand.Wish(count=0)).contains == []


def test_expand_filters_by_words_in_any_language(terminology: Terminology) -> None:
    members = members_of(terminology, "units-of-time")
    assert [one.code for _, one in expand.expand(members, expand.Wish(filter="分")).contains] == ["min"]
    assert [one.code for _, one in expand.expand(members, expand.Wish(filter="MIN")).contains] == ["min"]
    wish = expand.Wish(filter="month", language="zh", designations=True)
    (told,) = expand.resource({"url": "u"}, expand.expand(members, wish), wish, datetime.now(UTC))[
        "expansion"
    ]["contains"]
    assert told["display"] == "月" and told["designation"][0]["language"] == "zh"


def test_expand_without_inactive_codes(terminology: Terminology) -> None:
    system = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
    members = terminology.compose({"compose": {"include": [{"system": system}]}})
    every = expand.expand(members, expand.Wish(count=0)).total
    assert expand.expand(members, expand.Wish(count=0, active=True)).total < every


@pytest.mark.parametrize(
    ("include", "code"),
    [
        ({"system": "http://unitsofmeasure.org"}, "too-costly"),
        ({"system": "http://snomed.info/sct"}, "not-supported"),
        ({"valueSet": ["urn:nobody"]}, "not-supported"),
    ],
)
def test_what_cannot_be_expanded_is_refused(
    terminology: Terminology, include: dict[str, Any], code: str
) -> None:
    with pytest.raises(Rejected) as error:
        expand.expand(terminology.compose({"compose": {"include": [include]}}), expand.Wish(count=10))
    assert error.value.code == code


def test_a_large_value_set_is_given_by_pages_only() -> None:
    concepts = [{"code": f"c{number}"} for number in range(expand.MOST + 1)]
    system = {"resourceType": "CodeSystem", "url": "urn:big", "content": "complete", "concept": concepts}
    members = Terminology(Definitions([system])).compose({"compose": {"include": [{"system": "urn:big"}]}})
    with pytest.raises(Rejected) as error:
        expand.expand(members, expand.Wish())
    assert error.value.code == "too-costly"
    page = expand.expand(members, expand.Wish(offset=10_000, count=50))
    assert (page.total, [one.code for _, one in page.contains]) == (10_001, ["c10000"])
    assert len(expand.expand(members, expand.Wish(filter="c99")).contains) == 111


MAP = {
    "resourceType": "ConceptMap",
    "url": "urn:map",
    "group": [
        {
            "source": "urn:a", "target": "urn:b",
            "element": [
                {"code": "1", "target": [{"code": "I", "equivalence": "wider"}]},
                {"code": "2", "target": [{"equivalence": "unmatched"}]},
            ],
            "unmapped": {"mode": "fixed", "code": "?"},
        },
        {"source": "urn:c", "target": "urn:b", "unmapped": {"mode": "other-map", "url": "urn:map"}},
        {"source": "urn:d", "target": "urn:d", "unmapped": {"mode": "provided"}},
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("code", "more", "wanted"),
    [
        (Asked("1", "urn:a"), {}, [("wider", "urn:b", "I")]),
        (Asked("2", "urn:a"), {}, [("unmatched", "urn:b", "")]),
        (Asked("9", "urn:a"), {}, [("inexact", "urn:b", "?")]),
        (Asked("9", "urn:d"), {}, [("equal", "urn:d", "9")]),
        (Asked("9", "urn:c"), {}, []),
        (Asked("1", "urn:x"), {}, []),
        (Asked("1", "urn:a"), {"target": "urn:x"}, []),
        (Asked("I", "urn:b"), {"reverse": True}, [("narrower", "urn:a", "1")]),
    ],
)
def test_translate(code: Asked, more: dict[str, Any], wanted: list[tuple[str, str, str]]) -> None:
    found = translate.translate(MAP, code, known=lambda _url: MAP, **more)
    assert [(one.equivalence, one.system, one.code) for one in found] == wanted
    assert all(one.translates is (one.equivalence != "unmatched") for one in found)


def test_in_parameters() -> None:
    assert asked({"code": "a", "system": "s"}) == [Asked("a", "s")]
    assert asked({"codeableConcept": {"coding": [{"code": "a"}, {"code": "b", "system": "s"}]}}) == [
        Asked("a"),
        Asked("b", "s"),
    ]
    for wrong in (
        {},
        {"code": "a", "coding": {"code": "a"}},
        {"coding": {}},
        {"codeableConcept": {"coding": []}},
    ):
        with pytest.raises(Rejected):
            asked(wrong)
