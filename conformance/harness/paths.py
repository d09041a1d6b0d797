"""Paths into an answer: how a target's profile says where serial, status and Task of an answer stand.

``parameter[name=serial].valueIdentifier.value``: names between dots; ``[name=text]`` keeps the elements that
say so, ``[0]`` one of several, ``value*`` whichever element begins so. ``a | b``: the first that finds
something. Lists are walked into; ``[0].id`` is of one that is all there is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

_STEP = re.compile(r"([^.\[\]]+)((?:\[[^\]]*\])*)(?:\.|$)")
_REFERENCE = re.compile(r"[A-Z][A-Za-z]+/[A-Za-z0-9\-.]{1,64}(?:/_history/[A-Za-z0-9\-.]{1,64})?")
_FILTER = re.compile(r"\[([^\]]*)\]")
_OUTERMOST = re.compile(r"((?:\[[^\]]*\])+)(?:\.|$)")


def pick(resource: Any, path: str) -> Any:
    """Return the first value at a path, None where there is none."""
    return next(each(resource, path), None)


def each(resource: Any, path: str) -> Iterator[Any]:
    """Return all values at a path, in the order in which they stand."""
    for one in path.split("|"):
        found = list(_walk(resource, _steps(one.strip())))
        if found:
            yield from found
            return


def names_of(path: str) -> tuple[str, ...]:
    """Return the names of a path, without what filters the elements."""
    return tuple(name for name, _ in _steps(path) if name)


@lru_cache(maxsize=512)
def _steps(path: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    outermost = _OUTERMOST.match(path)
    rest = path[outermost.end() :] if outermost else path
    steps = [("", outermost[1])] if outermost else []
    return tuple((name, tuple(_FILTER.findall(filters))) for name, filters in (*steps, *_STEP.findall(rest)))


def _walk(value: Any, steps: tuple[tuple[str, tuple[str, ...]], ...]) -> Iterator[Any]:
    if not steps:
        yield from value if isinstance(value, list) else (value,)
        return
    (name, filters), rest = steps[0], steps[1:]
    if not name:
        yield from _walk(_kept(value, filters), rest)
        return
    if isinstance(value, list):
        for one in value:
            yield from _walk(one, steps)
        return
    for found in _members(value, name):
        yield from _walk(_kept(found, filters), rest)


def _members(value: Any, name: str) -> list[Any]:
    if not isinstance(value, dict):
        return []
    if name.endswith("*"):
        return [one for key, one in value.items() if key.startswith(name[:-1])]
    return [value[name]] if name in value else []


def _kept(value: Any, filters: tuple[str, ...]) -> Any:
    for one in filters:
        listed = value if isinstance(value, list) else [value]
        if one.lstrip("-").isdigit():
            value = listed[int(one) :][:1] if int(one) >= 0 else listed[int(one) :]
            continue
        path, _, wanted = one.partition("=")
        value = [item for item in listed if any(str(found) == wanted for found in _walk(item, _steps(path)))]
    return value


def references(value: Any) -> Iterator[str]:
    """Return every relative reference in a resource, as ``Type/id``."""
    if isinstance(value, dict):
        found = value.get("reference")
        if isinstance(found, str) and _REFERENCE.fullmatch(found):
            yield found.partition("/_history/")[0]
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for one in children:
        yield from references(one)
