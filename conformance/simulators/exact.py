"""Owns JSON whose numbers keep their digits (``1.50`` stays ``1.50``), to be hashed and signed."""

from __future__ import annotations

import json
from typing import Any

Resource = dict[str, Any]


class Number(str):
    """A decimal as it was written."""

    __slots__ = ()


def loads(text: str | bytes) -> Any:
    """Return what a JSON text says. Raises ``ValueError``: it is none."""
    return json.loads(text, parse_float=Number)


def dumps(value: Any, *, ordered: bool = False) -> str:
    """Return the shortest JSON of a value, without white space; ``ordered``: members by their names."""
    if isinstance(value, Number):
        return str.__str__(value)
    if isinstance(value, dict):
        names = sorted(value, key=_utf_16) if ordered else value
        return "{" + ",".join(f"{_text(name)}:{dumps(value[name], ordered=ordered)}" for name in names) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(dumps(one, ordered=ordered) for one in value) + "]"
    return _text(value)


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _utf_16(name: str) -> bytes:
    """RFC 8785 §3.2.3 orders names by their UTF-16 code units."""
    return name.encode("utf-16-be")
