"""Texts that are no good JSON: one clear issue, in bounded time, and places as line and column."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from gateway.canonical.json import dumps, glance, loads
from gateway.validation import Examination, Validator, examine
from gateway.validation.source_text import LARGEST, Unreadable, read

PATIENT = b'{\n  "resourceType": "Patient",\n  "name": [\n    {"family": "A"},\n    {"family": 5}\n  ]\n}'

UNREADABLE = [
    ("empty", b"", (0, 0), "empty"),
    ("blank", b" \n ", (0, 0), "empty"),
    ("no JSON", b'{\n "resourceType": Patient}', (2, 18), "mend the JSON"),
    ("YAML", b"resourceType: Patient", (1, 1), "mend the JSON"),
    ("cut off", b'{"resourceType": "Patient"', (1, 27), "mend the JSON"),
    ("more behind", b'{"resourceType": "Patient"} x', (1, 29), "mend the JSON"),
    ("two resources", b'{"resourceType": "Patient"}\n{}', (2, 1), "mend the JSON"),
    ("single quotes", b"{'resourceType': 'Patient'}", (1, 2), "mend the JSON"),
    ("a comma too many", b'{"resourceType": "Patient",}', None, "mend the JSON"),
    ("a comment", b'{"resourceType": "Patient" /* x */}', (1, 28), "mend the JSON"),
    ("a raw control character", b'{"a": "x\ny"}', (1, 9), "mend the JSON"),
    ("a bad escape", b'{"a": "\\x"}', (1, 8), "mend the JSON"),
    ("leading zero", b'{"a": 01}', (1, 8), "mend the JSON"),
    ("NaN", b'{"a": NaN}', (0, 0), "write a number"),
    ("Infinity", b'{"a": -Infinity}', (0, 0), "write a number"),
    ("endless digits", b'{"a": ' + b"9" * 100_000 + b"}", (0, 0), "write a number"),
    ("an endless exponent", b'{"a": 1e999999999999999999999}', (0, 0), "write a number"),
    ("UTF-16", '{"resourceType": "Patient"}'.encode("utf-16"), (0, 0), "UTF-8"),
    ("UTF-16 without mark", '{"resourceType": "Patient"}'.encode("utf-16-le"), (0, 0), "UTF-8"),
    ("UTF-32", '{"resourceType": "Patient"}'.encode("utf-32"), (0, 0), "UTF-8"),
    ("GB18030", '{\n"name": "张三"}'.encode("gb18030"), (2, 10), "UTF-8"),
    ("surrogates as bytes", b'{"a": "\xed\xa0\x80"}', (1, 8), "UTF-8"),
    ("10,000 arrays", b"[" * 10_000 + b"]" * 10_000, (0, 0), "nest"),
    ("10,000 objects", b'{"a":' * 10_000 + b"1" + b"}" * 10_000, (0, 0), "nest"),
    ("10,000 open arrays", b"[" * 10_000, (0, 0), "nest"),
]


@pytest.fixture(scope="module")
def validator() -> Validator:
    return Validator()


def errors(found: Examination) -> list[tuple[str, str]]:
    return [
        (one.issue.rule, one.issue.where) for one in found.issues if one.issue.severity in ("error", "fatal")
    ]


@pytest.mark.parametrize(
    ("text", "place", "says"), [row[1:] for row in UNREADABLE], ids=[r[0] for r in UNREADABLE]
)
def test_what_is_no_json_is_one_fatal_issue(
    validator: Validator, text: bytes, place: tuple[int, int] | None, says: str
) -> None:
    found = examine(validator, text)
    (one,) = found.issues
    assert (one.issue.severity, one.issue.rule, found.type, found.valid) == ("fatal", "json", "", False)
    assert says in one.issue.text
    assert place is None or (one.line, one.column) == place


def test_a_text_beyond_the_limit_is_not_read() -> None:
    with pytest.raises(Unreadable, match="send less"):
        read(b" " * 33, most=32)
    assert LARGEST < 100_000_000


@pytest.mark.parametrize("text", ["[]", "null", "5", '"Patient"', "true", "[{}]"])
def test_json_that_is_no_object_is_one_error(validator: Validator, text: str) -> None:
    assert errors(examine(validator, text.encode())) == [("type", "Resource")]


def test_a_byte_order_mark_is_a_warning(validator: Validator) -> None:
    found = examine(validator, b'\xef\xbb\xbf{"resourceType": "Patient"}', best_practice=False)
    assert found.valid
    assert [(one.issue.severity, one.issue.rule) for one in found.issues] == [("warning", "json")]


def test_repeated_keys_are_named_once_each_wherever_they_are(validator: Validator) -> None:
    text = (
        b'{"resourceType": "Patient", "active": true, "active": true, "active": false,\n'
        b' "name": [{"text": "a"}, {"text": "b",\n "text": "c"}], "_x y": 1, "_x y": 2}'
    )
    found = examine(validator, text)
    twice = [(one.issue.where, one.line) for one in found.issues if one.issue.rule == "json-duplicate"]
    assert sorted(twice) == [("Patient", 1), ("Patient.active", 1), ("Patient.name[1].text", 3)]


def test_many_repeated_keys_take_no_longer_than_as_many_keys(validator: Validator) -> None:
    text = b'{"resourceType": "Patient", ' + b", ".join(b'"k%d": 1' % (n // 2) for n in range(60_000)) + b"}"
    assert (
        len([one for one in examine(validator, text).issues if one.issue.rule == "json-duplicate"]) == 30_000
    )


@pytest.mark.parametrize(
    "name", ["Nothing", "patient", "\ud800", "x" * 100_000, "a\nb", "", "DomainResource"]
)
def test_a_type_that_r4_lacks_is_one_error_that_does_not_repeat_it(validator: Validator, name: str) -> None:
    found = examine(validator, json.dumps({"resourceType": name, "id": "1"}).encode())
    assert errors(found) == [("resource-type", "Resource.resourceType")]
    assert found.type == ""


def test_lone_surrogates_are_faults_where_they_stand_and_nowhere_else(validator: Validator) -> None:
    text = (
        b'{"resourceType": "Patient", "id": "\\ud800", "language": "\\ud800",'
        b' "name": [{"text": "\\udfff", "\\ud83d": 1}]}'
    )
    found = errors(examine(validator, text))
    assert set(found) == {
        ("id", "Patient.id"),
        ("string", "Patient.name[0].text"),
        ("unknown-element", "Patient.name[0]"),
        ("code", "Patient.language"),
    }


def test_places_are_lines_and_columns(validator: Validator) -> None:
    (one,) = (one for one in examine(validator, PATIENT).issues if one.issue.rule == "string")
    assert (one.issue.where, one.line, one.column) == ("Patient.name[1].family", 5, 16)


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("", (1, 1)),
        ("resourceType", (2, 19)),
        ("name", (3, 11)),
        ("name[0]", (4, 5)),
        ("name[1].family", (5, 16)),
        ("name[1].given", (5, 5)),
        ("name[7]", (3, 11)),
        ("birthDate.extension[0]", (1, 1)),
    ],
)
def test_what_is_not_there_has_the_place_of_what_is_around(path: str, place: tuple[int, int]) -> None:
    assert read(PATIENT).places([path]) == {path: place}


def test_the_second_half_of_a_primitive_is_found_behind_its_underscore() -> None:
    source = read(b'{"birthDate": "x",\n"_birthDate":\n {"extension":\n [{"url": "x"}]},\n"name": [5]}')
    paths = {"birthDate": (1, 15), "birthDate.extension[0].url": (4, 11), "name[0]": (5, 10)}
    assert source.places(paths) == paths


def test_lines_end_at_line_feeds_only() -> None:
    source = read('{"a":\r\n "\u2028 张三 😀", "b": 1}'.encode())
    assert source.places(["b"])["b"] == (2, 17)


def test_issues_come_in_the_order_of_the_text(validator: Validator) -> None:
    text = b'{"resourceType": "Observation",\n"foo": 1,\n"status": "x",\n"bar": 2}'
    lines = [one.line for one in examine(validator, text, best_practice=False).issues]
    assert lines == sorted(lines) and set(lines) == {1, 2, 3, 4}


@pytest.mark.parametrize("number", ["1e999999999", "-1E+400", "1e-999999999", "0." + "1" * 5000, "9" * 4000])
def test_a_huge_number_costs_nothing(validator: Validator, number: str) -> None:
    text = (
        '{"resourceType": "Observation", "status": "final", "code": {"text": "x"},'
        ' "valueQuantity": {"value": %s}, "referenceRange": [{"low": {"value": %s}, "high": {"value": 1}}],'
        ' "component": [{"code": {"text": "y"}, "valueInteger": %s}]}'
    )
    found = examine(validator, (text % (number, number, number)).encode())
    assert ("integer", "Observation.component[0].valueInteger") in errors(found)
    assert not [where for _, where in errors(found) if "valueQuantity" in where]
    assert not [one for one in found.issues if one.issue.code == "processing"]


@pytest.mark.parametrize(
    "number", ["1e999999999", "1E-500", "100000000000000000000000000", "1.10", "-0.00", "1e5"]
)
def test_a_number_is_written_as_short_as_it_was_read(number: str) -> None:
    written = dumps({"value": loads(number), "list": [loads(number)]})
    assert loads(written)["value"] == loads(number)
    assert len(written) < 100


@pytest.mark.parametrize("number", ["9" * 4295 + "e10", "-" + "9" * 5000 + ".0e1", "9" * 5000])
def test_what_is_written_can_be_read(number: str) -> None:
    """Python makes no integer of more than 4300 digits; a decimal may have them before its point."""
    value = Decimal(number)
    assert loads(dumps({"value": value}))["value"] == value
    assert glance(dumps({"value": value}))["value"] == value


def test_a_number_that_no_decimal_holds_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="beyond"):
        loads("1e999999999999999999999")


def test_nan_is_not_written() -> None:
    with pytest.raises(TypeError):
        dumps({"value": Decimal("NaN")})


NESTED = {
    "extensions": (
        '{"resourceType": "Patient", "extension": [%s]}',
        '{"url": "http://example.org/x", "extension": [',
        '{"url": "http://example.org/x", "valueString": "y"}',
        "]}",
    ),
    "items": (
        '{"resourceType": "Questionnaire", "status": "draft", "item": [%s]}',
        '{"linkId": "x%d", "type": "group", "item": [',
        '{"linkId": "0", "type": "display", "text": "x"}',
        "]}",
    ),
    "Bundles": (
        "%s",
        '{"resourceType": "Bundle", "type": "collection", "entry": [{"fullUrl": "urn:uuid:'
        '00000000-0000-4000-8000-000000000001", "resource": ',
        '{"resourceType": "Patient", "gender": "male"}',
        "}]}",
    ),
    "parts": (
        '{"resourceType": "Parameters", "parameter": [%s]}',
        '{"name": "x", "part": [',
        '{"name": "x", "valueString": "y"}',
        "]}",
    ),
    "unknown": ('{"resourceType": "Patient", "x": %s}', '{"a": [', "1", "]}"),
}


@pytest.mark.parametrize("kind", NESTED)
@pytest.mark.parametrize("depth", [3, 20, 50, 120, 200, 240, 330, 400, 420, 440, 460, 470, 480, 490, 3000])
def test_deep_nesting_is_checked_or_refused_clearly(validator: Validator, kind: str, depth: int) -> None:
    around, before, core, behind = NESTED[kind]
    inside = "".join(before.replace("%d", str(at)) for at in range(depth)) + core + behind * depth
    found = examine(validator, (around % inside).encode(), best_practice=False)
    rules = {rule for rule, _ in errors(found)}
    if depth <= 50 and kind != "unknown":
        assert found.valid
    else:
        assert rules <= {"depth", "json", "unknown-element"}


def test_a_string_of_a_megabyte_is_taken_and_a_longer_one_is_not(validator: Validator) -> None:
    def text(size: int) -> bytes:
        return json.dumps({"resourceType": "Patient", "name": [{"text": "x" * size}]}).encode()

    assert examine(validator, text(1024 * 1024)).valid
    assert errors(examine(validator, text(1024 * 1024 + 1))) == [("string", "Patient.name[0].text")]


def test_a_bundle_of_100_000_entries_with_faults_is_checked_to_its_end(validator: Validator) -> None:
    entry = '{"fullUrl": "http://x.org/Patient/p%d", "resource": {"resourceType": "Patient", "id": "p%d"%s}}'
    count = 100_000
    entries = ",\n".join(entry % (at, at, ', "x": 1' if at % 1000 == 0 else "") for at in range(count))
    text = f'{{"resourceType": "Bundle", "type": "collection", "entry": [\n{entries}]}}'
    found = examine(validator, text.encode(), best_practice=False)
    assert [one.line for one in found.issues] == list(range(2, count + 2, 1000))
