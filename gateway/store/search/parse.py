"""Reads one search parameter, ``name:modifier=value``, into a filter (R4 §3.1.1.3 to §3.1.1.5).

Whatever it does not know is rejected, never ignored: a filter that is silently dropped returns the
records of other patients.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from gateway.canonical.logical_id import is_id
from gateway.errors import Rejected
from gateway.store.index import Parameter, parameters
from gateway.store.search import canonical, date, number, reference, special, string, token, uri
from gateway.store.search.composite import Tuple, Wanted
from gateway.store.search.escape import plain, split
from gateway.store.search.filters import (
    Chain,
    Filter,
    Has,
    Ids,
    Listed,
    Missing,
    Named,
    Text,
    Updated,
    Values,
)
from gateway.store.search.token import Terms
from gateway.store.types import NUMBER, TYPES

MAX_VALUES = 200
"""Alternatives in one parameter; more belong in several searches."""
MAX_DEPTH = 6
"""References that a chain or a nested ``_has`` follows."""
MAX_LINKS = 500
"""Filters that chains without a type may fan out into."""

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_WORDS = ("_text", "_content")
_REFUSED = ("_filter", "_query")


@dataclass(slots=True)
class Reader:
    """Reads the parameters of one search.

    Attributes:
        zone: in which dates without a zone are read.
        base: the server's own base URL, taken off absolute references; ``""`` for none.
        terms: terminology for ``:in``, ``:not-in``, ``:above`` and ``:below``; None: those are refused.
    """

    zone: str
    base: str = ""
    terms: Terms | None = None
    _links: int = field(default=0, init=False)

    def filter(self, type_: str, name: str, value: str, depth: int = 0) -> Filter:
        """Return the filter on resources of a type.

        Raises:
            Rejected: code ``not-supported`` for an unknown parameter or modifier, ``value`` for a bad value,
                ``too-costly`` for a chain that is too deep or too wide; ``where`` is the parameter.
        """
        self._links += 1
        if depth > MAX_DEPTH or self._links > MAX_LINKS:
            raise Rejected(
                f"follows over {MAX_DEPTH} references, or too many types: name them (subject:Patient.name)",
                code="too-costly",
                where=name[:64],
            )
        if not storable(value):
            raise Rejected("has characters that no text has", code="value", where=name[:64])
        if name.startswith("_has:"):
            return self._has(type_, name, value, depth)
        if "." in name:
            return self._chain(type_, name, value, depth)
        bare, _, modifier = name.partition(":")
        if bare == "_list" and not modifier:
            return _listed(value)
        parameter = known(type_, bare)
        if modifier == "missing" and parameter.expression:
            return _missing(parameter, value)
        _check_modifier(parameter, modifier)
        return self._filter(parameter, modifier, _alternatives(value, bare))

    def _filter(self, parameter: Parameter, modifier: str, texts: list[str]) -> Filter:
        if parameter.name == "_id":
            return Ids(
                frozenset(_id(plain(text).removeprefix("|")) for text in texts), negated=modifier == "not"
            )
        if parameter.name == "_lastUpdated":
            return Updated(tuple(date.parse(text, self.zone, parameter.name) for text in texts))
        if parameter.name in _WORDS:
            return Text(tuple(special.parse_words(text, parameter.name) for text in texts))
        any_of = tuple(self._wanted(text, modifier, parameter) for text in texts)
        found = Values(parameter, any_of, modifier, negated=modifier in ("not", "not-in"))
        targets = (each for each in any_of if isinstance(each, reference.Target))
        named = tuple(one for each in targets for one in reference.resources(each, parameter))
        return Named(found, named) if named else found

    def _wanted(self, text: str, modifier: str, parameter: Parameter) -> Wanted:
        match parameter.type:
            case "token":
                return token.parse(text, modifier, parameter, self.terms)
            case "string":
                return string.parse(text, modifier)
            case "date":
                return date.parse(text, self.zone, parameter.name)
            case "reference":
                return reference.parse(text, modifier, parameter, self.base)
            case "number":
                return number.parse(text, parameter.name)
            case "quantity":
                return number.parse_quantity(text, parameter.name)
            case "uri":
                return uri.parse(text, modifier)
            case "composite":
                return self._composite(text, parameter)
            case "special":
                return special.parse_near(text, parameter.name)

    def _composite(self, text: str, parameter: Parameter) -> Tuple:
        parts = split(text, "$")
        if len(parts) != len(parameter.components) or not all(parts):
            raise Rejected(
                f"takes {len(parameter.components)} values joined by $", code="value", where=parameter.name
            )
        return Tuple(
            tuple(
                (each, self._wanted(part, "", each))
                for each, part in zip(parameter.components, parts, strict=True)
            )
        )

    def _chain(self, type_: str, name: str, value: str, depth: int) -> Filter:
        head, _, rest = name.partition(".")
        bare, _, modifier = head.partition(":")
        parameter = _of_reference(type_, bare)
        if modifier and modifier not in (parameter.targets or NUMBER):
            raise Rejected(f"never refers to {modifier[:64]}", code="value", where=bare)
        named = canonical.targets(parameter) or TYPES
        if modifier and modifier not in named:
            raise Rejected(f"has canonical URLs, and {modifier} has none", code="not-supported", where=bare)
        links: list[tuple[str, Filter]] = []
        fault: Rejected | None = None
        for target in (modifier,) if modifier else named:
            try:
                links.append((target, self.filter(target, rest, value, depth + 1)))
            except Rejected as error:
                if error.code == "too-costly":
                    raise
                # a bad value tells more than "unknown": only some of the types have the parameter
                fault = error if fault is None or fault.code == "not-supported" else fault
        if not links:
            raise fault or Rejected("refers to nothing", code="not-supported", where=bare)
        return Chain(parameter, tuple(links), self._asked(name, value))

    def _asked(self, name: str, value: str) -> str:
        return f"{name}={value} {self.base}"

    def _has(self, type_: str, name: str, value: str, depth: int) -> Filter:
        parts = name.split(":", 3)
        if len(parts) != 4 or parts[1] not in NUMBER or not parts[3]:
            raise Rejected("is written _has:Type:reference:parameter", code="value", where="_has")
        parameter = _of_reference(parts[1], parts[2])
        if canonical.by_url(parameter) and type_ not in canonical.targets(parameter):
            raise Rejected(f"never refers to {type_}", code="not-supported", where=parts[2])
        inner = self.filter(parts[1], parts[3], value, depth + 1)
        return Has(parts[1], parameter, inner, self._asked(name, value))


def storable(text: str) -> bool:
    """Tell whether a database can be asked for a text: no NUL, no half of a character."""
    return not _UNSTORABLE.search(text)


def known(type_: str, name: str) -> Parameter:
    """Return a search parameter of a type.

    Raises:
        Rejected: it has none of this name; code ``not-supported``.
    """
    found = parameters(type_).get(name) if name not in _REFUSED else None
    if found is None:
        raise Rejected(
            f"{type_} has no search parameter of this name here; known are {', '.join(names(type_))}",
            code="not-supported",
            where=name[:64],
        )
    return found


def names(type_: str) -> list[str]:
    """Return the names of the parameters that a search of ``type_`` takes."""
    return sorted([*(name for name in parameters(type_) if name not in _REFUSED), "_has", "_list"])


def _of_reference(type_: str, name: str) -> Parameter:
    found = known(type_, name)
    if found.type != "reference":
        raise Rejected("is no reference, nothing can be followed", code="not-supported", where=name)
    return found


def _check_modifier(parameter: Parameter, modifier: str) -> None:
    if not modifier or (parameter.type == "reference" and modifier in NUMBER):
        return
    supported = _MODIFIERS.get(parameter.type, ())
    if modifier not in supported or parameter.name in (*_WORDS, "_lastUpdated"):
        raise Rejected("this modifier is not supported here", code="not-supported", where=parameter.name)


_MODIFIERS = {
    "token": ("text", "not", "in", "not-in", "above", "below", "of-type"),
    "string": ("exact", "contains"),
    "reference": ("identifier",),
    "uri": ("above", "below"),
}
"""What is supported beside ``:missing``, which every parameter takes, and the types of a reference."""


def _alternatives(value: str, name: str) -> list[str]:
    texts = split(value, ",")
    if "" in texts or len(texts) > MAX_VALUES:
        raise Rejected(f"takes 1 to {MAX_VALUES} values, none of them empty", code="value", where=name)
    return texts


def _missing(parameter: Parameter, value: str) -> Missing:
    if value not in ("true", "false"):
        raise Rejected(":missing is true or false", code="value", where=parameter.name)
    return Missing(parameter, value == "true")


def _id(text: str) -> str:
    if not is_id(text):
        raise Rejected("is no FHIR id (1 to 64 of A-Z a-z 0-9 - .)", code="value", where="_id")
    return text


def _listed(value: str) -> Listed:
    lists = [plain(text).removeprefix("List/") for text in _alternatives(value, "_list")]
    if any(text.startswith("$") for text in lists):
        raise Rejected("current lists are not kept here", code="not-supported", where="_list")
    if not all(is_id(text) for text in lists):
        raise Rejected("takes the id of a List", code="value", where="_list")
    return Listed(tuple(lists))
