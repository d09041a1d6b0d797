"""FHIR JSON without loss: decimals keep their precision (R4 §2.6.2, §2.24.0.1)."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import orjson

LONGEST = 64
"""Zeros that an exponent may add; a number with a larger one keeps it: 1E999999999 is a short text."""


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


def _narrow(value: Any) -> Any:
    """Integers of more than 64 bits as Decimals: orjson takes none, JSON and FHIR's decimal do."""
    if isinstance(value, dict):
        return {name: _narrow(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_narrow(one) for one in value]
    large = type(value) is int and not -(2**63) <= value < 2**64
    return Decimal(value) if large else value


def loads(text: bytes | str) -> Any:
    """Return ``text`` as Python objects, every JSON number with a point as ``Decimal``."""
    return json.loads(text, parse_float=Decimal)
