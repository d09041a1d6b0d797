"""One search as it was asked for: filters, and the parameters that shape the answer (R4 §3.1.1.5)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, cast

from gateway.errors import Rejected
from gateway.store.index import Parameter, parameters
from gateway.store.search import canonical
from gateway.store.search.filters import Filter
from gateway.store.search.parse import Reader
from gateway.store.types import NUMBER

DEFAULT_COUNT = 50
MAX_COUNT = 1000
MAX_SORT = 8

Total = Literal["", "none", "estimate", "accurate"]

RESULT = (
    "_count",
    "_include",
    "_revinclude",
    "_sort",
    "_total",
    "_summary",
    "_elements",
    "_contained",
    "_format",
    "_pretty",
    "_cursor",
)
"""Parameters that shape the answer; ``_type`` is one more where several types are searched."""

_FIXED = {
    "_total": ("none", "estimate", "accurate"),
    "_summary": ("true", "text", "data", "count", "false"),
    "_contained": ("false",),
}
_ELEMENTS = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*\Z")


@dataclass(slots=True, frozen=True)
class Include:
    """References to follow from, or with ``reverse`` back to, what was found (R4 §3.1.1.5.3).

    Attributes:
        source: the type that has the reference; ``""``: any.
        parameters: which of its references; () of any type: all.
        target: the only type that is wanted; ``""``: any.
        iterate: follow it from what was included too.
    """

    source: str
    parameters: tuple[Parameter, ...]
    target: str = ""
    iterate: bool = False
    reverse: bool = False


@dataclass(slots=True, frozen=True)
class Order:
    """One key of ``_sort``: ``_id``, ``_lastUpdated`` or, by type, a parameter."""

    name: str
    descending: bool
    parameters: dict[str, Parameter]


@dataclass(slots=True)
class Query:
    """One search of one or several types; all filters of a type must hold.

    Attributes:
        types: what is searched.
        filters: type → its filters.
        warnings: what a lenient search left out.
        used: the pairs that were processed, without ``_cursor``.
        base: what absolute references were read against.
    """

    types: tuple[str, ...]
    filters: dict[str, list[Filter]]
    includes: list[Include] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    count: int = DEFAULT_COUNT
    total: Total = ""
    cursor: str | None = None
    warnings: list[str] = field(default_factory=list)
    used: list[tuple[str, str]] = field(default_factory=list)
    base: str = ""

    @property
    def filtered(self) -> bool:
        """Tell whether anything is asked beside the type."""
        return any(self.filters.values())


def read(
    types: Sequence[str], pairs: Sequence[tuple[str, str]], reader: Reader, *, lenient: bool = False
) -> Query:
    """Return the search that the parameters ask for.

    Raises:
        Rejected: as ``Reader.filter``; ``lenient`` turns what is not supported into warnings.
    """
    query = Query(tuple(types), {type_: [] for type_ in types}, base=reader.base)
    for name, value in pairs:
        try:
            _take(query, name, value, reader)
        except Rejected as error:
            if not (lenient and error.code == "not-supported"):
                raise
            query.warnings.append(str(error))
            continue
        if name != "_cursor":
            query.used.append((name, value))
    if not query.count and query.total in ("", "none"):
        query.total = "accurate"  # R4 §3.1.1.5.2: a count of zero is a question for the total
    return query


def _take(query: Query, name: str, value: str, reader: Reader) -> None:
    bare, _, modifier = name.partition(":")
    if bare in RESULT:
        _result(query, bare, modifier, value)
    elif bare == "_type":
        if len(query.types) == 1 and value != query.types[0]:
            told = f"this search is of {query.types[0]} only; one of several types goes to the base"
            raise Rejected(told, code="not-supported", where="_type")
    else:
        found = [(type_, reader.filter(type_, name, value)) for type_ in query.types]
        for type_, each in found:
            query.filters[type_].append(each)


def _result(query: Query, name: str, modifier: str, value: str) -> None:
    if name in ("_include", "_revinclude"):
        if modifier not in ("", "iterate", "recurse"):
            raise Rejected("this modifier is not supported here", code="not-supported", where=name)
        query.includes.append(_include(query, value, name, iterate=bool(modifier)))
        return
    if modifier:
        raise Rejected("this modifier is not supported here", code="not-supported", where=name)
    if value not in _FIXED.get(name, (value,)):
        raise Rejected(f"is one of {', '.join(_FIXED[name])}", code="value", where=name)
    if name in _SHAPING:
        _SHAPING[name](query, value)


def _take_count(query: Query, value: str) -> None:
    asked = _count(value)
    query.count = asked if query.count else 0  # _summary=count stays one, whatever follows it


def _take_sort(query: Query, value: str) -> None:
    query.orders = [_order(query, text) for text in value.split(",")]
    if len(query.orders) > MAX_SORT:
        raise Rejected(f"takes at most {MAX_SORT} keys", code="value", where="_sort")


def _take_total(query: Query, value: str) -> None:
    query.total = cast("Total", value)


def _take_summary(query: Query, value: str) -> None:
    query.count = 0 if value == "count" else query.count


def _take_elements(_query: Query, value: str) -> None:
    if not all(_ELEMENTS.match(text) for text in value.split(",")):
        raise Rejected("takes names of elements, joined by commas", code="value", where="_elements")


def _take_cursor(query: Query, value: str) -> None:
    query.cursor = value


_SHAPING: dict[str, Callable[[Query, str], None]] = {
    "_count": _take_count,
    "_sort": _take_sort,
    "_total": _take_total,
    "_summary": _take_summary,
    "_elements": _take_elements,
    "_cursor": _take_cursor,
}


def _count(value: str) -> int:
    if not re.fullmatch(r"[0-9]{1,30}", value, re.ASCII):
        raise Rejected("is a number that is not negative", code="value", where="_count")
    return min(int(value), MAX_COUNT)


def _order(query: Query, text: str) -> Order:
    name = text.removeprefix("-")
    if name in ("_id", "_lastUpdated"):
        return Order(name, text != name, {})
    found = {type_: each for type_ in query.types if (each := parameters(type_).get(name)) is not None}
    sortable = all(each.type not in ("composite", "special") and each.expression for each in found.values())
    if len(found) < len(query.types) or not sortable:
        raise Rejected("cannot sort by a parameter of this name", code="not-supported", where="_sort")
    return Order(name, text != name, found)


def _refers(parameter: Parameter, type_: str) -> bool:
    found = canonical.targets(parameter)
    return not found or type_ in found


def _include(query: Query, value: str, name: str, *, iterate: bool) -> Include:
    """Read ``Type:parameter[:target]``; ``*`` for all references of, or to, the matches, or of a type."""
    reverse = name == "_revinclude"
    source, _, rest = value.partition(":")
    parameter, _, target = rest.partition(":")
    if value == "*":
        return Include("", (), iterate=iterate, reverse=reverse)
    if source in NUMBER and not (reverse or iterate or source in query.types):
        why = f"follows what is searched, no {source}; of what is included: _include:iterate={source}:…"
        raise Rejected(why, code="not-supported", where=name)
    allowed = source in NUMBER
    references = [each for each in parameters(source).values() if each.type == "reference"] if allowed else []
    if not allowed or (parameter != "*" and parameter not in (each.name for each in references)):
        told = sorted(f"{source}:{each.name}" for each in references)
        raise Rejected(f"knows {', '.join(told) or 'Type:parameter'}", code="not-supported", where=name)
    chosen = tuple(each for each in references if parameter in ("*", each.name))
    if target and (target not in NUMBER or not any(_refers(each, target) for each in chosen)):
        raise Rejected("this parameter never refers to that type", code="value", where=name)
    searched = [each for each in query.types if target in ("", each)]
    if reverse and not iterate and not any(_refers(each, one) for each in chosen for one in searched):
        raise Rejected("this parameter never refers to that type", code="not-supported", where=name)
    return Include(source, chosen, target, iterate, reverse)
