"""Results keep what the laboratory said: quantities, comparators, titres, text, nothing invented."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.canonical import Envelope
from gateway.mapping import Maps, load_maps
from gateway.mapping.functions import BAD
from gateway.mapping.memory import Memories
from gateway.mapping.observations import frequency, obx_value
from gateway.mapping.ranges import reference_range
from gateway.mapping.run import Run
from gateway.mapping.texts import is_resident_id
from gateway.wire import er7


@pytest.fixture(scope="module")
def run() -> Run:
    maps: Maps = load_maps()
    parsed = er7.parse(b"MSH|^~\\&|LIS||||20260101||ORU^R01|1|P|2.5.1")
    envelope = Envelope("0" * 32, "default", "lis/hl7v2", "", 0, "", "", b"")
    return Run(
        parsed,
        envelope,
        maps.profiles["default"],
        maps.tables,
        maps._functions,
        Memories([{} for _ in range(199)]),
    )


def fields(kind: str, value: str, unit: str = "", limits: str = "") -> list[str]:
    return ["OBX", "1", kind, "WBC", "", value, unit, limits]


def written(text: str) -> dict[str, Any]:
    url = "http://hl7.org/fhir/StructureDefinition/originalText"
    return {"extension": [{"url": url, "valueString": text}]}


TITRE = {"numerator": {"value": Decimal(1)}, "denominator": {"value": Decimal(80)}, **written("1 : 80")}
RANGE = {"low": {"value": Decimal(5)}, "high": {"value": Decimal(10)}, **written("5 - 10")}
KINDS = ["NM", "ST", "SN", "NA", "VR", "CWE", "IS", "TX", "DT", "TM", "NR", "DR", "", "XX"]
G_L = {"unit": "10^9/L", "system": "http://unitsofmeasure.org", "code": "10*9/L"}
MMOL_L = {"unit": "mmol/l", "system": "http://unitsofmeasure.org", "code": "mmol/L"}


@pytest.mark.parametrize(
    ("kind", "value", "unit", "expected"),
    [
        ("NM", "5.60", "10^9/L", {"valueQuantity": {"value": Decimal("5.60"), **G_L}}),
        ("NM", "5.60", r"10\S\9/L", {"valueQuantity": {"value": Decimal("5.60"), **G_L}}),
        ("ST", "<3", "10^9/L", {"valueQuantity": {"value": Decimal(3), "comparator": "<", **G_L}}),
        ("NM", "1.2E-2", "mmol/l", {"valueQuantity": {"value": Decimal("0.012"), **MMOL_L}}),
        ("ST", "<1.7e2", "mmol/l", {"valueQuantity": {"value": Decimal(170), "comparator": "<", **MMOL_L}}),
        ("ST", "1E5", "", {"valueString": "1E5"}),
        ("SI", "1E2", "", {"valueString": "1E2"}),
        ("NM", "≥100", "", {"valueQuantity": {"value": Decimal(100), "comparator": ">="}}),
        ("NM", "浑浊", "", {"valueString": "浑浊"}),
        ("ST", "1:30", "", {"valueString": "1:30"}),
        ("ST", "5", "", {"valueString": "5"}),
        ("SN", "^1^:^80", "", {"valueRatio": TITRE}),
        ("SN", ">^100", "", {"valueQuantity": {"value": Decimal(100), "comparator": ">"}}),
        ("SN", "^5^-^10", "", {"valueRange": RANGE}),
        ("SN", "^2^+", "", {"valueString": "2+"}),
        ("SN", "<>^5", "mg/L", {"valueString": "<>5 mg/L"}),
        ("VR", "A^C", "", {"valueString": "A-C"}),
        ("TX", "第一行~第二行", "", {"valueString": "第一行\n第二行"}),
        ("DT", "20260228", "", {"valueDateTime": "2026-02-28"}),
        ("TM", "0830", "", {"valueTime": "08:30:00"}),
        ("ED", "^application^pdf^Base64^AAAA", "", None),
        ("NM", "", "", None),
        ("NM", '""', "", None),
        ("NM", "5,6", "mmol/l", {"valueQuantity": {"value": Decimal("5.6"), **MMOL_L}}),
        ("ST", "< 0,6", "mmol/l", {"valueQuantity": {"value": Decimal("0.6"), "comparator": "<", **MMOL_L}}),
        ("NM", "1,234", "mmol/l", {"valueString": "1,234 mmol/l"}),
        ("ST", "0-3", "mmol/l", {"valueString": "0-3 mmol/l"}),
        ("SN", "^5^-^3", "", {"valueString": "5-3"}),
        ("NR", "5^1", "", {"valueString": "5-1"}),
        ("DR", "20260201^20260101", "", {"valueString": "2026-02-01 - 2026-01-01"}),
        ("CQ", "5^mmol/l", "", {"valueQuantity": {"value": Decimal(5), **MMOL_L}}),
        ("SI", "7", "", {"valueInteger": 7}),
        ("XCN", "77^Smith&von^John", "", {"valueString": "77 Smith von John"}),
        ("MO", "10.5^EUR", "", {"valueString": "10.5 EUR"}),
    ],
)  # fmt: skip
def test_value(run: Run, kind: str, value: str, unit: str, expected: Any) -> None:
    assert obx_value(fields(kind, value, unit), run) == expected


def test_repetitions_of_a_curve_are_its_moments(run: Run) -> None:
    made = obx_value(fields("NA", "1^2^3~4^5^6", "mmol/l"), run)["valueSampledData"]
    assert (made["data"], made["dimensions"]) == ("1 2 3 4 5 6", 3)


def test_a_unit_whose_alternate_is_ucum_is_that(run: Run) -> None:
    unit = "264864^MDC_DIM_BEAT_PER_MIN^MDC^{beat}/min^^UCUM"
    made = obx_value(fields("NM", "60", unit), run)["valueQuantity"]
    assert (made["unit"], made["code"]) == ("{beat}/min", "{beat}/min")


def test_not_computed_is_absent_not_text(run: Run) -> None:
    made = obx_value(fields("NM", "*****", "10^9/L"), run)
    assert made["dataAbsentReason"]["coding"][0]["code"] == "unknown"
    assert not [name for name in made if name.startswith("value")]


def test_an_impossible_date_is_bad(run: Run) -> None:
    assert obx_value(fields("DT", "20260231"), run) is BAD


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("3.5-9.5", "3.5", "9.5"),
        ("3.5--9.5", "3.5", "9.5"),
        ("3.5～9.5", "3.5", "9.5"),
        ("-2-3", "-2", "3"),
        ("4,0 - 10,0", "4.0", "10.0"),
        ("2.20 à 2.60", "2.20", "2.60"),
        ("136^145", "136", "145"),
        ("<5.0", None, "5.0"),
        ("≥1", "1", None),
        ("阴性", None, None),
        ("9.5-3.5", None, None),
        ("<1:80", None, None),
    ],
)
def test_reference_range(run: Run, text: str, low: str | None, high: str | None) -> None:
    made = reference_range(fields("NM", "5", "", text), run)
    assert made["text"] == text
    assert made.get("low", {}).get("value") == (Decimal(low) if low else None)
    assert made.get("high", {}).get("value") == (Decimal(high) if high else None)


@pytest.mark.parametrize(
    ("text", "repeat"),
    [
        ("Q8H", {"frequency": 1, "period": 8, "periodUnit": "h"}),
        ("每日三次", {"frequency": 3, "period": 1, "periodUnit": "d"}),
        ("bid", {"frequency": 2, "period": 1, "periodUnit": "d"}),
        ("3次/日", {"frequency": 3, "period": 1, "periodUnit": "d"}),
        ("遵医嘱", None),
    ],
)
def test_frequency_is_read_or_kept_never_guessed(run: Run, text: str, repeat: dict[str, Any] | None) -> None:
    made = frequency(text, run)
    assert text in (made["code"].get("text"), *(c.get("code") for c in made["code"].get("coding", ())))
    assert {k: made.get("repeat", {}).get(k) for k in repeat or ()} == (repeat or {})
    assert repeat is not None or "repeat" not in made


@settings(deadline=None)  # the first example loads the maps
@given(st.sampled_from(KINDS), st.text(max_size=30), st.text(max_size=10), st.text(max_size=20))
def test_no_text_breaks_it(kind: str, value: str, unit: str, limits: str) -> None:
    maps = _maps()
    parsed = er7.parse(b"MSH|^~\\&|LIS||||20260101||ORU^R01|1|P|2.5.1")
    envelope = Envelope("0" * 32, "default", "lis/hl7v2", "", 0, "", "", b"")
    run = Run(
        parsed,
        envelope,
        maps.profiles["default"],
        maps.tables,
        maps._functions,
        Memories([{} for _ in range(199)]),
    )
    obx_value(fields(kind, value, unit, limits), run)
    reference_range(fields(kind, value, unit, limits), run)


_LOADED: list[Maps] = []


def _maps() -> Maps:
    if not _LOADED:
        _LOADED.append(load_maps())
    return _LOADED[0]


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("990101199003071239", False),
        ("990101199003071234", False),
        ("99010119900307123", False),
        ("990101199002311236", False),
    ],
)
def test_resident_id_with_a_wrong_digit_is_refused(text: str, good: bool) -> None:
    assert is_resident_id(text) is good


def test_exactly_one_check_digit_is_right() -> None:
    assert sum(is_resident_id("99010119900307123" + last) for last in "0123456789X") == 1


@pytest.mark.parametrize(
    ("kind", "value"),
    [("NR", ">7"), ("NR", "7-8"), ("NA", ">7"), ("NA", "7*"), ("DR", "7 days"), ("DR", "7"), ("", "7~8")],
)
def test_a_value_that_is_not_what_its_type_says_is_told_as_text(run: Run, kind: str, value: str) -> None:
    made = obx_value(fields(kind, value), run)
    assert value.replace("~", "\n") in made.get("valueString", ""), made
