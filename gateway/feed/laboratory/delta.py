"""Delta: how much a result differs from the one before of the same patient, by rules that are data.

What it finds is the gateway's, not the laboratory's: it is told to who asks, and written into nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from gateway.canonical import Resource
from gateway.canonical.elements import each, first
from gateway.canonical.rule_file import rule_file
from gateway.errors import Misconfigured
from gateway.validation.terminology.systems.ucum_measure import measure

LOINC = "http://loinc.org"
_KEYS = {"test", "en", "codes", "unit", "change", "percent", "within", "molar_mass"}


@dataclass(slots=True, frozen=True)
class DeltaRule:
    """From which change on a result of a test is worth a second look.

    Attributes:
        name: of the test.
        unit: UCUM code in which values are compared.
        change: largest difference in that unit, None for any.
        percent: largest difference in percent of the value before, None for any.
        within: days; an older value is not compared.
        molar_mass: grams in a mole, None where nobody has said it.
    """

    name: str
    unit: str
    change: Fraction | None
    percent: Fraction | None
    within: int
    molar_mass: Fraction | None

    def value(self, observation: Resource) -> Fraction | None:
        """Return the value of a result in the unit of the rule, None where there is none to compare."""
        quantity = first(observation, "valueQuantity")
        if not isinstance(quantity, dict) or quantity.get("comparator") or "value" not in quantity:
            return None
        code, other = quantity.get("code"), measure(self.unit)
        one = measure(code) if isinstance(code, str) else None
        into = (
            Fraction(1) if code == self.unit else one.into(other, self.molar_mass) if one and other else None
        )
        return None if into is None else Fraction(str(quantity["value"])) * into


DeltaRules = Mapping[tuple[str, str], DeltaRule]
"""System and code of a test → its rule."""


@dataclass(slots=True, frozen=True)
class Delta:
    """What became of a value.

    Attributes:
        change: in the unit of the rule; negative where it fell.
        percent: of the value before, None where that was zero.
        beyond: whether it is more than the rule says.
    """

    change: Decimal
    percent: Decimal | None
    beyond: bool


def load_delta_rules(file: Path | None = None) -> DeltaRules:
    """Return the rules of ``file``, or those that qiao ships.

    Raises:
        Misconfigured: the file is none, or a rule in it; names file and test.
    """
    said, where = rule_file(file, "laboratory", "delta.yaml")
    tests = said.get("tests") if said.get("delta") == "Observation" else None
    if not isinstance(tests, list):
        raise Misconfigured("delta rules have delta: Observation, and tests", where=where)
    return {code: rule for one in tests for code, rule in _rules(one, where)}


def rule_of(rules: DeltaRules, observation: Resource) -> tuple[tuple[str, str], DeltaRule] | None:
    """Return the code of a result by which it has a rule, and that."""
    for coding in each(observation, "code.coding"):
        key = (str(first(coding, "system", "")), str(first(coding, "code", "")))
        if key in rules:
            return key, rules[key]
    return None


def compare(rule: DeltaRule, now: Resource, before: Resource) -> Delta | None:
    """Return how much a result differs from the one before; None where they cannot be compared."""
    one, other = rule.value(now), rule.value(before)
    if one is None or other is None:
        return None
    change = one - other
    percent = change / other * 100 if other else None
    beyond = rule.change is not None and abs(change) > rule.change
    beyond |= rule.percent is not None and (percent is None or abs(percent) > rule.percent) and bool(change)
    return Delta(_decimal(change), None if percent is None else _decimal(percent), beyond)


def _rules(said: Any, where: str) -> list[tuple[tuple[str, str], DeltaRule]]:
    if not isinstance(said, dict) or not set(said) <= _KEYS or not said.get("codes") or "test" not in said:
        raise Misconfigured("a delta rule has test, codes, unit, within, and change or percent", where=where)
    at, unit = f"{where} {said['test']}", str(said.get("unit", ""))
    change, percent, mass = (_number(said.get(name), at) for name in ("change", "percent", "molar_mass"))
    within = said.get("within")
    if measure(unit) is None or type(within) is not int or within < 1 or (change is None and percent is None):
        raise Misconfigured("a delta rule has test, codes, unit, within, and change or percent", where=at)
    rule = DeltaRule(str(said["test"]), unit, change, percent, within, mass)
    split = [str(code).rpartition("|") for code in said["codes"]]
    return [((system or LOINC, code), rule) for system, _, code in split]


def _number(said: object, where: str) -> Fraction | None:
    if said is None:
        return None
    if isinstance(said, bool) or not isinstance(said, int | float) or said <= 0:
        raise Misconfigured("change, percent and molar_mass are numbers above zero", where=where)
    return Fraction(str(said))


def _decimal(value: Fraction) -> Decimal:
    """Return it to six significant digits: what was measured has no more."""
    made = Decimal(f"{value.numerator / value.denominator:.6g}")
    return made.quantize(Decimal(1)) if made == made.to_integral_value() else made
