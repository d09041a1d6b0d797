"""What is critical: beyond a limit for this person, by a flag, a grade or a wording."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from gateway.canonical import now_us
from gateway.store.clock import instant
from tests.feed.critical.ward import Body, Ward, potassium, unread

ANALYSED = {
    "url": "http://hl7.org/fhir/StructureDefinition/observation-analysis-date-time",
    "valueDateTime": instant(now_us()),
}


@pytest.mark.parametrize(
    ("value", "more", "critical"),
    [
        ("6.2", {}, True),
        ("6.19", {}, False),
        ("2.8", {}, True),
        ("4.1", {}, False),
        (">10", {}, True),
        (">5", {}, False),
        ("<2.0", {}, True),
        ("<4.0", {}, False),
        ("6.8", {"unit": "mg/dL"}, True),
        ("24", {"unit": "mg/dL"}, False),
        ("24.5", {"unit": "mg/dL"}, True),
        ("6.3", {"unit": "meq/L"}, True),
        ("0.0061", {"unit": "mol/L"}, False),
        ("0.0063", {"unit": "mol/L"}, True),
        ("6.8", {"unit": "mmol/kg"}, False),
        ("4.1", {"flag": "HH"}, True),
        ("4.1", {"flag": "H"}, False),
        ("6.8", {"status": "preliminary"}, True),
        ("6.8", {"status": "entered-in-error"}, False),
        ("6.8", {"subject": {"reference": "Patient/newborn"}}, False),
        ("7.5", {"subject": {"reference": "Patient/newborn"}}, True),
        ("6.8", {"subject": {"reference": "Patient/newborn"}, "effectiveDateTime": "1999-01-01"}, False),
        ("7.5", {"subject": {"reference": "Patient/newborn"}, "effectiveDateTime": "2090-01-01"}, True),
        ("6.8", {"effectiveDateTime": "1970-01-01"}, True),
        ("6.8", {"effectiveDateTime": "2020-01-01", "extension": [ANALYSED]}, True),
    ],
)
def test_what_is_critical(ward: Ward, value: str, more: dict[str, Any], critical: bool) -> None:
    ward.write(potassium(value, **more))
    assert len(ward.tasks()) == critical


def test_a_component_may_be_critical(ward: Ward) -> None:
    whole = potassium("4.1")
    part = {
        "code": whole["code"],
        "valueQuantity": {"value": Decimal("7.1"), "unit": "mmol/L", "code": "mmol/L"},
    }
    panel = {name: value for name, value in whole.items() if name != "valueQuantity"}
    panel |= {"code": {"text": "血气"}, "component": [{"code": {"text": "pH"}, "valueString": "7.4"}, part]}
    ward.write(panel)
    (task,) = ward.tasks()
    assert task["description"] == "危急值：血钾 7.1 mmol/L ≥6.2"
    ward.write(
        {**panel, "component": [{**part, "valueQuantity": {**part["valueQuantity"], "value": Decimal(4)}}]}
    )
    (task,) = ward.tasks()
    assert task["note"][-1]["text"].endswith("钾 4 mmol/L（不再达到危急值）")


def test_no_clot_is_critical(ward: Ward) -> None:
    plain = potassium("1")
    del plain["valueQuantity"]
    code = {"coding": [{"system": "http://loinc.org", "code": "5902-2"}]}
    ward.write({**plain, "code": code, "valueString": "不凝"})
    assert [one["description"] for one in ward.tasks()] == ["危急值：凝血酶原时间 不凝"]


@pytest.mark.parametrize("unit", [{}, {"unit": "pH", "code": "[pH]"}, {"unit": "1", "code": "1"}])
def test_a_ph_needs_no_unit(ward: Ward, unit: Body) -> None:
    code = {"coding": [{"system": "http://loinc.org", "code": "2744-1"}]}
    ward.write({**potassium("7.1"), "code": code, "valueQuantity": {"value": Decimal("7.1"), **unit}})
    assert (len(ward.tasks()), unread(ward)) == (1, [])
