"""Owns the database itself: makes its tables and views at any SQLAlchemy URL, and applies changes to them."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable

from sqlalchemy import Engine, and_, create_engine, event, inspect, text

from conformance.simulators.database.day import Change
from conformance.simulators.database.tables import INTERFACE, MARK, METADATA, TABLES, VIEWS

PATIENCE = 30
"""Seconds that a change waits while somebody else writes to a file of SQLite."""

_NAMES = {name.casefold() for name in (*TABLES, *VIEWS)}
_GUARD = threading.Lock()


class Occupied(Exception):
    """A database in which tables or views of these names were made by somebody else, perhaps a hospital.

    Attributes:
        names: of those that are in the way, in small letters.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self.names = tuple(sorted(names))
        super().__init__(
            f"the database has {', '.join(self.names)}, not made by this simulator: nothing was changed. "
            "Give an empty database of its own"
        )


def connect(url: str) -> Engine:
    """Return the database at an SQLAlchemy URL; in a file of SQLite readers wait for nobody."""
    if not url.startswith("sqlite"):
        return create_engine(url)
    engine = create_engine(url, connect_args={"timeout": PATIENCE})
    event.listen(engine, "connect", lambda line, _: line.execute("PRAGMA journal_mode=WAL").close())
    return engine


def empty(engine: Engine) -> None:
    """Make empty tables and the views over them; what was made here before is dropped, and nothing else.

    Raises:
        Occupied: something of these names is there that was not made here.
    """
    with _GUARD:
        if _is_ours(engine):
            with engine.begin() as connection:
                for name in VIEWS:
                    connection.execute(text(f"DROP VIEW IF EXISTS {name}"))
            METADATA.drop_all(engine)
        _make(engine)


def ensure(engine: Engine) -> None:
    """Make tables and views where there are none; what was made here before stays, and nothing is dropped.

    Raises:
        Occupied: something of these names is there that was not made here: it may be a hospital's.
    """
    with _GUARD:
        if not _is_ours(engine) or _NAMES - _there(engine):
            _make(engine)


def _make(engine: Engine) -> None:
    there = _there(engine)
    if not _is_ours(engine) and (others := _NAMES & there):
        raise Occupied(others)
    MARK.create(engine, checkfirst=True)  # first: what breaks off after it is known as ours
    METADATA.create_all(engine)
    quote = engine.dialect.identifier_preparer.quote
    with engine.begin() as connection:
        for name, select in VIEWS.items():
            if name not in there:
                connection.execute(text(f"CREATE VIEW {name} AS {_quoted(select, quote)}"))


def _is_ours(engine: Engine) -> bool:
    return inspect(engine).has_table(MARK.name)


def _there(engine: Engine) -> set[str]:
    """Return the names of tables and views, in small letters: some databases know no others."""
    seen = inspect(engine)
    return {name.casefold() for name in (*seen.get_table_names(), *seen.get_view_names())}


def ensure_interface(engine: Engine) -> None:
    """Make the tables in which a gateway tells the HIS what it created, where there are none."""
    INTERFACE.create_all(engine)


def apply(engine: Engine, changes: Iterable[Change], *, replace: bool = False) -> int:
    """Apply changes, each as a transaction of its own; return how many rows they touched.

    Args:
        replace: a row that is inserted takes the place of one with its key.
    """
    count = 0
    for change in changes:
        with engine.begin() as connection:
            for action, name, row in change.rows:
                table = TABLES[name]
                key = [column.name for column in table.primary_key if column.name in row]
                where = and_(*(table.c[one] == row[one] for one in key))
                if action == "insert":
                    if replace:
                        connection.execute(table.delete().where(where))
                    connection.execute(table.insert().values(**row))
                elif action == "update":
                    rest = {column: value for column, value in row.items() if column not in key}
                    connection.execute(table.update().where(where).values(**rest))
                else:
                    connection.execute(table.delete().where(where))
                count += 1
    return count


def _quoted(select: str, quote: Callable[[str], str]) -> str:
    """Write a view for one engine: names in capital letters are quoted where case matters."""
    names = set(TABLES) | {column.name for table in TABLES.values() for column in table.c}
    made = re.sub(r"\b[A-Z]+\b", lambda found: quote(found[0]) if found[0] in names else found[0], select)
    return made.replace('"range"', quote("range"))
