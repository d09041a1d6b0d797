"""Database: the hospital's, read and never written: one short read-only transaction for each page."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    URL,
    Engine,
    and_,
    create_engine,
    event,
    func,
    literal_column,
    make_url,
    or_,
    select,
    text,
)
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from adapters.his.sql_view.values import text_of
from adapters.his.sql_view.views import Detail, View
from gateway.errors import Misconfigured, Retry

_LOG = logging.getLogger("qiao.sql_view")

READ_ONLY = {
    "postgresql": "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
    "mysql": "SET SESSION TRANSACTION READ ONLY",
    "mariadb": "SET SESSION TRANSACTION READ ONLY",
    "sqlite": "PRAGMA query_only = ON",
}
"""What makes a connection refuse to write; Oracle and DM say it at the begin of each transaction."""

AT_BEGIN = {"oracle": "SET TRANSACTION READ ONLY", "dm": "SET TRANSACTION READ ONLY"}

IN_LIST = 400
"""Values of one list: Oracle takes 1000, SQL Server 2100 parameters in all."""

Key = tuple[Any, ...]


class Unreadable(Retry):
    """The database does not answer as it should; says what to do, without a value of a row.

    Args:
        lasting: until somebody changes something: trying again soon is of no use.
    """

    def __init__(self, reason: str, *, lasting: bool = False) -> None:
        super().__init__(reason)
        self.lasting = lasting


@dataclass(slots=True, frozen=True)
class Shape:
    """The columns of a view, as the database says them now.

    Attributes:
        columns: ours → theirs, quoted.
        lost: columns of the template or of the hospital's file that it does not have.
    """

    columns: Mapping[str, str]
    lost: tuple[str, ...]


@dataclass(slots=True)
class Head:
    """One row as it was read.

    Attributes:
        changed: what it is read forward by, None where it has none.
        key: its key as the database has it.
        row: our column → text.
        details: name → rows that belong to it.
    """

    changed: Any
    key: Key
    row: dict[str, str | None]
    details: dict[str, list[dict[str, str | None]]]


def open_database(url: str, password: str, *, timeout: float, connections: int) -> Engine:
    """Return an engine whose connections only read; nothing is connected yet.

    Raises:
        Misconfigured: no URL of SQLAlchemy, or its driver is not installed.
    """
    try:
        parsed = make_url(url)
        if password:
            parsed = parsed.set(password=password)
        if parsed.drivername == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
        elif parsed.drivername in ("mysql", "mariadb"):
            parsed = parsed.set(drivername=f"{parsed.drivername}+pymysql")
        engine = _engine(parsed, timeout, connections)
    except NoSuchModuleError:
        raise Misconfigured("no dialect of SQLAlchemy has this name; install its package") from None
    except ArgumentError:
        raise Misconfigured("url is no database URL of SQLAlchemy: dialect://user@host/database") from None
    except ImportError as error:
        raise Misconfigured(f"the driver of this database is not installed: {error.name}") from None
    _keep_from_writing(engine)
    return engine


def _engine(url: URL, timeout: float, connections: int) -> Engine:
    name, seconds = url.get_backend_name(), max(1, int(timeout))
    arguments: dict[str, Any] = {}
    if name == "postgresql":
        arguments = {"connect_timeout": seconds, "options": f"-c statement_timeout={seconds * 1000}"}
    elif name in ("mysql", "mariadb") and "pymysql" in url.drivername:
        arguments = {"connect_timeout": seconds, "read_timeout": seconds}
    elif name == "sqlite":
        url = _sqlite(url)
    return create_engine(
        url,
        connect_args=arguments,
        pool_size=connections,
        max_overflow=0,
        pool_pre_ping=True,
        pool_recycle=1800,
    )


def _sqlite(url: URL) -> URL:
    """Open a file for reading only: a wrong path must not make an empty database."""
    if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
        return url
    return url.set(database=f"file:{url.database}").update_query_dict({"mode": "ro", "uri": "true"})


def _keep_from_writing(engine: Engine) -> None:
    name = engine.dialect.name

    @event.listens_for(engine, "connect")
    def opened(connection: Any, _: object) -> None:
        if name == "sqlite":
            connection.text_factory = bytes  # GBK in a text column would else raise
        if name in READ_ONLY:
            cursor = connection.cursor()
            cursor.execute(READ_ONLY[name])
            cursor.close()
            if name != "sqlite":
                connection.commit()

    if name in AT_BEGIN:

        @event.listens_for(engine, "begin")
        def begun(connection: Any) -> None:
            connection.exec_driver_sql(AT_BEGIN[name])


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
            Unreadable: the database does not answer, or a column that is needed is not there.
        """
        view = self._view
        with _told(view.source), self._engine.connect() as connection:
            described, some = self._described(connection, view.source, view.where)
            needed = (*view.key, *((view.changed,) if view.mode == "watermark" else ()))
            self._shape = self._shaped(view, described, needed)
            for one in view.details:
                known, _ = self._described(connection, one.source, one.where)
                self._details[one.name] = self._shaped(one, known, tuple(one.join))
        if not view.changed or view.changed not in self._shape.columns:
            return self._shape, None
        theirs = view.names.get(view.changed, view.changed).lower()
        return self._shape, next(
            (self._plain(value) for name, value in some if name.lower() == theirs and value is not None), None
        )

    def _described(self, connection: Any, source: str, where: str) -> tuple[list[str], list[tuple[str, Any]]]:
        asked: Any = select(literal_column("*")).select_from(text(source)).limit(1)
        result = connection.execute(asked.where(text(where)) if where else asked)
        names = [str(one[0]) for one in result.cursor.description]
        row = result.first()
        return names, list(zip(names, row, strict=True)) if row is not None else []

    def _shaped(self, view: View | Detail, described: Sequence[str], needed: tuple[str, ...]) -> Shape:
        quote = self._engine.dialect.identifier_preparer.quote
        theirs = {name.lower(): name for name in described}
        ours = {str(name).lower(): own for own, name in view.names.items()}
        columns = {
            ours.get(lower, lower): quote(name) for lower, name in theirs.items() if lower not in view.leave
        }
        wanted = {*view.names, *view.required, *needed}
        lost = tuple(sorted(one for one in wanted if one not in columns))
        if gone := [one for one in needed if one not in columns]:
            said = view.names.get(gone[0], gone[0])
            raise Unreadable(
                f"{view.source} has no column {said}; nothing is read of it until it has, "
                "or the view's file names another",
                lasting=True,
            )
        return Shape(columns, lost)

    def page(self, position: tuple[Any, Key] | None, limit: int, *, by_key: bool, bare: bool) -> list[Head]:
        """Return the rows from a position on, it included, in order; without those that belong to them.

        Args:
            position: (changed, key); the key may be empty.
            by_key: ordered by key alone.
            bare: only what the order needs.

        Raises:
            Unreadable: the database does not answer.
        """
        view, columns = self._view, self._shape.columns
        order = [] if by_key else [view.changed]
        names = [*order, *view.key] if bare else list(columns)
        if bare and view.changed in columns and by_key:
            names.append(view.changed)
        fields: list[Any] = [literal_column(columns[name]) for name in names]
        asked: Any = select(*[one.label(f"c{at}") for at, one in enumerate(fields)]).select_from(
            text(view.source)
        )
        if view.where:
            asked = asked.where(text(f"({view.where})"))
        at: dict[str, Any] = {name: literal_column(columns[name]) for name in (*order, *view.key)}
        if not by_key:
            asked = asked.where(at[view.changed].is_not(None))
        if position is not None:
            values = [*([] if by_key else [position[0]]), *position[1]]
            asked = asked.where(_from(list(zip(at.values(), values, strict=False))))
        asked = asked.order_by(*at.values()).limit(limit)
        with _told(view.source), self._engine.connect() as connection:
            rows = connection.execute(asked).fetchall()
        where = {name: number for number, name in enumerate(names)}
        keys = [where[name] for name in view.key]
        changed = where.get(view.changed, -1)
        return [self._head(row, names, keys, changed, bare=bare) for row in rows]

    def _head(self, row: Any, names: list[str], keys: list[int], changed: int, *, bare: bool) -> Head:
        charset, nulls = self._charset, self._view.nulls
        said = {} if bare else {name: text_of(value, charset) for name, value in zip(names, row, strict=True)}
        if nulls:
            said = {name: None if value in nulls else value for name, value in said.items()}
        at = None if changed < 0 else self._plain(row[changed])
        return Head(at, tuple(self._plain(row[one]) for one in keys), said, {})

    def _plain(self, value: Any) -> Any:
        """Return a value that can be asked for again: SQLite hands text over as bytes here."""
        return text_of(value) if isinstance(value, bytes) and self._engine.dialect.name == "sqlite" else value

    def whole(self, keys: Sequence[Key]) -> list[Head]:
        """Return the rows with these keys, in the order of the keys."""
        found: list[Head] = []
        view, columns = self._view, self._shape.columns
        fields: list[Any] = [literal_column(columns[name]) for name in view.key]
        for part in _parts(keys, len(fields)):
            asked: Any = select(
                *[literal_column(one).label(f"c{at}") for at, one in enumerate(columns.values())]
            ).select_from(text(view.source))
            asked = asked.where(_among(fields, part))
            if view.where:
                asked = asked.where(text(f"({view.where})"))
            with _told(view.source), self._engine.connect() as connection:
                rows = connection.execute(asked.order_by(*fields)).fetchall()
            names = list(columns)
            at = [names.index(name) for name in view.key]
            changed = names.index(view.changed) if view.changed in columns else -1
            found += [self._head(row, names, at, changed, bare=False) for row in rows]
        return found

    def add_details(self, heads: Sequence[Head]) -> None:
        """Read the rows that belong to some rows, and give them to each."""
        for detail in self._view.details:
            self._add(detail, heads)

    def _add(self, detail: Detail, heads: Sequence[Head]) -> None:
        columns = self._details[detail.name].columns
        fields: list[Any] = [literal_column(columns[name]) for name in detail.join]
        wanted = {tuple(head.row.get(name) for name in detail.join.values()): head for head in heads}
        keys = [key for key in wanted if None not in key]
        names = [name for name in columns if name not in detail.join]
        asked: Any = select(
            *[one.label(f"j{at}") for at, one in enumerate(fields)],
            *[literal_column(columns[name]).label(f"c{at}") for at, name in enumerate(names)],
        ).select_from(text(detail.source))
        if detail.where:
            asked = asked.where(text(f"({detail.where})"))
        order: list[Any] = [literal_column(columns[name]) for name in detail.key if name in columns]
        of: dict[Key, list[dict[str, str | None]]] = {}
        native = self._native(detail, heads, keys)
        with _told(detail.source), self._engine.connect() as connection:
            for part in _parts([native[key] for key in keys], len(fields)):
                for row in connection.execute(asked.where(_among(fields, part)).order_by(*fields, *order)):
                    values = [text_of(value, self._charset) for value in row]
                    said = dict(zip(names, values[len(fields) :], strict=True))
                    if detail.nulls:
                        said = {name: None if one in detail.nulls else one for name, one in said.items()}
                    of.setdefault(_joined(values[: len(fields)]), []).append(said)
        for head in heads:
            key = tuple(head.row.get(name) for name in detail.join.values())
            head.details[detail.name] = of.get(_joined(key), [])

    def _native(self, detail: Detail, heads: Sequence[Head], keys: Sequence[Key]) -> dict[Key, Key]:
        """Return the values of a join as the database has them: a number must not be asked for as text."""
        found: dict[Key, Key] = {}
        at = {name: number for number, name in enumerate(self._view.key)}
        for head in heads:
            key = tuple(head.row.get(name) for name in detail.join.values())
            found[key] = tuple(
                head.key[at[name]] if name in at else value
                for name, value in zip(detail.join.values(), key, strict=True)
            )
        return {key: found[key] for key in keys}

    def count(self) -> int:
        """Return how many rows there are."""
        return self._counted([])

    def without_key(self) -> int:
        """Return how many rows have no key: they cannot be told apart, and are not read."""
        columns = self._shape.columns
        return self._counted([or_(*(literal_column(columns[name]).is_(None) for name in self._view.key))])

    def _counted(self, conditions: Sequence[Any]) -> int:
        asked: Any = select(func.count()).select_from(text(self._view.source)).where(*conditions)
        if self._view.where:
            asked = asked.where(text(f"({self._view.where})"))
        with _told(self._view.source), self._engine.connect() as connection:
            return int(connection.execute(asked).scalar_one())


def _from(pairs: Sequence[tuple[Any, Any]]) -> Any:
    """Return the condition that a row stands at a position or behind it."""
    choices = []
    for at, (field, value) in enumerate(pairs):
        same = [one == said for one, said in pairs[:at]]
        last = at == len(pairs) - 1
        choices.append(and_(*same, field >= value if last else field > value))
    return or_(*choices)


def _among(fields: Sequence[Any], keys: Sequence[Key]) -> Any:
    if len(fields) == 1:
        return fields[0].in_([key[0] for key in keys])
    return or_(*(and_(*(field == value for field, value in zip(fields, key, strict=True))) for key in keys))


def _parts(keys: Sequence[Key], columns: int) -> list[Sequence[Key]]:
    size = max(1, IN_LIST // columns)
    return [keys[at : at + size] for at in range(0, len(keys), size)]


def _joined(values: Sequence[Any]) -> Key:
    """Return the values of a join so that a padded CHAR meets its VARCHAR."""
    return tuple(str(value).rstrip() for value in values)


class _told:  # noqa: N801
    """Turns what a driver raises into a sentence; its own text may hold a value."""

    def __init__(self, source: str) -> None:
        self._source = source

    def __enter__(self) -> None:
        return None

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, DBAPIError):
            original = error.orig
            code = getattr(original, "sqlstate", None) or next(
                (one for one in getattr(original, "args", ()) if isinstance(one, int)), ""
            )
            kind = type(original).__name__
            at = f"{kind} {code}"
            if error.connection_invalidated or kind in ("OperationalError", "InterfaceError"):
                raise Unreadable(f"{self._source}: the database does not answer ({at})") from None
            raise Unreadable(f"{self._source}: the database refuses the query ({at})") from None
        if isinstance(error, SQLAlchemyError):
            kind = type(error).__name__
            raise Unreadable(f"{self._source}: the query cannot be made ({kind})") from None
