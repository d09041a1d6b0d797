"""Reader: one view asked for its rows, a page at once, each in one short transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import closing
from typing import Any

from sqlalchemy import Connection, Engine, func, or_, select, text

from adapters.his.sql_view import belonging
from adapters.his.sql_view.database import told
from adapters.his.sql_view.head import Head
from adapters.his.sql_view.shape import Shape, described, shaped
from adapters.his.sql_view.values import Beyond, key_of, row_of
from adapters.his.sql_view.views import View
from adapters.his.sql_view.where import Key, among, from_, parts

HEAVY = 16 * 1024 * 1024
"""Characters of a page: rows with large texts (CLOB) make it shorter, so that memory stays bounded."""

STEPS = (10, 500)
"""Rows that are fetched between two looks at how much it is already: fewer where they are heavy."""


Position = tuple[Any, Key]
"""Where a reading goes on: what it is read forward by, and the key; the key may be empty."""


class Reader:
    """Reads one view. Its methods wait for the database: call them in a thread.

    Args:
        charset: of text that the driver hands over as bytes or as if it were Latin-1.
    """

    def __init__(self, engine: Engine, view: View, charset: str) -> None:
        self._engine, self._view, self._charset = engine, view, charset
        self._shape = Shape({}, ())
        self._details: dict[str, Shape] = {}

    def look(self) -> tuple[Shape, Any]:
        """Look what columns there are; returns them, and some value of ``changed`` (None for none).

        Raises:
            Unanswered: the database does not answer, or a column that is needed is not there.
        """
        view, quote = self._view, self._engine.dialect.identifier_preparer.quote
        with told(view.source), self._engine.connect() as connection:
            names, some = described(connection, view.source, view.where)
            needed = (*view.key, *((view.changed,) if view.mode == "watermark" else ()))
            self._shape = shaped(view, names, needed, quote)
            for one in view.details:
                known, _ = described(connection, one.source, one.where)
                self._details[one.name] = shaped(one, known, tuple(one.join), quote)
        if not view.changed or view.changed not in self._shape.columns:
            return self._shape, None
        some_time = some.get(view.names.get(view.changed, view.changed).lower())
        return self._shape, _bounded(self._plain(some_time))

    def page(
        self, position: Position | None, limit: int, *, by_key: bool, bare: bool
    ) -> tuple[list[Head], bool]:
        """Return the rows from a position on, it included, in order, and whether there may be more.

        Rows that belong to them are not among them: :meth:`add_details`.

        Args:
            by_key: ordered by key alone.
            bare: only what the order needs.

        Raises:
            Unanswered: the database does not answer.
        """
        names = self._bare() if bare else list(self._shape.columns)
        with told(self._view.source), self._engine.connect() as connection:
            if by_key:
                asked = self._asked(names, [], position[1] if position is not None else ())
                return self._heads(connection, [asked], names, limit, bare=bare)
            return self._heads(connection, self._forward(names, position), names, limit, bare=bare)

    def _bare(self) -> list[str]:
        view = self._view
        changed = [view.changed] if view.changed in self._shape.columns else []
        return list(dict.fromkeys([*view.key, *changed]))

    def _forward(self, names: Sequence[str], position: Position | None) -> list[Any]:
        """Return what is asked one after the other: at the same time behind the key, then later."""
        at = self._shape.fields([self._view.changed])[0]
        if position is None:
            return [self._asked(names, [at], ()).where(at.is_not(None))]
        changed, key = position
        if not key:
            return [self._asked(names, [at], ()).where(at >= changed)]
        return [
            self._asked(names, [], key).where(at == changed),
            self._asked(names, [at], ()).where(at > changed),
        ]

    def _asked(self, names: Sequence[str], order: Sequence[Any], key: Key) -> Any:
        view, shape = self._view, self._shape
        asked: Any = select(*[one.label(f"c{at}") for at, one in enumerate(shape.fields(names))])
        asked = asked.select_from(text(view.source))
        if view.where:
            asked = asked.where(text(f"({view.where})"))
        keys = shape.fields(view.key)
        # A key of which a part is NULL can be neither told apart nor gone on from: no >= is true of it.
        asked = asked.where(*(one.is_not(None) for one in keys))
        if key:
            asked = asked.where(from_(list(zip(keys, key, strict=True))))
        return asked.order_by(*order, *keys)

    def _heads(
        self, connection: Connection, asked: Sequence[Any], names: Sequence[str], limit: int, *, bare: bool
    ) -> tuple[list[Head], bool]:
        """Fetch up to ``limit`` rows; fewer where they are heavy."""
        heads: list[Head] = []
        weight, step = 0, STEPS[1] if bare else STEPS[0]
        streaming = connection.execution_options(stream_results=True, max_row_buffer=step)
        for one in asked:
            with closing(streaming.execute(one.limit(limit - len(heads)))) as result:
                while rows := result.fetchmany(step):
                    made = self._made(rows, names, bare=bare)
                    heads += made
                    weight += sum(map(_weight, made))
                    if weight > HEAVY and (made[-1].changed, made[-1].key) != (
                        heads[0].changed,
                        heads[0].key,
                    ):
                        return heads, True
                    step = max(STEPS[0], min(STEPS[1], HEAVY // 4 * len(heads) // (weight + 1)))
            if len(heads) >= limit:
                return heads, True
        return heads, False

    def _made(self, rows: Iterable[Any], names: Sequence[str], *, bare: bool) -> list[Head]:
        """Return rows as they are worked; large objects are read, so the connection must be open."""
        where = {name: number for number, name in enumerate(names)}
        keys = [where[name] for name in self._view.key]
        changed = where.get(self._view.changed, -1)
        plain, charset, nulls = self._plain, self._charset, self._view.nulls
        heads = []
        for row in rows:
            said = {} if bare else row_of(names, row, charset)
            if nulls:
                said = {name: None if value in nulls else value for name, value in said.items()}
            at = None if changed < 0 else _bounded(plain(row[changed]))
            heads.append(Head(at, tuple([plain(row[one]) for one in keys]), said, {}))
        return heads

    def _plain(self, value: Any) -> Any:
        """Return a value that can be asked for again: SQLite hands text over as bytes here."""
        if value.__class__ is bytes and self._engine.dialect.name == "sqlite":
            return key_of([value])[0]
        return value

    def whole(self, keys: Sequence[Key]) -> list[Head]:
        """Return the rows with these keys, in the order of the keys."""
        found: list[Head] = []
        names = list(self._shape.columns)
        fields = self._shape.fields(self._view.key)
        with told(self._view.source), self._engine.connect() as connection:
            for part in parts(keys, len(fields)):
                asked = self._asked(names, [], ()).where(among(fields, part))
                found += self._made(connection.execute(asked).fetchall(), names, bare=False)
        return found

    def at_most_once(self, keys: Sequence[Key]) -> set[Key]:
        """Return those of some keys that no two rows have; none where there are too many rows to tell."""
        names, fields, found = list(self._view.key), self._shape.fields(self._view.key), set[Key]()
        with told(self._view.source), self._engine.connect() as connection:
            for part in parts(keys, len(fields)):
                most = 2 * len(part) + 1
                asked = self._asked(names, [], ()).where(among(fields, part)).limit(most)
                heads = self._made(connection.execute(asked).fetchall(), names, bare=True)
                if len(heads) < most:
                    times = Counter(one.key for one in heads)
                    found.update(key for key in part if times[key] < 2)
        return found

    def add_details(self, heads: Sequence[Head]) -> int:
        """Read the rows that belong to some rows, and give them to each; return how many belong to none."""
        astray = 0
        for detail in self._view.details:
            shape = self._details[detail.name]
            with told(detail.source), self._engine.connect() as connection:
                astray += belonging.add(connection, detail, shape, heads, self._view.key, self._charset)
        return astray

    def count(self) -> int:
        """Return how many rows there are."""
        return self._counted([])

    def without_key(self) -> int:
        """Return how many rows have no key: they cannot be told apart, and are not read."""
        return self._counted([or_(*(one.is_(None) for one in self._shape.fields(self._view.key)))])

    def _counted(self, conditions: Sequence[Any]) -> int:
        asked: Any = select(func.count()).select_from(text(self._view.source)).where(*conditions)
        if self._view.where:
            asked = asked.where(text(f"({self._view.where})"))
        with told(self._view.source), self._engine.connect() as connection:
            return int(connection.execute(asked).scalar_one())


def _bounded(value: Any) -> Any:
    """Return a time as one that can be compared: PostgreSQL has some that Python has not."""
    return value.moment if value.__class__ is Beyond else value


def _weight(head: Head) -> int:
    """Return roughly how much memory a row takes."""
    return sum(map(len, filter(None, head.row.values())))
