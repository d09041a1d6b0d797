"""The difference of two ends of one message: what a person must see before new maps go live, and no more."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from gateway.canonical import Draft, Merge, Quarantined, Translation
from gateway.mapping.difference import Change, compare, element


def made(*bodies: dict[str, Any], version: str = "1", **more: Any) -> Translation:
    drafts = [Draft("Patient", body["id"], {"resourceType": "Patient", **body}) for body in bodies]
    return Translation(drafts, map_version=version, **more)


def test_the_same_is_no_difference() -> None:
    body = {"id": "a", "name": [{"family": "张"}], "x": Decimal("5.60")}
    assert compare(made(body), made(body, version="2")) == []
    assert compare(Quarantined("no-patient"), Quarantined("no-patient")) == []


def test_a_resource_more_and_one_less() -> None:
    assert compare(made({"id": "a"}), made({"id": "b"})) == [
        Change("gone", "Patient/a"),
        Change("added", "Patient/b"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "path", "before", "after"),
    [
        ({"gender": "male"}, {"gender": "female"}, "gender", "male", "female"),
        ({}, {"gender": "female"}, "gender", None, "female"),
        ({"gender": "male"}, {}, "gender", "male", None),
        ({"name": [{"family": "a"}]}, {"name": [{"family": "b"}]}, "name[0].family", "a", "b"),
        ({"name": [{"text": "a"}]}, {"name": [{"text": "n"}, {"text": "a"}]}, "name[0]", None, {"text": "n"}),
        ({"value": Decimal("5.60")}, {"value": Decimal("5.6")}, "value", Decimal("5.60"), Decimal("5.6")),
        ({"flag": True}, {"flag": 1}, "flag", True, 1),
    ],
)
def test_one_element(old: Any, new: Any, path: str, before: object, after: object) -> None:
    [change] = compare(made({"id": "a", **old}), made({"id": "a", **new}))
    assert change == Change("changed", "Patient/a", path, before, after)


def test_a_message_that_would_no_longer_be_stored() -> None:
    assert compare(made({"id": "a"}), Quarantined("no-patient")) == [
        Change("outcome", "", "", "translated", "quarantined: no-patient")
    ]


def test_what_the_store_is_told_counts_too() -> None:
    old, new = made({"id": "a"}), made({"id": "a"})
    new.drafts[0].cleared = ("gender",)
    assert [change.path for change in compare(old, new)] == ["(cleared)"]
    merged = made({"id": "a"}, merges=[Merge("Patient", ("s", "v"), "b", "a")])
    assert [(change.kind, change.path) for change in compare(made({"id": "a"}), merged)] == [
        ("added", "(merge)")
    ]


def test_the_version_of_the_maps_is_no_difference_itself() -> None:
    old = made({"id": "a", "policy": ["urn:map:v1"]}, version="v1")
    assert compare(old, made({"id": "a", "policy": ["urn:map:v2"]}, version="v2")) == []
    assert len(compare(old, made({"id": "a", "policy": ["urn:map:v3"]}, version="v2"))) == 1


def test_elements_are_counted_without_their_places() -> None:
    assert element("name[0].given[12]") == "name.given"
    assert element("(owns)") == "(owns)"
