"""Compares what was sent with what is read back: nothing lost, altered or made up."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from conformance.simulators.exact import Number, Resource
from conformance.suites.fhir.alike import alike

_OWN = {"id", "meta", "text"}
"""Elements that a server may write into what it takes (R4 http §3.1.0.8): its id, its meta, a narrative."""


def differs(sent: Any, found: Any) -> str:
    """Return where two resources differ, ``""`` where they do not."""
    if isinstance(sent, dict) and isinstance(found, dict):
        return _members(sent, found, {*sent, *found} - _OWN)
    return "" if sent == found else "resourceType"


def _members(sent: Resource, found: Resource, wanted: set[str]) -> str:
    for name in sorted(wanted):
        if name not in sent or name not in found:
            return name
        below = _below(sent[name], found[name])
        if below:
            return f"{name}.{below}".rstrip(".")
    return ""


def _below(sent: Any, found: Any) -> str:
    if isinstance(sent, dict) and isinstance(found, dict):
        return _members(sent, found, {*sent, *found})
    if isinstance(sent, list) and isinstance(found, list):
        if len(sent) != len(found):
            return "."
        return next(
            (below for one, other in zip(sent, found, strict=True) if (below := _below(one, other))), ""
        )
    return "" if _same(sent, found) else "."


def _written(number: int | Number) -> object:
    """Return value and precision: ``1E-7`` and ``0.0000001`` are one, ``5.6`` and ``5.60`` are two."""
    try:
        return Decimal(str(number)).as_tuple()
    except InvalidOperation:
        return str(number)


def _same(sent: Any, found: Any) -> bool:
    if isinstance(sent, bool) or isinstance(found, bool):
        return sent is found
    numbers = isinstance(sent, int | Number), isinstance(found, int | Number)
    if any(numbers):
        return all(numbers) and _written(sent) == _written(found)
    return type(sent) is type(found) and alike(sent, found)
