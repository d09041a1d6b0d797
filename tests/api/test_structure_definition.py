"""StructureDefinition over the real application: qiao's own profiles and the official types."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest
from fastapi import FastAPI

from gateway.api import Context, Options, create_app
from gateway.store import Store
from gateway.validation.artefacts import shipped_artefacts
from gateway.validation.r4 import Definitions
from gateway.validation.terminology import Terminology

Ask = Callable[..., httpx.Response]
OWN = "urn:qiao:profile:prescription"


@pytest.fixture
def app(store: Store) -> FastAPI:
    options = Options(tenants=frozenset({"default", "second"}))
    return create_app(Context(store, options, terminology=Terminology(Definitions())))


def test_an_own_profile_is_served_whole(ask: Ask) -> None:
    answer = ask("GET", "/fhir/StructureDefinition/qiao-prescription")
    assert answer.status_code == 200
    assert answer.json() == shipped_artefacts()[OWN]
    assert ask("GET", "/t/second/fhir/StructureDefinition/qiao-prescription").status_code == 200


def test_it_is_found_by_its_url(ask: Ask) -> None:
    found = ask("GET", "/fhir/StructureDefinition", params={"url": OWN}).json()
    assert found["total"] == 1
    assert found["entry"][0]["resource"]["url"] == OWN
    assert ask("GET", "/fhir/StructureDefinition", params={"url": "urn:nowhere"}).json()["total"] == 0


def test_official_structures_say_that_they_are_not_whole(ask: Ask) -> None:
    found = ask("GET", "/fhir/StructureDefinition/bp").json()
    assert found["url"] == "http://hl7.org/fhir/StructureDefinition/bp"
    assert [tag["code"] for tag in found["meta"]["tag"]] == ["SUBSETTED"]


def test_the_list_begins_with_what_is_qiao_s_and_pages(ask: Ask) -> None:
    page = ask("GET", "/fhir/StructureDefinition").json()
    assert page["total"] > 600
    first = page["entry"][0]["resource"]
    assert first["url"].startswith("urn:qiao:")
    assert "differential" not in first
    following = next(link["url"] for link in page["link"] if link["relation"] == "next")
    assert ask("GET", following).status_code == 200


def test_what_is_not_there(ask: Ask) -> None:
    assert ask("GET", "/fhir/StructureDefinition/nobody").status_code == 404
    assert ask("GET", "/fhir/StructureDefinition", params={"colour": "red"}).status_code == 400


def test_a_search_counts_and_shapes_as_any_other(ask: Ask) -> None:
    page = ask("GET", "/fhir/StructureDefinition?_count=2&_total=accurate").json()
    assert (len(page["entry"]), page["total"] > 600) == (2, True)
    following = next(link["url"] for link in page["link"] if link["relation"] == "next")
    second = ask("GET", following).json()
    assert len(second["entry"]) == 2
    assert not {one["fullUrl"] for one in page["entry"]} & {one["fullUrl"] for one in second["entry"]}
    for counted in ("_summary=count", "_count=0"):
        told = ask("GET", f"/fhir/StructureDefinition?{counted}").json()
        assert (told["total"], "entry" in told) == (page["total"], False)
    short = ask("GET", f"/fhir/StructureDefinition?url={OWN}&_summary=true").json()
    assert "differential" not in short["entry"][0]["resource"]
    for bad in ("_count=-1", "_summary=x", "_total=x", "_count=1&_count=2"):
        assert ask("GET", f"/fhir/StructureDefinition?{bad}").status_code == 400


def test_a_search_may_be_posted(ask: Ask) -> None:
    for type_ in ("StructureDefinition", "ValueSet", "CodeSystem", "ConceptMap"):
        found = ask("POST", f"/fhir/{type_}/_search", data={"url": OWN, "_count": "1"})
        assert (found.status_code, found.json()["total"]) == (200, int(type_ == "StructureDefinition"))
