"""Migrations: what a store of an earlier schema version needs to become one of today's (Alembic).

An upgrade is three things. Before: nobody else may have the store open, and a file is copied. Then the steps
between the versions, one Alembic script each (``versions/``), in one transaction: all or none. After: what
takes long (``reindex``), in many short transactions that go on where an interruption left them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from gateway.errors import Misconfigured, Retry
from gateway.store import schema
from gateway.store.checkpoint import Checkpointer
from gateway.store.engines import database_wide, name_of
from gateway.store.migrations import alone, copy, reindex
from gateway.store.session import ZONE, Session
from gateway.store.tables import SCHEMA_VERSION

__all__ = ["Progress", "Standing", "Upgraded", "standing", "upgrade"]

REINDEX = 3
"""The schema version whose postings are those of today: what comes from before it is indexed anew."""

Progress = Callable[[str, int, int], object]
"""Told of a step (``copy``, ``schema``, ``reindex``), how much is done, and of how much."""


@dataclass(slots=True, frozen=True)
class Standing:
    """How a store stands.

    Attributes:
        version: its schema version; 0: there is no store in the database yet.
        newest: the schema version of this program.
        unfinished: an upgrade was begun and not ended.
        anew: what is in it must be indexed anew.
        resources: how many that are.
        zone: for which it is indexed, ``""`` where it does not say.
    """

    place: str
    version: int
    newest: int
    unfinished: bool = False
    anew: bool = False
    resources: int = 0
    zone: str = ""

    @property
    def due(self) -> bool:
        """Whether ``qiao db upgrade`` has something to do."""
        return 0 < self.version < self.newest or self.unfinished or self.anew


@dataclass(slots=True, frozen=True)
class Upgraded:
    """What an upgrade did.

    Attributes:
        before: the schema version that it found.
        copy: the copy of the file as it was, ``""`` for none.
        resources: how many it indexed.
    """

    place: str
    before: int
    version: int
    copy: str
    resources: int


def standing(url: str, *, zone: str = ZONE) -> Standing:
    """Tell how a store stands; nothing is changed.

    Args:
        zone: for which it should be indexed.

    Raises:
        Misconfigured: the URL names no store, or the database is another program's.
        Retry: it cannot be opened now.
    """
    with _opened(url) as session, session.reading() as connection:
        if not schema.belongs(connection, session.engine):
            return Standing(session.engine.place, 0, SCHEMA_VERSION)
        version = schema.version(connection)
        unfinished = schema.get(connection, schema.UNFINISHED) is not None
        indexed = schema.get(connection, schema.ZONE) or ""
        anew = 0 < version <= SCHEMA_VERSION and (version < REINDEX or unfinished or indexed != zone)
        resources = reindex.total(connection) if anew else 0
        return Standing(session.engine.place, version, SCHEMA_VERSION, unfinished, anew, resources, indexed)


def upgrade(url: str, *, zone: str = ZONE, keep: bool = True, progress: Progress) -> Upgraded:
    """Bring a store up to date, or go on with an upgrade that was interrupted.

    Args:
        zone: in which dates without a zone are read; a store of another one is indexed anew.
        keep: copy a database file beside itself first.

    Raises:
        Misconfigured: it is no store, a newer one, open elsewhere, or there is no room for the copy.
        Retry: it cannot be opened or written now; what was done stays, and the next call goes on.
    """
    with _opened(url) as session:
        before, elsewhere, unfinished = _check(session, zone)
        older = before < SCHEMA_VERSION
        if older or elsewhere or unfinished:
            alone.require(session)
        copied = _copied(session, before, progress) if older and keep else ""
        with _checkpointed(session):
            if older:
                progress("schema", 0, SCHEMA_VERSION - before)
            with session.transaction() as connection:
                if older:
                    _run(connection, before)
                if before < REINDEX or elsewhere:
                    reindex.begin(connection, zone)
            if older:
                progress("schema", SCHEMA_VERSION - before, SCHEMA_VERSION - before)
            resources = reindex.run(session, lambda done, of: progress("reindex", done, of))
        return Upgraded(session.engine.place, before, SCHEMA_VERSION, copied, resources)


def _check(session: Session, zone: str) -> tuple[int, bool, bool]:
    """Return the version that is found, whether it is indexed for another zone, and is not yet to its end."""
    with session.reading() as connection:
        if not schema.belongs(connection, session.engine):
            raise Misconfigured("there is no store in this database", where=session.engine.place)
        found = schema.version(connection)
        if not 1 <= found <= SCHEMA_VERSION:
            schema.check(connection, session.engine.place)
        elsewhere = found >= REINDEX and schema.get(connection, schema.ZONE) != zone
        return found, elsewhere, schema.get(connection, schema.UNFINISHED) is not None


def _copied(session: Session, before: int, progress: Progress) -> str:
    if not session.engine.file:
        return ""
    made = copy.make(session, before, lambda done, of: progress("copy", done, of))
    alone.require(session)  # copying takes its time, and a program of before would open the store
    return str(made)


def _run(connection: Connection, before: int) -> None:
    """Run the scripts from ``before`` on; ``store_meta`` is what counts, Alembic's own table follows it."""
    from alembic import command
    from alembic.config import Config

    if not connection.in_transaction():
        connection.begin()  # in name only: it tells Alembic that the transaction is not its own to commit
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.stamp(config, str(before), purge=True)
    command.upgrade(config, "head")
    schema.put(connection, "schema_version", str(SCHEMA_VERSION))


@contextmanager
def _opened(url: str) -> Iterator[Session]:
    session = Session(url, "FULL", check=False, answer_seconds=None)  # tables may take hours
    try:
        yield session
    except Exception as error:
        if not database_wide(error):
            raise
        raise Retry(f"the store {session.engine.place} cannot be upgraded now ({name_of(error)})") from error
    finally:
        session.close()


@contextmanager
def _checkpointed(session: Session) -> Iterator[None]:
    """Keep a file's log short meanwhile."""
    if not session.engine.file:
        yield
        return
    checkpointer = Checkpointer(session)
    try:
        yield
    finally:
        checkpointer.stop()
