"""JSONPath as scripts use it: names, indexes, ``*``, ``..``, simple filters, ``length()`` (of RFC 9535)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from conformance.testscript.unusable import Unsupported

_token = re.compile(
    r"\.\.(?P<deep>\*|[\w$-]+)"
    r"|\.(?P<size>length|size)\(\)"
    r"|\.(?P<name>\*|[\w$-]+)"
    r"|\[\s*(?P<quoted>'[^']*'|\"[^\"]*\")\s*\]"
    r"|\[\s*(?P<index>-?\d{1,9}|\*)\s*\]"
    r"|\[\s*\?\s*\(?\s*@(?P<left>(?:\.[\w-]+|\[\d{1,9}\])+)\s*"
    r"(?:(?P<sign>==|!=)\s*(?P<right>'[^']*'|\"[^\"]*\"|-?[\d.]+|true|false))?\s*\)?\s*\]",
).match


def jsonpath(document: Any, expression: str) -> list[Any]:
    """Return what an expression finds, in the order of the document.

    Raises:
        Unsupported: it uses more of JSONPath than is known here.
    """
    found, at = [document], 1 if expression.startswith("$") else 0
    while at < len(expression):
        match = _token(expression, at)
        if match is None:
            rest = expression[at:]
            raise Unsupported(
                f"JSONPath 在此处不支持：{rest}", f"JSONPath is not supported from here: {rest}"
            )
        step = _STEPS[str(match.lastgroup)] if match["left"] is None else _filtered
        found = [one for each in found for one in step(each, match)]
        at = match.end()
    return found


def _members(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _named(value: Any, name: str) -> list[Any]:
    if name == "*":
        return _members(value)
    if isinstance(value, list):  # scripts write entry.resource for entry[*].resource
        return [one for each in value for one in _named(each, name)]
    return [value[name]] if isinstance(value, dict) and name in value else []


def _deep(value: Any, match: re.Match[str]) -> Iterator[Any]:
    yield from _named(value, match["deep"]) if isinstance(value, dict) else []
    for one in _members(value):
        yield from _deep(one, match)


def _size(value: Any, match: re.Match[str]) -> list[Any]:
    return [len(value)] if isinstance(value, list | dict) else []


def _index(value: Any, match: re.Match[str]) -> list[Any]:
    if match["index"] == "*":
        return _members(value)
    at = int(match["index"])
    return [value[at]] if isinstance(value, list) and -len(value) <= at < len(value) else []


def _filtered(value: Any, match: re.Match[str]) -> list[Any]:
    return [one for one in _members(value) if _holds(jsonpath(one, match["left"]), match)]


def _holds(found: list[Any], match: re.Match[str]) -> bool:
    if match["sign"] is None:
        return bool(found)
    right = match["right"].strip("'\"")
    said = [str(one).lower() if isinstance(one, bool) else str(one) for one in found]
    return (right in said) == (match["sign"] == "==")


_STEPS: dict[str, Callable[[Any, re.Match[str]], Any]] = {
    "deep": _deep,
    "size": _size,
    "name": lambda value, match: _named(value, match["name"]),
    "quoted": lambda value, match: _named(value, match["quoted"][1:-1]),
    "index": _index,
}
