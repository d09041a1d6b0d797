"""FHIR JSON without loss: decimals keep their precision (R4 §2.6.2, §2.24.0.1)."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

import orjson

LONGEST = 64
"""Zeros that an exponent may add; a number with a larger one keeps it: 1E999999999 is a short text."""

_DIGITS = 4000
"""Digits that Python takes for an integer; a decimal that is written without a point may have more."""

_DECIMAL = re.compile(rb'":-?(?:\d{18}|\d+[.eE])').search
"""A member that is a number which orjson may not read exactly, or a text that looks like one."""
_NUMBERS = re.compile(rb"\[-?\d").search


def _decimal(value: object) -> orjson.Fragment:
    if isinstance(value, Decimal) and value.is_finite():
        exponent = value.as_tuple().exponent
        short = isinstance(exponent, int) and -LONGEST <= exponent <= LONGEST
        return orjson.Fragment(format(value, "f") if short else str(value))
    raise TypeError(f"not JSON: {type(value).__name__}")


def dumps(value: Any) -> bytes:
    """Return ``value`` as compact UTF-8 JSON; a ``Decimal`` is written digit by digit as it stands.

    Raises:
        TypeError: a value that is no JSON, NaN or a lone surrogate among them.
    """
    try:
        return orjson.dumps(value, _decimal)
    except orjson.JSONEncodeError as error:
        if "64-bit" not in str(error):
            raise
    return orjson.dumps(_narrow(value), _decimal)


def line(value: Any) -> bytes:
    """Return ``value`` as :func:`dumps` does, as a line of NDJSON."""
    try:
        return orjson.dumps(value, _decimal, orjson.OPT_APPEND_NEWLINE)
    except orjson.JSONEncodeError:
        return dumps(value) + b"\n"


def ordered(value: Any) -> bytes:
    """Return ``value`` as :func:`dumps` does, with the members of every object in the order of their names.

    What a signature is made over: RFC 8785, but numbers keep their digits (in FHIR, 1.50 is not 1.5).

    Raises:
        TypeError: a value that is no JSON.
    """
    try:
        return orjson.dumps(value, _decimal, orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError as error:
        if "64-bit" not in str(error):
            raise
    return orjson.dumps(_narrow(value), _decimal, orjson.OPT_SORT_KEYS)


def _narrow(value: Any) -> Any:
    """Integers of more than 64 bits as Decimals: orjson takes none, JSON and FHIR's decimal do."""
    if isinstance(value, dict):
        return {name: _narrow(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_narrow(one) for one in value]
    large = type(value) is int and not -(2**63) <= value < 2**64
    return Decimal(value) if large else value


def loads(text: bytes | str) -> Any:
    """Return ``text`` as Python objects, every JSON number with a point or an exponent as ``Decimal``.

    Raises:
        ValueError: it is no JSON, or has a number that no ``Decimal`` holds.
        RecursionError: it is nested too deeply.
    """
    try:
        return json.loads(text, parse_float=Decimal)
    except json.JSONDecodeError:
        raise
    except ArithmeticError:  # an exponent of more than 18 digits
        raise ValueError("a number beyond any decimal") from None
    except ValueError:  # more digits than Python makes an integer of
        return json.loads(text, parse_float=Decimal, parse_int=_whole)


def _whole(digits: str) -> int | Decimal:
    return int(digits) if len(digits) <= _DIGITS else Decimal(digits)


def stored(text: bytes) -> Any:
    """Return what :func:`dumps` has written, as :func:`loads` does; much faster without decimals."""
    return loads(text) if _DECIMAL(text) or _NUMBERS(text) else orjson.loads(text)


def glance(text: bytes) -> Any:
    """Return stored JSON as Python objects to look at, not to write again: quick, decimals are floats.

    A number beyond a float's range is JSON and R4 all the same; a text that has one is read by :func:`loads`.
    """
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return loads(text)
