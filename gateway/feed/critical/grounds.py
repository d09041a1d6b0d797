"""Grounds: why a result is critical: the laboratory's flag, or a limit for this person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from gateway.canonical import Resource
from gateway.canonical.elements import codes, each, first, texts
from gateway.feed.critical.rules import LOINC, Limit, Rules, Test
from gateway.validation.terminology.systems.ucum_measure import measure

FLAGS = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
GRADES = "urn:qiao:codes:qualitative-result"
RANGES = "urn:qiao:codes:reference-range"
FOUND = "found"
"""Why of a grade or a wording: the value says it all."""
CRITICAL = "critical"
"""Code of :data:`RANGES`: of a range that came with the result, its own critical limits."""
_OTHER = ("valueInteger", "valueRange", "valueRatio", "valueSampledData")
"""Values with numbers that no limit can be held against."""
_PLAIN = frozenset(("1", "[pH]"))
"""Units of what has none: a pH, an INR."""
TOLD = frozenset(("registered", "preliminary", "final", "amended", "corrected", "unknown"))
"""States of an Observation whose value may call somebody."""


@dataclass(slots=True, frozen=True)
class Ground:
    """Why.

    Attributes:
        code: the flag; ``high``, ``low`` or ``found`` by the rules.
        name: of the test.
        value: as it is read.
        limit: as it is read, ``""`` where the laboratory's flag says it.
    """

    code: str
    name: str
    value: str
    limit: str = ""

    @property
    def text(self) -> str:
        """What is told, in one line."""
        return " ".join(
            one for one in (self.name, self.value, self.limit or self.code.removeprefix(FOUND)) if one
        )


@dataclass(slots=True, frozen=True)
class Unread:
    """A result that has limits and cannot be held against them.

    Attributes:
        test: its name.
        unit: as it was written, ``""`` where there is none; of ``code`` the local one.
        why: ``unit``; ``number``: what stands there is none; ``code``: it has only a local one.
    """

    test: str
    unit: str
    why: str


def ground_of(
    rules: Rules, observation: Resource, patient: Resource | None, on: date
) -> Ground | Unread | None:
    """Return why a result is critical, or that nobody can tell; None where it is not.

    Its components are results, too; the first that is critical counts.

    Args:
        patient: whose it is, for age and sex.
        on: the day on which the sample was taken.
    """
    if observation.get("status") not in TOLD:
        return None
    parts = [observation, *(one for one in each(observation, "component") if isinstance(one, dict))]
    found = [one for part in parts if (one := _ground(rules, part, patient, on)) is not None]
    return next((one for one in found if isinstance(one, Ground)), found[0] if found else None)


def _ground(rules: Rules, part: Resource, patient: Resource | None, on: date) -> Ground | Unread | None:
    test = _test(rules, part)
    name = test.names[1] if test else _name(part)
    found = _beyond(test, part, patient, on) if test is not None else None
    if isinstance(found, tuple):
        return Ground(found[0], name, _value(part), found[1])
    if own := _beyond_own(part):
        return Ground(own[0], name, _value(part), own[1])
    flags = sorted(codes(part.get("interpretation"), FLAGS) & rules.flags)
    if flags:
        return Ground(flags[0], name, _value(part))
    return found if test is not None else _untranslated(rules, part)


def shown(observation: Resource) -> str:
    """Return a value as it is read, with those of its components."""
    parts = [f"{_name(one)} {_value(one)}".strip() for one in each(observation, "component")]
    return "; ".join(one for one in (_value(observation), *parts) if one)


def _value(part: Resource) -> str:
    quantity = part.get("valueQuantity")
    if isinstance(quantity, dict):
        unit = quantity.get("unit") or quantity.get("code") or ""
        return f"{quantity.get('comparator', '')}{quantity.get('value', '')} {unit}".strip()
    said = texts(part.get("valueCodeableConcept"))
    return said[0] if said else str(part.get("valueString") or "")


def _name(observation: Resource) -> str:
    said = texts(observation.get("code"))
    return said[0] if said else next(iter(sorted(codes(observation.get("code")))), "")


def _test(rules: Rules, observation: Resource) -> Test | None:
    for coding in each(observation, "code.coding"):
        if isinstance(coding, dict):
            found = rules.by_code.get((coding.get("system", ""), coding.get("code", "")))
            if found is not None:
                return found
    return None


def _untranslated(rules: Rules, part: Resource) -> Unread | None:
    """Return that a number may be of a test with limits, if only its name says so: held against none."""
    systems = each(part, "code.coding.system")
    if LOINC in systems or not any(one.isdigit() for one in _value(part)):
        return None
    for word in (
        *each(part, "code.coding.code"),
        *each(part, "code.coding.display"),
        *each(part, "code.text"),
    ):
        test = rules.by_local.get(str(word).strip().upper())
        if test is not None:
            return Unread(test.names[1], str(word).strip(), "code")
    return None


def _beyond(
    test: Test, part: Resource, patient: Resource | None, on: date
) -> tuple[str, str] | Unread | None:
    """Return the side, and the limit as it is read."""
    if test.grades & codes(part.get("valueCodeableConcept"), GRADES):
        return FOUND, ""
    if "".join(_value(part).split()) in test.texts:
        return FOUND, ""
    sex, born = _person(patient)
    limits = [one for one in test.limits if one.is_for(sex, born, on)]
    quantity = part.get("valueQuantity")
    if not isinstance(quantity, dict) or "value" not in quantity:
        said = any(one.isdigit() for one in _value(part)) or any(one in part for one in _OTHER)
        return Unread(test.names[1], "", "number") if limits and said else None
    for limit in limits:
        into = _into(quantity, limit.unit, test.molar_mass)
        if into is not None:
            side = _side(limit, Fraction(str(quantity["value"])) * into, quantity.get("comparator", ""))
            return side if side is None or into == 1 else (side[0], f"{side[1]} {limit.unit}")
    unit = str(quantity.get("unit") or quantity.get("code") or "")
    return Unread(test.names[1], unit, "unit") if limits else None


def _into(quantity: Resource, unit: str, molar_mass: Fraction | None) -> Fraction | None:
    """Return by what a value is multiplied to be one in the unit of a limit, None where UCUM cannot say."""
    code = quantity.get("code")
    if code == unit or (unit in _PLAIN and (code in _PLAIN or not (code or quantity.get("unit")))):
        return Fraction(1)
    one, other = measure(code) if isinstance(code, str) else None, measure(unit)
    return one.into(other, molar_mass) if one and other else None


def _beyond_own(observation: Resource) -> tuple[str, str] | None:
    """Return the side on which a result is beyond the critical range that came with it, and that limit."""
    quantity = observation.get("valueQuantity")
    if not isinstance(quantity, dict) or "value" not in quantity:
        return None
    value, sign = Decimal(str(quantity["value"])), quantity.get("comparator", "")
    for one in each(observation, "referenceRange"):
        if CRITICAL not in codes(first(one, "type"), RANGES):
            continue
        low, high = first(one, "low.value"), first(one, "high.value")
        if low is not None and value < Decimal(str(low)) and sign in ("", "<", "<="):
            return "low", f"<{low}"
        if high is not None and value > Decimal(str(high)) and sign in ("", ">", ">="):
            return "high", f">{high}"
    return None


def _side(limit: Limit, value: Fraction, sign: str) -> tuple[str, str] | None:
    """Return on which side a value is; ``>5`` is no higher than 6.2 as far as anybody knows."""
    if limit.at_most is not None and value <= Fraction(limit.at_most) and sign in ("", "<", "<="):
        return "low", f"≤{limit.at_most}"
    if limit.at_least is not None and value >= Fraction(limit.at_least) and sign in ("", ">", ">="):
        return "high", f"≥{limit.at_least}"
    return None


def _person(patient: Resource | None) -> tuple[str, date | None]:
    said: Any = first(patient, "birthDate", "")
    try:
        born = date.fromisoformat(said) if len(str(said)) == 10 else None
    except ValueError:
        born = None
    return str(first(patient, "gender", "")), born
