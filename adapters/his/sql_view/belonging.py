"""Belonging: rows of a detail (items of a prescription, results of a report), read for many rows at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, select, text

from adapters.his.sql_view.shape import Shape
from adapters.his.sql_view.values import key_of, row_of
from adapters.his.sql_view.views import Detail
from adapters.his.sql_view.where import Key, among, parts

if TYPE_CHECKING:
    from adapters.his.sql_view.reader import Head


def add(
    connection: Connection,
    detail: Detail,
    shape: Shape,
    heads: Sequence[Head],
    key_names: Sequence[str],
    charset: str,
) -> None:
    """Read the rows that belong to some rows, and give them to each.

    Args:
        key_names: what ``Head.key`` is of.
    """
    of: dict[Key, list[dict[str, str | None]]] = {}
    joined = list(detail.join.values())
    names = [name for name in shape.columns if name not in detail.join]
    fields, count = shape.fields(list(detail.join)), len(detail.join)
    asked: Any = select(
        *[one.label(f"j{at}") for at, one in enumerate(fields)],
        *[one.label(f"c{at}") for at, one in enumerate(shape.fields(names))],
    ).select_from(text(detail.source))
    if detail.where:
        asked = asked.where(text(f"({detail.where})"))
    order = shape.fields([name for name in detail.key if name in shape.columns])
    wanted = list(_native(heads, joined, key_names).values())
    for part in parts(wanted, count):
        for row in connection.execute(asked.where(among(fields, part)).order_by(*fields, *order)):
            said = row_of(names, row[count:], charset)
            if detail.nulls:
                said = {name: None if one in detail.nulls else one for name, one in said.items()}
            of.setdefault(_unpadded(key_of(row[:count])), []).append(said)
    for head in heads:
        head.details[detail.name] = of.get(_unpadded([head.row.get(name) for name in joined]), [])


def _native(heads: Sequence[Head], joined: Sequence[str], key_names: Sequence[str]) -> dict[Key, Key]:
    """Return the values of a join as the database has them: a number must not be asked for as text."""
    at = {name: number for number, name in enumerate(key_names)}
    found: dict[Key, Key] = {}
    for head in heads:
        key = tuple(head.row.get(name) for name in joined)
        if None not in key:
            found[key] = tuple(
                head.key[at[name]] if name in at else value for name, value in zip(joined, key, strict=True)
            )
    return found


def _unpadded(values: Sequence[Any]) -> Key:
    """Return the values of a join so that a padded CHAR meets its VARCHAR."""
    return tuple(str(value).rstrip() for value in values)
