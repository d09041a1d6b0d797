"""CodeSystem, ValueSet and their operations, over the real application (R4 §4.8, §4.9)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from gateway.api import Context, Options, create_app
from gateway.mapping import load_maps
from gateway.store import Store
from gateway.validation.r4 import Definitions
from gateway.validation.terminology import LoadedFile, Terminology
from gateway.validation.terminology.load import load

Ask = Callable[..., httpx.Response]

GENDER = "http://hl7.org/fhir/administrative-gender"
GENDERS = "http://hl7.org/fhir/ValueSet/administrative-gender"
ACT = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
OWN = {
    "resourceType": "CodeSystem",
    "url": "urn:own",
    "version": "1",
    "name": "Own",
    "content": "complete",
    "caseSensitive": True,
    "concept": [{"code": "A", "display": "甲", "concept": [{"code": "A1"}]}],
}
DEFINITIONS = Definitions()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "terminology.db"
    load(path, [OWN])
    return path


@pytest.fixture
def app(store: Store, file: Path) -> FastAPI:
    terminology = Terminology(DEFINITIONS, LoadedFile(file))
    options = Options(tenants=frozenset({"default", "second"}))
    return create_app(Context(store, options, maps=load_maps(), terminology=terminology), "1.2.3")


def out(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["resourceType"] == "Parameters"
    return {
        one["name"]: next((value for name, value in one.items() if name != "name"), None)
        for one in body["parameter"]
    }


def parameters(**given: Any) -> dict[str, Any]:
    return {
        "json": {
            "resourceType": "Parameters",
            "parameter": [
                {"name": name.split("__")[0], name.split("__")[1]: one} for name, one in given.items()
            ],
        },
        "headers": {"content-type": "application/fhir+json"},
    }


@pytest.mark.parametrize("base", ["/fhir", "/t/second/fhir"])
def test_validate_code(ask: Ask, base: str) -> None:
    asked = {"url": GENDER, "code": "male"}
    told = out(ask("GET", f"{base}/CodeSystem/$validate-code", params=asked))
    assert told == {"result": True, "display": "Male"}
    told = out(ask("GET", f"{base}/ValueSet/$validate-code", params={"url": GENDERS, "code": "m"}))
    assert told["result"] is False and "not in the value set" in told["message"]
    of_one = ask("GET", f"{base}/ValueSet/administrative-gender/$validate-code", params={"code": "male"})
    assert out(of_one)["result"] is True
    of_one = ask("GET", f"{base}/CodeSystem/administrative-gender/$validate-code", params={"code": "male"})
    assert out(of_one)["result"] is True


def test_validate_code_by_post(ask: Ask) -> None:
    coding = {"system": GENDER, "code": "male", "display": "Man"}
    concept = {"coding": [{"system": "urn:x", "code": "1"}, {"system": GENDER, "code": "male"}]}
    told = out(ask("POST", "/fhir/CodeSystem/$validate-code", **parameters(coding__valueCoding=coding)))
    assert told["result"] is False and 'called "Male"' in told["message"]
    given = parameters(url__valueUri=GENDERS, codeableConcept__valueCodeableConcept=concept)
    assert out(ask("POST", "/fhir/ValueSet/$validate-code", **given))["result"] is True
    inline = {"resourceType": "ValueSet", "compose": {"include": [{"system": "urn:own"}]}}
    given = parameters(valueSet__resource=inline, coding__valueCoding={"system": "urn:own", "code": "A1"})
    assert out(ask("POST", "/fhir/ValueSet/$validate-code", **given))["result"] is True


def test_what_is_unknown_is_not_checked_and_never_valid(ask: Ask) -> None:
    asked = {"url": "http://snomed.info/sct", "code": "22298006"}
    told = out(ask("GET", "/fhir/CodeSystem/$validate-code", params=asked))
    assert told["result"] is False
    assert told["x-caused-by-unknown-system"] == "http://snomed.info/sct"
    assert told["issues"]["issue"][0]["code"] == "not-found"
    unknown = ask("GET", "/fhir/ValueSet/$validate-code", params={"url": "urn:nobody", "code": "x"})
    assert (unknown.status_code, unknown.json()["issue"][0]["code"]) == (404, "not-found")


def test_lookup(ask: Ask) -> None:
    told = out(ask("GET", "/fhir/CodeSystem/$lookup", params={"system": "urn:own", "code": "A"}))
    assert (told["name"], told["version"], told["display"]) == ("Own", "1", "甲")
    given = parameters(coding__valueCoding={"system": ACT, "code": "CASH"}, property__valueCode="parent")
    assert (
        out(ask("POST", "/fhir/CodeSystem/$lookup", **given))["property"][1]["valueCode"] == "_ActAccountCode"
    )
    for params in ({"system": "urn:own", "code": "Z"}, {"system": "urn:nobody", "code": "Z"}):
        answer = ask("GET", "/fhir/CodeSystem/$lookup", params=params)
        assert (answer.status_code, answer.json()["issue"][0]["code"]) == (404, "not-found")


def test_subsumes(ask: Ask) -> None:
    params = {"system": "urn:own", "codeA": "A", "codeB": "A1"}
    assert out(ask("GET", "/fhir/CodeSystem/$subsumes", params=params)) == {"outcome": "subsumes"}
    given = parameters(
        codingA__valueCoding={"system": ACT, "code": "CASH"},
        codingB__valueCoding={"system": ACT, "code": "_ActAccountCode"},
    )
    assert out(ask("POST", "/fhir/CodeSystem/$subsumes", **given)) == {"outcome": "subsumed-by"}


def test_translate_into_a_value_set(ask: Ask) -> None:
    asked = {"code": "male", "system": "http://hl7.org/fhir/administrative-gender"}
    v3 = "http://terminology.hl7.org/ValueSet/v3-AdministrativeGender"

    def sources(**more: str) -> set[str]:
        told = ask("GET", "/fhir/ConceptMap/$translate", params=asked | more).json()["parameter"]
        parts = [part for one in told if one["name"] == "match" for part in one["part"]]
        return {part["valueUri"].rpartition("/")[2] for part in parts if part["name"] == "source"}

    assert sources() == {"cm-administrative-gender-v2", "cm-administrative-gender-v3"}
    assert sources(target=v3) == {"cm-administrative-gender-v3"}
    assert sources(target="http://example.org/none") == set()


def test_expand(ask: Ask) -> None:
    answer = ask("GET", "/fhir/ValueSet/$expand", params={"url": GENDERS, "count": 2, "offset": 1})
    expansion = answer.json()["expansion"]
    assert (expansion["total"], expansion["offset"]) == (4, 1)
    assert [one["code"] for one in expansion["contains"]] == ["female", "other"]
    whole = ask("GET", "/fhir/ValueSet/administrative-gender/$expand").json()
    assert whole["id"] == "administrative-gender" and "compose" not in whole
    inline = {"resourceType": "ValueSet", "compose": {"include": [{"system": "urn:own"}]}}
    given = parameters(valueSet__resource=inline, filter__valueString="甲")
    told = ask("POST", "/fhir/ValueSet/$expand", **given).json()["expansion"]
    assert told["contains"] == [{"system": "urn:own", "code": "A", "display": "甲"}]


@pytest.mark.parametrize(
    ("method", "path", "more", "status", "code"),
    [
        (
            "GET",
            "ValueSet/$expand",
            {"params": {"url": "http://hl7.org/fhir/ValueSet/ucum-units"}},
            400,
            "too-costly",
        ),
        ("GET", "ValueSet/$expand", {"params": {"url": GENDERS, "count": "x"}}, 400, "value"),
        ("GET", "ValueSet/$expand", {"params": {"url": GENDERS, "date": "2026"}}, 400, "not-supported"),
        ("GET", "ValueSet/$expand", {}, 400, "invalid"),
        ("GET", "ValueSet/nix/$expand", {}, 404, "not-found"),
        ("GET", "ValueSet/administrative-gender/$expand", {"params": {"url": "urn:x"}}, 400, "value"),
        ("GET", "CodeSystem/$validate-code", {"params": {"code": "x"}}, 400, "invalid"),
        ("GET", "CodeSystem/$lookup", {"params": {"code": "x"}}, 400, "invalid"),
        ("GET", "CodeSystem/$lookup", {"params": "code=x&code=y&system=z"}, 400, "value"),
        ("GET", "CodeSystem/$subsumes", {"params": {"system": "urn:own", "codeA": "A"}}, 400, "invalid"),
        ("GET", "CodeSystem/nix", {}, 404, "not-found"),
        ("POST", "ValueSet/$expand", {"content": b"{}"}, 415, "not-supported"),
        ("POST", "ValueSet/$expand", parameters(url__valueUri=GENDERS, count__valueString="2"), 400, "value"),
        (
            "POST",
            "ValueSet/$expand",
            parameters(valueSet__resource={"resourceType": "Patient"}),
            400,
            "invalid",
        ),
        (
            "POST",
            "ValueSet/$expand",
            parameters(
                valueSet__resource={
                    "resourceType": "ValueSet",
                    "compose": {
                        "include": [
                            {
                                "system": "urn:own",
                                "filter": [{"property": "code", "op": "regex", "value": "(a+)+b"}],
                            }
                        ]
                    },
                }
            ),
            400,
            "not-supported",
        ),
    ],
)
def test_what_is_refused(
    ask: Ask, method: str, path: str, more: dict[str, Any], status: int, code: str
) -> None:
    answer = ask(method, f"/fhir/{path}", **more)
    assert (answer.status_code, answer.json()["issue"][0]["code"]) == (status, code), answer.text


def test_artefacts_are_read_and_found(ask: Ask) -> None:
    found = ask("GET", "/fhir/CodeSystem", params={"url": "urn:own"}).json()
    assert found["total"] == 1
    own = found["entry"][0]["resource"]
    assert own["url"] == "urn:own" and own["meta"]["tag"][0]["code"] == "SUBSETTED"
    assert ask("GET", f"/fhir/CodeSystem/{own['id']}").json() == own
    assert ask("GET", "/fhir/ValueSet/administrative-gender").json()["url"] == GENDERS
    page = ask("GET", "/fhir/ValueSet").json()
    assert page["total"] > 1000 and len(page["entry"]) == 50
    assert "compose" not in page["entry"][0]["resource"]
    following = next(one["url"] for one in page["link"] if one["relation"] == "next")
    assert ask("GET", following).json()["entry"][0]["fullUrl"] != page["entry"][0]["fullUrl"]
    assert ask("GET", "/fhir/ValueSet", params={"url": "urn:nobody"}).json()["total"] == 0


def test_translate_by_official_maps(ask: Ask) -> None:
    asked = {
        "url": "http://hl7.org/fhir/ConceptMap/cm-name-use-v3",
        "code": "usual",
        "system": "http://hl7.org/fhir/name-use",
    }
    answer = ask("GET", "/fhir/ConceptMap/$translate", params=asked)
    assert answer.status_code == 200, answer.text
    result, match = answer.json()["parameter"]
    assert result["valueBoolean"] is True and match["part"][1]["valueCoding"]["code"] == "C"
    del asked["url"]
    assert out(ask("GET", "/fhir/ConceptMap/$translate", params=asked))["result"] is True
    one = ask(
        "GET", "/fhir/ConceptMap", params={"url": "http://hl7.org/fhir/ConceptMap/cm-name-use-v3"}
    ).json()
    id_ = one["entry"][0]["resource"]["id"]
    assert ask("GET", f"/fhir/ConceptMap/{id_}").json()["resourceType"] == "ConceptMap"
    of_one = ask("GET", f"/fhir/ConceptMap/{id_}/$translate", params=asked)
    assert out(of_one)["result"] is True
    assert ask("GET", "/fhir/ConceptMap", params={"name": "Administrativ"}).json()["total"] >= 1


def test_what_is_imported_while_the_server_runs_is_served(ask: Ask, file: Path) -> None:
    include = {"system": "urn:own", "concept": [{"code": "A1"}]}
    load(file, [{"resourceType": "ValueSet", "url": "urn:v", "compose": {"include": [include]}}])
    asked = {"url": "urn:v", "code": "A1", "system": "urn:own"}
    assert out(ask("GET", "/fhir/ValueSet/$validate-code", params=asked))["result"] is True
    load(file, [OWN | {"concept": [{"code": "Z"}]}])
    assert out(ask("GET", "/fhir/CodeSystem/$validate-code", params={"url": "urn:own", "code": "Z"}))[
        "result"
    ]


def test_the_capability_statement_lists_them(ask: Ask) -> None:
    resources = ask("GET", "/fhir/metadata").json()["rest"][0]["resource"]
    told = {one["type"]: {each["name"] for each in one.get("operation", [])} for one in resources}
    assert told["CodeSystem"] == {"validate-code", "lookup", "subsumes"}
    assert told["ValueSet"] == {"expand", "validate-code"}
    assert told["ConceptMap"] == {"translate"}


def test_the_terminology_capabilities(ask: Ask) -> None:
    told = ask("GET", "/fhir/metadata", params={"mode": "terminology"}).json()
    assert told["resourceType"] == "TerminologyCapabilities"
    uris = [one["uri"] for one in told["codeSystem"]]
    assert {"urn:own", GENDER, "http://unitsofmeasure.org"} <= set(uris)
    assert len(uris) == len(set(uris))
