"""FHIRPath Patch: every operation on primitives, lists, choices and backbone elements, and its errors."""

from __future__ import annotations

import contextlib
import copy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.canonical.json import loads
from gateway.patch import MalformedPatch, PatchFailed, Unprocessable
from gateway.patch.fhirpath_patch import FHIRPathPatch
from gateway.validation.r4 import Definitions

Json = dict[str, Any]
PATCH = FHIRPathPatch(Definitions())


def op(type: str, path: str, **parts: Any) -> Json:
    """One operation; a part is text, a number, ``{"value…": …}``, or a list of parts (an anonymous type)."""
    listed: list[Json] = [{"name": "type", "valueCode": type}, {"name": "path", "valueString": path}]
    for name, value in parts.items():
        if isinstance(value, str | int):
            listed.append({"name": name, "valueString" if isinstance(value, str) else "valueInteger": value})
        else:
            listed.append({"name": name, **({"part": value} if isinstance(value, list) else value)})
    return {"name": "operation", "part": listed}


def parameters(*operations: Json) -> Json:
    return {"resourceType": "Parameters", "parameter": list(operations)}


def patient(**elements: Any) -> Json:
    return {"resourceType": "Patient", **elements}


ABSENT = {"extension": [{"url": "http://example.org/absent", "valueCode": "unknown"}]}

APPLIED = loads(Path(__file__).with_name("fhirpath_patch.json").read_text(encoding="utf-8"))
"""What is applied: each operation is its type, its path and its other parts, as ``op`` takes them."""

TWO = patient(
    name=[{"family": "王", "given": ["小", "明"]}, {"given": ["大"]}], active=True, birthDate="1990-02-20"
)
REFUSED: list[tuple[str, Json, str]] = [
    (
        "add to nothing",
        op("add", "Patient.identifier.period", name="end", value={"valueDateTime": "2021"}),
        "finds nothing",
    ),
    ("add to two", op("add", "Patient.name", name="text", value={"valueString": "x"}), "finds 2 elements"),
    (
        "add what is there",
        op("add", "Patient", name="birthDate", value={"valueDate": "2000"}),
        "there already",
    ),
    (
        "add what is not defined",
        op("add", "Patient", name="status", value={"valueCode": "x"}),
        "Patient has no element",
    ),
    (
        "add below a primitive",
        op("add", "Patient.active", name="text", value={"valueString": "x"}),
        "Element has no",
    ),
    (
        "add to a value",
        op("add", "Patient.name.count()", name="text", value={"valueString": "x"}),
        "computed",
    ),
    (
        "a wrong type",
        op("add", "Patient", name="gender", value={"valueString": "male"}),
        "takes code, not string",
    ),
    (
        "a wrong type to replace",
        op("replace", "Patient.birthDate", value={"valueDateTime": "2000"}),
        "takes date,",
    ),
    (
        "a wrong type of a choice",
        op("add", "Patient", name="deceased", value={"valueString": "x"}),
        "boolean | dateTime",
    ),
    (
        "a wrong type by its JSON name",
        op("add", "Patient", name="deceasedBoolean", value={"valueDateTime": "2026"}),
        "takes boolean",
    ),
    (
        "a type for a backbone element",
        op("add", "Patient", name="contact", value={"valueHumanName": {"text": "x"}}),
        "takes parts",
    ),
    (
        "a wrong type in parts",
        op("add", "Patient", name="contact", value=[{"name": "gender", "valueString": "x"}]),
        "Patient.contact.gender takes code",
    ),
    (
        "an unknown part",
        op("add", "Patient", name="contact", value=[{"name": "age", "valueString": "x"}]),
        "Patient.contact has no",
    ),
    (
        "a part twice",
        op("add", "Patient", name="contact", value=[{"name": "gender", "valueCode": "male"}] * 2),
        "comes twice",
    ),
    (
        "two types of a choice",
        op(
            "add",
            "Patient",
            name="extension",
            value=[{"name": "valueCode", "valueCode": "x"}, {"name": "valueString", "valueString": "x"}],
        ),
        "comes twice",
    ),
    (
        "parts for a primitive",
        op("replace", "Patient.birthDate", value=[{"name": "id", "valueString": "x"}]),
        "not made of parts",
    ),
    (
        "parts for a choice",
        op("add", "Patient", name="deceased", value=[{"name": "id", "valueString": "x"}]),
        "which type",
    ),
    (
        "a value of another kind",
        op("replace", "Patient.active", value={"valueBoolean": "true"}),
        "no boolean",
    ),
    (
        "a list as a value",
        op("add", "Patient", name="maritalStatus", value={"valueCodeableConcept": []}),
        "no CodeableConcept",
    ),
    (
        "insert beyond the end",
        op("insert", "Patient.name", index=3, value={"valueHumanName": {"text": "x"}}),
        "beyond the end",
    ),
    (
        "insert not at 0 of nothing",
        op("insert", "Patient.photo", index=1, value={"valueAttachment": {"url": "x"}}),
        "beyond",
    ),
    (
        "insert into no list",
        op("insert", "Patient.active", index=0, value={"valueBoolean": True}),
        "is no list",
    ),
    (
        "insert into no list that is not there",
        op("insert", "Patient.gender", index=0, value={"valueCode": "male"}),
        "is no list",
    ),
    (
        "insert into two lists",
        op("insert", "Patient.name.given", index=0, value={"valueString": "x"}),
        "several lists",
    ),
    (
        "insert into a part",
        op("insert", "Patient.name.where(family = '王')", index=0, value={"valueHumanName": {"text": "x"}}),
        "a part of a list",
    ),
    (
        "insert into the resource",
        op("insert", "Patient", index=0, value={"valueString": "x"}),
        "of a resource",
    ),
    ("delete two", op("delete", "Patient.name"), "finds 2 elements"),
    ("delete the resource", op("delete", "Patient"), "of a resource"),
    ("replace nothing", op("replace", "Patient.gender", value={"valueCode": "male"}), "finds nothing"),
    (
        "replace two",
        op("replace", "Patient.name.family | Patient.birthDate", value={"valueString": "x"}),
        "finds 2",
    ),
    ("replace the resource", op("replace", "Patient", value={"resource": patient()}), "of a resource"),
    ("move nothing", op("move", "Patient.photo", source=0, destination=0), "finds nothing"),
    ("move from beyond", op("move", "Patient.name", source=2, destination=0), "source"),
    ("move to beyond", op("move", "Patient.name", source=0, destination=2), "destination"),
    (
        "another resource",
        op("add", "Patient.generalPractitioner.resolve()", name="x", value={"valueString": "x"}),
        "finds nothing",
    ),
    ("not for such values", op("delete", "Patient.name.where(family + 1 = 2)"), "cannot be evaluated"),
]

GOOD = op("delete", "Patient.photo")["part"]
MALFORMED: list[tuple[str, Any, int | None]] = [
    ("no Parameters", patient(), None),
    ("no resource", [], None),
    ("parameter is no list", {"resourceType": "Parameters", "parameter": {}}, None),
    ("another parameter", parameters({"name": "op", "part": GOOD}), 0),
    ("no parts", parameters({"name": "operation"}), 0),
    ("a part without name", parameters({"name": "operation", "part": [*GOOD, {}]}), 0),
    (
        "an unknown part",
        parameters({"name": "operation", "part": [*GOOD, {"name": "foo", "valueString": "x"}]}),
        0,
    ),
    ("a part twice", parameters({"name": "operation", "part": [*GOOD, GOOD[1]]}), 0),
    ("no type", parameters({"name": "operation", "part": GOOD[1:]}), 0),
    ("no path", parameters({"name": "operation", "part": GOOD[:1]}), 0),
    ("an unknown type", parameters(op("test", "Patient")), 0),
    ("no name", parameters(op("add", "Patient", value={"valueString": "x"})), 0),
    ("no value", parameters(op("replace", "Patient.gender")), 0),
    ("no index", parameters(op("insert", "Patient.name", value={"valueHumanName": {"text": "x"}})), 0),
    ("an index of text", parameters(op("move", "Patient.name", source="0", destination=0)), 0),
    ("a negative index", parameters(op("move", "Patient.name", source=0, destination=-1)), 0),
    (
        "two values",
        parameters(op("replace", "Patient.gender", value={"valueCode": "a", "valueString": "b"})),
        0,
    ),
    ("an empty value", parameters(op("replace", "Patient.gender", value={})), 0),
    ("a value of no type", parameters(op("replace", "Patient.gender", value={"valueFoo": 1})), 0),
    (
        "a resource without type",
        parameters(op("add", "Patient", name="contained", value={"resource": {}})),
        0,
    ),
    ("no FHIRPath", parameters(op("delete", "Patient.photo"), op("delete", "Patient..name")), 1),
    ("an unknown function", parameters(op("delete", "Patient.foo()")), 0),
    ("a function that computes", parameters(op("delete", "Patient.id.select($this & $this)")), 0),
    ("the same between backquotes", parameters(op("delete", "Patient.id.`select`($this & $this)")), 0),
    ("deep brackets", parameters(op("delete", "(" * 40 + "Patient" + ")" * 40)), 0),
    ("a long path", parameters(op("delete", "Patient" + ".name" * 400)), 0),
    ("long paths", parameters(*[op("delete", "Patient.photo" + " " * at) for at in range(300)]), None),
    ("many operations", parameters(*[op("delete", "Patient.photo")] * 1001), None),
]


@pytest.mark.parametrize("case", [pytest.param(one, id=one["name"]) for one in APPLIED])
def test_it_is_applied(case: Json) -> None:
    before, patch = (
        case["before"],
        parameters(*[op(*one[:2], **dict(*one[2:])) for one in case["operations"]]),
    )
    first, sent = copy.deepcopy(before), copy.deepcopy(patch)
    assert PATCH.patched(before, patch) == case["after"]
    assert (before, patch) == (first, sent)


@pytest.mark.parametrize(("operation", "reason"), [pytest.param(*row[1:], id=row[0]) for row in REFUSED])
def test_what_does_not_fit_names_the_operation_and_changes_nothing(operation: Json, reason: str) -> None:
    before = copy.deepcopy(TWO)
    with pytest.raises(Unprocessable) as caught:
        PATCH.patched(TWO, parameters(op("delete", "Patient.photo"), operation))
    assert caught.value.operation == 1
    assert reason in caught.value.reason
    assert before == TWO


@pytest.mark.parametrize(("patch", "operation"), [pytest.param(*row[1:], id=row[0]) for row in MALFORMED])
def test_no_patch_is_told(patch: Any, operation: int | None) -> None:
    with pytest.raises(MalformedPatch) as caught:
        PATCH.patched(TWO, patch)
    assert caught.value.operation == operation


def test_a_reason_repeats_nothing_of_the_patch() -> None:
    path = "Patient.identifier.where(value = '990101199003071234')"
    for operation in (
        op("replace", path, value={"valueString": "x"}),
        op("add", "Patient", name="990101199003071234", value={"valueString": "x"}),
        op("add", path + "(", name="x", value={"valueString": "x"}),
    ):
        with pytest.raises(PatchFailed) as caught:
            PATCH.patched(TWO, parameters(operation))
        assert "990101" not in str(caught.value)


def test_paths_cannot_look_around_without_end() -> None:
    large = patient(name=[{"given": ["a", "b"]} for _ in range(2000)])
    for path in (
        "Patient.name.where(%resource.name.given.exists())",
        "Patient.name.where(%resource = %resource)",
        "Patient.descendants().where(%resource.descendants().count() > 1)",
        "Patient.name" + ".where(true)" * 35,
    ):
        with pytest.raises(Unprocessable) as caught:
            PATCH.patched(large, parameters(op("delete", path)))
        assert caught.value.code == "too-costly"


@pytest.mark.parametrize("resource", [{}, {"resourceType": 1}, [], {"resourceType": "Foo", "name": "x"}])
def test_a_resource_that_is_none_fails_as_a_patch_does(resource: Any) -> None:
    with pytest.raises(Unprocessable):
        PATCH.patched(resource, parameters(op("replace", "name", value={"valueString": "x"})))


TEXTS = st.sampled_from(["a", "b", "王"])
NAMES = st.lists(
    st.fixed_dictionaries(
        {}, optional={"family": TEXTS, "text": TEXTS, "given": st.lists(TEXTS, min_size=1, max_size=3)}
    ).filter(bool),
    min_size=1,
    max_size=3,
)
PATIENTS = st.fixed_dictionaries(
    {"resourceType": st.just("Patient")},
    optional={
        "active": st.booleans(),
        "gender": st.sampled_from(["male", "female"]),
        "birthDate": st.sampled_from(["1990", "1991-02"]),
        "_birthDate": st.just(ABSENT),
        "deceasedBoolean": st.booleans(),
        "maritalStatus": st.fixed_dictionaries({"text": TEXTS}),
        "name": NAMES,
    },
)
VALUES = {
    "active": "valueBoolean",
    "gender": "valueCode",
    "birthDate": "valueDate",
    "deceased": "valueBoolean",
    "maritalStatus": "valueCodeableConcept",
}


def difference(one: Json, other: Json) -> Json:
    """A FHIRPath Patch that makes ``other`` of ``one``."""
    out: list[Json] = []
    for name, key in VALUES.items():
        json = "deceasedBoolean" if name == "deceased" else name
        value = {pre + key: other[pre + json] for pre in ("", "_") if pre + json in other}
        there = json in one or "_" + json in one
        if not value:
            out.append(op("delete", f"Patient.{name}"))
        elif there:
            out.append(op("replace", f"Patient.{name}", value=value))
        else:
            out.append(op("add", "Patient", name=name, value=value))
    before, after = one.get("name", []), other.get("name", [])
    out += [
        op("insert", "Patient.name", index=at, value={"valueHumanName": name})
        for at, name in enumerate(after)
    ]
    out += (
        [op("move", "Patient.name", source=len(after), destination=len(after) + len(before) - 1)]
        if before
        else []
    )
    return parameters(*out, *[op("delete", f"Patient.name[{len(after)}]") for _ in before])


@given(PATIENTS, PATIENTS)
def test_the_patch_of_a_difference_gives_the_target(one: Json, other: Json) -> None:
    assert PATCH.patched(one, difference(one, other)) == other


PATHS = st.sampled_from(
    [
        "Patient",
        "Patient.name",
        "Patient.name[0]",
        "Patient.name.given",
        "Patient.name[0].given",
        "Patient.birthDate",
        "Patient.birthDate.extension",
        "%resource",
        "$this",
        "Patient.name.given[0].extension",
        "active",
        "1",
        "{}",
        "Patient.children()",
        "Patient.descendants().first()",
        "Patient.deceased",
        "Patient.name.where(given = 'a')",
        "(",
    ]
)
SOME = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["given", "id", "extension", "birthDate", "value", "name", ""]),
        "index": st.integers(-1, 3),
        "source": st.integers(-1, 3),
        "destination": st.integers(-1, 3),
        "value": st.sampled_from(
            [
                {"valueString": "x"},
                {"valueString": None},
                {"_valueString": ABSENT},
                {"valueHumanName": {"text": "x"}},
                {"valueBoolean": 1},
                {"resource": patient()},
                {"valueDate": "1990"},
                {"_valueDate": []},
            ]
        )
        | st.lists(
            st.sampled_from([{"name": "url", "valueUri": "x"}, {"name": "value", "valueCode": "x"}]),
            max_size=3,
        ),
    },
)
TYPES = st.sampled_from(["add", "insert", "delete", "replace", "move"])


@given(
    PATIENTS,
    st.lists(st.builds(lambda kind, path, some: op(kind, path, **some), TYPES, PATHS, SOME), max_size=4),
)
def test_whatever_it_is_it_fails_as_a_patch_does(resource: Json, operations: list[Json]) -> None:
    before = copy.deepcopy(resource)
    with contextlib.suppress(PatchFailed):
        PATCH.patched(resource, parameters(*operations))
    assert resource == before


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "part", "resourceType", "parameter", "valueString"]), inner, max_size=4
        )
    ),
    max_leaves=10,
)


@given(PATIENTS, JSON)
def test_any_json_fails_as_a_patch_does(resource: Json, patch: Any) -> None:
    for one in (
        patch,
        {"resourceType": "Parameters", "parameter": patch},
        parameters({"name": "operation", "part": patch}),
    ):
        with contextlib.suppress(PatchFailed):
            PATCH.patched(resource, one)
