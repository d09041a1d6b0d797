"""Numbers in two units of UCUM are compared where that is certain, and only there."""

from __future__ import annotations

from fractions import Fraction

import pytest

from gateway.validation.terminology.systems.ucum_measure import measure

GLUCOSE = Fraction("180.156")


def into(one: str, other: str, molar_mass: Fraction | None = None) -> Fraction | None:
    first, second = measure(one), measure(other)
    return first.into(second, molar_mass) if first and second else None


@pytest.mark.parametrize(("one", "other", "factor"), [
    ("g/dL", "g/L", 10), ("10*3/uL", "10*9/L", 1), ("{cells}/uL", "10*9/L", Fraction(1, 1000)),
    ("10*12/L", "10*6/uL", 1), ("/mm3", "/uL", 1), ("{INR}", "1", 1), ("L/L", "%", 100), ("min", "s", 60),
    ("ng/mL", "ug/L", 1), ("mg/L{FEU}", "ug/mL{FEU}", 1), ("g%", "g/L", 10), ("ukat/L", "U/L", 60),
    ("mmol/(24.h)", "mmol/h", Fraction(1, 24)), ("m2", "cm2", 10000), ("kg/m2", "g/m2", 1000),
])  # fmt: skip
def test_units_of_one_dimension(one: str, other: str, factor: Fraction) -> None:
    assert into(one, other) == factor
    assert into(other, one) == 1 / Fraction(factor)


@pytest.mark.parametrize(("one", "other"), [
    ("mmol/L", "10*9/L"), ("meq/L", "mmol/L"), ("mosm/kg", "mmol/kg"), ("[IU]/L", "U/L"), ("g/L", "g/kg"),
    ("mg/dL", "mmol/L"), ("Cel", "K"), ("[pH]", "1"), ("furlong", "m"), ("", "1"), ("mmol/L", "{"),
    ("[arb'U]/mL", "[IU]/mL"), ("1/0", "1"), ("mg/L{FEU}", "mg/L{DDU}"), ("mg/L", "mg/L{FEU}"),
    ("{Log_IU}/mL", "[IU]/mL"), ("{Log_copies}/mL", "{copies}/mL"), ("{Log_IU}/mL", "/mL"),
])  # fmt: skip
def test_what_is_not_certain_is_not_compared(one: str, other: str) -> None:
    assert into(one, other) is None


def test_grams_and_moles_of_a_substance() -> None:
    assert into("mg/dL", "mmol/L", GLUCOSE) == 10 / GLUCOSE
    assert into("mmol/L", "mg/dL", GLUCOSE) == GLUCOSE / 10
    assert into("mg/dL", "mmol/kg", GLUCOSE) is None
    assert into("g2/L", "mol/L", GLUCOSE) is None


def test_a_pressure() -> None:
    factor = into("kPa", "mm[Hg]")
    assert factor is not None
    assert round(float(factor), 4) == 7.5006
