"""Casting: what the file and the environment say, as the type that a setting has."""

from __future__ import annotations

import typing
from collections.abc import Iterable

from gateway.errors import Misconfigured

Value = str | int | float | bool


def cast(kind: object, value: object, where: str) -> Value | tuple[str, ...]:
    """Return ``value`` as ``kind``: what :func:`cast_one` takes, or a tuple of strings.

    In the environment, strings are parted by commas.

    Raises:
        Misconfigured: it is not one.
    """
    if typing.get_origin(kind) is not tuple:
        return cast_one(kind, value, where)
    listed = value.split(",") if isinstance(value, str) else value
    if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
        raise Misconfigured("must be a list of strings", where=where)
    return tuple(one for one in listed if one)


def cast_one(kind: object, value: object, where: str) -> Value:
    """Return ``value`` as ``kind`` (``str``, ``int``, ``float``, ``bool`` or a Literal of strings).

    Text is read as the type says, because the environment only has text.

    Raises:
        Misconfigured: it is not one.
    """
    choices = typing.get_args(kind)
    if choices:
        if value not in choices:
            raise Misconfigured(f"must be one of {listed(choices)}", where=where)
        return str(value)
    if kind is bool and isinstance(value, str) and value.lower() in ("true", "false", "1", "0"):
        return value.lower() in ("true", "1")
    try:
        if kind is int and isinstance(value, str):
            return int(value)
        if kind is float and isinstance(value, str | int) and not isinstance(value, bool):
            return float(value)
    except ValueError:
        pass
    if isinstance(kind, type) and type(value) is kind:
        return typing.cast(Value, value)
    raise Misconfigured(f"must be {getattr(kind, '__name__', kind)}", where=where)


def listed(names: Iterable[object]) -> str:
    """Return names as a sentence lists them."""
    return ", ".join(str(name) for name in names)
