"""Rows in the answers of services that are asked, in JSON (RFC 8259): each object is one, with its details.

A number keeps its digits: it may be longer than a computer counts, and ``5.10`` is not ``5.1``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from adapters.his.xml_http.failed import Failed
from gateway.errors import Rejected
from gateway.wire.text import decode

Row = dict[str, str | None]


def read(raw: bytes, charset: str) -> Any:
    """Return what an answer in JSON says, its numbers as texts.

    Raises:
        Failed: it is none.
    """
    try:
        return json.loads(
            decode(raw, charset).text,
            parse_float=str, parse_int=str, parse_constant=_no_number, object_pairs_hook=_object,
        )  # fmt: skip
    except (Rejected, ValueError, RecursionError):
        raise Failed("no JSON") from None


def is_good(data: Any, good: str) -> bool:
    """Tell whether an answer says that it is good: ``code = 0`` (a path, and what stands there)."""
    path, _, wanted = good.partition("=")
    said = at(data, path)
    return (_text(said) or "") == wanted.strip() and not isinstance(said, dict | list)


def at(data: Any, path: str) -> Any:
    """Return what stands at a path (``data.list``), None for null.

    Raises:
        Failed: nothing stands there.
    """
    for name in path.strip().split("."):
        if data is None:
            return None
        if not isinstance(data, dict) or name not in data:
            raise Failed(f"nothing at {path.strip()}")
        data = data[name]
    return data


def told(data: Mapping[str, Any]) -> dict[str, Row | list[Row]]:
    """Return one object as ``gateway.wire.rows`` writes a row: its columns, and the rows that belong to it.

    A list of objects is what belongs to it.
    """
    row: Row = {}
    details: dict[str, list[Row]] = {}
    _tell(data, "", row, details)
    return {"row": row, **details}


def _tell(data: Mapping[str, Any], before: str, row: Row, details: dict[str, list[Row]]) -> None:
    for name, value in data.items():
        path = f"{before}{name}"
        if isinstance(value, dict):
            _tell(value, f"{path}.", row, details)
        elif _are_rows(value) and path != "row":
            details[path] = [_detail(one) for one in value]
        else:
            row[path] = _text(value)


def _are_rows(value: Any) -> bool:
    return isinstance(value, list) and value != [] and all(isinstance(one, dict) for one in value)


def _detail(data: Mapping[str, Any]) -> Row:
    """Return a row that belongs to another one; what belongs to it in turn stays as it is written."""
    row: Row = {}
    inner: dict[str, list[Row]] = {}
    _tell(data, "", row, inner)
    return row | {name: _text(rows) for name, rows in inner.items()}


def _text(value: Any) -> str | None:
    """Return a value as a text; what is no single value as it is written."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list) and not any(isinstance(one, dict | list) for one in value):
        return "; ".join(text for one in value if (text := _text(one))) or None
    return json.dumps(value, ensure_ascii=False)


def _no_number(text: str) -> Any:
    raise ValueError(text)


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("an object has a name twice")
    return made
