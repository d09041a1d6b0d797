"""Reads the parameters of a search URL into typed filters (R4 §3.1.1.3 to §3.1.1.5).

Whatever it does not know is rejected, never ignored: a filter that is silently dropped returns the
records of other patients.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from gateway.errors import Rejected
from gateway.store.dates import Range, date_range
from gateway.store.parameters import COMMON, PARAMETERS, RESULT, Parameter
from gateway.store.types import NUMBER

DEFAULT_COUNT = 50
MAX_COUNT = 1000
MAX_VALUES = 200
"""Alternatives in one parameter; more belong in several searches."""

Total = Literal["none", "estimate", "accurate"]
PREFIXES = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")

_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}\Z")
_ESCAPED = re.compile(r"\\([,|$\\])")
_REFERENCE = re.compile(r"([A-Z][A-Za-z]+)/([A-Za-z0-9\-.]{1,64})\Z")


@dataclass(slots=True, frozen=True)
class TokenFilter:
    """Any of (value, system); system None: whichever."""

    parameter: Parameter
    any_of: tuple[tuple[str, str | None], ...]


@dataclass(slots=True, frozen=True)
class ReferenceFilter:
    """Any of these literal references."""

    parameter: Parameter
    any_of: tuple[str, ...]


@dataclass(slots=True, frozen=True)
class DateFilter:
    """Any of (prefix, range); the parameter is None for ``_lastUpdated``."""

    parameter: Parameter | None
    any_of: tuple[tuple[str, Range], ...]


@dataclass(slots=True, frozen=True)
class IdFilter:
    """Any of these logical ids."""

    any_of: tuple[str, ...]


@dataclass(slots=True, frozen=True)
class Include:
    """References of the matches to follow; ``target`` ``""``: of any type that they may have."""

    parameter: Parameter
    target: str


Filter = TokenFilter | ReferenceFilter | DateFilter | IdFilter


@dataclass(slots=True)
class Query:
    """One search; all filters must hold."""

    type: str
    filters: list[Filter] = field(default_factory=list)
    includes: list[Include] = field(default_factory=list)
    count: int = DEFAULT_COUNT
    total: Total = "none"
    cursor: str | None = None


def parse(type_: str, pairs: Sequence[tuple[str, str]], *, zone: str, base: str) -> Query:
    """Return the typed search.

    Raises:
        Rejected: code ``not-supported`` for an unknown parameter or modifier, ``value`` for a bad
            value; ``where`` is the parameter.
    """
    query = Query(type_)
    for name, value in pairs:
        bare, _, modifier = name.partition(":")
        if bare in RESULT:
            _result(query, bare, modifier, value)
        else:
            query.filters.append(_filter(type_, bare, modifier, value, zone, base))
    return query


def known(type_: str) -> list[str]:
    """Return the parameters that a search of ``type_`` takes."""
    return sorted([*(p.name for p in PARAMETERS[type_].values() if p.searched), *COMMON, *RESULT])


def _filter(type_: str, name: str, modifier: str, value: str, zone: str, base: str) -> Filter:
    parameter = PARAMETERS[type_].get(name)
    if name not in COMMON and (parameter is None or not parameter.searched):
        raise Rejected(
            f"{type_} has no search parameter of this name here; known are {', '.join(known(type_))}",
            code="not-supported",
            where=name[:64],
        )
    if modifier and not (parameter and parameter.kind == "reference" and modifier in NUMBER):
        raise Rejected("this modifier is not supported here", code="not-supported", where=name)
    values = _split(value, ",")
    if not value or "" in values or len(values) > MAX_VALUES:
        raise Rejected(f"takes 1 to {MAX_VALUES} values, none of them empty", code="value", where=name)
    if name == "_id":
        return IdFilter(tuple(_id(_plain(text)) for text in values))
    if parameter is None or parameter.kind == "date":
        return DateFilter(parameter, tuple(_date(text, zone, name) for text in values))
    if parameter.kind == "reference":
        found = [_reference(_plain(text), parameter, modifier, base) for text in values]
        return ReferenceFilter(parameter, tuple(reference for each in found for reference in each))
    return TokenFilter(parameter, tuple(_token(text, parameter) for text in values))


def _split(text: str, separator: str) -> list[str]:
    """Split at ``separator`` where no backslash escapes it (R4 §3.1.1.4.0.1); escapes stay."""
    parts, start, at = [], 0, 0
    while at < len(text):
        if text[at] == "\\":
            at += 1
        elif text[at] == separator:
            parts.append(text[start:at])
            start = at + 1
        at += 1
    return [*parts, text[start:]]


def _plain(text: str) -> str:
    return _ESCAPED.sub(r"\1", text)


def _id(text: str) -> str:
    if not _ID.match(text):
        raise Rejected("is no FHIR id (1 to 64 of A-Z a-z 0-9 - .)", code="value", where="_id")
    return text


def _token(text: str, parameter: Parameter) -> tuple[str, str | None]:
    parts = [_plain(part) for part in _split(text, "|")]
    if len(parts) > 2 or not parts[-1]:
        raise Rejected("is written code, system|code or |code", code="value", where=parameter.name)
    if len(parts) == 1:
        return parts[0], parameter.system or None
    return parts[1], parts[0]


def _date(text: str, zone: str, name: str) -> tuple[str, Range]:
    prefix = text[:2] if text[:2] in PREFIXES else "eq"
    bare = text[2:] if text[:2] in PREFIXES else text
    try:
        return prefix, date_range(bare.replace(" ", "+"), zone)
    except Rejected as error:
        raise Rejected(
            f"takes a date such as ge2026-03-01T08:00:00+08:00; prefixes are {', '.join(PREFIXES)}",
            code="value",
            where=name,
        ) from error


def _reference(text: str, parameter: Parameter, modifier: str, base: str) -> list[str]:
    text = text.removeprefix(base.rstrip("/") + "/") if base else text
    targets = [modifier] if modifier else list(parameter.targets)
    if modifier and parameter.targets and modifier not in parameter.targets:
        raise Rejected(f"never refers to {modifier}", code="value", where=parameter.name)
    if found := _REFERENCE.match(text):
        if targets and found[1] not in targets:
            raise Rejected(f"refers to {', '.join(targets)} only", code="value", where=parameter.name)
        return [text]
    if "://" in text or text.startswith("urn:"):
        return [text]
    if _ID.match(text) and targets:
        return [f"{target}/{text}" for target in targets]
    raise Rejected("takes Type/id, id or an absolute URL", code="value", where=parameter.name)


def _result(query: Query, name: str, modifier: str, value: str) -> None:
    if modifier:
        raise Rejected("this modifier is not supported here", code="not-supported", where=name)
    if name == "_count":
        query.count = _count(value)
    elif name == "_include":
        query.includes.append(_include(query.type, value))
    elif name == "_total":
        if value not in ("none", "estimate", "accurate"):
            raise Rejected("is none, estimate or accurate", code="value", where=name)
        query.total = value  # type: ignore[assignment]
    elif name == "_cursor":
        query.cursor = value


def _count(value: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", value, re.ASCII):
        raise Rejected("is a number that is not negative", code="value", where="_count")
    return min(int(value), MAX_COUNT)


def _include(type_: str, value: str) -> Include:
    source, _, rest = value.partition(":")
    name, _, target = rest.partition(":")
    parameter = PARAMETERS[type_].get(name)
    if source != type_ or parameter is None or parameter.kind != "reference":
        names = sorted(f"{type_}:{p.name}" for p in PARAMETERS[type_].values() if p.kind == "reference")
        raise Rejected(f"knows {', '.join(names) or 'nothing'}", code="not-supported", where="_include")
    if target and (target not in NUMBER or (parameter.targets and target not in parameter.targets)):
        raise Rejected("this parameter never refers to that type", code="value", where="_include")
    return Include(parameter, target)
