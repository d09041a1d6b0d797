"""Native invariants: FHIRPath of the official definitions, written out in Python for speed (R4 §2.26.7).

An entry is found by its expression, letter for letter: where a definition says something else, the expression
itself is evaluated (``fhirpath``). Each function answers whether the invariant holds; it may take for granted
that the JSON types are right, because a wrong one is a fault of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Holds = Callable[[Any, Any], bool]


@dataclass(slots=True, frozen=True)
class Native:
    """An invariant in Python.

    Attributes:
        holds: called with the element and the scope of the resource.
        needs: JSON names without which the invariant holds anyway, so that nobody needs to call.
    """

    holds: Holds
    needs: tuple[str, ...] = ()


_TABLE: dict[str, Native] = {}


def holds(expression: str, *needs: str) -> Callable[[Holds], Holds]:
    """Register the function below as the Python form of ``expression``."""

    def register(function: Holds) -> Holds:
        _TABLE[expression] = Native(function, needs)
        return function

    return register


def there(v: dict[str, Any], name: str) -> bool:
    """Return whether a primitive is there, be it only with an extension."""
    return name in v or "_" + name in v


def typed(v: dict[str, Any], name: str) -> bool:
    """Return whether a choice is there in one of its types (``value`` as ``valueQuantity``)."""
    size = len(name)
    for key in v:
        bare = key[1:] if key[:1] == "_" else key
        if bare.startswith(name) and bare[size : size + 1].isupper():
            return True
    return False


def distinct(items: list[dict[str, Any]], name: str) -> bool:
    """Return whether no value of ``name`` comes twice."""
    found = [one[name] for one in items if name in one]
    return len(set(found)) == len(found)


def native(expression: str) -> Native | None:
    """Return the Python form of an expression, or None where FHIRPath must do it."""
    return _TABLE.get(expression)


INLINE = frozenset({"ele-1", "ext-1", "dom-2", "dom-3", "dom-4", "dom-5", "txt-1", "txt-2"})
"""Invariants that the walker, the narrative and the scope of contained resources check themselves."""
