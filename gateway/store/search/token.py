"""Token parameters: a code or identifier with or without its system (R4 §3.1.1.4.10)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from gateway.errors import Rejected
from gateway.store.index import Parameter, normal, texts, tokens
from gateway.store.search.escape import plain, split


class Terms(Protocol):
    """What search asks of terminology; the store imports none and is handed one."""

    def expand(self, value_set: str) -> frozenset[tuple[str, str]]:
        """Return the (system, code) of a value set's members.

        Raises:
            Rejected: it is not known, or its members cannot be listed.
        """
        ...

    def below(self, system: str, code: str) -> frozenset[str]:
        """Return a code with all that it subsumes.

        Raises:
            Rejected: the code, its system or its hierarchy is not known.
        """
        ...

    def above(self, system: str, code: str) -> frozenset[str]:
        """Return a code with all that subsume it.

        Raises:
            Rejected: as :meth:`below`.
        """
        ...


@dataclass(slots=True, frozen=True)
class Token:
    """One value of a token search; system None: any, ``""``: only codes without one; code None: any."""

    parameter: Parameter
    system: str | None
    code: str | None

    def holds(self, kind: str, value: Any) -> bool:
        """Tell whether an element has it; letters are compared without case."""
        return any(
            (self.system is None or system == self.system)
            and (self.code is None or code.casefold() == self.code)
            for system, code in tokens(self.parameter, kind, value)
        )


@dataclass(slots=True, frozen=True)
class Members:
    """``:in`` a value set, ``:below`` or ``:above`` a code: one of these (system, code), codes casefolded."""

    parameter: Parameter
    codes: frozenset[tuple[str, str]]

    def holds(self, kind: str, value: Any) -> bool:
        """Tell whether an element has one of the codes."""
        return any(
            (system, code.casefold()) in self.codes for system, code in tokens(self.parameter, kind, value)
        )


@dataclass(slots=True, frozen=True)
class Wording:
    """``:text``: a display or text that begins with it, or has a word that does."""

    text: str

    def holds(self, kind: str, value: Any) -> bool:
        """Tell whether an element is worded so."""
        return any(self._in(normal(each)) for each in texts(kind, value))

    def _in(self, text: str) -> bool:
        at = text.find(self.text)
        while at > 0 and text[at - 1].isalnum() and text[at - 1].isascii():
            at = text.find(self.text, at + 1)
        return at >= 0


@dataclass(slots=True, frozen=True)
class OfType:
    """``:of-type``: an Identifier of this type with this value."""

    system: str
    code: str
    value: str

    def holds(self, kind: str, value: Any) -> bool:
        """Tell whether an element is such an Identifier."""
        if not isinstance(value, dict) or str(value.get("value", "")).casefold() != self.value:
            return False
        type_ = value.get("type")
        codings = type_.get("coding") if isinstance(type_, dict) else None
        return any(
            isinstance(each, dict) and each.get("system", "") == self.system and each.get("code") == self.code
            for each in (codings if isinstance(codings, list) else ())
        )


TokenTest = Token | Members | Wording | OfType


def parse(text: str, modifier: str, parameter: Parameter, terms: Terms | None) -> TokenTest:
    """Return the value of a token parameter; ``:not`` and ``:not-in`` are the caller's to turn round.

    Raises:
        Rejected: it is not written as the modifier asks (``value``), or there is no terminology
            (``not-supported``).
    """
    if modifier == "text":
        return Wording(normal(plain(text)))
    if modifier in ("in", "not-in"):
        return _members(parameter, terms, modifier, "", plain(text))
    parts = [plain(part) for part in split(text, "|")]
    if modifier == "of-type":
        if len(parts) != 3 or not all(parts):
            raise Rejected("is written system|code|value", code="value", where=parameter.name)
        return OfType(parts[0], parts[1], parts[2].casefold())
    if modifier in ("below", "above"):
        if len(parts) != 2 or not all(parts):
            raise Rejected("is written system|code", code="value", where=parameter.name)
        return _members(parameter, terms, modifier, *parts)
    if len(parts) > 2 or not any(parts):
        raise Rejected("is written code, system|code, |code or system|", code="value", where=parameter.name)
    if len(parts) == 1:
        return Token(parameter, None, parts[0].casefold())
    return Token(parameter, parts[0], parts[1].casefold() or None)


def _members(parameter: Parameter, terms: Terms | None, modifier: str, system: str, text: str) -> Members:
    """Return the codes that terminology names for a value set's URL, or for a code of a system."""
    if terms is None:
        raise Rejected(
            "no terminology is at hand for this modifier", code="not-supported", where=parameter.name
        )
    try:
        if not system:
            found: Iterable[tuple[str, str]] = terms.expand(text)
        else:
            codes = terms.below(system, text) if modifier == "below" else terms.above(system, text)
            found = ((system, code) for code in codes)
    except Rejected as error:
        raise Rejected(error.reason, code=error.code, where=parameter.name) from error
    return Members(parameter, frozenset((system, code.casefold()) for system, code in found))
