"""Objects: records in JSON (RFC 8259) as rows: columns, and the rows that belong to a record.

A number keeps its digits: it may be longer than a computer counts, and ``5.10`` is not ``5.1``. What stands
in an object inside is called by its path (``patient.name``); a list of objects is what belongs to the record.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

Values = Mapping[str, str | None]
"""Column → text, None where there is nothing."""

Inside = tuple[dict[str, str | None], dict[str, list[Values]]]
"""What a record says once, and what it holds many times, by its name."""

_NUMBER: Final = re.compile(r"\d{4,}")
_LONGEST: Final = 64


class Twice(ValueError):
    """A record says two things by one name.

    Attributes:
        name: as it may be shown; it may be a number of somebody (``{"1001": …}``).
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = _NUMBER.sub("*", name)[:_LONGEST]


class Doubled(dict[str, Any]):
    """An object that says two things by one name; only whoever reads it knows whom that costs.

    Attributes:
        pairs: all that it says.
        names: those that come twice.
    """

    def __init__(self, pairs: Sequence[tuple[str, Any]], names: Sequence[str]) -> None:
        super().__init__(pairs)
        self.pairs, self.names = pairs, names


def read(text: str) -> Any:
    """Return what JSON says, its numbers as texts; what says two things by one name is :class:`Doubled`.

    Raises:
        ValueError: it is no JSON.
    """
    try:
        return json.loads(
            text, parse_float=str, parse_int=str, parse_constant=_no_number, object_pairs_hook=_object
        )
    except RecursionError:
        raise ValueError("objects are too deep inside each other") from None


def member(data: Mapping[str, Any], name: str) -> Any:
    """Return what stands under a name, None for nothing.

    Raises:
        Twice: two things do.
    """
    if isinstance(data, Doubled) and name in data.names:
        raise Twice(name)
    return data.get(name)


def told(data: Mapping[str, Any], before: str = "") -> Inside:
    """Return the values of an object, those inside by their path, and the lists of objects in it.

    Raises:
        Twice: two things are said by one path (``a.b``).
    """
    values: dict[str, str | None] = {}
    nested: dict[str, list[Values]] = {}
    if isinstance(data, Doubled):
        raise Twice(before + data.names[0])
    for name, value in data.items():
        path = before + str(name)
        if isinstance(value, dict):
            inner, lists = told(value, f"{path}.")
            for key, text in inner.items():
                put(values, key, text)
            for key, rows in lists.items():
                nested.setdefault(key, []).extend(rows)
        elif isinstance(value, list):
            rows, texts = _listed(value)
            if rows:
                nested.setdefault(path, []).extend(rows)
            if texts or not rows:
                put(values, path, "; ".join(texts) or None)
        else:
            put(values, path, _text(value))
    return values, nested


def written(data: Any) -> str:
    """Return JSON for what :func:`read` returned, also what is said twice."""
    if isinstance(data, dict):
        pairs = data.pairs if isinstance(data, Doubled) else data.items()
        return (
            "{"
            + ", ".join([f"{json.dumps(key, ensure_ascii=False)}: {written(one)}" for key, one in pairs])
            + "}"
        )
    if isinstance(data, list):
        return "[" + ", ".join(map(written, data)) + "]"
    return json.dumps(data, ensure_ascii=False)


def put(values: dict[str, str | None], name: str, text: str | None) -> None:
    """Say one thing more; nothing beside something adds nothing.

    Raises:
        Twice: something else is said by this name already.
    """
    before = values.get(name)
    if before is None:
        values[name] = text
    elif text is not None and text != before:
        raise Twice(name)


def joined(name: str, rows: Sequence[Values]) -> dict[str, str | None]:
    """Return rows inside a row, which has no place for them, as columns of it: ``notes.text``, ``a; b``.

    A row that says nothing keeps its place, so that what stands together can be told. What is called as the
    rows are (the text of an element that has attributes) stands under their name alone.
    """
    made: dict[str, str | None] = {}
    for column in dict.fromkeys(column for row in rows for column in row):
        texts = [row.get(column) or "" for row in rows]
        path = name if column == name.rpartition(".")[2] else f"{name}.{column}"
        made[path] = "; ".join(texts) if any(texts) else None
    return made


def _listed(value: list[Any]) -> tuple[list[Values], list[str]]:
    """Return the objects of a list and its texts, also those in lists inside."""
    rows: list[Values] = []
    texts: list[str] = []
    for one in value:
        if isinstance(one, dict):
            rows.append(_row(one))
        elif isinstance(one, list):
            inner, said = _listed(one)
            rows += inner
            texts += said
        elif text := _text(one):
            texts.append(text)
    return rows, texts


def _row(data: Mapping[str, Any]) -> Values:
    """Return an object of a list; what it holds many times stands in columns of its own."""
    values, nested = told(data)
    for name, rows in nested.items():
        for key, text in joined(name, rows).items():
            put(values, key, text)
    return values


def _text(value: Any) -> str | None:
    """Return a value as a table has it: ``1`` and ``0`` for true and false."""
    if value is None or value is True or value is False:
        return {None: None, True: "1", False: "0"}[value]
    return str(value).strip() or None


def _no_number(text: str) -> Any:
    raise ValueError(text)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) == len(pairs):
        return made
    names = dict.fromkeys(name for name, value in pairs if value != made[name])
    return Doubled(pairs, [*names]) if names else made
