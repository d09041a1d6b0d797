"""Measures: how many base units a unit of UCUM is, so that numbers can be compared (UCUM §18-§22)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from gateway.validation.terminology.systems.ucum import Dimension, Malformed, Units

APART = frozenset({"mol", "eq", "osm"})
"""Numbers by their definition, that are kept apart from mere numbers and from each other: how many moles an
equivalent or an osmole is depends on the substance."""

NOTED = frozenset({"{FEU}", "{DDU}", "{Log_copies}", "{Log_IU}"})
"""Annotations that are no mere words: a number beside one is another number (half as many, its logarithm)."""

_TOKEN = re.compile(
    r"\{[^{}]*\}|(?P<mark>[()./])|(?P<number>\d+)(?![\d*^])"
    r"|(?P<atom>10[*^]|(?:\[[^\]]*\]|[^\[\](){}+\-./\d])+)(?P<power>[+-]?\d+)?"
)
_UNITS = Units()


@dataclass(slots=True, frozen=True)
class Measure:
    """How many base units something is.

    Attributes:
        factor: of the base units.
        dimension: their exponents, none of them zero.
    """

    factor: Fraction
    dimension: frozenset[tuple[str, int]]

    def into(self, other: Measure, molar_mass: Fraction | None = None) -> Fraction | None:
        """Return by what a number in this is multiplied to be one in the other, None where nobody can say.

        Args:
            molar_mass: grams of the substance in a mole: with it grams and moles are comparable.
        """
        if self.dimension == other.dimension:
            return self.factor / other.factor
        if molar_mass is None:
            return None
        one, two = dict(self.dimension), dict(other.dimension)
        if one.pop("g", 0) == 1 and two.pop("mol", 0) == 1 and one == two:
            return self.factor / molar_mass / other.factor
        one, two = dict(self.dimension), dict(other.dimension)
        if one.pop("mol", 0) == 1 and two.pop("g", 0) == 1 and one == two:
            return self.factor * molar_mass / other.factor
        return None


@lru_cache(maxsize=1024)
def measure(code: str) -> Measure | None:
    """Return what a unit measures, None for no unit, and for one that is no mere multiple (``Cel``)."""
    try:
        _UNITS.dimension(code)  # that it is one is the grammar's to say
        found = _product(_TOKEN.finditer(code))
    except (Malformed, ZeroDivisionError):
        return None
    if found is None:
        return None
    return Measure(found[0], frozenset((unit, power) for unit, power in found[1].items() if power))


def _product(tokens: Iterator[re.Match[str]]) -> tuple[Fraction, Dimension] | None:
    """Read until the bracket closes."""
    factor, dimension, sign = Fraction(1), Dimension(), 1
    for token in tokens:
        mark = token["mark"]
        if mark == ")":
            break
        if mark in (".", "/"):
            sign = 1 if mark == "." else -1
            continue
        if mark == "(":
            found = _product(tokens)
        elif token["number"]:
            found = Fraction(int(token["number"])), {}
        else:
            said = {token[0]: 1} if token[0] in NOTED else {}
            found = _atom(token["atom"]) if token["atom"] else (Fraction(1), said)
        if found is None:
            return None
        power = sign * int(token["power"] or 1)
        factor *= found[0] ** power
        for unit, exponent in found[1].items():
            dimension[unit] = dimension.get(unit, 0) + exponent * power
    return factor, dimension


def _atom(text: str) -> tuple[Fraction, Dimension] | None:
    found = _UNITS.split(text)
    if found is None:
        return None
    prefix, unit = found
    factor = prefix.factor if prefix else Fraction(1)
    if unit.own or unit.code in APART:
        return factor, {unit.code: 1}
    if unit.factor is None:
        return None
    defined = measure(unit.definition)
    if defined is None:
        return None
    return factor * unit.factor * defined.factor, dict(defined.dimension)
