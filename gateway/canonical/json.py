"""FHIR JSON without loss: decimals keep their precision (R4 §2.6.2, §2.24.0.1)."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import orjson


def _decimal(value: object) -> orjson.Fragment:
    if isinstance(value, Decimal):
        return orjson.Fragment(format(value, "f"))
    raise TypeError(f"not JSON: {type(value).__name__}")


def dumps(value: Any) -> bytes:
    """Return ``value`` as compact UTF-8 JSON; a ``Decimal`` is written digit by digit as it stands."""
    return orjson.dumps(value, _decimal)


def loads(text: bytes | str) -> Any:
    """Return ``text`` as Python objects, every JSON number with a point as ``Decimal``."""
    return json.loads(text, parse_float=Decimal)
