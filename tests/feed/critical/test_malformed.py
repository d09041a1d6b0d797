"""A result that is none of R4, in a store that only reports what is wrong: stored, and nothing falls over."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from gateway.feed.critical import CriticalValues, load_rules
from gateway.feed.governors import Governors
from gateway.feed.laboratory import LaboratoryOrders
from gateway.store import Change, Store, Transact, open_store

Body = dict[str, Any]
NUMBER = {"value": 6.9, "unit": "mmol/L", "code": "mmol/L", "system": "http://unitsofmeasure.org"}
CRITICAL = {"system": "urn:qiao:codes:reference-range", "code": "critical"}
POTASSIUM: Body = {
    "resourceType": "Observation", "id": "o1", "status": "final",
    "code": {"coding": [{"system": "http://loinc.org", "code": "2823-3"}], "text": "钾"},
    "subject": {"reference": "Patient/p1"}, "effectiveDateTime": "2026-03-06T12:45:00+08:00",
    "basedOn": [{"reference": "ServiceRequest/r1"}], "specimen": {"reference": "Specimen/s1"},
    "valueQuantity": NUMBER,
    "interpretation": [{"coding": [{"code": "HH"}]}],
    "referenceRange": [{"low": {"value": 3.5}, "high": {"value": 5.3}, "type": {"coding": [CRITICAL]}}],
    "component": [{"code": {"text": "x"}, "valueQuantity": NUMBER}],
}  # fmt: skip
WRONG = (None, "", "NaN", "Infinity", "x", 7, -0.5, True, [], {}, [[]], [None], ["x"], [{}], {"value": []})


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the way to every element."""
    for key, one in value.items() if isinstance(value, dict) else enumerate(value):
        yield (*path, key)
        if isinstance(one, dict | list):
            yield from places(one, (*path, key))


def with_(path: tuple[Any, ...], wrong: Any) -> Body:
    """Return the result with something else at a place."""
    body = deepcopy(POTASSIUM)
    at: Any = body
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = wrong
    return body


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path / 'qiao.db'}", synchronous="OFF")
    opened.govern(Governors(CriticalValues(load_rules()), LaboratoryOrders()))
    yield opened
    opened.close()


PLACES = [one for one in places(POTASSIUM) if one[0] not in ("resourceType", "id", "subject")]


@pytest.mark.parametrize("path", PLACES, ids=lambda one: ".".join(map(str, one)))
def test_whatever_stands_in_an_element_the_result_is_stored(store: Store, path: tuple[Any, ...]) -> None:
    bodies = [{**with_(path, wrong), "id": f"o{number}"} for number, wrong in enumerate(WRONG)]
    right = [{**POTASSIUM, "id": one["id"]} for one in bodies]
    for batch in (bodies, right, bodies):
        changes = [Change("update", "Observation", one["id"], one) for one in batch]
        done = store.write([Transact("default", "t", [one]) for one in changes])
        assert [one.error for one in done] == [None] * len(WRONG)
