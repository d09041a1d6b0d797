"""Observation/[id]/$delta: a result beside the one before of the same patient and test."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from gateway.api import Context, create_app
from gateway.feed.laboratory import load_delta_rules
from gateway.store import Change, Store, Transact


def glucose(id: str, day: int, value: float, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation", "id": id, "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "2823-3"}]},
        "subject": {"reference": "Patient/p"}, "effectiveDateTime": f"2026-03-{day:02}T08:00:00+08:00",
        "valueQuantity": {"value": value, "unit": "mmol/L", "code": "mmol/L"}, **more,
    }  # fmt: skip


@pytest.fixture
def asked(store: Store) -> Any:
    bodies: list[dict[str, Any]] = [
        {"resourceType": "Patient", "id": "p"}, {"resourceType": "Patient", "id": "q"},
        glucose("old", 1, 3.9), glucose("gone", 13, 9, status="entered-in-error"),
        glucose("before", 12, 4.1), glucose("other", 13, 6, subject={"reference": "Patient/q"}),
        glucose("text", 14, 1, valueQuantity={"value": 4, "unit": "g/kg"}), glucose("now", 15, 5.6),
        glucose("timeless", 1, 4, effectiveDateTime="2026"),
        glucose("day", 1, 4, effectiveDateTime="2026-03-11"),
    ]  # fmt: skip
    changes = [Change("update", one["resourceType"], one["id"], one) for one in bodies]
    (done,) = store.write([Transact("default", "x", changes)])
    assert done.error is None
    app = create_app(Context(store, delta=load_delta_rules()), "1.2.3")

    def get(url: str) -> httpx.Response:
        async def run() -> httpx.Response:
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8080") as client:
                return await client.get(url)

        return asyncio.run(run())

    return get


def told(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    return {
        one["name"]: next(value for name, value in one.items() if name != "name")
        for one in answer.json()["parameter"]
    }


def test_it_is_compared_with_the_newest_comparable_one_of_the_patient(asked: Any) -> None:
    assert told(asked("/fhir/Observation/now/$delta")) == {
        "before": {"reference": "Observation/before"},
        "change": 1.5,
        "unit": "mmol/L",
        "percent": 36.5854,
        "beyond": True,
        "rule": "血钾: 1 mmol/L, 7 d",
    }


def test_a_first_result_is_beyond_nothing(asked: Any) -> None:
    assert told(asked("/fhir/Observation/before/$delta")) == {"beyond": False, "rule": "血钾: 1 mmol/L, 7 d"}


def test_what_is_not_there_and_what_has_no_rule(asked: Any) -> None:
    assert asked("/fhir/Observation/none/$delta").status_code == 404
    assert asked("/fhir/Observation/now/$delta?x=1").status_code == 400
    assert "delta" in asked("/fhir/OperationDefinition/qiao-delta").json()["code"]
