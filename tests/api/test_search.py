"""Search over HTTP: Bundles, paging by links, POST, errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class

Ask = Callable[..., Any]
Put = Callable[..., None]


def patient(id_: str) -> dict[str, Any]:
    return {"resourceType": "Patient", "id": id_, "identifier": [{"system": "urn:x", "value": f"张|{id_}"}]}


def observation(id_: str, subject: str) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": id_,
        "status": "final",
        "code": {"text": "x"},
        "subject": {"reference": f"Patient/{subject}"},
    }


def ids(bundle: dict[str, Any]) -> list[str]:
    return [entry["resource"]["id"] for entry in bundle.get("entry", [])]


def test_a_searchset_is_a_valid_bundle(ask: Ask, put: Put) -> None:
    put(patient("p1"), observation("o1", "p1"))
    answer = ask("GET", "/fhir/Observation?patient=p1&_include=Observation:subject&_total=accurate")
    assert answer.headers["content-type"] == "application/fhir+json"
    bundle = answer.json()
    get_fhir_model_class("Bundle").model_validate_json(answer.content)
    assert (bundle["type"], bundle["total"]) == ("searchset", 1)
    assert [(entry["fullUrl"], entry["search"]["mode"]) for entry in bundle["entry"]] == [
        ("http://localhost:8080/fhir/Observation/o1", "match"),
        ("http://localhost:8080/fhir/Patient/p1", "include"),
    ]


def test_an_empty_searchset_is_valid(ask: Ask) -> None:
    answer = ask("GET", "/fhir/Patient")
    get_fhir_model_class("Bundle").model_validate_json(answer.content)
    assert "entry" not in answer.json()


def test_next_links_lead_through_everything(ask: Ask, put: Put) -> None:
    put(*(patient(f"p{n}") for n in range(12)))
    url, seen = "/fhir/Patient?_count=5", []
    while url:
        bundle = ask("GET", url).json()
        seen += ids(bundle)
        put(patient(f"new{len(seen)}"))
        links = {link["relation"]: link["url"] for link in bundle["link"]}
        assert links["self"].startswith("http://localhost:8080/fhir/Patient?")
        url = links.get("next", "")
    assert seen == [f"p{n}" for n in reversed(range(12))]


def test_links_are_urls(ask: Ask, put: Put) -> None:
    """RFC 3986 §2: clients parse them; a bar or a space is none of their characters."""
    put(patient("p1"), patient("p2"))
    bundle = ask("GET", "/fhir/Patient", params={"identifier": "urn:x|p1,urn:x|p2, x", "_count": "1"}).json()
    assert bundle["link"]
    assert not [link for link in bundle["link"] if set(link["url"]) & set('| "<>\\^`{}')]


def test_links_and_full_urls_stay_with_their_tenant(ask: Ask, put: Put) -> None:
    put(patient("p1"), patient("p2"), tenant="second")
    bundle = ask("GET", "/t/second/fhir/Patient?_count=1").json()
    assert bundle["entry"][0]["fullUrl"] == "http://localhost:8080/t/second/fhir/Patient/p2"
    following = next(link["url"] for link in bundle["link"] if link["relation"] == "next")
    assert ids(ask("GET", following).json()) == ["p1"]
    cursor = following.rpartition("_cursor=")[2]
    assert ask("GET", f"/fhir/Patient?_cursor={cursor}").status_code == 400


def test_values_are_decoded_once(ask: Ask, put: Put) -> None:
    put(patient("p1"))
    assert ids(ask("GET", "/fhir/Patient", params={"identifier": "urn:x|张\\|p1"}).json()) == ["p1"]


def test_the_same_search_by_post(ask: Ask, put: Put) -> None:
    put(patient("p1"), observation("o1", "p1"), observation("o2", "p2"))
    answer = ask("POST", "/fhir/Observation/_search?_count=10", data={"patient": "p1"})
    assert (answer.status_code, ids(answer.json())) == (200, ["o1"])
    assert ask("POST", "/fhir/Observation/_search", json={}).status_code == 415
    assert ask("POST", "/fhir/Observation/_search", data={"code": "x" * 70_000}).status_code == 413
    assert ask("POST", "/fhir/Observation/_search", data={"foo": "1"}).status_code == 400


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("foo=1", "foo"),
        ("_count=-1", "_count"),
        ("_count=x", "_count"),
        ("_cursor=x", "_cursor"),
        ("_include=Patient:foo", "_include"),
        ("identifier=", "identifier"),
        ("_lastUpdated=2026-13", "_lastUpdated"),
        ("name:text=x", "name"),
        ("_has:Observation:code=x", "_has"),
        ("%3Cscript%3E=1", "<script>"),
    ],
)
def test_a_bad_parameter_is_400_and_named(ask: Ask, query: str, named: str) -> None:
    answer = ask("GET", f"/fhir/Patient?{query}")
    assert answer.status_code == 400
    get_fhir_model_class("OperationOutcome").model_validate_json(answer.content)
    issue = answer.json()["issue"][0]
    assert named in issue["diagnostics"]
    assert issue["expression"] == [f"http.{named}"]


def test_an_unknown_parameter_lists_the_known_ones(ask: Ask) -> None:
    text = ask("GET", "/fhir/Observation?foo=1").json()["issue"][0]["diagnostics"]
    assert all(name in text for name in ("patient", "encounter", "status", "code", "date", "_lastUpdated"))


def test_what_is_not_utf8_is_400(ask: Ask) -> None:
    assert ask("GET", "/fhir/Patient?identifier=%ff").status_code == 400
    many = "&".join(f"identifier=x{n}" for n in range(120))
    assert (
        ask(
            "POST",
            "/fhir/Patient/_search",
            content=many.encode(),
            headers={"content-type": "application/x-www-form-urlencoded"},
        ).status_code
        == 400
    )


def test_a_large_count_is_bounded(ask: Ask, put: Put) -> None:
    put(*(patient(f"p{n}") for n in range(1001)))
    bundle = ask("GET", "/fhir/Patient?_count=999999999").json()
    assert len(bundle["entry"]) == 1000
    assert [link["relation"] for link in bundle["link"]] == ["self", "first", "next"]
    assert len(ask("GET", "/fhir/Patient").json()["entry"]) == 50


def test_all_types_at_once(ask: Ask, put: Put) -> None:
    put(patient("p1"), observation("o1", "p1"))
    for answer in (
        ask("GET", "/fhir?_type=Patient,Observation"),
        ask("GET", "/fhir/?_lastUpdated=gt2000"),
        ask("POST", "/fhir/_search", data={"_type": "Patient,Observation"}),
    ):
        assert answer.status_code == 200, answer.text
        assert set(ids(answer.json())) == {"p1", "o1"}
    assert ask("GET", "/fhir?_type=Nothing").status_code == 400


def test_a_lenient_search_says_what_it_left_out(ask: Ask, put: Put) -> None:
    put(patient("p1"))
    answer = ask("GET", "/fhir/Patient?foo=1&_id=p1&_count=5", headers={"Prefer": "handling=lenient"})
    assert answer.status_code == 200
    bundle = answer.json()
    get_fhir_model_class("Bundle").model_validate_json(answer.content)
    assert [entry["search"]["mode"] for entry in bundle["entry"]] == ["match", "outcome"]
    assert "foo" in str(bundle["entry"][1]["resource"]["issue"])
    assert bundle["link"][0]["url"] == "http://localhost:8080/fhir/Patient?_id=p1&_count=5"
    assert ask("GET", "/fhir/Patient?foo=1", headers={"Prefer": "handling=strict"}).status_code == 400


def test_the_first_page_is_linked(ask: Ask, put: Put) -> None:
    put(patient("p1"), patient("p2"))
    first = ask("GET", "/fhir/Patient?_count=1").json()
    links = {link["relation"]: link["url"] for link in first["link"]}
    second = ask("GET", links["next"]).json()
    back = {link["relation"]: link["url"] for link in second["link"]}["first"]
    assert back == links["first"] == "http://localhost:8080/fhir/Patient?_count=1"
    assert ids(ask("GET", back).json()) == ids(first)


def test_a_search_of_one_type_says_where_one_of_several_goes(ask: Ask) -> None:
    answer = ask("GET", "/fhir/Patient?_type=Patient,Observation")
    assert answer.status_code == 400
    assert "several types goes to the base" in answer.json()["issue"][0]["diagnostics"]
