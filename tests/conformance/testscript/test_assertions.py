"""Assertions: what each asks, each operator, and that what cannot be evaluated is never passed."""

from __future__ import annotations

import base64
import json
import sys
from typing import Any

import pytest

from conformance.testscript import (
    Answer,
    Destination,
    HttpxSender,
    Issue,
    ProcessValidator,
    ServerValidator,
    Settings,
    load,
    run,
)
from conformance.testscript.content import Content
from conformance.testscript.unusable import Unusable
from tests.conformance.testscript.stub import PATIENT, Bench, Stub, expect, operation

pytestmark = pytest.mark.usefixtures("patient")

READ = operation("read", url="Patient/p1", request_header=[{"field": "X-Test", "value": "Some, thing"}])
READ_XML = operation("read", url="Patient/p1", accept="xml")
FAMILY = "Patient.name.family.first()"

HOLDS: list[dict[str, Any]] = [
    {"response": "okay"},
    {"response": "notFound", "operator": "notEquals"},
    {"response": "okay,created", "operator": "in"},
    {"response_code": "200"},
    {"response_code": "200,204", "operator": "in"},
    {"response_code": "400,404", "operator": "notIn"},
    {"response_code": "199", "operator": "greaterThan"},
    {"response_code": "300", "operator": "lessThan"},
    {"response_code": "2", "operator": "contains"},
    {"resource": "Patient"},
    {"resource": "Bundle", "operator": "notEquals"},
    {"content_type": "json"},
    {"content_type": "application/fhir+json"},
    {"content_type": "application/fhir+json;charset=utf-8"},
    {"content_type": "xml", "operator": "notEquals"},
    {"header_field": "etag", "value": 'W/"1"'},
    {"header_field": "ETag", "operator": "notEmpty"},
    {"header_field": "Location", "operator": "empty"},
    {"header_field": "X-Test", "direction": "request", "operator": "contains", "value": "thing"},
    {"header_field": "Content-Type", "operator": "notContains", "value": "xml"},
    {"direction": "request", "request_method": "get"},
    {"direction": "request", "request_method": "get,head", "operator": "in"},
    {"requestURL": "/fhir/Patient/p1"},
    {"requestURL": "Patient", "operator": "contains"},
    {"requestURL": "Observation", "operator": "notContains"},
    {"expression": "Patient.name.given.count() = 2"},
    {"expression": "Patient.name.given.count() = 2", "operator": "eval"},
    {"expression": "Patient.name.where(given.count() = 2)"},
    {"expression": "Patient.name.where(given contains 'San')", "operator": "eval"},
    {"expression": FAMILY, "value": "Zhang"},
    {"expression": "Patient.name.given", "value": "Yi"},
    {"expression": "Patient.name.given", "value": "Wu", "operator": "notEquals"},
    {"expression": "Patient.active", "value": "true"},
    {"expression": "Patient.multipleBirth", "value": "2.0"},
    {"expression": "Patient.multipleBirth", "value": "1.5", "operator": "greaterThan"},
    {"expression": "Patient.birthDate", "value": "1991-01-01", "operator": "lessThan"},
    {"expression": "Patient.telecom", "operator": "empty"},
    {"expression": "Patient.name", "operator": "notEmpty"},
    {"expression": FAMILY, "value": "Li, Zhang", "operator": "in"},
    {"expression": FAMILY, "value": "Li,Wang", "operator": "notIn"},
    {"expression": FAMILY, "value": "han", "operator": "contains"},
    {"path": "fhir:Patient/fhir:name/fhir:family/@value", "value": "Zhang"},
    {"path": "/f:Patient/f:birthDate/@value", "value": "1990-03-07"},
    {"path": "Patient/birthDate", "value": "1990-03-07"},
    {"path": "count(//fhir:name)", "value": "2"},
    {"path": "count(fhir:Patient/fhir:name) = 2"},
    {"path": "$.name[0].given[1]", "value": "Yi"},
    {"path": ".name[*].family", "value": "Zhang"},
    {"path": "$.name[?(@.given)].given.length()", "value": "2"},
    {"path": "$..family", "operator": "notEmpty"},
    {"path": "$.telecom", "operator": "empty"},
    {"compare_to_source_id": "same", "compare_to_source_expression": "Patient.name.given"},
    {"expression": FAMILY, "compare_to_source_id": "same", "compare_to_source_path": "$.name[0].family"},
    {
        "path": "$.birthDate",
        "compare_to_source_id": "same",
        "compare_to_source_expression": "Patient.birthDate",
    },
    {"minimum_id": "less"},
    {"minimum_id": "less-xml"},
    {"source_id": "same", "expression": FAMILY, "value": "Zhang"},
]
FAILS: list[dict[str, Any]] = [
    {"response": "created"},
    {"response": "okay", "operator": "notEquals"},
    {"response_code": "20"},
    {"resource": "Observation"},
    {"content_type": "xml"},
    {"header_field": "ETag", "operator": "empty"},
    {"header_field": "Location", "value": "x"},
    {"direction": "request", "request_method": "post"},
    {"requestURL": "Patient"},
    {"expression": "Patient.name.exists().not()"},
    {"expression": "Patient.telecom", "operator": "eval"},
    {"expression": "Patient.telecom.where(system = 'phone')"},
    {"expression": "Patient.name.given", "value": "San", "operator": "notEquals"},
    {"expression": "Patient.name.given", "value": "San", "operator": "notIn"},
    {"expression": "Patient.telecom", "value": "1"},
    {"expression": "Patient.multipleBirth", "value": "2", "operator": "greaterThan"},
    {"path": "count(fhir:Patient/fhir:name) = 0"},
    {"path": "$.nothing", "value": "x"},
    {"minimum_id": "more"},
    {"minimum_id": "doubled"},
    {"compare_to_source_id": "more", "compare_to_source_expression": "Patient.name.given"},
    {"path": "$.name", "value": "x", "operator": "contains"},
]
UNUSABLE: list[tuple[dict[str, Any], str]] = [
    ({"response": "ok"}, "R4 has no response code ok"),
    ({"response": "okay", "response_code": "200"}, "tst-5"),
    ({"response": "okay", "direction": "request"}, "tst-12"),
    ({"operator": "equals"}, "does not say what it asserts"),
    ({"content_type": "", "operator": "contains"}, "contentType is empty"),
    ({"expression": "Patient.id", "value": "", "operator": "contains"}, "an empty text is in every text"),
    ({"response": "okay", "operator": "equal"}, "R4 has no operator equal"),
    ({"response": "okay", "direction": "both"}, "R4 has no direction both"),
    ({"response": "okay", "requirement": []}, "R4 has no element requirement"),
    ({"response": "okay", "operator": "eval"}, "does not apply here"),
    ({"header_field": "ETag"}, "needs a value"),
    ({"expression": "Patient.name"}, "gives several values"),
    ({"expression": "Patient.name", "operator": "eval"}, "gives several values"),
    ({"path": "$.birthDate"}, "has no value, and gives no boolean"),
    ({"path": "//fhir:telecom"}, "has no value, and gives no boolean"),
    ({"expression": "Patient.name.("}, "malformed"),
    ({"expression": "Patient.foo()"}, "cannot be evaluated"),
    ({"expression": "Patient.name.family", "value": "5", "operator": "greaterThan"}, "no order"),
    ({"expression": "Patient.active", "compare_to_source_id": "same"}, "tst-10"),
    ({"expression": "true", "compare_to_source_expression": "true"}, "tst-10"),
    ({"path": "fhir:Patient["}, "XPath"),
    ({"path": "$.name[0:1]"}, "JSONPath is not supported from here"),
    (
        {"path": "Patient/id", "compare_to_source_id": "same", "compare_to_source_path": "$.no"},
        "nothing to compare",
    ),
    ({"minimum_id": "absent"}, "there is no fixture and no message absent"),
    ({"minimum_id": "same", "operator": "notEquals"}, "minimumId with notEquals"),
    ({"source_id": "same", "response": "okay"}, "is no answer"),
    ({"source_id": "same", "request_method": "get"}, "no request"),
    ({"validate_profile_id": "none"}, "the script has no profile none"),
    ({"validate_profile_id": "patient"}, "no validator is configured"),
    ({"validate_profile_id": "lost"}, "there is no file lost.json"),
    ({"expression": "Patient.id", "value": "${nobody}"}, "there is no variable ${nobody}"),
]


def given(bench: Bench) -> dict[str, Any]:
    """Fixtures that all of these look at."""
    less = {
        "resourceType": "Patient",
        "name": [{"family": "Zhang"}, {"given": ["Yi"]}],
        "multipleBirthInteger": 2,
    }
    bench.write("same.json", PATIENT)
    bench.write("less.json", less)
    bench.write("less.xml", '<Patient xmlns="http://hl7.org/fhir"><name><given value="San"/></name>'
                '<active value="true"/></Patient>')  # fmt: skip
    bench.write("more.json", PATIENT | {"gender": "male", "name": [{"given": ["Wu"]}]})
    bench.write("doubled.json", {"resourceType": "Patient", "name": [{"given": ["San"]}, {"given": ["San"]}]})
    names = {"same": "same.json", "less": "less.json", "less-xml": "less.xml", "more": "more.json",
             "doubled": "doubled.json"}  # fmt: skip
    profiles = {"patient": "http://hl7.org/fhir/StructureDefinition/Patient", "lost": "lost.json"}
    return {
        "fixture": [
            {"id": id_, "autocreate": False, "autodelete": False, "resource": {"reference": file}}
            for id_, file in names.items()
        ],
        "profile": [{"id": id_, "reference": reference} for id_, reference in profiles.items()],
    }


def name(said: dict[str, Any]) -> str:
    return "-".join(f"{one}" for one in said.values())


@pytest.mark.parametrize("said", HOLDS, ids=name)
def test_what_holds_passes(bench: Bench, said: dict[str, Any]) -> None:
    result, message = bench.last(READ, expect(**said), **given(bench))
    assert result == "pass", message


@pytest.mark.parametrize("said", FAILS, ids=name)
def test_what_does_not_hold_fails_and_says_what_was_found(bench: Bench, said: dict[str, Any]) -> None:
    result, message = bench.last(READ, expect(**said), **given(bench))
    assert result == "fail", message
    assert "found" in message or "lacks" in message


@pytest.mark.parametrize(("said", "reason"), UNUSABLE, ids=[name(said) for said, _ in UNUSABLE])
def test_what_cannot_be_evaluated_is_an_error_with_its_reason(
    bench: Bench, said: dict[str, Any], reason: str
) -> None:
    result, message = bench.last(READ, expect(**said), **given(bench))
    assert (result, reason in message) == ("error", True), message


@pytest.mark.parametrize(
    "said", [one for one in HOLDS if not {"content_type", "header_field"} & set(one)], ids=name
)
def test_an_answer_in_xml_is_the_same_as_in_json(bench: Bench, said: dict[str, Any]) -> None:
    result, message = bench.last(READ_XML, expect(**said), **given(bench))
    assert result == "pass", message


def test_a_warning_does_not_stop_and_what_cannot_be_evaluated_is_then_skipped(bench: Bench) -> None:
    found = bench.run(
        READ,
        expect(response="created", warning_only=True),
        expect(expression="Patient.(", warning_only=True),
        expect(response="okay"),
    )
    assert [str(one.result) for one in found.tests[0].actions] == ["pass", "warning", "skip", "pass"]
    assert found.passed


def test_navigation_links_are_all_three_and_false_asserts_nothing(bench: Bench, server: Stub) -> None:
    search = operation("search", resource="Patient")
    assert bench.last(search, expect(navigation_links=True)) == (
        "pass",
        "it has the links first, last and next",
    )
    assert bench.last(search, expect(navigation_links=False))[0] == "skip"
    bundle = {"resourceType": "Bundle", "type": "searchset", "link": [{"relation": "first", "url": "x"}]}
    server.answers["/Patient"] = (200, {"Content-Type": "application/fhir+json"}, json.dumps(bundle).encode())
    assert bench.last(search, expect(navigation_links=True)) == ("fail", "links are missing: last, next")


def test_only_the_latest_exchange_is_looked_at(bench: Bench) -> None:
    found = bench.results(READ, operation("read", url="Patient/none"), expect(response="notFound"),
                          expect(resource="OperationOutcome"))  # fmt: skip
    assert found == ["pass"] * 4


def test_without_an_operation_there_is_nothing_to_look_at(bench: Bench) -> None:
    assert bench.last(expect(response="okay")) == ("error", "no operation was answered before")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<html><body>Welcome</body></html>", "no resource of FHIR R4"),
        (b"{", "the JSON cannot be read"),
        (b"", "there is no body"),
        (b'["x"]', "it has no resourceType"),
        pytest.param(b"[" * 200 + b"]" * 200, "nested deeper than 100 levels", id="deep"),
        pytest.param(b"[" * 200_000, "the JSON cannot be read", id="very-deep"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><Patient xmlns="http://hl7.org/fhir"/>', "DOCTYPE"),
        pytest.param(b"<a>" * 200 + b"</a>" * 200, "nested deeper than 100 levels", id="deep-xml"),
        (
            b'<Patient xmlns="http://hl7.org/fhir"><nome value="x"/></Patient>',
            "R4 has no element Patient.nome",
        ),
    ],
)
def test_an_answer_that_is_no_resource_is_no_reason_to_fall(
    bench: Bench, server: Stub, body: bytes, reason: str
) -> None:
    server.answers["/Patient/p1"] = (200, {"Content-Type": "text/html"}, body)
    assert bench.results(READ, expect(response="okay"), expect(resource="Patient")) == [
        "pass",
        "pass",
        "fail",
    ]
    result, message = bench.last(READ, expect(expression="Patient.id", value="p1"))
    assert result == "error" and reason in message


def outcome(*issues: dict[str, str]) -> bytes:
    return json.dumps({"resourceType": "OperationOutcome", "issue": list(issues)}).encode()


@pytest.mark.parametrize(
    ("status", "body", "result"),
    [
        (200, outcome({"severity": "information", "code": "informational"}), "pass"),
        (200, outcome({"severity": "error", "code": "invalid", "diagnostics": "no name"}), "fail"),
        (422, outcome({"severity": "fatal", "code": "invalid"}), "fail"),
        (200, outcome({"severity": "warning", "code": "not-found"}), "error"),
        (404, outcome({"severity": "error", "code": "not-found"}), "error"),
        (200, b"<html/>", "error"),
    ],
)
def test_a_server_validates_itself(bench: Bench, server: Stub, status: int, body: bytes, result: str) -> None:
    url = "/Patient/$validate?profile=http%3A%2F%2Fhl7.org%2Ffhir%2FStructureDefinition%2FPatient"
    server.answers[url] = (status, {"Content-Type": "application/fhir+json"}, body)
    with HttpxSender() as sender:
        settings = Settings(validator=ServerValidator(sender, Destination(server.base)))
        found = bench.last(READ, expect(validate_profile_id="patient"), settings=settings, **given(bench))
    assert found[0] == result, found


def process(program: str) -> ProcessValidator:
    return ProcessValidator([sys.executable, "-c", program])


def test_a_program_validates() -> None:
    echo = (
        "import json,sys; body=json.load(sys.stdin.buffer); "
        "bad=body['id']!='p1' or sys.argv[1:]!=['--profile','urn:p','-']; "
        "issue={'severity':'error','message':'m','location':'Patient'}; "
        "print(json.dumps({'valid':not bad,'issues':[issue]*bad})); sys.exit(bad)"
    )
    validator = process(echo)
    assert validator(Content(json.dumps(PATIENT).encode()), "urn:p") == []
    assert validator(Content(b'{"resourceType": "Patient", "id": "x"}'), "urn:p") == [
        Issue("error", "m", "Patient")
    ]


@pytest.mark.parametrize(
    "validator",
    [
        ProcessValidator(["/nowhere/validator"]),
        process("import sys; sys.exit('no such profile')" + "; sys.exit(2)"),
        process("import sys; sys.exit(2)"),
        process("print('all is well')"),
        process("print('{}')"),
    ],
)
def test_a_program_that_does_not_validate_is_no_pass(validator: ProcessValidator) -> None:
    with pytest.raises(Unusable):
        validator(Content(b'{"resourceType": "Patient"}'), "urn:p")


def test_a_profile_beside_the_script_is_meant_by_its_own_url(bench: Bench) -> None:
    asked: list[str] = []

    def validator(content: Content, profile: str) -> list[Issue]:
        asked.append(profile)
        return []

    bench.write("profile.json", {"resourceType": "StructureDefinition", "url": "urn:example:profile"})
    result, _ = bench.last(
        READ, expect(validate_profile_id="own"), settings=Settings(validator=validator),
        profile=[{"id": "own", "reference": "profile.json"}],
    )  # fmt: skip
    assert (result, asked) == ("pass", ["urn:example:profile"])


def test_answers_from_any_sender_are_judged(bench: Bench) -> None:
    """The protocol is one call: a harness records and masks behind it."""
    sent: list[tuple[str, str, bytes | None]] = []

    def sender(method: str, url: str, headers: Any, body: bytes | None) -> Answer:
        sent.append((method, url, body))
        return Answer(200, {"Content-Type": "text/plain", "X-A": "b"}, base64.b64encode(b"x"))

    script = load(bench.script(operation("read", url="Patient/1"), expect(header_field="x-a", value="b")))
    assert run(script, Destination("https://target.example/fhir/"), sender=sender).passed
    assert sent == [("GET", "https://target.example/fhir/Patient/1", None)]
