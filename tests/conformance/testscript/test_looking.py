"""FHIRPath, XPath, JSONPath, containment and the conversion between JSON and XML, by themselves."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.simulators.exact import Number, dumps, loads
from conformance.testscript import Answer, Destination, Unsupported, Unusable, load, run
from conformance.testscript import test_report as reported
from conformance.testscript.action_reading import ASKED, OPERATORS
from conformance.testscript.containment import missing
from conformance.testscript.content import Content
from conformance.testscript.looking import fhirpath, path
from conformance.testscript.operation_codes import CODES
from conformance.testscript.xml_reading import parse, resource
from conformance.testscript.xml_writing import to_xml

BUNDLE: dict[str, Any] = {
    "resourceType": "Bundle",
    "type": "message",
    "entry": [
        {
            "fullUrl": "http://a.example/MessageHeader/h",
            "resource": {
                "resourceType": "MessageHeader",
                "sender": {"reference": "Organization/o/_history/2"},
                "focus": [{"reference": "urn:uuid:1"}, {"reference": "#c"}],
                "responsible": {"reference": "Practitioner/elsewhere"},
                "contained": [{"resourceType": "Basic", "id": "c"}],
            },
        },
        {
            "fullUrl": "http://a.example/Organization/o",
            "resource": {"resourceType": "Organization", "name": "North"},
        },
        {
            "fullUrl": "urn:uuid:1",
            "resource": {"resourceType": "Observation", "valueQuantity": {"value": Number("5.60")}},
        },
    ],
}


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("Bundle.entry.resource.ofType(MessageHeader).sender.resolve().name", ["North"]),
        ("Bundle.entry[0].resource.sender.reference.resolve().name", ["North"]),
        ("Bundle.entry[0].resource.focus[0].resolve().value.value", ["5.60"]),
        ("Bundle.entry[0].resource.focus[1].resolve().id", ["c"]),
        ("Bundle.entry.resource.ofType(Observation).value.ofType(Quantity).value > 5.5", [True]),
        ("Bundle.entry.resource.ofType(Observation).valueQuantity.value", ["5.60"]),
        ("Bundle.entry.count()", [3]),
        ("%resource.type", ["message"]),
    ],
)
def test_fhirpath(expression: str, found: list[Any]) -> None:
    assert fhirpath(BUNDLE, expression) == found


@pytest.mark.parametrize(
    "expression",
    [
        "Bundle.entry[0].resource.responsible.resolve()",
        "type.memberOf('urn:x')",
        "type.(",
        "",
        "type b",
        "(" * 999,
    ],
)
def test_fhirpath_that_is_not_evaluated_says_so(expression: str) -> None:
    with pytest.raises(Unusable):
        fhirpath(BUNDLE, expression)


def test_json_path_beyond_what_is_known_is_named() -> None:
    with pytest.raises(Unsupported, match="from here"):
        path(Content(dumps(BUNDLE).encode()), "$.entry[?(@.a > 1)]")


@pytest.mark.parametrize(
    ("minimum", "actual", "place"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, None),
        ({"a": 1}, {"a": True}, "a"),
        ({"a": Number("5.0")}, {"a": Number("5.0")}, None),
        ({"a": Number("5.0")}, {"a": "5.0"}, "a"),
        ({"a": [1, 2]}, {"a": [2, 3, 1]}, None),
        ({"a": [1, 1]}, {"a": [1]}, "a[1]"),
        ({"a": [{"x": 1}, {"x": 1, "y": 2}]}, {"a": [{"x": 1, "y": 2}, {"x": 1}]}, None),
        ({"a": {"b": [{"c": "d"}]}}, {"a": {"b": [{"c": "e"}]}}, "a.b[0]"),
        ({"a": [1]}, {"a": 1}, "a"),
        ({"a": {}}, {"a": None}, "a"),
    ],
)
def test_containment(minimum: Any, actual: Any, place: str | None) -> None:
    assert missing(minimum, actual) == place


words = st.text(st.characters(min_codepoint=32, exclude_categories=("Cs", "Cn")), min_size=1, max_size=20)
extension = st.builds(lambda url, said: {"url": url, "valueString": said}, words, words)
names = st.fixed_dictionaries(
    {}, optional={"family": words, "given": st.lists(words, min_size=1, max_size=3), "id": st.just("n")}
).filter(bool)
patients = st.fixed_dictionaries(
    {"resourceType": st.just("Patient")},
    optional={
        "id": st.just("p"), "active": st.booleans(), "name": st.lists(names, min_size=1, max_size=2),
        "multipleBirthInteger": st.integers(-9, 99), "extension": st.lists(extension, min_size=1, max_size=2),
        "_birthDate": st.builds(lambda one: {"extension": [one]}, extension),
        "contained": st.just([{"resourceType": "Observation", "valueQuantity": {"value": Number("1.50")}}]),
    },
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(patients)
def test_resources_are_the_same_after_xml(patient: dict[str, Any]) -> None:
    read, unknown = resource(parse(to_xml(patient)))
    assert unknown == []
    assert loads(dumps(read, ordered=True)) == loads(dumps(patient, ordered=True))


TEXTS = """okay 200,x Patient ${x} ${p} p read /a ?b=c json xml Patient.id $.a //a true 1 2020 get response"""
texts = st.sampled_from(["", *TEXTS.split()])
junk = st.none() | st.booleans() | st.integers(-2, 9) | st.lists(texts, max_size=1)
junk |= st.dictionaries(texts, texts, max_size=2)
mostly = st.integers(0, 15).flatmap(lambda drawn: junk if drawn == 15 else texts)


def members(*names: str) -> st.SearchStrategy[dict[str, Any]]:
    """Members that R4 has, mostly with texts as it asks."""
    return st.dictionaries(st.sampled_from(names), mostly, max_size=3)


types = st.builds(lambda code: {"type": {"code": code}}, st.sampled_from([*CODES, "", "nothing"]))
details = members(
    "resource", "params", "targetId", "sourceId", "url", "accept", "contentType", "method", "responseId"
)
operations = st.builds(lambda kind, said: {"operation": {**kind, **said}}, types, details)
asked = st.builds(lambda name, said: {name: said}, st.sampled_from(ASKED), mostly)
ways = st.builds(lambda said: {"operator": said}, st.sampled_from(sorted(OPERATORS)))
compared = members("value", "sourceId", "compareToSourceId", "compareToSourcePath", "direction")
assertions = st.builds(lambda what, how, more: {"assert": {**what, **how, **more}}, asked, ways, compared)
lone = st.builds(lambda one: {"action": [READ, one]}, operations | assertions)
scripts = st.fixed_dictionaries(
    {"test": st.lists(lone, min_size=1, max_size=4)},
    optional=dict.fromkeys(("fixture", "variable", "setup", "profile", "contained", "metadata", "url"), junk),
)
bodies = st.sampled_from([b"", b"{", b'{"resourceType": "Patient", "id": "a"}', b"<Patient/>", b"\xff"])
READ = {"operation": {"type": {"code": "read"}, "url": "Patient/a", "responseId": "p"}}


@settings(max_examples=150, deadline=None)
@given(scripts, bodies)
def test_no_script_and_no_answer_makes_a_run_fall(
    tmp_path_factory: pytest.TempPathFactory, said: dict[str, Any], body: bytes
) -> None:
    file = tmp_path_factory.getbasetemp() / "fuzz.json"
    file.write_text(dumps({"resourceType": "TestScript", **said}), "utf-8")
    found = run(load(file), Destination("http://a.example"), sender=lambda *_: Answer(200, {}, body))
    assert dumps(reported(found)) and dumps(reported(found, "zh"))
    every = [one for test in found.tests for one in test.actions]
    assert all("the engine failed" not in one.message.en for one in every)
