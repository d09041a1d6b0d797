"""ConceptMap and $translate over the tables in force (R4 ConceptMap, ConceptMap-operation-translate)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from gateway.api import Context, Options, create_app
from gateway.mapping import Maps, load_maps
from gateway.store import Store

Ask = Callable[..., httpx.Response]

SEX = "urn:qiao:conceptmap:administrative-sex"
GB = "urn:oid:2.16.156.10011.2.3.3.4"
GENDER = "http://hl7.org/fhir/administrative-gender"


@pytest.fixture(scope="module")
def maps(tmp_path_factory: pytest.TempPathFactory) -> Maps:
    own = tmp_path_factory.mktemp("codes")
    (own / "ward.csv").write_text(
        "# target: http://t\n# source_system: http://s\ncode,target,equivalence\nW1,x,wider\n"
    )
    return load_maps(codes=Path(own))


@pytest.fixture
def app(store: Store, maps: Maps) -> FastAPI:
    return create_app(Context(store, Options(tenants=frozenset({"default", "second"})), maps=maps), "1.2.3")


def out(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/fhir+json"
    body = answer.json()
    assert body["resourceType"] == "Parameters"
    found: dict[str, Any] = {}
    for one in body["parameter"]:
        if one["name"] == "match":
            match = {part["name"]: next(v for k, v in part.items() if k != "name") for part in one["part"]}
            found.setdefault("match", []).append(match)
        else:
            found[one["name"]] = next(v for k, v in one.items() if k != "name")
    return found


def test_translate_by_url(ask: Ask) -> None:
    found = out(ask("GET", "/fhir/ConceptMap/$translate", params={"url": SEX, "system": GB, "code": "2"}))
    coding = {"system": GENDER, "code": "female"}
    assert found == {
        "result": True,
        "match": [{"equivalence": "relatedto", "concept": coding, "source": SEX}],
    }


def test_translate_by_one_table_and_by_another_tenant(ask: Ask) -> None:
    for base in ("/fhir", "/t/second/fhir"):
        found = out(
            ask("GET", f"{base}/ConceptMap/administrative-sex/$translate", params={"system": GB, "code": "1"})
        )
        assert found["match"][0]["concept"]["code"] == "male"
    assert ask("GET", "/t/nobody/fhir/ConceptMap/$translate").status_code == 404


def test_translate_finds_the_tables_of_a_system(ask: Ask) -> None:
    found = out(ask("GET", "/fhir/ConceptMap/$translate", params={"system": "http://s", "code": "W1"}))
    coding = {"system": "http://t", "code": "x"}
    assert found["match"] == [
        {"equivalence": "wider", "concept": coding, "source": "urn:qiao:conceptmap:ward"}
    ]


@pytest.mark.parametrize(
    "asked",
    [{"code": "8"}, {"code": "1", "system": "http://other"}, {"code": "1", "targetsystem": "http://x"}],
)
def test_a_code_without_a_map_is_an_answer(ask: Ask, asked: dict[str, str]) -> None:
    found = out(ask("GET", "/fhir/ConceptMap/$translate", params={"url": SEX, "system": GB, **asked}))
    assert found["result"] is False
    assert found["message"]
    assert "match" not in found


def test_translate_backwards(ask: Ask) -> None:
    asked = {"url": SEX, "system": GENDER, "code": "female", "reverse": "true"}
    found = out(ask("GET", "/fhir/ConceptMap/$translate", params=asked))
    assert {"F", "2", "女"} <= {one["concept"]["code"] for one in found["match"]}


@pytest.mark.parametrize(
    "parameter",
    [
        [{"name": "code", "valueCode": "1"}, {"name": "system", "valueUri": GB}],
        [{"name": "coding", "valueCoding": {"system": GB, "code": "1"}}],
        [
            {
                "name": "codeableConcept",
                "valueCodeableConcept": {
                    "coding": [{"system": GB, "code": "8"}, {"system": GB, "code": "1"}]
                },
            }
        ],
    ],
)
def test_translate_with_parameters(ask: Ask, parameter: list[dict[str, Any]]) -> None:
    body = {"resourceType": "Parameters", "parameter": [{"name": "url", "valueUri": SEX}, *parameter]}
    assert [
        one["concept"]["code"] for one in out(ask("POST", "/fhir/ConceptMap/$translate", json=body))["match"]
    ] == ["male"]


@pytest.mark.parametrize(
    ("query", "status"),
    {
        "": 400,
        "code=1": 400,
        f"url={SEX}&code=1": 400,
        f"url={SEX}&system={GB}": 400,
        f"url={SEX}&system={GB}&code=1&code=2": 400,
        f"url={SEX}&system={GB}&code=1&reverse=maybe": 400,
        f"url={SEX}&system={GB}&code=1&colour=red": 400,
        f"system={GB}&code=1&reverse=true": 400,
        "system=http://nobody&code=1": 400,
        f"url=http://nobody&system={GB}&code=1": 404,
    }.items(),
)
def test_bad_parameters_are_told(ask: Ask, query: str, status: int) -> None:
    answer = ask("GET", f"/fhir/ConceptMap/$translate?{query}")
    assert answer.status_code == status
    assert answer.json()["resourceType"] == "OperationOutcome"


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"[]", b"\xff", b'{"resourceType": "Patient"}', b"[" * 60000,
        b'{"resourceType": "Parameters", "parameter": [5]}',
        b'{"resourceType": "Parameters", "parameter": [{"name": "coding", "valueCoding": "1"}]}',
        b'{"resourceType": "Parameters", "parameter": [{"name": "code", "valueCode": 1}]}',
        b'{"resourceType": "Parameters", "parameter": [{"name": "codeableConcept", "value": {"coding": 1}}]}',
    ],
)  # fmt: skip
def test_a_bad_body_is_told(ask: Ask, content: bytes) -> None:
    answer = ask(
        "POST",
        "/fhir/ConceptMap/$translate",
        content=content,
        headers={"content-type": "application/fhir+json"},
    )
    assert answer.status_code == 400
    assert answer.json()["resourceType"] == "OperationOutcome"


def test_a_body_has_its_bound_and_its_type(ask: Ask) -> None:
    json_ = {"content-type": "application/json"}
    assert ask("POST", "/fhir/ConceptMap/$translate", content=b" " * 70_000, headers=json_).status_code == 413
    assert ask("POST", "/fhir/ConceptMap/$translate", content=b"{}").status_code == 415


def test_read_a_table(ask: Ask) -> None:
    table = ask("GET", "/fhir/ConceptMap/ward").json()
    target = {"code": "x", "equivalence": "wider"}
    group = {"source": "http://s", "target": "http://t", "element": [{"code": "W1", "target": [target]}]}
    assert table == {
        "resourceType": "ConceptMap", "id": "ward", "url": "urn:qiao:conceptmap:ward", "name": "Ward",
        "status": "active", "group": [group],
    }  # fmt: skip
    assert ask("GET", "/fhir/ConceptMap/nix").status_code == 404


def test_search_lists_all_tables_once(ask: Ask, maps: Maps) -> None:
    names: list[str] = []
    url: str | None = "/fhir/ConceptMap"
    while url:
        page = ask("GET", url).json()
        assert page["total"] == len(maps.tables)
        names += [entry["resource"]["id"] for entry in page["entry"]]
        url = next((link["url"] for link in page["link"] if link["relation"] == "next"), None)
    assert names == sorted(maps.tables)


def test_search_by_url(ask: Ask) -> None:
    (entry,) = ask("GET", "/fhir/ConceptMap", params={"url": SEX}).json()["entry"]
    assert entry["fullUrl"] == "http://localhost:8080/fhir/ConceptMap/administrative-sex"
    assert entry["resource"]["group"]
    assert ask("GET", "/fhir/ConceptMap?colour=red").status_code == 400
    assert ask("GET", "/fhir/ConceptMap?_cursor=x").status_code == 400


def test_every_table_is_valid_r4(ask: Ask, maps: Maps) -> None:
    from fhir.resources.R4B.conceptmap import ConceptMap

    for name in maps.tables:
        ConceptMap.model_validate(ask("GET", f"/fhir/ConceptMap/{name}").json())


def test_metadata_says_so_only_where_it_is_true(ask: Ask, store: Store) -> None:
    resources = ask("GET", "/fhir/metadata").json()["rest"][0]["resource"]
    (entry,) = [one for one in resources if one["type"] == "ConceptMap"]
    assert [one["name"] for one in entry["operation"]] == ["translate"]
    assert {one["code"] for one in entry["interaction"]} == {"read", "search-type"}
    assert ask("POST", "/fhir/ConceptMap").status_code == 405
