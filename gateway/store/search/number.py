"""Numbers and quantities: decimals with the precision of their digits (R4 §3.1.1.4.6, §3.1.1.4.11)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from gateway.errors import Rejected
from gateway.store.index import Quantity, precision, quantities
from gateway.store.search import prefix
from gateway.store.search.escape import plain, split

_INFINITE = Decimal("Infinity")


@dataclass(slots=True, frozen=True)
class Measure:
    """One value of a number or quantity search.

    Attributes:
        prefix: how a stored value stands to it.
        low: of the range that is asked for: by the digits for ``eq`` and ``ne``, a tenth around for ``ap``,
            else the number itself.
        high: its other end; for ``eq`` and ``ne`` it is the first number outside.
        system: of the unit, None: any.
        code: of the unit, or the unit as it is displayed where no system is given; None: any.
    """

    prefix: str
    low: Decimal
    high: Decimal
    system: str | None = None
    code: str | None = None

    def holds(self, kind: str, value: Any) -> bool:
        """Tell whether an element fulfils it."""
        return any(self._within(each) and self._unit(each) for each in quantities(kind, value))

    def _within(self, each: Quantity) -> bool:
        low = -_INFINITE if each.low is None else each.low
        high = _INFINITE if each.high is None else each.high
        if self.prefix in ("eq", "ne"):
            inside = low >= self.low and high < self.high
            return inside is (self.prefix == "eq")
        return prefix.TESTS[self.prefix](low, high, self.low, self.high)

    def _unit(self, each: Quantity) -> bool:
        if self.system is not None:
            return each.system == self.system and (self.code is None or each.code == self.code)
        return self.code is None or self.code in (each.code, each.unit)


def parse(text: str, name: str) -> Measure:
    """Return the value of a number parameter.

    Raises:
        Rejected: it is no decimal number; code ``value``.
    """
    how, bare = prefix.take(text.replace(" ", "+", 1) if text[:1] == " " else text)
    try:
        low, high = precision(bare)
    except ValueError as error:
        raise Rejected("takes a number such as lt5.40", code="value", where=name) from error
    if how in ("eq", "ne"):
        return Measure(how, low, high)
    number = Decimal(bare)
    slack = abs(number) / 10 if how == "ap" else 0
    return Measure(how, number - slack, number + slack)


def parse_quantity(text: str, name: str) -> Measure:
    """Return the value of a quantity parameter: number, ``number|system|code`` or ``number||code``.

    Raises:
        Rejected: it is written otherwise; code ``value``.
    """
    parts = [plain(part) for part in split(text, "|")]
    if len(parts) not in (1, 3):
        raise Rejected("is written number, number|system|code or number||code", code="value", where=name)
    number = parse(parts[0], name)
    if len(parts) == 1:
        return number
    return Measure(number.prefix, number.low, number.high, parts[1] or None, parts[2] or None)
