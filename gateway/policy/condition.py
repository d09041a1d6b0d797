"""Condition: the closed table of functions that a rule's ``when`` may name; each typed and documented.

A function says something of a :class:`~gateway.policy.scene.Scene`: False or no places where it is not so;
True, or the places in the documents, where it is. Its keyword parameters are what YAML may give it: text,
whole numbers, switches, lists of texts.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, get_type_hints

from gateway.policy.case import Value
from gateway.policy.scene import Scene

Found = bool | tuple[str, ...]
"""Whether something is so; a tuple names the places, and an empty one says that it is not."""

Test = Callable[[Scene], Found]

_KINDS: Mapping[Any, str] = MappingProxyType(
    {str: "text", int: "number", bool: "switch", tuple[str, ...]: "list of texts"}
)


@dataclass(slots=True, frozen=True)
class Condition:
    """One row of the table.

    Attributes:
        name: as rules call it, ``"other-diagnosis"``.
        function: decides.
        kinds: what each parameter is: ``text``, ``number``, ``switch`` or ``list of texts``.
        needed: parameters without a default.
        text: first sentence of its description.
    """

    name: str
    function: Callable[..., Found]
    kinds: Mapping[str, str]
    needed: frozenset[str]
    text: str


_TABLE: dict[str, Condition] = {}
_NUMBERS: dict[tuple[str, tuple[tuple[str, Value], ...]], int] = {}
"""Functions with their parameters, as they are in use; a number each."""


def condition(function: Callable[..., Found]) -> Callable[..., Found]:
    """Enter a function into the table, under its name with hyphens."""
    name = function.__name__.replace("_", "-")
    hints = get_type_hints(function)
    given = list(inspect.signature(function).parameters.values())[1:]
    _TABLE[name] = Condition(
        name,
        function,
        {one.name.replace("_", "-"): _KINDS[hints[one.name]] for one in given},
        frozenset(one.name.replace("_", "-") for one in given if one.default is one.empty),
        " ".join((inspect.getdoc(function) or "").split("\n\n")[0].split()),
    )
    return function


def conditions() -> Mapping[str, Condition]:
    """Return the table by name."""
    import gateway.policy.conditions  # noqa: F401 - its modules enter what they own

    return MappingProxyType(_TABLE)


def fits(value: object, kind: str) -> bool:
    """Tell whether a value of YAML is of a kind."""
    if kind == "switch":
        return isinstance(value, bool)
    if kind == "number":
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "text":
        return isinstance(value, str)
    return isinstance(value, tuple) and all(isinstance(one, str) for one in value)


def bind(name: str, given: Mapping[str, Value]) -> Test:
    """Return a function of the table with its parameters in place; they are checked already.

    Several rules ask the same: each scene is asked once.
    """
    function = conditions()[name].function
    values = {key.replace("-", "_"): value for key, value in given.items()}
    number = _NUMBERS.setdefault((name, tuple(sorted(values.items()))), len(_NUMBERS))

    def test(scene: Scene) -> Found:
        found = scene.told.get(number)
        if found is None:
            found = scene.told[number] = function(scene, **values)
        return found

    return test
