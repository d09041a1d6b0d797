"""How much a result differs from the one before: told by rules that are data, and never guessed."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from gateway.errors import Misconfigured
from gateway.feed.laboratory import compare, load_delta_rules, rule_of


def result(value: str, code: str = "2823-3", unit: str = "mmol/L", **more: Any) -> dict[str, Any]:
    quantity = {"value": Decimal(value), "unit": unit, "code": unit, **more}
    return {"code": {"coding": [{"system": "http://loinc.org", "code": code}]}, "valueQuantity": quantity}


@pytest.mark.parametrize(
    ("now", "before", "expected"),
    [
        (result("5.2"), result("4.1"), ("1.1", "26.8293", True)),
        (result("4.9"), result("4.1"), ("0.8", "19.5122", False)),
        (result("3.0"), result("4.1"), ("-1.1", "-26.8293", True)),
        (result("180", "2160-0", "umol/L"), result("1", "2160-0", "mg/dL"), ("91.5983", "103.616", True)),
        (result("14", "718-7", "g/dL"), result("130", "718-7", "g/L"), ("10", "7.69231", False)),
        (result("4.1"), result("4.1"), ("0", "0", False)),
        (result("5.2"), result("4.1", unit="g/kg"), None),
        (result("5.2", comparator=">"), result("4.1"), None),
        (result("5.2"), {"code": {}, "valueString": "溶血"}, None),
    ],
)
def test_a_result_beside_the_one_before(
    now: dict[str, Any], before: dict[str, Any], expected: tuple[str, str, bool] | None
) -> None:
    found = rule_of(load_delta_rules(), now)
    assert found is not None
    told = compare(found[1], now, before)
    assert (told and (str(told.change), str(told.percent), told.beyond)) == expected


def test_from_nothing_any_percentage_is_beyond() -> None:
    found = rule_of(load_delta_rules(), result("5", "777-3", "10*9/L"))
    assert found is not None
    told = compare(found[1], result("5", "777-3", "10*9/L"), result("0", "777-3", "10*9/L"))
    assert told is not None
    assert (told.percent, told.beyond) == (None, True)


def test_a_test_without_a_rule_has_none() -> None:
    assert rule_of(load_delta_rules(), result("5", "1-8")) is None


@pytest.mark.parametrize(
    "text",
    [
        "tests: []",
        "delta: Observation\ntests: 5",
        "delta: Observation\ntests: [{test: K, codes: [1], unit: mmol/L, within: 7}]",
        "delta: Observation\ntests: [{test: K, codes: [1], unit: furlong, change: 1, within: 7}]",
        "delta: Observation\ntests: [{test: K, codes: [1], unit: g, change: -1, within: 7}]",
        "delta: Observation\ntests: [{test: K, codes: [1], unit: g, change: 1, within: soon}]",
        "delta: [",
    ],
)
def test_wrong_rules_are_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "delta.yaml"
    file.write_text(text, "utf-8")
    with pytest.raises(Misconfigured):
        load_delta_rules(file)
