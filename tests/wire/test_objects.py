"""Objects: records in JSON, told as rows, say all that they say and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.wire.rows import objects

NAMES = st.text("ab.一", min_size=1, max_size=3)
SCALARS = st.none() | st.booleans() | st.integers() | st.text("0x ", max_size=4)
RECORDS = st.dictionaries(
    NAMES,
    st.recursive(
        SCALARS, lambda one: st.lists(one, max_size=3) | st.dictionaries(NAMES, one, max_size=3), max_leaves=8
    ),
    max_size=4,
)


def leaves(value: Any) -> list[str]:
    if isinstance(value, dict | list):
        return [
            text for one in (value.values() if isinstance(value, dict) else value) for text in leaves(one)
        ]
    if value is None or isinstance(value, bool):
        return ["1" if value else "0"] if value is not None else []
    return [str(value).strip()] if str(value).strip() else []


@given(RECORDS)
def test_every_value_is_told_or_the_record_is_refused(data: dict[str, Any]) -> None:
    try:
        values, nested = objects.told(objects.read(json.dumps(data)))
    except objects.Twice:
        return
    said = [text for text in values.values() if text] + [
        text for rows in nested.values() for row in rows for text in row.values() if text
    ]
    shown = [part for text in said for part in text.split("; ") if part]
    assert sorted({*shown}) == sorted({*leaves(data)})


@given(RECORDS)
def test_what_is_written_anew_is_the_same(data: dict[str, Any]) -> None:
    read = objects.read(json.dumps(data))
    assert objects.read(objects.written(read)) == read


def test_digits_stay() -> None:
    values, _ = objects.told(
        objects.read('{"a": 20260307000100001234, "b": 5.10, "c": 1e-5, "d": true, "e": " "}')
    )
    assert values == {"a": "20260307000100001234", "b": "5.10", "c": "1e-5", "d": "1", "e": None}


def test_two_things_by_one_name_are_named_and_kept() -> None:
    read = objects.read('{"a": 1, "b": {"c": 2, "c": 3, "10012345": 4}, "a": 1}')
    assert objects.written(read) == '{"a": "1", "b": {"c": "2", "c": "3", "10012345": "4"}}'
    with pytest.raises(objects.Twice) as told:
        objects.told(read)
    assert told.value.name == "b.c"
    assert objects.member(read, "a") == "1"
    with pytest.raises(objects.Twice):
        objects.member(read["b"], "c")
    assert objects.member(read["b"], "10012345") == "4"


def test_a_number_of_somebody_in_the_place_of_a_name_is_not_told() -> None:
    with pytest.raises(objects.Twice) as told:
        objects.told(objects.read('{"20260307": "a", "20260307": "b"}'))
    assert told.value.name == "*"


@pytest.mark.parametrize("text", ["", "{", "[1,]", '{"a": NaN}', "[" * 100_000])
def test_what_is_no_json(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        objects.read(text)
