"""State: how far each view has been read, and what of each row was delivered last; committed after delivery.

It holds keys, hashes, and what takes a row back: numbers, and the codes and names of drugs, items and
diagnoses; no names of people and no results. With the number of a patient that is patient data: keep it where
the store is.
"""

from __future__ import annotations

import fcntl
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import orjson
from sqlalchemy import (
    BigInteger,
    Column,
    Engine,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    delete,
    event,
    func,
    insert,
    make_url,
    select,
)
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from gateway.errors import Misconfigured, Retry

_META = MetaData()

_PLACE = Table(
    "place",
    _META,
    Column("view", String(100), primary_key=True),
    Column("mark", String(200)),
    Column("key", String(1000)),
    Column("seen", BigInteger, nullable=False),
    Column("reconciled_us", BigInteger, nullable=False),
)

_KNOWN = Table(
    "known",
    _META,
    Column("view", String(100), primary_key=True),
    Column("key", String(500), primary_key=True),
    Column("mark", String(200)),
    Column("hash", String(32), nullable=False),
    Column("turn", Integer, nullable=False),
    Column("kept", Text),
    sqlite_with_rowid=False,
)

_SOME = (
    "SELECT key, mark, hash, turn, kept FROM known WHERE view = ? AND key IN (SELECT value FROM json_each(?))"
)
"""What is known of some keys, in SQLite: a list of parameters would be compiled anew for every length."""

GONE = "gone"
"""In place of a hash: the row has vanished, and was taken back."""

_PART = 400


@dataclass(slots=True)
class At:
    """How far a view has been read.

    Attributes:
        mark: what was read last, packed; ``""`` for nothing yet.
        key: key at which a reading stopped in the middle, as JSON; ``""``: it was whole.
        seen: rows delivered so far.
        reconciled_us: when its keys were compared last; 0 for never.
    """

    mark: str = ""
    key: str = ""
    seen: int = 0
    reconciled_us: int = 0


@dataclass(slots=True)
class Known:
    """What was delivered of a row.

    Attributes:
        key: as JSON.
        mark: packed; ``""`` where it has none.
        hash: of its content, :data:`GONE` where it was taken back.
        turn: how often it was delivered before.
        kept: JSON of what takes it back.
    """

    key: str
    mark: str
    hash: str
    turn: int
    kept: str


class State:
    """The state of one door. Its methods wait for the disk: call them in a thread.

    Args:
        url: of SQLAlchemy; of a SQLite file it is the only user.
    """

    def __init__(self, url: str) -> None:
        self._lock = threading.Lock()
        self._held: IO[str] | None = None
        try:
            parsed = make_url(url)
            if parsed.drivername == "postgresql":
                parsed = parsed.set(drivername="postgresql+psycopg")
            self._engine: Engine = create_engine(parsed)
        except (ArgumentError, ImportError):
            raise Misconfigured(
                "state is a database URL of SQLAlchemy, as sqlite:////var/lib/qiao/his.db"
            ) from None
        self._sqlite = self._engine.dialect.name == "sqlite"
        if self._sqlite:
            self._hold(Path(str(parsed.database)))
            event.listen(self._engine, "connect", _set_up)
        try:
            _META.create_all(self._engine)
        except SQLAlchemyError as error:
            self.close()
            raise Misconfigured(
                f"the state cannot be opened ({type(error).__name__})", where="state"
            ) from None

    def _hold(self, path: Path) -> None:
        """Keep others away: two that read one view would each deliver it."""
        if not path.parent.is_dir():
            raise Misconfigured(f"there is no folder {path.parent}; make it, or set state", where="state")
        self._held = Path(f"{path}.lock").open("a")  # noqa: SIM115 -- held until the end
        try:
            fcntl.flock(self._held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._held.close()
            raise Misconfigured(
                "another process reads these views; stop it, or set another state", where=str(path)
            ) from None
        path.touch(mode=0o600)

    def at(self, view: str) -> At:
        """Return how far a view has been read."""
        with self._lock, self._engine.connect() as connection:
            row = connection.execute(select(_PLACE).where(_PLACE.c.view == view)).first()
        return At(row.mark or "", row.key or "", row.seen, row.reconciled_us) if row is not None else At()

    def known(self, view: str, keys: Sequence[str]) -> dict[str, Known]:
        """Return what was delivered of the rows with these keys."""
        with self._lock, self._engine.connect() as connection:
            if self._sqlite:
                rows = connection.exec_driver_sql(_SOME, (view, orjson.dumps(keys).decode())).fetchall()
                return {row[0]: Known(row[0], row[1] or "", row[2], row[3], row[4] or "") for row in rows}
            found = {}
            for at in range(0, len(keys), _PART):
                asked = select(_KNOWN).where(_KNOWN.c.view == view, _KNOWN.c.key.in_(keys[at : at + _PART]))
                for row in connection.execute(asked):
                    found[row.key] = Known(row.key, row.mark or "", row.hash, row.turn, row.kept or "")
        return found

    def living(self, view: str) -> Iterator[list[str]]:
        """Yield the keys of a view that were delivered and not taken back, in parts."""
        last = ""
        while True:
            asked = select(_KNOWN.c.key, _KNOWN.c.hash).where(_KNOWN.c.view == view, _KNOWN.c.key > last)
            with self._lock, self._engine.connect() as connection:
                rows = connection.execute(asked.order_by(_KNOWN.c.key).limit(5000)).fetchall()
            if not rows:
                return
            last = rows[-1][0]
            yield [key for key, hash_ in rows if hash_ != GONE]

    def count(self, view: str) -> int:
        """Return how many rows of a view are known and not gone."""
        asked = select(func.count()).where(_KNOWN.c.view == view, _KNOWN.c.hash != GONE)
        with self._lock, self._engine.connect() as connection:
            return int(connection.execute(asked).scalar_one())

    def commit(self, view: str, at: At, rows: Sequence[Known]) -> None:
        """Remember what was delivered, and how far it went; all or nothing.

        Raises:
            Retry: the state cannot be written now.
        """
        try:
            with self._lock, self._engine.begin() as connection:
                self._put(connection, view, rows)
                connection.execute(delete(_PLACE).where(_PLACE.c.view == view))
                connection.execute(
                    insert(_PLACE).values(
                        view=view, mark=at.mark, key=at.key, seen=at.seen, reconciled_us=at.reconciled_us
                    )
                )
        except SQLAlchemyError as error:
            raise Retry(f"the state of the views cannot be written ({type(error).__name__})") from None

    def _put(self, connection, view: str, rows: Sequence[Known]) -> None:  # type: ignore[no-untyped-def]
        tuples = [(view, one.key, one.mark, one.hash, one.turn, one.kept) for one in rows]
        if not tuples:
            return
        if self._sqlite:  # half the time of the way below
            connection.exec_driver_sql("INSERT OR REPLACE INTO known VALUES (?, ?, ?, ?, ?, ?)", tuples)
            return
        for at in range(0, len(rows), _PART):
            keys = [one.key for one in rows[at : at + _PART]]
            connection.execute(delete(_KNOWN).where(_KNOWN.c.view == view, _KNOWN.c.key.in_(keys)))
        names = [one.name for one in _KNOWN.columns]
        connection.execute(insert(_KNOWN), [dict(zip(names, one, strict=True)) for one in tuples])

    def close(self) -> None:
        """Let it go."""
        self._engine.dispose()
        if self._held is not None:
            with suppress(OSError):
                fcntl.flock(self._held, fcntl.LOCK_UN)
            self._held.close()
            self._held = None


def _set_up(connection, _: object) -> None:  # type: ignore[no-untyped-def]
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute(
        "PRAGMA synchronous = NORMAL"
    )  # a power cut may undo the last commits: then rows come again
    cursor.close()


def key_text(values: Sequence[str | None]) -> str:
    """Return a key as JSON."""
    return orjson.dumps(list(values)).decode()
