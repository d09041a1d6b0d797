"""Grounds: why a result is critical: the laboratory's flag, or a limit for this person."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
_SAME = Fraction(1)
"""A value is in the unit of its limit already."""
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


@dataclass(slots=True, frozen=True)
class Person:
    """Whose a result is, as far as a limit depends on it.

    Attributes:
        sex: FHIR administrative-gender, ``""`` for none.
        born: None where the day is not known.
        on: the day on which the sample was taken.
    """

    sex: str
    born: date | None
    on: date


def person_of(patient: Resource | None, on: date) -> Person:
    """Return what a Patient says of sex and age, on a day."""
    said: Any = first(patient, "birthDate", "")
    try:
        born = date.fromisoformat(said) if len(str(said)) == 10 else None
    except ValueError:
        born = None
    return Person(str(first(patient, "gender", "")), born, on)


def ground_of(rules: Rules, observation: Resource, whose: Callable[[], Person]) -> Ground | Unread | None:
    """Return why a result is critical, or that nobody can tell; None where it is not.

    Its components are results, too; the first that is critical counts.

    Args:
        whose: returns whose it is; asked where a limit depends on it.
    """
    if str(observation.get("status")) not in TOLD:
        return None
    if "component" not in observation:
        return _ground(rules, observation, whose)
    parts = [observation, *_components(observation)]
    found = [one for part in parts if (one := _ground(rules, part, whose)) is not None]
    return next((one for one in found if isinstance(one, Ground)), found[0] if found else None)


def _ground(rules: Rules, part: Resource, whose: Callable[[], Person]) -> Ground | Unread | None:
    test = _test(rules, part)
    found = _beyond(test, part, whose) if test is not None else None
    why = found if isinstance(found, tuple) else _beyond_own(part) or _flagged(rules, part)
    if why is not None:
        return Ground(why[0], test.names[1] if test else _name(part), _value(part), why[1])
    return _untranslated(rules, part) if test is None else found if isinstance(found, Unread) else None


def _flagged(rules: Rules, part: Resource) -> tuple[str, str] | None:
    flags = codes(part.get("interpretation"), FLAGS) & rules.flags
    return (min(flags), "") if flags else None


def shown(observation: Resource) -> str:
    """Return a value as it is read, with those of its components."""
    parts = [f"{_name(one)} {_value(one)}".strip() for one in _components(observation)]
    return "; ".join(one for one in (_value(observation), *parts) if one)


def _components(observation: Resource) -> list[Resource]:
    return [one for one in each(observation, "component") if isinstance(one, dict)]


def _value(part: Resource) -> str:
    quantity = part.get("valueQuantity")
    if isinstance(quantity, dict):
        unit = quantity.get("unit") or quantity.get("code") or ""
        value = quantity.get("value", "")
        digits = format(value, "f") if isinstance(value, Decimal) else value  # as it is stored
        return f"{quantity.get('comparator', '')}{digits} {unit}".strip()
    said = texts(part.get("valueCodeableConcept"))
    return said[0] if said else str(part.get("valueString") or "")


def _name(observation: Resource) -> str:
    said = texts(observation.get("code"))
    return said[0] if said else next(iter(sorted(codes(observation.get("code")))), "")


def _test(rules: Rules, observation: Resource) -> Test | None:
    for coding in each(observation, "code.coding"):
        if isinstance(coding, dict):
            system, code = coding.get("system", ""), coding.get("code", "")
            said = isinstance(system, str) and isinstance(code, str)
            found = rules.by_code.get((system, code)) if said else None
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


def _beyond(test: Test, part: Resource, whose: Callable[[], Person]) -> tuple[str, str] | Unread | None:
    """Return the side, and the limit as it is read."""
    if test.grades and test.grades & codes(part.get("valueCodeableConcept"), GRADES):
        return FOUND, ""
    if test.texts and "".join(_value(part).split()) in test.texts:
        return FOUND, ""
    limits = _limits(test, whose)
    quantity = part.get("valueQuantity")
    value = _number(quantity.get("value")) if isinstance(quantity, dict) else None
    if not isinstance(quantity, dict) or value is None:
        said = any(one.isdigit() for one in _value(part)) or any(one in part for one in _OTHER)
        return Unread(test.names[1], "", "number") if limits and said else None
    sign = quantity.get("comparator", "")
    for limit in limits:
        into = _into(quantity, limit.unit, test.molar_mass)
        if into is _SAME:
            return _side(limit, value, sign)
        if into is not None:
            side = _side(limit, Fraction(value) * into, sign)
            return side if side is None else (side[0], f"{side[1]} {limit.unit}")
    unit = str(quantity.get("unit") or quantity.get("code") or "")
    return Unread(test.names[1], unit, "unit") if limits else None


def _limits(test: Test, whose: Callable[[], Person]) -> Sequence[Limit]:
    """Return the limits that hold for somebody; who it is, is asked only where it matters."""
    if all(one.is_for_all for one in test.limits):
        return test.limits
    person = whose()
    return [one for one in test.limits if one.is_for(person.sex, person.born, person.on)]


def _into(quantity: Resource, unit: str, molar_mass: Fraction | None) -> Fraction | None:
    """Return by what a value is multiplied to be one in the unit of a limit, None where UCUM cannot say."""
    code = quantity.get("code")
    if code == unit or (unit in _PLAIN and (code in _PLAIN or not (code or quantity.get("unit")))):
        return _SAME
    one, other = measure(code) if isinstance(code, str) else None, measure(unit)
    return one.into(other, molar_mass) if one and other else None


def _beyond_own(observation: Resource) -> tuple[str, str] | None:
    """Return the side on which a result is beyond the critical range that came with it, and that limit."""
    quantity = observation.get("valueQuantity")
    if not isinstance(quantity, dict) or "value" not in quantity:
        return None
    own = [one for one in each(observation, "referenceRange") if isinstance(one, dict) and "type" in one]
    value, sign = _number(quantity["value"]) if own else None, quantity.get("comparator", "")
    if value is None:
        return None
    for one in own:
        if CRITICAL not in codes(one["type"], RANGES):
            continue
        low, high = _number(first(one, "low.value")), _number(first(one, "high.value"))
        if low is not None and value < low and sign in ("", "<", "<="):
            return "low", f"<{low:f}"
        if high is not None and value > high and sign in ("", ">", ">="):
            return "high", f">{high:f}"
    return None


def _number(said: object) -> Decimal | None:
    """Return the number that stands in a Quantity; where nobody checks what is stored, it may be none."""
    number = said if type(said) in (int, float, Decimal) else None
    value = None if number is None else Decimal(str(number))
    return value if value is not None and value.is_finite() else None


def _side(limit: Limit, value: Decimal | Fraction, sign: str) -> tuple[str, str] | None:
    """Return on which side a value is; ``>5`` is no higher than 6.2 as far as anybody knows."""
    low, high = limit.at_most, limit.at_least
    if low is not None and sign in ("", "<", "<=") and value <= type(value)(low):
        return "low", f"≤{low}"
    if high is not None and sign in ("", ">", ">=") and value >= type(value)(high):
        return "high", f"≥{high}"
    return None
