"""Belonging: rows of a detail (items of a prescription, results of a report), read for many rows at once."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, select, text

from adapters.his.sql_view.head import Head
from adapters.his.sql_view.shape import Shape
from adapters.his.sql_view.values import key_of, row_of
from adapters.his.sql_view.views import Detail
from adapters.his.sql_view.where import Key, among, parts


def add(
    connection: Connection,
    detail: Detail,
    shape: Shape,
    heads: Sequence[Head],
    key_names: Sequence[str],
    charset: str,
) -> int:
    """Read the rows that belong to some rows, and give them to each; return how many belong to none.

    Args:
        key_names: what ``Head.key`` is of.
    """
    joined = list(detail.join.values())
    known = _Known(_unpadded([head.row.get(name) for name in joined]) for head in heads)
    astray = 0
    of: dict[Key, list[dict[str, str | None]]] = {}
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
            whose = known.whose(_unpadded(key_of(row[:count])))
            if whose is None:
                astray += 1
            else:
                of.setdefault(whose, []).append(said)
    for head in heads:
        head.details[detail.name] = of.get(_unpadded([head.row.get(name) for name in joined]), [])
    return astray


class _Known:
    """The values of a join, found as the database finds them: without case ``T1`` is ``t1``."""

    def __init__(self, keys: Iterable[Key]) -> None:
        self._keys = {*keys}
        self._alike: dict[Key, list[Key]] = {}  # made when the first row is found that is none of the keys

    def whose(self, key: Key) -> Key | None:
        """Return the values that a row of a detail was found by, None where they cannot be told."""
        if key in self._keys:
            return key
        if not self._alike:
            for one in self._keys:
                self._alike.setdefault(_folded(one), []).append(one)
        alike = self._alike.get(_folded(key), ())
        return alike[0] if len(alike) == 1 else None


def _folded(key: Key) -> Key:
    return tuple(unicodedata.normalize("NFKC", one).casefold() for one in key)


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
