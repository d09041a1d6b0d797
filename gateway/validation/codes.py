"""Codings against their own code system: unknown codes, other displays, units that are no UCUM (R4 §4.2).

What stands in a system whose content is not here is not checked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol

from gateway.validation.faults import Faults, Rule
from gateway.validation.remembered import LONGEST
from gateway.validation.scope import Scope

UCUM = "http://unitsofmeasure.org"
OWN = "http://hl7.org/fhir/"
MOST = 8192
"""Codings remembered."""

UNKNOWN = Rule(
    "code-system", "error", "code-invalid", "use a code of this code system", "该代码系统中无此代码"
)
NEWER = Rule(
    "code-system",
    "warning",
    "code-invalid",
    "the R4 edition of this code system has no such code; it may be a newer one",
    "R4 版代码系统中无此代码，可能是新增代码",
)
DISPLAY = Rule(
    "display",
    "information",
    "informational",
    "the code system shows this code by another name",
    "代码系统中该代码的显示名不同",
)
NO_UNIT = Rule(
    "ucum",
    "error",
    "code-invalid",
    "write a unit of UCUM, or leave system and code out",
    "应写 UCUM 单位，或省略 system 和 code",
)
NO_QUANTITY = replace(NO_UNIT, severity="warning")
"""Nothing binds the unit of a Quantity; where something does, the binding is an error of its own."""
LOCAL = Rule(
    "coding-system", "error", "value", "write the code system as an absolute URI", "代码系统应为绝对 URI"
)


VALUE_SET = Rule(
    "coding-system",
    "error",
    "value",
    "name the code system: this is the URL of a value set",
    "应写代码系统的地址，此处为值集地址",
)


class Concepts(Protocol):
    """A code system, as the terminology knows it."""

    def has(self, code: str) -> bool | None:
        """Return whether the code exists; None where the content is not known in full."""

    def displays(self, code: str) -> tuple[str, ...]:
        """Return all names of the code, in any language."""


class Codes:
    """Checks of codings, remembered.

    Args:
        code_system: returns the concepts of a system, None where its content is not here.
        is_value_set: whether a URL is that of a value set, and of no code system.
    """

    def __init__(
        self,
        code_system: Callable[[str], Concepts | None],
        is_value_set: Callable[[str], bool] = lambda _: False,
    ) -> None:
        self._code_system = code_system
        self._is_value_set = is_value_set
        self._units: dict[str, bool] = {}
        self._known: dict[tuple[Any, Any, Any], Faults | None] = {}

    def coding(self, v: Any, _: Scope) -> Faults | None:
        """Check a Coding."""
        key = (v.get("system"), v.get("code"), v.get("display"))
        if any(type(part) is str and len(part) > LONGEST for part in key):
            return self._checked(*key)
        try:
            known = self._known[key]
        except KeyError:
            if len(self._known) > MOST:
                self._known.clear()
            known = self._known[key] = self._checked(*key)
        except TypeError:  # a list or an object where text should be: a fault already
            return None
        # Places grow as they are handed up.
        return None if known is None else [list(fault) for fault in known]

    def quantity(self, v: Any, _: Scope) -> Faults | None:
        """Check the unit of a Quantity."""
        if v.get("system") != UCUM or type(v.get("code")) is not str:
            return None
        code = v["code"]
        known = self._units.get(code)
        if known is None:
            system = self._code_system(UCUM)
            known = system is None or system.has(code) is not False
            if len(self._units) < MOST and len(code) <= LONGEST:
                self._units[code] = known
        return None if known else [["code", NO_QUANTITY]]

    def _checked(self, system: Any, code: Any, display: Any) -> Faults | None:
        if type(system) is not str:
            return None
        if ":" not in system:
            return [["system", LOCAL]]
        if self._is_value_set(system):
            return [["system", VALUE_SET]]
        concepts = self._code_system(system) if type(code) is str else None
        if concepts is None:
            return None
        has = concepts.has(code)
        if has is False:
            return [["code", NO_UNIT if system == UCUM else UNKNOWN if system.startswith(OWN) else NEWER]]
        if has and type(display) is str:
            names = {_plain(name) for name in concepts.displays(code)}
            # A name in another script is a translation, not another name (R4 §4.2.12.1).
            if names and display.isascii() and _plain(display) not in names:
                return [["display", DISPLAY]]
        return None


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()
