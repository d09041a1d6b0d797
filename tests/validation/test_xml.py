"""FHIR XML: the same resource as JSON, and whatever JSON could not hold is named with its place."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from gateway.canonical.json import dumps, loads
from gateway.validation import Definitions, Validator, examine
from gateway.validation.shapes import Element, shape
from gateway.validation.source_text import Unreadable
from gateway.validation.xml import Unwritable, from_xml, is_xml, read, to_xml

FHIR = 'xmlns="http://hl7.org/fhir"'
XHTML = 'xmlns="http://www.w3.org/1999/xhtml"'
SAMPLES = Path(__file__).parents[2] / "adapters"

PATIENT = f"""<?xml version="1.0" encoding="UTF-8"?>
<!-- fictional --><?go on?>
<Patient {FHIR} xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="a b">
  <id value="p1"/>
  <text>
    <status value="generated"/>
    <div {XHTML} title='a > "b"'>张三 &lt;1&gt;<br/><b></b><!-- kept --> &#160;x<![CDATA[<&]]></div>
  </text>
  <contained><Organization><id value="o"/><name value="A &amp; B&#10;C"/></Organization></contained>
  <extension url="urn:a"><valueDecimal value="5.60"/></extension>
  <active value="true"/>
  <name id="n" xml:space="preserve">
    <family value="张"/>
    <given value="一"/>
    <given><extension url="urn:b"><valueInteger value="-3"/></extension></given>
    <given id="g" value="三"/>
  </name>
  <birthDate value="1990-03-07"><extension url="urn:c"><valueString value="x"/></extension></birthDate>
  <multipleBirthInteger value="2"/>
</Patient>
"""
READ = {
    "resourceType": "Patient",
    "id": "p1",
    "text": {
        "status": "generated",
        "div": f"<div {XHTML} title='a > \"b\"'>"
        "张三 &lt;1&gt;<br/><b></b><!-- kept --> &#160;x<![CDATA[<&]]></div>",
    },
    "contained": [{"resourceType": "Organization", "id": "o", "name": "A & B\nC"}],
    "extension": [{"url": "urn:a", "valueDecimal": loads("5.60")}],
    "active": True,
    "name": [
        {
            "id": "n",
            "family": "张",
            "given": ["一", None, "三"],
            "_given": [None, {"extension": [{"url": "urn:b", "valueInteger": -3}]}, {"id": "g"}],
        }
    ],
    "birthDate": "1990-03-07",
    "_birthDate": {"extension": [{"url": "urn:c", "valueString": "x"}]},
    "multipleBirthInteger": 2,
}


@pytest.fixture(scope="module")
def validator() -> Validator:
    return Validator()


def same(one: object, other: object) -> bool:
    """Equality that tells 1 from True and 5.6 from 5.60."""
    return repr(ordered(one)) == repr(ordered(other))


def ordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: ordered(value[name]) for name in sorted(value)}
    return [ordered(one) for one in value] if isinstance(value, list) else value


def canonical(text: bytes) -> str:
    text = text.replace(b"<?go on?>", b"")
    return etree.canonicalize(
        from_file=BytesIO(text),
        strip_text=True,
        exclude_attrs=(
            "{http://www.w3.org/2001/XMLSchema-instance}schemaLocation",
            "{http://www.w3.org/XML/1998/namespace}space",
        ),
    )


def test_all_that_xml_says_is_read_and_written_again() -> None:
    found = from_xml(PATIENT.encode())
    assert same(found, READ)
    again = to_xml(found)
    assert canonical(again) == canonical(PATIENT.encode())
    assert same(from_xml(again), READ)
    assert same(from_xml(to_xml(found, pretty=True)), READ)


def test_elements_are_written_in_the_order_of_the_definition() -> None:
    made = to_xml(
        {"name": [{"given": ["B"], "family": "A", "use": "usual"}], "id": "1", "resourceType": "Patient"}
    )
    assert (
        made
        == (
            f'<?xml version="1.0" encoding="UTF-8"?><Patient {FHIR}><id value="1"/><name><use value="usual"/>'
            f'<family value="A"/><given value="B"/></name></Patient>'
        ).encode()
    )
    pretty = to_xml({"resourceType": "Patient", "name": [{"family": "A"}]}, pretty=True).decode()
    assert pretty.splitlines()[1:] == [
        f"<Patient {FHIR}>", "  <name>", '    <family value="A"/>', "  </name>", "</Patient>"
    ]  # fmt: skip


def test_prefixes_and_a_byte_order_mark_are_no_matter() -> None:
    text = (
        '\ufeff\n<f:Patient xmlns:f="http://hl7.org/fhir" xmlns:h="http://www.w3.org/1999/xhtml"><f:text>'
        '<f:status value="generated"/><h:div><h:p>a</h:p>b</h:div></f:text></f:Patient>'
    ).replace("\n", "")
    found = from_xml(text.encode())
    assert found["text"] == {"status": "generated", "div": f"<div {XHTML}><p>a</p>b</div>"} or (
        "http://www.w3.org/1999/xhtml" in found["text"]["div"]
    )
    assert same(from_xml(to_xml(found)), found)


@pytest.mark.parametrize("golden", sorted(SAMPLES.glob("*/*/samples/*.json")), ids=lambda path: path.stem)
def test_what_the_maps_make_is_the_same_in_xml(golden: Path) -> None:
    for resource in resources(loads(golden.read_bytes())):
        assert same(from_xml(to_xml(resource)), resource)


def resources(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if "resourceType" in value:
            yield value
        else:
            for one in value.values():
                yield from resources(one)
    elif isinstance(value, list):
        for one in value:
            yield from resources(one)


# Any resource of any type.

DEFINITIONS = Definitions()
TEXT = st.text(
    st.characters(min_codepoint=32, exclude_categories=("Cs",), exclude_characters="\ufffe\uffff")
    | st.sampled_from("\t\n\r&<>\"'"),
    max_size=6,
)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "boolean": st.booleans(),
    "integer": st.integers(-(2**31), 2**31),
    "positiveInt": st.integers(1, 2**31),
    "unsignedInt": st.integers(0, 2**31),
    "decimal": st.decimals(allow_nan=False, allow_infinity=False) | st.integers(),
    "xhtml": TEXT.map(lambda text: f"<div {XHTML}>{text.translate({38: None, 60: None})}</div>"),
}
SHAPES: dict[str, Element] = {}


def element_at(path: str) -> Element:
    """The element that a path names, from the definition of its type."""
    name, *steps = path.split(".")
    if name not in SHAPES:
        structure = DEFINITIONS.structure(name)
        assert structure is not None
        SHAPES[name] = shape(structure)
    found = SHAPES[name]
    for step in steps:
        found = next(one for one in found.children if one.name == step)
    return found


@st.composite
def any_object(draw: st.DrawFn, path: str, depth: int) -> dict[str, Any]:
    made: dict[str, Any] = {}
    children = [one for one in element_at(path).children if depth or not deep(one)]
    for child in draw(st.lists(st.sampled_from(children), min_size=1, max_size=4, unique_by=id)):
        name, type_ = draw(st.sampled_from(list(child.names())))
        key = child.path if child.own else child.reference or type_.code
        count = draw(st.integers(1, 3)) if child.many else 1
        if key == "xhtml" or (path == "Extension" and name in ("id", "url")):
            made[name] = draw(VALUES.get(key, TEXT))
        elif primitive(key):
            values, extras = draw(primitives(key, count, depth, attribute=name == "id" and not is_type(path)))
            made |= {name: values if child.many else values[0]} if any(v is not None for v in values) else {}
            if any(extras):
                made[f"_{name}"] = extras if child.many else extras[0]
        else:
            below = any_resource(depth - 1) if key == "Resource" else any_object(key, depth - 1)
            made[name] = [draw(below) for _ in range(count)] if child.many else draw(below)
    return made


def is_type(path: str) -> bool:
    return DEFINITIONS.is_resource(path)


def primitive(key: str) -> bool:
    structure = None if "." in key else DEFINITIONS.structure(key)
    return structure is not None and structure["kind"] == "primitive-type"


def deep(child: Element) -> bool:
    return child.own or bool(child.reference) or not all(primitive(one.code) for one in child.types)


@st.composite
def primitives(
    draw: st.DrawFn, key: str, count: int, depth: int, attribute: bool
) -> tuple[list[Any], list[Any]]:
    values, extras = [], []
    extra = any_object("Extension", 0).map(lambda one: {"extension": [one]}) | TEXT.map(
        lambda text: {"id": text}
    )
    for _ in range(count):
        more = draw(st.none() | extra) if depth and not attribute else None
        value = draw(VALUES.get(key, TEXT))
        extras.append(more)
        values.append(None if more and draw(st.booleans()) else value)
    return values, extras


@st.composite
def any_resource(draw: st.DrawFn, depth: int = 2) -> dict[str, Any]:
    kind = draw(st.sampled_from(TYPES))
    return {"resourceType": kind, **draw(any_object(kind, max(depth, 0)))}


TYPES = DEFINITIONS.resource_types()


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(any_resource())
def test_any_resource_is_the_same_after_xml(resource: dict[str, Any]) -> None:
    resource = loads(dumps(resource))
    text = to_xml(resource)
    assert same(from_xml(text), resource)
    assert to_xml(from_xml(text)) == text
    assert same(from_xml(to_xml(resource, pretty=True)), resource)


# What is wrong.

UNREADABLE = [
    ("no resource", "<Foo {FHIR}/>", (1, 1), "xml-resource"),
    ("an abstract type", "<DomainResource {FHIR}/>", (1, 1), "xml-resource"),
    ("no namespace", "<Patient/>", (1, 1), "xml-namespace"),
    ("another namespace", '\n <Patient xmlns="http://hl7.org/fhir/"/>', (2, 2), "xml-namespace"),
    ("cut off", "<Patient {FHIR}>", (1, 38), "xml"),
    ("more behind", "<Patient {FHIR}/>\n<Patient/>", (2, 1), "xml"),
    ("a tag that does not fit", "<Patient {FHIR}>\n</Person>", (2, 3), "xml"),
    ("an attribute twice", '<Patient {FHIR}><id value="1" value="2"/></Patient>', (1, 52), "xml"),
    ("an unknown entity", '<Patient {FHIR}><id value="&nbsp;"/></Patient>', None, "xml"),
    ("a control character", '<Patient {FHIR}><id value="\x01"/></Patient>', None, "xml"),
    ("a document type", "<!DOCTYPE Patient><Patient {FHIR}/>", None, "xml-dtd"),
    ("an external one", '<!DOCTYPE p SYSTEM "file:///etc/passwd"><Patient {FHIR}/>', None, "xml-dtd"),
    (
        "entities in entities",
        '<!DOCTYPE p [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><Patient {FHIR}>&b;</Patient>',
        None,
        "xml-dtd",
    ),
    ("another charset", '<?xml version="1.0" encoding="GBK"?><Patient {FHIR}/>', (1, 1), "xml"),
    ("endless depth", "<Parameters {FHIR}>" + "<parameter>" * 10_000, None, "xml"),
    ("endless depth in what is unknown", "<Patient {FHIR}>" + "<x>" * 10_000, None, "xml"),
    ("endless depth in a narrative", f"<Patient {{FHIR}}><text><div {XHTML}>" + "<p>" * 10_000, None, "xml"),
    ("nothing but a bracket", "<", (1, 1), "xml"),
]


@pytest.mark.parametrize(
    ("text", "place", "rule"), [row[1:] for row in UNREADABLE], ids=[r[0] for r in UNREADABLE]
)
def test_what_cannot_be_read_is_one_fatal_issue(
    validator: Validator, text: str, place: tuple[int, int] | None, rule: str
) -> None:
    (one,) = examine(validator, text.replace("{FHIR}", FHIR).encode()).issues
    assert (one.issue.severity, one.issue.rule) == ("fatal", rule)
    assert place is None or (one.line, one.column) == place
    with pytest.raises(Unreadable):
        from_xml(text.replace("{FHIR}", FHIR).encode())


def test_other_encodings_and_too_long_texts_are_refused() -> None:
    text = f'<Patient {FHIR}><id value="张"/></Patient>'
    for data in (text.encode("gb18030"), text.encode("utf-16"), b""):
        with pytest.raises(Unreadable):
            from_xml(data)
    with pytest.raises(Unreadable, match="send less"):
        from_xml(text.encode(), most=20)
    assert not is_xml(b' {"a": "<"}')
    assert is_xml(b"\xef\xbb\xbf \n<a/>")


WRONG = f"""<Patient {FHIR} id="no">
  <active value="maybe"/>
  <name>
    <family value="A" title="1"/>
    <given/>
    <given value="B"/>
    <foo><bar/>text</foo>
    <use value="official"/>
  </name>
  text
  <gender value="male"/>
  <gender value="female"/>
  <x:y xmlns:x="urn:z"/>
  <contact xmlns="">
  </contact>
  <contact/>
  <text><status value="empty"/><div>x</div></text>
  <contained/>
  <contained><Patient/><Patient/></contained>
  <contained><Foo/></contained>
</Patient>"""


def test_everything_that_json_could_not_hold_is_named_with_its_place() -> None:
    text = read(WRONG.encode())
    assert {(path, rule.id, *place) for (path, rule), place in text.faults.items()} == {
        ("id", "xml-attribute", 1, 1),
        ("name[0].family.title", "xml-attribute", 4, 5),
        ("name[0].given[0]", "xml-empty", 5, 5),
        ("name[0].foo", "xml-element", 7, 5),
        ("name[0].use", "xml-order", 8, 5),
        ("", "xml-text", 10, 1),
        ("gender", "xml-twice", 12, 3),
        ("y", "xml-namespace", 13, 3),
        ("contact", "xml-namespace", 14, 3),
        ("text", "xml-order", 17, 3),
        ("text.div", "xml-namespace", 17, 32),
        ("contained[0]", "xml-order", 18, 3),
        ("contained[0]", "xml-resource", 18, 3),
        ("contained[1]", "xml-order", 19, 3),
        ("contained[1]", "xml-resource", 19, 24),
        ("contained[2]", "xml-order", 20, 3),
        ("contained[2]", "xml-resource", 20, 14),
    }
    assert text.value["active"] == "maybe", "a validator names it"
    with pytest.raises(Unreadable) as error:
        from_xml(WRONG.encode())
    assert error.value.line == 1


def test_names_from_outside_are_not_repeated_unless_they_are_names() -> None:
    text = read(f"<Patient {FHIR}><张三/><{'x' * 100}/></Patient>".encode())
    assert {path for path, _ in text.faults} == {""}


def test_faults_without_end_are_bounded() -> None:
    text = read(f"<Patient {FHIR}>".encode() + b"".join(b"<x%d/>" % n for n in range(50_000)) + b"</Patient>")
    assert len(text.faults) == 1000


def test_issues_of_the_validator_have_the_lines_of_the_xml(validator: Validator) -> None:
    text = f"""<Bundle {FHIR}>
  <type value="collection"/>
  <entry>
    <fullUrl value="urn:uuid:7a4bd4cb-8dfa-4a66-a2ee-6d04a9b1b9c1"/>
    <resource>
      <Patient>
        <contained><Organization><id value="o"/></Organization></contained>
        <name><family value="A"/></name>
        <name>
          <given value="x"/><given value=" "/>
        </name>
        <gender value="m"/>
      </Patient>
    </resource>
  </entry>
</Bundle>"""
    found = examine(validator, text.encode())
    assert found.type == "Bundle"
    places = {
        (one.issue.where, one.line, one.column) for one in found.issues if one.issue.severity == "error"
    }
    assert ("Bundle.entry[0].resource.gender", 12, 9) in places
    assert {line for where, line, _ in places if ".name[1]" in where} <= {9, 10}
    assert {line for where, line, _ in places if ".contained[0]" in where} == {7}


UNWRITABLE = [
    ({"resourceType": "Patient", "foo": 1}, "foo"),
    ({"resourceType": "Patient", "name": {"family": "A"}}, "name"),
    ({"resourceType": "Patient", "name": []}, "name"),
    ({"resourceType": "Patient", "name": [{}]}, "name[0]"),
    ({"resourceType": "Patient", "name": [{"family": 5}]}, "name[0].family"),
    ({"resourceType": "Patient", "name": [{"family": "a\x00"}]}, "name[0].family"),
    ({"resourceType": "Patient", "name": [{"family": "\ud800"}]}, "name[0].family"),
    ({"resourceType": "Patient", "name": [{"given": ["a", None]}]}, "name[0].given[1]"),
    ({"resourceType": "Patient", "active": "true"}, "active"),
    ({"resourceType": "Patient", "active": 1}, "active"),
    ({"resourceType": "Patient", "multipleBirthInteger": True}, "multipleBirthInteger"),
    ({"resourceType": "Patient", "contained": [{"id": "1"}]}, "contained[0]"),
    ({"resourceType": "Patient", "extension": [{"url": 1}]}, "extension[0].url"),
    ({"resourceType": "Patient", "text": {"div": "<div>no namespace</div>"}}, "text.div"),
    ({"resourceType": "Patient", "text": {"div": f"<div {XHTML}></div></text>"}}, "text.div"),
    ({"resourceType": "Patient", "text": {"div": f"<?xml version='1.0'?><div {XHTML}/>"}}, "text.div"),
    ({"resourceType": "Patient", "text": {"div": f"<!DOCTYPE div><div {XHTML}/>"}}, "text.div"),
    ({"resourceType": "Patients"}, ""),
    ([], ""),
]


@pytest.mark.parametrize(("resource", "path"), UNWRITABLE)
def test_json_that_xml_cannot_hold_is_refused_with_its_path(resource: Any, path: str) -> None:
    with pytest.raises(Unwritable) as error:
        to_xml(resource)
    assert error.value.path == path


@pytest.mark.parametrize("div", [f"<div {XHTML}/>", f"<div {XHTML} title='/>' ></div >"])
def test_an_empty_div_stays_as_it_is(div: str) -> None:
    found = from_xml(f"<Patient {FHIR}><text>{div}</text></Patient>".encode())
    assert found["text"]["div"] == div


def test_named_entities_of_html_become_numbers() -> None:
    text = to_xml({"resourceType": "Patient", "text": {"div": f"<div {XHTML}>a&nbsp;&lt;</div>"}})
    assert from_xml(text)["text"]["div"] == f"<div {XHTML}>a&#160;&lt;</div>"


def test_a_resource_nested_without_end_is_refused() -> None:
    part: dict[str, Any] = {"name": "x"}
    for _ in range(400):
        part = {"name": "x", "part": [part]}
    with pytest.raises(Unwritable, match="deep"):
        to_xml({"resourceType": "Parameters", "parameter": [part]})


def test_decimals_keep_their_digits() -> None:
    for written in ("5.60", "0.00000010", "-1.0", "1E3", "100", "1.50E-70", "-0.0"):
        value = json.loads(written, parse_float=Decimal)
        quantity = {"resourceType": "Observation", "valueQuantity": {"value": value}}
        assert same(from_xml(to_xml(quantity)), quantity), written


def test_a_number_that_no_decimal_holds_stays_a_text() -> None:
    inside = b'<valueQuantity><value value="1e%d"/></valueQuantity>' % 10**20
    written = b'<Observation xmlns="http://hl7.org/fhir">%s</Observation>' % inside
    assert from_xml(written)["valueQuantity"] == {"value": f"1e{10**20}"}
