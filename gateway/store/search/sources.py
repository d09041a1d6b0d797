"""Where candidates of a filter are filed: rows of the posting tables that hold all its matches."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from gateway.store.direct import execute
from gateway.store.index import (
    FAR,
    STRING_LENGTH,
    Parameter,
    identifier_keys,
    normal,
    number_keys,
    range_keys,
    reference_keys,
    string_keys,
    token_keys,
    unversioned,
    uri_keys,
)
from gateway.store.keys import system_key
from gateway.store.search import prefix
from gateway.store.search.composite import Tuple, Wanted
from gateway.store.search.date import Moment
from gateway.store.search.filters import Belongs, Values
from gateway.store.search.number import Measure
from gateway.store.search.reference import Identified, Target
from gateway.store.search.string import Text
from gateway.store.search.token import Members, OfType, Token
from gateway.store.search.uri import Uri
from gateway.store.types import NUMBER

MAX_CODES = 500
"""Members of a value set that are looked up as postings; a larger one is tested on each candidate."""

_SYSTEMS = (
    "WITH RECURSIVE s(sys) AS (SELECT MIN(sys) FROM sx WHERE k = ? AND type = ? UNION ALL "
    "SELECT (SELECT MIN(x.sys) FROM sx x WHERE x.k = ? AND x.type = ? AND x.sys > s.sys) FROM s "
    "WHERE s.sys IS NOT NULL) SELECT sys FROM s WHERE sys IS NOT NULL"
)
_SX = "x.k = ? AND x.type = ? AND x.sys = ?"
_TOP = "\U0010ffff"
_INSIDE = "x.p = ? AND (x.norm LIKE ? ESCAPE '!' OR LENGTH(x.norm) >= ?)"
_WILD = re.compile("[%_!]")


@dataclass(slots=True, frozen=True)
class Source:
    """Rows ``x`` of one posting table."""

    table: str
    where: str
    values: tuple[Any, ...]


@dataclass(slots=True)
class Filed:
    """Where the candidates of a filter are filed.

    Attributes:
        sources: each match stands in one of them.
        exact: and whatever stands there is a match.
    """

    sources: list[Source]
    exact: bool


class Cabinet:
    """Tells where filters are filed, for one tenant and type."""

    def __init__(self, connection: Connection, tenant: int, type_: str) -> None:
        self._connection = connection
        self._tenant = tenant
        self._type = NUMBER[type_]

    def of(self, each: Values) -> Filed | None:
        """Return where a filter's matches are filed; None: not in one place."""
        if each.negated or not each.any_of:
            return None
        found = [self._wanted(each.parameter, wanted) for wanted in each.any_of]
        if any(one is None for one in found):
            return None
        filed = [one for one in found if one is not None]
        sources = dict.fromkeys(source for one in filed for source in one.sources)
        return Filed(list(sources), each.parameter.exact and all(one.exact for one in filed))

    def belonging(self, each: Belongs) -> Filed | None:
        """Return where the members of a compartment are filed; None: not in one place."""
        if not each.parameters or not all(parameter.postings for parameter in each.parameters):
            return None
        sources = [
            source
            for parameter in each.parameters
            for source in self._references(parameter, (each.owner,)).sources
        ]
        return Filed(list(dict.fromkeys(sources)), all(parameter.exact for parameter in each.parameters))

    def _wanted(self, parameter: Parameter, wanted: Wanted) -> Filed | None:
        if isinstance(wanted, Tuple):
            return self._tuple(wanted)
        if not parameter.postings:
            return None
        match wanted:
            case Token():
                return self._token(parameter, wanted)
            case Members():
                return self._members(parameter, wanted)
            case OfType():
                return Filed(list(self._tokens(parameter, None, wanted.value)), exact=False)
            case Target():
                filed = self._references(parameter, (*wanted.any_of, *wanted.canonicals))
                return Filed(list(dict.fromkeys(filed.sources)), filed.exact and not wanted.canonicals)
            case Identified():
                keys = identifier_keys(parameter, self._tenant, wanted.value)
                return Filed(list(self._lists(keys, wanted.system)), exact=False)
            case Uri(modifier=""):
                uri_lists = [self._sx(k, 0) for k in uri_keys(parameter, self._tenant, wanted.uri)]
                return Filed(uri_lists, exact=unversioned(wanted.uri) == wanted.uri)
            case Text():
                return (self._inside if wanted.modifier == "contains" else self._string)(parameter, wanted)
            case Moment():
                return self._moment(parameter, wanted)
            case Measure():
                return self._measure(parameter, wanted)
        return None

    def _sx(self, k: int, sys: int) -> Source:
        return Source("sx", _SX, (k, self._type, sys))

    def _lists(self, keys: Sequence[int], system: str | None) -> Iterator[Source]:
        for k in keys:
            if system is not None:
                yield self._sx(k, system_key(system))
            else:
                rows = execute(self._connection, _SYSTEMS, (k, self._type, k, self._type))
                yield from [self._sx(k, row[0]) for row in rows]

    def _tokens(self, parameter: Parameter, system: str | None, code: str) -> Iterator[Source]:
        return self._lists(token_keys(parameter, self._tenant, code), system)

    def _token(self, parameter: Parameter, wanted: Token) -> Filed | None:
        if wanted.code is None or wanted.code in parameter.unfiled:
            return None
        return Filed(list(self._tokens(parameter, wanted.system, wanted.code)), exact=True)

    def _members(self, parameter: Parameter, wanted: Members) -> Filed | None:
        if len(wanted.codes) > MAX_CODES or any(code in parameter.unfiled for _, code in wanted.codes):
            return None
        lists = [list(self._tokens(parameter, *each)) for each in sorted(wanted.codes)]
        return Filed([source for each in lists for source in each], exact=True)

    def _references(self, parameter: Parameter, targets: Sequence[str]) -> Filed:
        sources = [
            self._sx(k, sys)
            for target in targets
            for k, sys in reference_keys(parameter, self._tenant, unversioned(target))
        ]
        return Filed(sources, exact=all(unversioned(target) == target for target in targets))

    def _string(self, parameter: Parameter, wanted: Text) -> Filed:
        text = normal(wanted.text)
        first = text[:STRING_LENGTH]
        sources = [
            Source("sx_str", "x.p = ? AND x.norm >= ? AND x.norm < ?", (p, first, first + _TOP))
            for p in string_keys(parameter, self._tenant)
        ]
        return Filed(sources, exact=not wanted.modifier and len(text) <= STRING_LENGTH)

    def _inside(self, parameter: Parameter, wanted: Text) -> Filed:
        """Texts that are cut may have it beyond; those that are not may still be another parameter's."""
        pattern = "%" + _WILD.sub(r"!\g<0>", wanted.text[:STRING_LENGTH]) + "%"
        sources = [
            Source("sx_str", _INSIDE, (p, pattern, STRING_LENGTH))
            for p in string_keys(parameter, self._tenant)
        ]
        return Filed(sources, exact=False)

    def _moment(self, parameter: Parameter, wanted: Moment) -> Filed:
        sql, ends = prefix.SQL[wanted.prefix]
        low, high = wanted.span
        values = tuple(low if end == "l" else high for end in ends)
        sources = [
            Source("sx_range", f"x.p = ? AND {sql}", (p, *values))
            for pair in range_keys(parameter, self._tenant)
            for p in pair
        ]
        return Filed(sources, exact=True)

    def _measure(self, parameter: Parameter, wanted: Measure) -> Filed | None:
        if wanted.prefix == "ne":
            return None
        low, high = _doubles(wanted)
        sources = [
            Source("sx_number", "x.p = ? AND x.lo <= ? AND x.hi >= ?", (p, high, low))
            for p in number_keys(parameter, self._tenant)
        ]
        return Filed(sources, exact=False)

    def _tuple(self, wanted: Tuple) -> Filed | None:
        """One part that is filed is enough to find candidates; the first, mostly a code, tells most."""
        for component, part in wanted.parts:
            filed = self._wanted(component, part)
            if filed is not None:
                return Filed(filed.sources, exact=False)
        return None


def _doubles(wanted: Measure) -> tuple[float, float]:
    """Return the range that a stored one must touch, a little wider than asked for: doubles are not exact."""
    low, high = (max(-FAR, min(FAR, float(end))) for end in (wanted.low, wanted.high))
    slack = max(abs(low), abs(high)) * 1e-9
    low, high = max(-FAR, low - slack), min(FAR, high + slack)
    return {
        "gt": (low, FAR),
        "ge": (low, FAR),
        "sa": (low, FAR),
        "lt": (-FAR, high),
        "le": (-FAR, high),
        "eb": (-FAR, high),
    }.get(wanted.prefix, (low, high))
