"""XML over the real application: every answer and every error says what the JSON says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from gateway.api import Context, create_app
from gateway.canonical.json import loads
from gateway.store import Store
from gateway.validation import Definitions, Examination, Validator, examine
from gateway.validation.terminology import Terminology
from gateway.validation.xml import from_xml, to_xml

Ask = Callable[..., httpx.Response]
Put = Callable[..., None]

XML = "application/fhir+xml"
JSON = "application/fhir+json"
PATIENT = {
    "resourceType": "Patient",
    "id": "1",
    "text": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">a<br/> &lt;b</div>'},
    "extension": [{"url": "urn:x", "valueDecimal": 5}],
    "name": [{"family": "张 & <b>", "given": ["A", "B"]}],
    "birthDate": "1990-03-07",
}
WRONG = b"""<Patient xmlns="http://hl7.org/fhir">
  <gender value="M"/>
  <foo value="1"/>
</Patient>"""


@pytest.fixture(scope="module")
def validator() -> Validator:
    return Validator()


@pytest.fixture
def app(store: Store, validator: Validator) -> FastAPI:
    def check(data: bytes, profiles: Sequence[str]) -> Examination:
        return examine(validator, data, profiles)

    return create_app(Context(store, examine=check, terminology=Terminology(Definitions())))


@pytest.mark.parametrize(
    "path",
    [
        "/fhir/Patient/1",
        "/fhir/Patient/1/_history/1",
        "/fhir/Patient?birthdate=1990-03-07",
        "/fhir/Patient?_id=none",
        "/fhir/metadata",
        "/fhir/metadata?mode=terminology",
        "/fhir/StructureDefinition/Patient",
        "/fhir/ValueSet/administrative-gender",
        "/fhir/ValueSet/$expand?url=http://hl7.org/fhir/ValueSet/administrative-gender",
        "/fhir/CodeSystem/$lookup?system=http://hl7.org/fhir/administrative-gender&code=male",
        "/fhir/Patient/none",
        "/fhir/Patient/1/_history/7",
        "/fhir/Nothing",
        "/fhir/Patient/1?foo=1",
        "/fhir/Patient?birthdate=x",
        "/nothing",
    ],
)
def test_xml_says_what_json_says(ask: Ask, put: Put, path: str) -> None:
    put(PATIENT)
    plain = ask("GET", path)
    assert plain.headers["content-type"] == JSON
    answer = ask("GET", path, headers={"Accept": XML})
    assert answer.headers["content-type"] == XML
    assert answer.headers["vary"].startswith("accept")
    assert plain.headers["vary"].startswith("accept")
    packed = "content-encoding" in answer.headers
    assert packed or int(answer.headers["content-length"]) == len(answer.content)
    assert answer.status_code == plain.status_code
    assert without_moments(from_xml(answer.content)) == without_moments(loads(plain.content))
    assert answer.headers.get("etag") == plain.headers.get("etag")
    head = ask("HEAD", path, headers={"Accept": XML})
    assert (head.content, head.headers["content-type"]) == (b"", XML)


def without_moments(resource: dict[str, Any]) -> dict[str, Any]:
    """What may differ between two answers: when an expansion was made."""
    expansion = resource.get("expansion", {})
    return resource | {
        "expansion": {k: v for k, v in expansion.items() if k not in ("timestamp", "identifier")}
    }


@pytest.mark.parametrize(
    ("accept", "format_", "media"),
    [
        (XML, None, XML),
        ("application/xml", None, XML),
        ("text/xml", None, XML),
        (f"{XML}; fhirVersion=4.0", None, XML),
        (f"{JSON};q=0.5, {XML};q=0.9", None, XML),
        (f"{JSON};q=0, {XML};q=0.1", None, XML),
        (f"{XML}, */*;q=0.1", None, XML),
        (f"{XML}, {JSON}", None, JSON),
        (f"{XML};q=0.4, {JSON};q=0.5", None, JSON),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", None, JSON),
        ("*/*", None, JSON),
        (JSON, "xml", XML),
        (JSON, "XML", XML),
        (JSON, "text/xml", XML),
        (JSON, "application/xml", XML),
        (JSON, "application/fhir%2Bxml", XML),
        (JSON, "application/fhir+xml", XML),
        (XML, "json", JSON),
    ],
)
def test_who_asks_for_it_gets_it(ask: Ask, put: Put, accept: str, format_: str | None, media: str) -> None:
    put(PATIENT)
    for path in ("/fhir/Patient/1", "/fhir/Patient/none", "/fhir/Patient", "/fhir/metadata"):
        url = f"{path}?_format={format_}" if format_ else path
        answer = ask("GET", url, headers={"Accept": accept})
        assert answer.headers["content-type"] == media, url
        assert (b"<?xml" in answer.content) == (media == XML)


@pytest.mark.parametrize(
    ("accepts", "status", "media"),
    [
        (["image/png", XML], 200, XML),
        ([XML, JSON + ";q=0.5"], 200, XML),
        ([XML + ";q=0.5", JSON], 200, JSON),
        ([JSON, "image/png"], 200, JSON),
        (["image/png", "text/plain"], 406, JSON),
    ],
)
def test_all_accept_headers_are_read(ask: Ask, put: Put, accepts: list[str], status: int, media: str) -> None:
    put(PATIENT)
    for path in ("/fhir/Patient/1", "/fhir/Patient"):
        answer = ask("GET", path, headers=[("Accept", each) for each in accepts])
        assert (answer.status_code, answer.headers["content-type"]) == (status, media)


def test_json_is_the_bytes_of_the_store(ask: Ask, put: Put, monkeypatch: pytest.MonkeyPatch) -> None:
    put(PATIENT)
    monkeypatch.setattr("gateway.api.representation.loads", None)
    assert ask("GET", "/fhir/Patient/1").status_code == 200
    assert ask("GET", "/fhir/Patient/1", headers={"Accept": JSON}).status_code == 200


def test_pretty_has_a_line_for_each_element(ask: Ask, put: Put) -> None:
    put(PATIENT)
    answer = ask("GET", "/fhir/Patient/1?_format=xml&_pretty=true")
    assert '\n  <id value="1"/>\n' in answer.text
    assert from_xml(answer.content) == loads(ask("GET", "/fhir/Patient/1").content)
    assert "\n  <" not in ask("GET", "/fhir/Patient/1?_format=xml").text


def test_a_form_can_ask_for_it(ask: Ask, put: Put) -> None:
    put(PATIENT)
    answer = ask("POST", "/fhir/Patient/_search", data={"_id": "1", "_format": "xml", "_pretty": "true"})
    assert answer.headers["content-type"] == XML
    assert "\n  <" in answer.text
    assert from_xml(answer.content)["entry"][0]["resource"]["id"] == "1"
    wrong = ask("POST", "/fhir/Patient/_search", data={"birthdate": "x", "_format": "xml"})
    assert (wrong.status_code, wrong.headers["content-type"]) == (400, XML)


def test_what_is_unchanged_is_304_in_xml_too(ask: Ask, put: Put) -> None:
    put(PATIENT)
    answer = ask("GET", "/fhir/Patient/1", headers={"Accept": XML, "If-None-Match": 'W/"1"'})
    assert (answer.status_code, answer.content) == (304, b"")


def test_bounds_of_the_url_are_told_as_xml(ask: Ask) -> None:
    for path, status in (
        ("/fhir/Patient?identifier=" + "x" * 9000, 414),
        ("/fhir/Patient?" + "&" * 200, 400),
    ):
        answer = ask("GET", path, headers={"Accept": XML})
        assert answer.status_code == status
        assert from_xml(answer.content)["resourceType"] == "OperationOutcome"


def test_an_error_of_ours_is_xml_too(ask: Ask, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("Zhang San")

    monkeypatch.setattr(store, "read", broken)
    answer = ask("GET", "/fhir/Patient/1", headers={"Accept": XML})
    assert (answer.status_code, from_xml(answer.content)["issue"][0]["code"]) == (500, "exception")


def test_what_xml_cannot_hold_is_406(ask: Ask, put: Put) -> None:
    put({"resourceType": "Patient", "id": "2", "name": [{"family": "a\x01b"}]})
    assert ask("GET", "/fhir/Patient/2").status_code == 200
    answer = ask("GET", "/fhir/Patient/2", headers={"Accept": XML})
    issue = from_xml(answer.content)["issue"][0]
    assert (answer.status_code, issue["code"]) == (406, "not-supported")
    assert "name[0].family" in issue["diagnostics"]


def test_other_formats_are_406_and_name_both(ask: Ask) -> None:
    answer = ask("GET", "/fhir/Patient", headers={"Accept": "text/turtle"})
    assert answer.status_code == 406
    assert XML in answer.json()["issue"][0]["diagnostics"]
    assert set(ask("GET", "/fhir/metadata").json()["format"]) == {JSON, XML, "json", "xml"}


def test_validate_takes_xml_and_names_its_lines(ask: Ask) -> None:
    answer = ask("POST", "/fhir/Patient/$validate", content=WRONG, headers={"Content-Type": XML})
    assert (answer.status_code, answer.headers["content-type"]) == (200, JSON)
    told = {
        one["expression"][0]: (one["details"]["text"], one["extension"][0]["valueInteger"])
        for one in answer.json()["issue"]
        if one["severity"] == "error"
    }
    assert told == {"Patient.gender": ("binding", 2), "Patient.foo": ("xml-element", 3)}
    broken = ask("POST", "/fhir/Patient/$validate", content=b"<Patient>", headers={"Content-Type": XML})
    assert broken.json()["issue"][0]["severity"] == "fatal"
    as_xml = ask(
        "POST", "/fhir/Patient/$validate", content=WRONG, headers={"Content-Type": XML, "Accept": XML}
    )
    assert len(from_xml(as_xml.content)["issue"]) == len(answer.json()["issue"])


def test_validate_takes_parameters_in_xml(ask: Ask) -> None:
    given = {
        "resourceType": "Parameters",
        "parameter": [{"name": "resource", "resource": {**PATIENT, "gender": "M"}}],
    }
    text = to_xml(given)
    answer = ask("POST", "/fhir/Patient/$validate", content=text, headers={"Content-Type": XML})
    assert "Patient.gender" in answer.text
    spoilt = text.replace(b"<gender", b"<foo/><gender")
    answer = ask("POST", "/fhir/Patient/$validate", content=spoilt, headers={"Content-Type": XML})
    assert (answer.status_code, "line 1" in answer.text) == (400, True)


def test_operations_take_parameters_in_xml(ask: Ask) -> None:
    coding = {"system": "http://hl7.org/fhir/administrative-gender", "code": "male"}
    given = {"resourceType": "Parameters", "parameter": [{"name": "coding", "valueCoding": coding}]}
    path, headers = "/fhir/CodeSystem/$validate-code", {"Content-Type": XML, "Accept": XML}
    answer = ask("POST", path, content=to_xml(given), headers=headers)
    assert from_xml(answer.content)["parameter"][0] == {"name": "result", "valueBoolean": True}
    wrong = ask("POST", path, content=b"<Parameters/>", headers=headers)
    assert (wrong.status_code, from_xml(wrong.content)["issue"][0]["code"]) == (400, "invalid")
    assert ask("POST", path, content=b"x", headers={"Content-Type": "text/plain"}).status_code == 415
