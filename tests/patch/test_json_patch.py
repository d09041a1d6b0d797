"""JSON Patch: every operation, what is refused and why, and that nothing is half done."""

from __future__ import annotations

import copy
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.canonical.json import loads
from gateway.patch import MalformedPatch, PatchFailed, Unprocessable, patched, same_resource
from gateway.patch.growth import DEEPEST, MOST_OPERATIONS, equal

PATIENT = """{"resourceType": "Patient", "id": "p", "active": true,
 "name": [{"family": "王", "given": ["小", "明"]}, {"text": "王小明"}], "a/b": 1, "m~n": 2, "": 3}"""

APPLIED = [
    ("nothing to do", "[]", "{}", "{}"),
    ("a member", '[{"op":"add","path":"/b","value":1}]', '{"a":0}', '{"a":0,"b":1}'),
    ("a member that is there is replaced", '[{"op":"add","path":"/a","value":[1]}]', '{"a":0}', '{"a":[1]}'),
    ("null is a value", '[{"op":"add","path":"/a","value":null}]', "{}", '{"a":null}'),
    ("into an array", '[{"op":"add","path":"/a/1","value":9}]', '{"a":[1,2]}', '{"a":[1,9,2]}'),
    ("at its end by index", '[{"op":"add","path":"/a/2","value":9}]', '{"a":[1,2]}', '{"a":[1,2,9]}'),
    ("at its end by -", '[{"op":"add","path":"/a/-","value":[9]}]', '{"a":[1]}', '{"a":[1,[9]]}'),
    ("- is a name in an object", '[{"op":"add","path":"/-","value":1}]', "{}", '{"-":1}'),
    ("digits are a name in an object", '[{"op":"add","path":"/01","value":1}]', "{}", '{"01":1}'),
    ("the whole document", '[{"op":"add","path":"","value":{"b":1}}]', '{"a":0}', '{"b":1}'),
    ("remove a member", '[{"op":"remove","path":"/a"}]', '{"a":0,"b":1}', '{"b":1}'),
    ("remove an element", '[{"op":"remove","path":"/a/0"}]', '{"a":[1,2]}', '{"a":[2]}'),
    ("replace a member", '[{"op":"replace","path":"/a","value":{}}]', '{"a":0}', '{"a":{}}'),
    ("replace an element", '[{"op":"replace","path":"/a/1","value":9}]', '{"a":[1,2]}', '{"a":[1,9]}'),
    ("replace the whole", '[{"op":"replace","path":"","value":[]}]', '{"a":0}', "[]"),
    ("move a member", '[{"op":"move","from":"/a/b","path":"/c"}]', '{"a":{"b":1}}', '{"a":{},"c":1}'),
    ("move in an array", '[{"op":"move","from":"/a/0","path":"/a/2"}]', '{"a":[1,2,3]}', '{"a":[2,3,1]}'),
    ("move to where it is", '[{"op":"move","from":"/a","path":"/a"}]', '{"a":1}', '{"a":1}'),
    ("move over what is above", '[{"op":"move","from":"/a/b","path":"/a"}]', '{"a":{"b":1}}', '{"a":1}'),
    ("move to be the whole", '[{"op":"move","from":"/a","path":""}]', '{"a":{"b":1}}', '{"b":1}'),
    (
        "copy",
        '[{"op":"copy","from":"/a","path":"/b/-"}]',
        '{"a":{"x":1},"b":[]}',
        '{"a":{"x":1},"b":[{"x":1}]}',
    ),
    ("copy into itself", '[{"op":"copy","from":"","path":"/b"}]', '{"a":1}', '{"a":1,"b":{"a":1}}'),
    (
        "a copy is another object",
        '[{"op":"copy","from":"/a","path":"/b"},{"op":"add","path":"/b/x","value":2}]',
        '{"a":{"x":1}}',
        '{"a":{"x":1},"b":{"x":2}}',
    ),
    ("test text", '[{"op":"test","path":"/a","value":"x"}]', '{"a":"x"}', '{"a":"x"}'),
    ("test decimals by value", '[{"op":"test","path":"/a","value":1.0}]', '{"a":1.00}', '{"a":1.00}'),
    ("test a decimal and an integer", '[{"op":"test","path":"/a","value":1}]', '{"a":1.0}', '{"a":1.0}'),
    (
        "test in any order",
        '[{"op":"test","path":"","value":{"b":[2],"a":1}}]',
        '{"a":1,"b":[2]}',
        '{"a":1,"b":[2]}',
    ),
    ("an escaped slash", '[{"op":"replace","path":"/a~1b","value":9}]', '{"a/b":1}', '{"a/b":9}'),
    ("an escaped tilde", '[{"op":"replace","path":"/m~0n","value":9}]', '{"m~n":1}', '{"m~n":9}'),
    ("~01 is ~1", '[{"op":"replace","path":"/~01","value":9}]', '{"~1":1}', '{"~1":9}'),
    ("an empty name", '[{"op":"replace","path":"/","value":9}]', '{"":1}', '{"":9}'),
    ("other members are ignored", '[{"op":"remove","path":"/a","value":1,"x":2}]', '{"a":0}', "{}"),
    (
        "one after the other",
        '[{"op":"add","path":"/a","value":[]},{"op":"add","path":"/a/0","value":1},{"op":"test","path":"/a/0","value":1}]',
        "{}",
        '{"a":[1]}',
    ),
]

MALFORMED = [
    ("no array", '{"op":"remove","path":"/a"}', None),
    ("no object", "[1]", 0),
    ("no op", '[{"path":"/a"}]', 0),
    ("an unknown op", '[{"op":"delete","path":"/a"}]', 0),
    ("an op that is no text", '[{"op":["add"],"path":"/a","value":1}]', 0),
    ("no path", '[{"op":"remove"}]', 0),
    ("a path that is null", '[{"op":"remove","path":null}]', 0),
    ("a path without slash", '[{"op":"remove","path":"a"}]', 0),
    ("a bad escape", '[{"op":"remove","path":"/~2"}]', 0),
    ("a tilde at the end", '[{"op":"remove","path":"/a~"}]', 0),
    ("no value", '[{"op":"add","path":"/a"}]', 0),
    ("no value to test", '[{"op":"test","path":"/a"}]', 0),
    ("no from", '[{"op":"move","path":"/a"}]', 0),
    ("into itself", '[{"op":"move","from":"/name","path":"/name/0"}]', 0),
    ("NaN", '[{"op":"add","path":"/a","value":NaN}]', 0),
    ("a later one", '[{"op":"remove","path":"/nothing"},{"op":"add","path":"/b"}]', 1),
    ("a very long path", '[{"op":"remove","path":"/' + "a" * 5000 + '"}]', 0),
]

REFUSED = [
    ("nothing to remove", '[{"op":"remove","path":"/birthDate"}]', "not-found", "the resource"),
    ("nothing to replace", '[{"op":"replace","path":"/birthDate","value":1}]', "not-found", "the resource"),
    ("nowhere to add", '[{"op":"add","path":"/contact/0/gender","value":1}]', "not-found", "the resource"),
    ("nothing to move", '[{"op":"move","from":"/x","path":"/active"}]', "not-found", ""),
    ("nothing to copy", '[{"op":"copy","from":"/name/7","path":"/active"}]', "not-found", "at /name,"),
    ("below text", '[{"op":"add","path":"/name/0/family/x","value":1}]', "not-found", "/name/0/family"),
    ("beyond the end", '[{"op":"add","path":"/name/3","value":{}}]', "not-found", "an array of 2"),
    ("a leading zero", '[{"op":"remove","path":"/name/00"}]', "not-found", "no index"),
    ("a negative index", '[{"op":"remove","path":"/name/-1"}]', "not-found", "no index"),
    ("a name in an array", '[{"op":"add","path":"/name/x","value":1}]', "not-found", "no index"),
    ("other digits", '[{"op":"remove","path":"/name/\u0661"}]', "not-found", "no index"),
    ("many digits", '[{"op":"remove","path":"/name/' + "9" * 2000 + '"}]', "not-found", "no index"),
    ("after the last", '[{"op":"remove","path":"/name/-"}]', "not-found", "after its last"),
    ("the resource", '[{"op":"remove","path":""}]', "not-supported", ""),
    ("another text", '[{"op":"test","path":"/id","value":"q"}]', "conflict", "another value"),
    ("true is not 1", '[{"op":"test","path":"/active","value":1}]', "conflict", ""),
    ("a number is not text", '[{"op":"test","path":"/a~1b","value":"1"}]', "conflict", ""),
    ("one more member", '[{"op":"test","path":"/name/1","value":{}}]', "conflict", ""),
    ("another order", '[{"op":"test","path":"/name/0/given","value":["明","小"]}]', "conflict", ""),
    ("nothing to test", '[{"op":"test","path":"/x","value":null}]', "not-found", ""),
]


@pytest.mark.parametrize(("patch", "before", "after"), [pytest.param(*row[1:], id=row[0]) for row in APPLIED])
def test_it_is_applied(patch: str, before: str, after: str) -> None:
    assert patched(loads(before), loads(patch)) == loads(after)


@pytest.mark.parametrize(("patch", "operation"), [pytest.param(*row[1:], id=row[0]) for row in MALFORMED])
def test_no_patch_is_told_before_anything_is_tried(patch: str, operation: int | None) -> None:
    with pytest.raises(MalformedPatch) as caught:
        patched(loads(PATIENT), loads(patch))
    assert caught.value.operation == operation


@pytest.mark.parametrize(("patch", "code", "reason"), [pytest.param(*row[1:], id=row[0]) for row in REFUSED])
def test_what_does_not_fit_names_the_operation_and_changes_nothing(
    patch: str, code: str, reason: str
) -> None:
    resource, first = loads(PATIENT), {"op": "replace", "path": "/m~0n", "value": 5}
    before = copy.deepcopy(resource)
    with pytest.raises(Unprocessable) as caught:
        patched(resource, [first, *loads(patch)])
    assert (caught.value.operation, caught.value.code) == (1, code)
    assert reason in str(caught.value) and str(caught.value).startswith("operation[1]: ")
    assert resource == before


def test_a_reason_repeats_nothing_of_the_patch() -> None:
    secret = "990101199003071234"
    for path in (f"/name/{secret}", f"/{secret}/0", f"/name/0/{secret}"):
        with pytest.raises(Unprocessable) as caught:
            patched(loads(PATIENT), [{"op": "remove", "path": path}])
        assert secret not in str(caught.value)


def test_decimals_keep_their_digits() -> None:
    result = patched({"value": Decimal("5.60")}, loads('[{"op":"add","path":"/low","value":5.00}]'))
    assert [str(one) for one in result.values()] == ["5.60", "5.00"]


def test_copies_cannot_make_it_grow_without_end() -> None:
    double = [{"op": "copy", "from": "/a", "path": "/a/-"}] * 60
    with pytest.raises(Unprocessable) as caught:
        patched({"a": ["x" * 100]}, double)
    assert caught.value.code == "too-costly"
    for value in (10**4000, Decimal("1" * 4000), "x" * 4000):
        with pytest.raises(Unprocessable):
            patched({"a": [value]}, double)


def test_it_cannot_become_deeper_than_can_be_read() -> None:
    down = [{"op": "move", "from": "/a", "path": "/b"}, {"op": "add", "path": "/a", "value": {}}]
    down += [{"op": "move", "from": "/b", "path": "/a/b"}, {"op": "move", "from": "/a", "path": "/b"}]
    down += [{"op": "add", "path": "/a", "value": {}}]
    with pytest.raises(Unprocessable) as caught:
        patched({"a": {}}, down + down[2:] * 150)
    assert caught.value.code == "too-costly"
    deep: Any = {}
    for _ in range(DEEPEST + 1):
        deep = [deep]
    with pytest.raises(Unprocessable):
        patched({}, [{"op": "add", "path": "/a", "value": deep}])


def test_there_is_an_end_to_operations() -> None:
    with pytest.raises(MalformedPatch) as caught:
        patched({}, [{"op": "test", "path": "", "value": {}}] * (MOST_OPERATIONS + 1))
    assert caught.value.code == "too-costly"


@pytest.mark.parametrize(
    "after", [None, [], {}, {"resourceType": "Group", "id": "p"}, {"resourceType": "Patient"}]
)
def test_a_patch_leaves_the_resource_that_it_was(after: Any) -> None:
    before = {"resourceType": "Patient", "id": "p"}
    assert same_resource(before, dict(before)) == before
    with pytest.raises(Unprocessable):
        same_resource(before, after)
    with pytest.raises(Unprocessable):
        same_resource(before, {"resourceType": "Patient", "id": "q"})


NAMES = st.sampled_from(["a", "b", "~", "/", "", "-", "0", "中"])
LEAVES = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([Decimal("1.0"), "x", ""])
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)
PLACES = st.lists(NAMES | st.sampled_from(["1", "2"]), max_size=3).map(
    lambda tokens: "".join("/" + one.replace("~", "~0").replace("/", "~1") for one in tokens)
)
OPERATIONS = st.fixed_dictionaries(
    {"op": st.sampled_from(["add", "remove", "replace", "move", "copy", "test"]), "path": PLACES},
    optional={"from": PLACES, "value": JSON},
)


def difference(one: Any, other: Any, path: str = "") -> list[dict[str, Any]]:
    """A JSON Patch that makes ``other`` of ``one``."""
    if type(one) is dict and type(other) is dict:
        out = []
        for name in one.keys() | other.keys():
            at = path + "/" + name.replace("~", "~0").replace("/", "~1")
            if name not in other:
                out.append({"op": "remove", "path": at})
            elif name not in one:
                out.append({"op": "add", "path": at, "value": other[name]})
            else:
                out += difference(one[name], other[name], at)
        return out
    if type(one) is list and type(other) is list:
        both = min(len(one), len(other))
        out = [step for at in range(both) for step in difference(one[at], other[at], f"{path}/{at}")]
        out += [{"op": "remove", "path": f"{path}/{both}"} for _ in one[both:]]
        return out + [{"op": "add", "path": f"{path}/-", "value": value} for value in other[both:]]
    return [
        {"op": "test", "path": path, "value": one},
        {"op": "replace", "path": path, "value": other},
        {"op": "test", "path": path, "value": other},
    ]


@given(JSON, JSON)
def test_the_patch_of_a_difference_gives_the_target(one: Any, other: Any) -> None:
    before = copy.deepcopy(one)
    patch = difference(one, other)
    assert equal(patched(one, patch), other)
    assert one == before


@given(JSON, st.lists(OPERATIONS, max_size=5) | JSON)
def test_whatever_it_is_it_fails_as_a_patch_does(document: Any, patch: Any) -> None:
    before = copy.deepcopy((document, patch))
    try:
        result = patched(document, patch)
        if type(result) is list:
            result.append(1)
    except PatchFailed:
        pass
    assert (document, patch) == before
