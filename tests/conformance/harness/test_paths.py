"""Paths into an answer."""

from __future__ import annotations

import pytest

from conformance.harness.paths import each, pick

ANSWER = {
    "resourceType": "Parameters",
    "parameter": [
        {"name": "status", "valueCode": "submitted"},
        {"name": "serial", "valueIdentifier": {"system": "urn:x", "value": "S1"}},
        {"name": "task", "valueReference": {"reference": "Task/1"}},
        {"name": "head", "part": [{"name": "size", "valueInteger": 7}]},
    ],
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("[0].id", "R1"),
        ("[-1].id", "R2"),
        ("[code=1].id", "R2"),
        ("[0]", {"id": "R1", "code": 0}),
        ("id", "R1"),
        ("[7].id", None),
        ("[0].id.deeper", None),
    ],
)
def test_what_is_a_list_at_the_top_is_reached(path: str, found: object) -> None:
    assert pick([{"id": "R1", "code": 0}, {"id": "R2", "code": 1}], path) == found


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("parameter[name=serial].valueIdentifier.value", "S1"),
        ("parameter[name=status].value*", "submitted"),
        ("parameter[name=head].part[name=size].value*", 7),
        ("parameter[0].name", "status"),
        ("parameter[-1].name", "head"),
        ("nothing.at.all | parameter[name=task].valueReference.reference", "Task/1"),
        ("parameter[name=absent].valueString", None),
        ("resourceType.deeper", None),
    ],
)
def test_finds_the_first_value(path: str, found: object) -> None:
    assert pick(ANSWER, path) == found


def test_finds_all_values_in_their_order() -> None:
    assert list(each(ANSWER, "parameter.name")) == ["status", "serial", "task", "head"]


@pytest.mark.parametrize("foreign", [None, [], "text", 7, {"parameter": "text"}, {"parameter": [1, None]}])
def test_what_a_foreign_server_sends_is_no_error(foreign: object) -> None:
    assert pick(foreign, "parameter[name=serial].valueIdentifier.value") is None
