"""The parameters of a type, and what a value says to one of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.store.index import readings
from gateway.store.index.definitions import catalogue
from gateway.store.index.parameter import Parameter


def parameters(type_: str) -> Mapping[str, Parameter]:
    """Return name → parameter of a resource type, those of Resource and DomainResource included.

    ``_text``, ``_content`` and ``_query`` are among them, though they have no expression.

    Raises:
        KeyError: R4 has no such resource type.
    """
    return catalogue().parameters(type_)


def types_naming(target: str, *names: str) -> frozenset[str]:
    """Return the resource types with a search parameter of one of these names that can refer to a type."""
    return catalogue().naming(target, names)


def tokens(parameter: Parameter, type_: str, value: Any) -> list[tuple[str, str]]:
    """Return (system, code) of what an element says as a token (R4 §3.1.1.4.10).

    A ``code`` has the system of its required binding; a ContactPoint the code of its own ("phone").
    """
    return readings.tokens(parameter.system, type_, value)
