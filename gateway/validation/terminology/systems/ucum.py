"""Units: expressions of UCUM, case sensitive (UCUM §2-§3; http://unitsofmeasure.org/ucum)."""

from __future__ import annotations

from functools import cached_property

from gateway.validation.terminology.concepts import Concept
from gateway.validation.terminology.systems.grammar import Grammar
from gateway.validation.terminology.systems.ucum_table import Prefix, Unit, table

LONGEST = 256
"""Characters of an expression."""
DEEPEST = 16
"""Brackets within brackets."""
Dimension = dict[str, int]
"""Exponents of the base units; an arbitrary unit is a base of its own."""


class Malformed(Exception):
    """A text that is no unit."""


class Units(Grammar):
    """Whether a text is a unit of UCUM, and of what dimension."""

    url = "http://unitsofmeasure.org"
    name = "Unified Code for Units of Measure (UCUM)"

    @cached_property
    def _table(self) -> tuple[dict[str, Unit], dict[str, Prefix]]:
        return table()

    @cached_property
    def _known(self) -> dict[str, Dimension]:
        return {}

    def has(self, code: str) -> bool | None:
        """Return whether the code is a unit."""
        try:
            self.dimension(code)
        except Malformed:
            return False
        return True

    def concept(self, code: str) -> Concept | None:
        """Return the unit, with its base units as the property ``canonical``: ``g.m-3``."""
        try:
            dimension = self.dimension(code)
        except Malformed:
            return None
        base = ".".join(
            f"{unit}{'' if power == 1 else power}" for unit, power in sorted(dimension.items()) if power
        )
        return Concept(code, self._name(code), properties=(("canonical", base or "1"),))

    def dimension(self, code: str) -> Dimension:
        """Return the exponents of the base units.

        Raises:
            Malformed: the text is no unit.
        """
        if not code or len(code) > LONGEST or not code.isascii():
            raise Malformed(code)
        return _Expression(code, self).read()

    def atom(self, text: str) -> Dimension:
        """Return the dimension of a unit atom with or without a prefix.

        Raises:
            Malformed: there is none, or it takes no prefix.
        """
        if text not in self._known:
            units, _ = self._table
            unit = units.get(self._stem(text))
            if unit is None:
                raise Malformed(text)
            self._known[text] = {unit.code: 1} if unit.own else self.dimension(unit.definition)
        return self._known[text]

    def split(self, text: str) -> tuple[Prefix | None, Unit] | None:
        """Return prefix and unit atom of ``mmol``, None where there is no such atom."""
        units, prefixes = self._table
        stem = self._stem(text)
        return (prefixes.get(text[: len(text) - len(stem)]), units[stem]) if stem else None

    def _stem(self, text: str) -> str:
        units, prefixes = self._table
        if text in units:
            return text
        for size in (2, 1):
            rest = text[size:]
            if text[:size] in prefixes and rest in units and units[rest].metric:
                return rest
        return ""

    def _name(self, code: str) -> str:
        units, prefixes = self._table
        stem = self._stem(code)
        if not stem:
            return code
        prefix = code[: len(code) - len(stem)]
        return (prefixes[prefix].name if prefix else "") + units[stem].name


class _Expression:
    """One expression, read from left to right."""

    def __init__(self, text: str, units: Units) -> None:
        self._text = text
        self._units = units
        self._at = 0
        self._depth = 0

    def read(self) -> Dimension:
        """Return the dimension of all of it."""
        found = self._main()
        if self._at != len(self._text):
            raise Malformed(self._text)
        return found

    def _next(self) -> str:
        return self._text[self._at : self._at + 1]

    def _main(self) -> Dimension:
        """Read ``/``? component ((``.`` | ``/``) component)*."""
        total: Dimension = {}
        sign = 1
        if self._next() == "/":
            self._at += 1
            sign = -1
        while True:
            for unit, power in self._component().items():
                total[unit] = total.get(unit, 0) + sign * power
            if self._next() not in (".", "/"):
                return total
            sign = 1 if self._next() == "." else -1
            self._at += 1

    def _component(self) -> Dimension:
        if self._next() == "(":
            found = self._bracketed()
        elif self._next() == "{" or self._factor():
            found = {}
        else:
            found = self._simple()
        self._annotation()
        return found

    def _bracketed(self) -> Dimension:
        self._depth += 1
        if self._depth > DEEPEST:
            raise Malformed(self._text)
        self._at += 1
        found = self._main()
        if self._next() != ")":
            raise Malformed(self._text)
        self._at += 1
        self._depth -= 1
        return found

    def _annotation(self) -> None:
        """Read ``{…}``: anything but brackets; blanks too, as in FHIR's list of common units."""
        if self._next() != "{":
            return
        end = self._text.find("}", self._at)
        inside = self._text[self._at + 1 : end]
        if end < 0 or "{" in inside or not inside.isprintable():
            raise Malformed(self._text)
        self._at = end + 1

    def _factor(self) -> bool:
        """Read a whole number; what begins with digits can also be a unit (``10*``)."""
        end = self._at
        while self._text[end : end + 1].isdigit():
            end += 1
        if end == self._at or self._text[end : end + 1] in ("*", "^"):
            return False
        self._at = end
        return True

    def _simple(self) -> Dimension:
        """Read a unit with its exponent."""
        start = self._at
        if self._text.startswith(("10*", "10^"), start):
            self._at += 3
        else:
            self._symbol()
        unit = self._units.atom(self._text[start : self._at])
        power = self._exponent()
        return {base: exponent * power for base, exponent in unit.items()} if power != 1 else unit

    def _symbol(self) -> None:
        start = self._at
        while self._next() and self._next() not in "./(){}+-0123456789":
            if self._next() == "[":
                self._at = self._text.find("]", self._at)
                if self._at < 0:
                    raise Malformed(self._text)
            self._at += 1
        if self._at == start:
            raise Malformed(self._text)

    def _exponent(self) -> int:
        start = self._at
        if self._next() in ("+", "-"):
            self._at += 1
        digits = self._at
        while self._next().isdigit():
            self._at += 1
        if self._at == start:
            return 1
        if self._at == digits or self._at - digits > 3:
            raise Malformed(self._text)
        return int(self._text[start : self._at])
