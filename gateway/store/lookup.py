"""Reads of the writer: many keys in one statement, before anything is written."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from sqlalchemy import Connection

from gateway.store import columns, direct
from gateway.store.direct import execute, is_postgresql
from gateway.store.method import METHODS, Method
from gateway.store.model import State

IdentKey = tuple[int, int, str, str]
"""(tenant number, type number, system, value)"""

ResourceKey = tuple[int, int, str]
"""(tenant number, type number, logical id)"""

_MOST = 2000  # keys in one statement on PostgreSQL
_SIZES = (1, 4, 16, 64, 256)  # few statement texts, so that the driver keeps them all prepared

_IDENT = (
    "SELECT i.tenant, i.type, i.system, i.value, i.fhir_id FROM q CROSS JOIN ident i "
    "WHERE i.tenant = q.a AND i.type = q.b AND i.system = q.c AND i.value = q.d"
)
_CURRENT = (
    "SELECT c.tenant, c.type, c.fhir_id, c.seq, c.ver, c.event_us, v.sha, v.method, v.body, v.ts_us "
    "FROM q CROSS JOIN current c CROSS JOIN version v "
    "WHERE c.tenant = q.a AND c.type = q.b AND c.fhir_id = q.c AND v.seq = c.seq"
)


@dataclass(slots=True)
class Entry:
    """What the writer knows of a resource; ``ver`` 0: it does not exist.

    Attributes:
        event_us: when the newest event happened that confirmed or made this state.
        method: the interaction that made the current version.
        subject: id of the Patient that it is about, ``""`` for none, None while not looked at.
        survivor: id of the Patient, Account or Encounter that goes on for this one, ``""`` for none, None
            while not looked at.
        known: drafts that change nothing in this state.
        body: stored bytes; None in the cache, which keeps no bodies.
        ts_us: ``meta.lastUpdated``; 0 where nobody asks for it.
    """

    seq: int = 0
    ver: int = 0
    event_us: int | None = None
    sha: bytes = b""
    method: Method = "update"
    subject: str | None = None
    known: tuple[bytes, ...] = ()
    body: bytes | None = None
    survivor: str | None = None
    ts_us: int = 0

    @property
    def deleted(self) -> bool:
        """Whether the current version is a tombstone."""
        return self.method == "delete"


def _ask(
    connection: Connection, select: str, names: str, keys: Collection[tuple[Any, ...]]
) -> Callable[[], Iterator[Any]]:
    """Post the look-ups of ``keys``; return what gives their rows."""
    texts = _by_columns if is_postgresql(connection) else _by_values
    asked = [direct.ask(connection, *each) for each in texts(select, names, list(keys))]
    return lambda: chain.from_iterable(rows() for rows in asked)


def _by_values(select: str, names: str, rest: list[tuple[Any, ...]]) -> Iterator[tuple[str, tuple[Any, ...]]]:
    width = len(names.split(","))
    row = "(" + ",".join("?" * width) + ")"
    while rest:
        size = next((size for size in _SIZES if size >= len(rest)), _SIZES[-1])
        chunk, rest = rest[:size], rest[size:]
        chunk += [chunk[-1]] * (size - len(chunk))
        sql = f"WITH q({names}) AS (VALUES {','.join([row] * size)}) {select}"
        yield sql, tuple(chain.from_iterable(chunk))


def _by_columns(select: str, names: str, keys: list[tuple[Any, ...]]) -> Iterator[tuple[str, list[Any]]]:
    for at in range(0, len(keys), _MOST):
        kinds: list[columns.Kind] = ["bigint" if isinstance(value, int) else "text" for value in keys[0]]
        sql = f"WITH q({names}) AS (SELECT * FROM {columns.unnest(kinds)}) {select}"  # noqa: S608
        yield sql, columns.values(kinds, keys[at : at + _MOST])


def ask_idents(connection: Connection, keys: Collection[IdentKey]) -> Callable[[], dict[IdentKey, str]]:
    """Post :func:`idents`; return what gives its answer."""
    found = _ask(connection, _IDENT, "a,b,c,d", keys)
    return lambda: {(row[0], row[1], row[2], row[3]): row[4] for row in found()}


def ask_entries(
    connection: Connection, keys: Collection[ResourceKey]
) -> Callable[[], dict[ResourceKey, Entry]]:
    """Post :func:`entries`; return what gives its answer."""
    found = _ask(connection, _CURRENT, "a,b,c", keys)
    return lambda: {key: Entry() for key in keys} | {(row[0], row[1], row[2]): _entry(row) for row in found()}


def _entry(row: Any) -> Entry:
    return Entry(row[3], row[4], row[5], row[6], METHODS[row[7]], body=row[8], ts_us=row[9])


def idents(connection: Connection, keys: Collection[IdentKey]) -> dict[IdentKey, str]:
    """Return which resources the identifiers belong to; unknown ones are left out."""
    return ask_idents(connection, keys)()


def has_idents(connection: Connection, tenant: int, type_: int, system: str) -> bool:
    """Tell whether there is any identifier of a system."""
    sql = "SELECT 1 FROM ident WHERE tenant = ? AND type = ? AND system = ? LIMIT 1"
    return execute(connection, sql, (tenant, type_, system)).fetchone() is not None


def entries(connection: Connection, keys: Collection[ResourceKey]) -> dict[ResourceKey, Entry]:
    """Return the current state of the resources with their bodies, an empty Entry for unknown ones."""
    return ask_entries(connection, keys)()


def body(connection: Connection, seq: int) -> bytes:
    """Return the stored bytes of one version."""
    found = execute(connection, "SELECT body FROM version WHERE seq = ?", (seq,)).fetchone()
    return bytes(found[0])


def made(connection: Connection, seq: int) -> tuple[int, int | None, int]:
    """Return ``ts_us``, ``prev_seq`` and the bytes of the body of one version."""
    sql = "SELECT ts_us, prev_seq, LENGTH(body) FROM version WHERE seq = ?"
    row = execute(connection, sql, (seq,)).fetchone()
    return row[0], row[1], row[2] or 0


def is_version(connection: Connection, seq: int, key: ResourceKey) -> bool:
    """Tell whether a version is one of a resource."""
    sql = "SELECT 1 FROM version WHERE seq = ? AND type = ? AND fhir_id = ?"
    return execute(connection, sql, (seq, *key[1:])).fetchone() is not None


def awaited(connection: Connection, keys: Collection[int]) -> list[int]:
    """Return the numbers in the inbox of the messages that wait for something under these keys."""
    select = "SELECT w.n FROM q CROSS JOIN awaited w WHERE w.k = q.a"
    return sorted({row[0] for row in _ask(connection, select, "a", [(k,) for k in keys])()})


def reasons(connection: Connection, numbers: Collection[int]) -> dict[int, str]:
    """Return number → reason of the messages that are in quarantine, in the order in which they came."""
    select = "SELECT i.n, i.reason FROM q CROSS JOIN inbox i WHERE i.n = q.a AND i.state = 'quarantined'"
    found = _ask(connection, select, "a", [(n,) for n in numbers])
    return dict(sorted((row[0], row[1]) for row in found()))


def inbox_states(connection: Connection, ids: Sequence[str]) -> dict[str, tuple[int, State, str]]:
    """Return inbox id → (n, state, reason) of the messages that are there."""
    found = _ask(
        connection,
        "SELECT i.id, i.n, i.state, i.reason FROM q CROSS JOIN inbox i WHERE i.id = q.a",
        "a",
        [(id_,) for id_ in ids],
    )
    return {row[0]: (row[1], row[2], row[3]) for row in found()}
