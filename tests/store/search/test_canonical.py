"""Canonical URLs: chains, ``_has``, includes and searches through ``url`` and ``url|version``."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.errors import Rejected
from gateway.store.index import parameters
from gateway.store.search import canonical, far, planner
from gateway.store.types import TYPES

A, B = "http://example.org/q/a", "http://example.org/q/b"


def questionnaire(id_: str, url: str, version: str = "", **more: Any) -> dict[str, Any]:
    versioned = {"version": version} if version else {}
    return {"resourceType": "Questionnaire", "id": id_, "status": "active", "url": url, **versioned, **more}


def response(id_: str, named: str, status: str = "completed") -> dict[str, Any]:
    return {"resourceType": "QuestionnaireResponse", "id": id_, "status": status, "questionnaire": named}


@pytest.fixture
def forms(ward: Any) -> Any:
    """Two versions of a form, another one, and what was filled in."""
    plan = {
        "resourceType": "PlanDefinition",
        "id": "plan",
        "status": "active",
        "library": ["http://example.org/lib"],
        "action": [{"definitionCanonical": f"{A}|2"}, {"definitionUri": B}],
    }
    ward.put(
        questionnaire("a1", A, "1", title="Fever"),
        questionnaire("a2", A, "2", title="Fever and cough"),
        questionnaire("b", B, title="Sleep"),
        questionnaire("none", "http://example.org/q/none"),
        response("r1", f"{A}|1"),
        response("r2", f"{A}|2", "amended"),
        response("ra", A),
        response("rb", B),
        response("r9", f"{A}|9"),
        response("rx", f"{A}#part"),
        response("rl", "Questionnaire/b"),
        plan,
        {"resourceType": "Library", "id": "lib", "status": "active", "url": "http://example.org/lib"},
    )
    return ward


CASES = [
    ("QuestionnaireResponse", ("questionnaire.url", A), "ra r2 r1"),
    ("QuestionnaireResponse", ("questionnaire.url", B), "rl rb"),
    ("QuestionnaireResponse", ("questionnaire.title", "fever"), "ra r2 r1"),
    ("QuestionnaireResponse", ("questionnaire.title", "fever and"), "ra r2"),
    ("QuestionnaireResponse", ("questionnaire:Questionnaire.version", "1"), "ra r1"),
    ("QuestionnaireResponse", ("questionnaire.title:missing", "true"), ""),
    ("QuestionnaireResponse", ("questionnaire._id", "b"), "rl rb"),
    ("QuestionnaireResponse", ("questionnaire", "Questionnaire/a1"), "ra r1"),
    ("QuestionnaireResponse", ("questionnaire", "a1,b"), "rl rb ra r1"),
    ("QuestionnaireResponse", ("questionnaire", A), "r9 ra r2 r1"),
    ("QuestionnaireResponse", ("questionnaire", f"{A}|1"), "r1"),
    ("QuestionnaireResponse", ("questionnaire", "nobody"), ""),
    ("Questionnaire", ("_has:QuestionnaireResponse:questionnaire:status", "completed"), "b a2 a1"),
    ("Questionnaire", ("_has:QuestionnaireResponse:questionnaire:status", "amended"), "a2"),
    ("Questionnaire", ("_has:QuestionnaireResponse:questionnaire:_id", "r9,rx"), ""),
    ("Questionnaire", ("_has:PlanDefinition:definition:_id", "plan"), "b a2"),
    ("PlanDefinition", ("definition.title", "cough"), ""),
    ("PlanDefinition", ("definition.title", "fever and"), "plan"),
    ("PlanDefinition", ("definition:Questionnaire.title", "sleep"), "plan"),
    ("PlanDefinition", ("depends-on:Library.url", "http://example.org/lib"), "plan"),
    ("PlanDefinition", ("depends-on:Library.url", A), ""),
    ("PlanDefinition", ("definition", "Questionnaire/a1"), ""),
    ("PlanDefinition", ("definition", "Questionnaire/a2"), "plan"),
]


@pytest.mark.parametrize("way", ["from the far end", "each tested", "in bulk"])
def test_what_is_found(forms: Any, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planner, "FEW", -1)
    if way != "from the far end":
        monkeypatch.setattr(far, "MAX_FAR", 0)
    if way == "in bulk":
        monkeypatch.setattr(far, "PATIENCE", 0)
    for type_, pair, expected in CASES:
        assert forms.found(type_, pair) == expected.split(), pair


@pytest.mark.parametrize(
    ("type_", "pairs", "expected"),
    [
        (
            "QuestionnaireResponse",
            [("_id", "ra"), ("_include", "QuestionnaireResponse:questionnaire")],
            "Questionnaire/a1 Questionnaire/a2",
        ),
        (
            "QuestionnaireResponse",
            [("_id", "r1,rb"), ("_include", "QuestionnaireResponse:questionnaire:Questionnaire")],
            "Questionnaire/a1 Questionnaire/b",
        ),
        ("QuestionnaireResponse", [("_id", "r9,rx"), ("_include", "*")], ""),
        ("QuestionnaireResponse", [("_id", "rl,rb"), ("_include", "*")], "Questionnaire/b"),
        (
            "PlanDefinition",
            [("_include", "PlanDefinition:definition"), ("_include", "PlanDefinition:depends-on")],
            "Library/lib Questionnaire/a2 Questionnaire/b",
        ),
        (
            "PlanDefinition",
            [
                ("_include", "PlanDefinition:definition"),
                ("_revinclude:iterate", "QuestionnaireResponse:questionnaire"),
            ],
            "Questionnaire/a2 Questionnaire/b QuestionnaireResponse/r2 QuestionnaireResponse/ra "
            "QuestionnaireResponse/rb QuestionnaireResponse/rl",
        ),
        (
            "Questionnaire",
            [("_id", "a1"), ("_revinclude", "QuestionnaireResponse:questionnaire")],
            "QuestionnaireResponse/r1 QuestionnaireResponse/ra",
        ),
        ("Questionnaire", [("_id", "a2"), ("_revinclude", "PlanDefinition:*")], "PlanDefinition/plan"),
    ],
)
def test_what_is_included(forms: Any, type_: str, pairs: list[tuple[str, str]], expected: str) -> None:
    assert forms.included(type_, *pairs) == sorted(expected.split())


def test_a_page_sees_the_urls_of_its_snapshot(forms: Any) -> None:
    asked = [("questionnaire.title", "fever"), ("_count", "2")]
    first = forms.page("QuestionnaireResponse", *asked)
    forms.put(questionnaire("a1", B, "1", title="Other"), response("new", f"{A}|2"))
    assert forms.found("QuestionnaireResponse", *asked, ("_cursor", first.cursor)) == ["r1"]
    assert forms.found("QuestionnaireResponse", ("questionnaire.title", "fever")) == ["new", "ra", "r2"]


@pytest.mark.parametrize(
    ("type_", "name", "value", "code"),
    [
        ("QuestionnaireResponse", "questionnaire.name.x", "x", "not-supported"),
        ("QuestionnaireResponse", "questionnaire:Patient.name", "x", "value"),
        ("PlanDefinition", "depends-on:Patient.name", "x", "not-supported"),
        ("PlanDefinition", "depends-on.birthdate", "2020", "not-supported"),
        ("Patient", "_has:QuestionnaireResponse:questionnaire:status", "completed", "not-supported"),
        ("Patient", "_has:PlanDefinition:depends-on:status", "active", "not-supported"),
        ("PlanDefinition", "_include", "PlanDefinition:depends-on:Patient", "value"),
        ("Device", "_has:PlanDefinition:depends-on:status", "active", "not-supported"),
    ],
)
def test_what_names_nothing_is_refused(forms: Any, type_: str, name: str, value: str, code: str) -> None:
    with pytest.raises(Rejected) as raised:
        forms.page(type_, (name, value))
    assert raised.value.code == code


def test_every_parameter_of_canonicals_names_types_that_have_urls() -> None:
    for type_ in TYPES:
        for each in parameters(type_).values():
            if canonical.by_url(each):
                assert {path.type for path in each.paths} <= canonical.KINDS, (type_, each.name)
                assert canonical.targets(each), (type_, each.name)
    assert canonical.url_of("Subscription") is None
    assert canonical.url_of("Device") is None
