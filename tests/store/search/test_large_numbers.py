"""Numbers that JSON and R4 take and no double holds: they are found, sorted and given like any other."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

HUGE = {
    "float": Decimal("1e400"),
    "negative": Decimal("-1e400"),
    "integer": 10**4000 - 1,
    "exponent": Decimal("1e999999999999999999"),
    "tiny": Decimal("1e-999999999999999999"),
}


@pytest.fixture(params=list(HUGE))
def poisoned(request: pytest.FixtureRequest, full: Any) -> Any:
    """The ward, and one value that is too large in every place that a search looks at."""
    number = HUGE[request.param]
    quantity = {"value": number, "unit": "g"}
    full.put(
        full.observation("huge", effectiveDateTime="2026-03-01", valueQuantity=quantity),
        full.observation(
            "range", effectiveDateTime="2026-03-02", valueRange={"low": quantity, "high": quantity}
        ),
        full.observation(
            "samples",
            valueSampledData={
                "origin": quantity,
                "factor": number,
                "period": 1,
                "dimensions": 1,
                "data": "1 2",
            },
        ),
        {"resourceType": "Location", "id": "far", "position": {"latitude": number, "longitude": number}},
        {
            "resourceType": "RiskAssessment",
            "id": "sure",
            "status": "final",
            "subject": {"reference": "Patient/p1"},
            "prediction": [{"probabilityDecimal": number}],
        },
    )
    return full


@pytest.mark.parametrize(
    "pair",
    [
        ("code:text", "nobody"),
        ("_sort", "date"),
        ("_sort", "_id"),
        ("_include", "*"),
        ("_content", "nobody"),
        ("_total", "accurate"),
        ("value-quantity", "5"),
        ("value-quantity", "gt5"),
        ("value-quantity", "ap5||g"),
        ("value-quantity", "lt-5||g"),
        ("subject.name", "张"),
        ("code-value-quantity", "718-7$gt5"),
    ],
)
def test_searches_answer(poisoned: Any, pair: tuple[str, str]) -> None:
    poisoned.page("Observation", pair, ("_count", "100"))


def test_other_searches_answer(poisoned: Any) -> None:
    poisoned.page("Location", ("near", "29|106|5|km"))
    poisoned.page("RiskAssessment", ("probability", "gt0.5"))
    assert "p1" in poisoned.found("Patient", ("_has:Observation:subject:value-quantity", "ne5"))
    poisoned.page("Patient", ("_revinclude", "Observation:subject"))
    store = poisoned.store
    assert store.everything("default", "Patient", "p1", []).matches
    assert store.lastn("default", [("patient", "p1")]).matches


def test_a_number_beyond_a_double_is_greater_than_any(full: Any) -> None:
    for id_, number in (("huge", Decimal("1e400")), ("long", 10**4000), ("low", Decimal("-1e400"))):
        full.put(full.observation(id_, valueQuantity={"value": number}))
    assert set(full.found("Observation", ("value-quantity", "gt1e100"))) == {"huge", "long"}
    assert full.found("Observation", ("value-quantity", "lt-1e100")) == ["low"]
