"""Bindings: whether codes stand in the value set that an element is bound to (R4 §4.1).

``required`` is an error; ``extensible`` and ``preferred`` are warnings. What cannot be looked up is
reported as not checked where it is required, and never taken as valid.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from gateway.validation.faults import Rule
from gateway.validation.remembered import LONGEST
from gateway.validation.rules import bound, unchecked

Rules = list[Rule]


class Members(Protocol):
    """The codes of one value set, as the terminology knows them."""

    @property
    def codes(self) -> frozenset[str] | None:
        """All codes where the set is known in full, else None."""

    @property
    def few(self) -> tuple[str, ...]:
        """The codes of a small set, for messages."""

    def contains(self, system: str, code: str) -> bool | None:
        """Return whether the coding is a member; None where that cannot be known here."""

    def has_code(self, code: str) -> bool | None:
        """Return whether a code without a system is a member; None where that cannot be known here."""


class Binding:
    """The check of one binding.

    Args:
        strength: ``"required"``, ``"extensible"`` or ``"preferred"``.
        value_set: canonical URL, for the message.
        members: the codes; None where nobody defines the value set.

    Attributes:
        all: every code, for a ``code`` element of a fully known set; else None.
        rule: what is broken by a code outside.
    """

    __slots__ = ("_known", "_members", "_required", "_unchecked", "all", "rule")

    def __init__(self, strength: str, value_set: str, members: Members | None) -> None:
        self._members = members
        self._required = strength == "required"
        self._known: dict[tuple[Any, Any], bool | None] = {}
        self.all = members.codes if members is not None else None
        self.rule = bound(strength, value_set, members.few if members is not None else ())
        self._unchecked = unchecked(value_set)

    def code(self, value: Any) -> Rule | None:
        """Check the value of a ``code``, ``string`` or ``uri`` element."""
        return self._verdict(self._members.has_code(value) if self._members is not None else None)

    def coding(self, value: Any) -> Rules | None:
        """Check a Coding."""
        if type(value) is not dict:
            return None
        return self._listed(self._verdict(self._contains(value)))

    def concept(self, value: Any) -> Rules | None:
        """Check a CodeableConcept: one of its codings must be a member."""
        if type(value) is not dict:
            return None  # a fault already
        codings = value.get("coding")
        if type(codings) is not list:
            # Text alone says nothing that a required binding could accept (R4 §4.1.5.1).
            return [self.rule] if self._required and "extension" not in value else None
        unknown = False
        for coding in codings:
            verdict = self._contains(coding)
            if verdict:
                return None
            unknown = unknown or verdict is None
        return self._listed(self._verdict(None if unknown else False))

    def quantity(self, value: Any) -> Rules | None:
        """Check the unit of a Quantity."""
        return (
            self._listed(self._verdict(self._contains(value)))
            if type(value) is dict and "code" in value
            else None
        )

    def _contains(self, coding: Any) -> bool | None:
        try:
            return self._known[coding.get("system", ""), coding.get("code")]
        except (KeyError, TypeError, AttributeError):
            return self._looked_up(coding)

    def _looked_up(self, coding: Any) -> bool | None:
        if type(coding) is not dict or self._members is None:
            return None
        system, code = coding.get("system", ""), coding.get("code")
        if type(code) is not str or type(system) is not str:
            return None if "_code" in coding or "extension" in coding else False
        pair = (system, code)
        if len(system) + len(code) > LONGEST:
            return self._members.contains(system, code)
        if pair not in self._known:
            if len(self._known) > 4096:
                self._known.clear()
            self._known[pair] = self._members.contains(system, code)
        return self._known[pair]

    def _verdict(self, member: bool | None) -> Rule | None:
        if member:
            return None
        if member is None:
            return self._unchecked if self._required else None
        return self.rule

    def _listed(self, rule: Rule | None) -> Rules | None:
        return None if rule is None else [rule]


CODED: dict[str, str] = {"Coding": "coding", "CodeableConcept": "concept"}
"""Types with a code inside, and the method that checks them."""
QUANTITIES = ("Quantity", "Age", "Count", "Distance", "Duration")
CODED |= dict.fromkeys(QUANTITIES, "quantity")

Bind = Callable[[str, str], Binding | None]
