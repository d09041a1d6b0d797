"""Filters: which concepts of a code system a ValueSet selects (R4 ValueSet.compose.include.filter)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from gateway.validation.terminology.concepts import Concept, Concepts, Json

LONGEST = 500
"""Characters of a regular expression."""


Test = Callable[[Concept], bool]


class Unsupported(Exception):
    """A filter that cannot be evaluated over what is known of the code system."""


def select(concepts: Concepts, filters: list[Json]) -> tuple[str, ...]:
    """Return the codes that all filters select, in the order of the code system.

    Raises:
        Unsupported: an operator, a property or an expression that nobody understands.
    """
    tests = filtering(concepts, filters)
    return tuple(one.code for one in concepts.each() if all(test(one) for test in tests))


def filtering(concepts: Concepts, filters: list[Json]) -> list[Test]:
    """Return one test for each filter, to be asked of concepts of the system.

    Raises:
        Unsupported: as :func:`select`.
    """
    return [_test(concepts, one) for one in filters]


def _test(concepts: Concepts, filter: Json) -> Test:
    name, op, value = filter["property"], filter["op"], filter["value"]
    if op in _BY_HIERARCHY:
        if name not in ("concept", "code"):
            raise Unsupported(f"{op} needs the property concept, not {name}")
        return _BY_HIERARCHY[op](concepts, concepts.spelling(value) or value)
    if op not in _BY_VALUE:
        raise Unsupported(f"no such operator: {op}")
    if name == "canonical" and (unit := concepts.concept(value)) is not None:
        value = str(unit.values(name)[0]) if unit.values(name) else value  # UCUM: any unit of the dimension
    fits = _BY_VALUE[op](value)
    return lambda concept: fits(_texts(concept, name))


def _texts(concept: Concept, name: str) -> list[str]:
    found = concept.values(name)
    if not found and name in ("inactive", "notSelectable"):
        found = [concept.inactive if name == "inactive" else concept.abstract]
    return [str(value).lower() if isinstance(value, bool) else str(value) for value in found]


def below(concepts: Concepts, code: str) -> dict[str, None]:
    """Return a code with everything that it subsumes; an order without cycles is not asked for."""
    return _walk(code, lambda one: found.children if (found := concepts.concept(one)) else ())


def above(concepts: Concepts, code: str) -> dict[str, None]:
    """Return a code with everything that subsumes it."""
    return _walk(code, lambda one: found.parents if (found := concepts.concept(one)) else ())


def _walk(start: str, step: Callable[[str], tuple[str, ...]]) -> dict[str, None]:
    seen = {start: None}
    waiting = [start]
    while waiting:
        for one in step(waiting.pop()):
            if one not in seen:
                seen[one] = None
                waiting.append(one)
    return seen


def _is_a(concepts: Concepts, value: str) -> Test:
    inside = below(concepts, value)
    return lambda concept: concept.code in inside


def _descendent_of(concepts: Concepts, value: str) -> Test:
    inside = below(concepts, value)
    return lambda concept: concept.code in inside and concept.code != value


def _is_not_a(concepts: Concepts, value: str) -> Test:
    inside = below(concepts, value)
    return lambda concept: concept.code not in inside


def _generalizes(concepts: Concepts, value: str) -> Test:
    outside = above(concepts, value)
    return lambda concept: concept.code in outside


def _equals(value: str) -> Callable[[list[str]], bool]:
    return lambda found: value in found


def _in(value: str) -> Callable[[list[str]], bool]:
    wanted = frozenset(_list(value))
    return lambda found: not wanted.isdisjoint(found)


def _not_in(value: str) -> Callable[[list[str]], bool]:
    refused = frozenset(_list(value))
    return refused.isdisjoint


def _list(value: str) -> Iterator[str]:
    return (one.strip() for one in value.split(","))


def _exists(value: str) -> Callable[[list[str]], bool]:
    wanted = value.strip().lower() == "true"
    return lambda found: bool(found) is wanted


def _regex(value: str) -> Callable[[list[str]], bool]:
    try:
        if len(value) > LONGEST:
            raise Unsupported("the regular expression is too long")
        pattern = re.compile(value)
    except re.error:
        raise Unsupported("the regular expression is none") from None
    return lambda found: any(pattern.fullmatch(text) for text in found)


_BY_HIERARCHY = {
    "is-a": _is_a,
    "descendent-of": _descendent_of,
    "is-not-a": _is_not_a,
    "generalizes": _generalizes,
}
_BY_VALUE = {"=": _equals, "in": _in, "not-in": _not_in, "exists": _exists, "regex": _regex}
