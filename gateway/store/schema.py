"""The schema of a database: made where it is empty, checked where it is not, never changed on the quiet.

What an older store needs is ``migrations``' to do, when the operator asks for it.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from sqlalchemy import Connection
from sqlmodel import SQLModel

from gateway.errors import Misconfigured
from gateway.store import tables
from gateway.store.direct import execute

if TYPE_CHECKING:
    from gateway.store.engines import Engine

_GET = "SELECT value FROM store_meta WHERE name = ?"
_PUT = (
    "INSERT INTO store_meta (name, value) VALUES (?, ?) "
    "ON CONFLICT (name) DO UPDATE SET value = excluded.value"
)

ZONE = "zone"
"""Name of the fact that says in which zone dates without one were read when they were indexed."""

DAYS = "ledger_zone"
"""Name of the fact that says in which zone the days of the ledger begin, where it is not :data:`ZONE`."""

UNFINISHED = "upgrade"
"""Name of the fact that is there while an upgrade has been begun and not ended."""


def create_or_check(connection: Connection, engine: Engine, zone: str) -> None:
    """Make the tables of an empty database; refuse one that is not of today's version.

    Raises:
        Misconfigured: it is another program's, of another version or zone, or an upgrade of it was not
            finished.
    """
    if belongs(connection, engine):
        check(connection, engine.place)
        check_zone(connection, engine.place, zone)
    else:
        create(connection)
        put(connection, ZONE, zone)


def belongs(connection: Connection, engine: Engine) -> bool:
    """Tell whether there is a store in the database; False for an empty one.

    Raises:
        Misconfigured: something else is in it.
    """
    known = engine.tables(connection)
    if known and "store_meta" not in known:
        raise Misconfigured(f"{engine.place} is a database of another program", code="store-foreign")
    return bool(known)


def create(connection: Connection) -> None:
    """Make all tables of today's version."""
    SQLModel.metadata.create_all(connection, tables=tables.TABLES)
    execute(connection, "INSERT INTO turn (one, n) VALUES (1, 0)")
    put(connection, "schema_version", str(tables.SCHEMA_VERSION))
    put(connection, "cursor_secret", secrets.token_hex(32))


def check(connection: Connection, place: str) -> None:
    """Refuse a store of another version.

    Raises:
        Misconfigured: says what to do.
    """
    found = version(connection)
    if found > tables.SCHEMA_VERSION:
        raise Misconfigured(
            f"{place} has schema version {found}, this program knows only {tables.SCHEMA_VERSION}: "
            "use the newer program that wrote it",
            code="store-too-new",
        )
    if found < 1:
        raise Misconfigured(
            f"{place} has schema version {found}, which no program wrote: restore a backup",
            code="store-too-old",
        )
    if found < tables.SCHEMA_VERSION:
        raise Misconfigured(
            f"{place} has schema version {found}, this program needs {tables.SCHEMA_VERSION}: "
            "stop the gateway, then run qiao db upgrade",
            code="store-too-old",
        )
    if get(connection, UNFINISHED) is not None:
        raise Misconfigured(
            f"the upgrade of {place} was not finished: run qiao db upgrade again, it goes on where it was",
            code="store-too-old",
        )


def check_zone(connection: Connection, place: str, zone: str) -> None:
    """Refuse a store whose postings were made for another zone: its searches would not find what they mean.

    Raises:
        Misconfigured: says what to do.
    """
    found = get(connection, ZONE)
    if found != zone:
        raise Misconfigured(
            f"{place} is indexed for zone {found}, [store] zone is {zone}: set it back, or stop the gateway "
            "and run qiao db upgrade",
            code="store-zone",
        )


def version(connection: Connection) -> int:
    """Return the schema version of a store, 0 where it says none that can be read."""
    found = get(connection, "schema_version") or ""
    return int(found) if found.isdecimal() else 0


def ledger_zone(connection: Connection) -> str | None:
    """Return the zone in which the ledger's days begin: the first one that the store was indexed for."""
    return get(connection, DAYS) or get(connection, ZONE)


def cursor_secret(connection: Connection) -> bytes:
    """Return the secret that signs cursors."""
    return bytes.fromhex(get(connection, "cursor_secret") or "")


def get(connection: Connection, name: str) -> str | None:
    """Return a fact of the store, None where it is not there."""
    row = execute(connection, _GET, (name,)).fetchone()
    return None if row is None else str(row[0])


def put(connection: Connection, name: str, value: str) -> None:
    """Write down a fact of the store."""
    execute(connection, _PUT, (name, value))


def drop(connection: Connection, name: str) -> None:
    """Forget a fact of the store."""
    execute(connection, "DELETE FROM store_meta WHERE name = ?", (name,))
