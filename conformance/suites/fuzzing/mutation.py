"""Mutations: what may go wrong with a valid resource, as hypothesis strategies."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from conformance.simulators.exact import Number, Resource

Place = tuple[str | int, ...]
_DEPTH = 150
_WORDS = (
    "\u202e反向", "𠮷㛃", "e\u0301", "\ufeff王", "'; DROP TABLE patient; --", "<script>alert(1)</script>",
    "\\u0000",
    "../../../etc/passwd", "%00", "${jndi:ldap://127.0.0.1/a}", "NaN", "null",
    "\r\n\r\nHTTP/1.1 200 OK", "&lt;", "  王  芳 ",
)  # fmt: skip
"""Odd, but texts all the same: what takes them must give them back."""
_TEXTS = (*_WORDS, "", " ", "\u0000", "\ud800", "a" * 70_000)
_DECIMALS = (
    Number("5.60"), Number("0.10000000000000000000001"), Number("-0.5"), Number("1E-7"),
    Number("100000000000000000000.0"), 0, -1,
)  # fmt: skip
_NUMBERS = (
    *_DECIMALS, 2**31, 2**63, 10**400, Number("1e400"), Number("-0.0"), Number("1E-400"), Number("NaN"),
    Number("Infinity"),
    Number("00012"), Number("1."),
)  # fmt: skip
_DATES = (
    "2025-02-30", "2025-13-01", "0000-00-00", "2025-3-6", "2025-03-06T25:00:00Z", "2025-03-06T09:30:00",
    "2024-02-29",
    "9999-12-31T23:59:60Z", "-2025-03-06", "今天", "2025-03-06T09:30:00+99:00", "2025",
    "2025-03-06T09:30:00.123456789Z",
)  # fmt: skip
_REFERENCES = (
    "Patient/does-not-exist", "Patient/../Observation/1", "javascript:alert(1)", "#nothing", "urn:uuid:",
    "Patient",
    "http://127.0.0.1:1/Patient/1", "Practitioner/1/2/3", "Nobody/1", "Patient/" + "a" * 65,
)  # fmt: skip
_TYPES = ("Patient", "Observation", "Bundle", "Parameters", "Nobody", "", "patient")
_FREE = (
    "text",
    "family",
    "given",
    "city",
    "line",
    "title",
    "name",
    "conclusion",
    "display",
    "unit",
    "value",
    "state",
)
"""Elements that hold any text, or a number."""


def places(value: Any, above: Place = ()) -> Iterator[Place]:
    """Return where something stands in a resource, but the resource itself."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in pairs:
        yield (*above, key)
        yield from places(one, (*above, key))


def _odd() -> SearchStrategy[Any]:
    """Return what stands where something else should."""
    nested = st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=5), below, max_size=3),
        max_leaves=6,
    )
    fixed: tuple[Any, ...] = (*_TEXTS, *_NUMBERS, *_DATES, *_REFERENCES, None, True, [], {}, [None], {"": ""})
    return st.sampled_from(fixed) | st.text(max_size=20) | nested


def _replace(draw: DrawFn, holder: Any, key: Any) -> None:
    holder[key] = draw(_odd())


def _remove(draw: DrawFn, holder: Any, key: Any) -> None:
    del holder[key]


def _double(draw: DrawFn, holder: Any, key: Any) -> None:
    holder[key] = [copy.deepcopy(holder[key]) for _ in range(draw(st.sampled_from((2, 3, 200))))]


def _unwrap(draw: DrawFn, holder: Any, key: Any) -> None:
    one = holder[key]
    holder[key] = one[0] if isinstance(one, list) and one else {"value": one}


def _rename(draw: DrawFn, holder: Any, key: Any) -> None:
    if isinstance(holder, dict):
        holder[
            draw(st.sampled_from((f"{key}s", f"_{key}", key.upper(), "无此元素", "__proto__", "extension")))
        ] = holder.pop(key)


def _nest(draw: DrawFn, holder: Any, key: Any) -> None:
    one: Any = {"url": "http://example.org/fhir/conformance", "valueString": "x"}
    for _ in range(draw(st.sampled_from((3, 30, _DEPTH)))):
        one = {"url": "http://example.org/fhir/conformance", "extension": [one]}
    if isinstance(holder, dict):
        holder["extension"] = [one]


def _texted(draw: DrawFn, holder: Any, key: Any) -> None:
    if isinstance(holder[key], str):
        holder[key] = draw(st.sampled_from((*_TEXTS, *_DATES, *_REFERENCES)) | st.text(max_size=30))
    else:
        holder[key] = str(holder[key])


def _say(draw: DrawFn, holder: Any, key: Any) -> None:
    """Say something else that may well stand there."""
    if isinstance(holder[key], str):
        holder[key] = draw(st.sampled_from(_WORDS) | st.text(min_size=1, max_size=12))
    elif isinstance(holder[key], int | Number) and not isinstance(holder[key], bool):
        holder[key] = draw(st.sampled_from(_DECIMALS))


_CHANGES: tuple[Callable[[DrawFn, Any, Any], None], ...] = (
    _replace, _replace, _remove, _double, _unwrap, _rename, _nest, _texted, _texted
)  # fmt: skip


def _free(place: Place) -> bool:
    named = [one for one in place if isinstance(one, str)]
    return named[-1] in _FREE


@st.composite
def mutated(draw: DrawFn, base: Resource) -> Resource:
    """Return a resource in which up to three things are otherwise; now and then it is left as it is."""
    found = copy.deepcopy(base)
    gentle = draw(st.booleans())
    for _ in range(draw(st.sampled_from((0, 1, 1, 1, 1, 2, 2, 3)))):
        there = [one for one in places(found) if one != ("resourceType",)]
        there = [one for one in there if _free(one)] if gentle else there
        if not there:
            break
        *above, key = there[draw(st.integers(0, len(there) - 1))]
        holder: Any = found
        for step in above:
            holder = holder[step]
        (_say if gentle else draw(st.sampled_from(_CHANGES)))(draw, holder, key)
    if draw(st.integers(0, 19)) == 0:
        found["resourceType"] = draw(st.sampled_from(_TYPES))
    return found
