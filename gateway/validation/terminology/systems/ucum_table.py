"""The table of units and prefixes, read out of ``ucum-essence.xml`` as UCUM publishes it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from importlib.resources import files

from lxml import etree

_NS = "{http://unitsofmeasure.org/ucum-essence}"


@dataclass(slots=True, frozen=True)
class Prefix:
    """A prefix of metric units."""

    code: str
    name: str
    factor: Fraction


@dataclass(slots=True, frozen=True)
class Unit:
    """A unit atom.

    Attributes:
        metric: whether it takes prefixes.
        definition: the unit that it is a multiple of (``"1"`` for a mere number).
        own: whether it stands for itself: a base unit, or an arbitrary one, which is comparable to no other.
        factor: how many of ``definition`` it is; None for one that begins elsewhere or is no multiple
            (``Cel``, ``[pH]``).
    """

    code: str
    name: str
    metric: bool
    definition: str
    own: bool
    factor: Fraction | None


def table() -> tuple[dict[str, Unit], dict[str, Prefix]]:
    """Return the unit atoms and the prefixes by their code."""
    data = files("gateway.validation.terminology").joinpath("data", "ucum-essence.xml").read_bytes()
    root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True))
    prefixes = [
        Prefix(one.get("Code"), _name(one), Fraction(one.find(_NS + "value").get("value")))
        for one in root.iter(_NS + "prefix")
    ]
    units = [_base(one) for one in root.iter(_NS + "base-unit")] + [
        _unit(one) for one in root.iter(_NS + "unit")
    ]
    return {one.code: one for one in units}, {one.code: one for one in prefixes}


def _name(element: etree._Element) -> str:
    return " ".join("".join(element.find(_NS + "name").itertext()).split())


def _base(element: etree._Element) -> Unit:
    return Unit(element.get("Code"), _name(element), True, "1", True, Fraction(1))


def _unit(element: etree._Element) -> Unit:
    value = element.find(_NS + "value")
    function = value.find(_NS + "function")
    definition = (value if function is None else function).get("Unit")
    arbitrary = element.get("isArbitrary") == "yes"
    factor = Fraction(value.get("value")) if function is None else None
    metric = element.get("isMetric") == "yes"
    return Unit(element.get("Code"), _name(element), metric, definition, arbitrary, factor)
