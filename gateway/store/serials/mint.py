"""Mint: serials given out inside the write transaction, each document one, each serial once."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection

from gateway.errors import Rejected
from gateway.store.direct import execute
from gateway.store.docket import Docket, SerialKey
from gateway.store.serials.format import Format
from gateway.store.serials.serial import GATEWAY, Serial

_COLUMNS = "serial, kind, organisation, local, minted_by, ts_us, tenant"
_OF_DOCUMENT = (
    f"SELECT {_COLUMNS} FROM serial WHERE tenant = ? AND organisation = ? AND kind = ? AND local = ?"  # noqa: S608
)
_BY_VALUE = f"SELECT {_COLUMNS} FROM serial WHERE serial = ?"  # noqa: S608
_EITHER = f"{_OF_DOCUMENT} UNION ALL {_BY_VALUE}"
_COUNTER = "SELECT n FROM serial_counter WHERE scope = ?"


def of_document(connection: Connection, docket: Docket, key: SerialKey) -> Serial | None:
    """Return the serial that a document has, None where it has none."""
    found = docket.serial(key)
    if found is None:
        row = execute(connection, _OF_DOCUMENT, key).fetchone()
        found = None if row is None else Serial(*row[:6])
    return found


def owner(connection: Connection, docket: Docket, tenant: int, value: str) -> Serial | None:
    """Return a serial of a tenant by its value, None where nobody of it has that one.

    Raises:
        Rejected: another tenant has it (``conflict``).
    """
    key = docket.owner(value)
    if key is not None and key[0] == tenant:
        return docket.serial(key)
    row = execute(connection, _BY_VALUE, (value,)).fetchone() if key is None else None
    if key is not None or (row is not None and row[6] != tenant):
        raise _taken()
    return None if row is None else Serial(*row[:6])


def mint(
    connection: Connection,
    docket: Docket,
    key: SerialKey,
    scoped: Callable[[], str],
    written: Format,
    ts_us: int,
) -> Serial:
    """Return the serial of a document: the one that it has, or a new one.

    A number that a claimed serial has taken already is passed over.

    Args:
        scoped: gives the scope of the document.

    Raises:
        Rejected: what the document says does not fit the format, or there is no number left
            (``serials-exhausted``).
    """
    found = docket.serial(key)
    if found is not None:
        return found
    try:
        scope = scoped()
        number = _last(connection, docket, scope) + 1
        value = written.serial(scope, number)
        while (taken := _either(connection, docket, key, value)) is not None:
            if _is_of(taken, key):
                return taken[0]
            number += 1
            value = written.serial(scope, number)
    except Rejected:
        found = of_document(connection, docket, key)
        if found is None:
            raise
        return found
    docket.counters[scope] = docket.counted[scope] = number
    return _kept(docket, key, value, GATEWAY, ts_us)


def _last(connection: Connection, docket: Docket, scope: str) -> int:
    known = docket.counter(scope)
    if known is None:
        row = execute(connection, _COUNTER, (scope,)).fetchone()
        known = docket.counters[scope] = 0 if row is None else int(row[0])
    return known


def _either(connection: Connection, docket: Docket, key: SerialKey, value: str) -> tuple[Serial, int] | None:
    """Return the serial that the document has, else whatever has this value; with its tenant."""
    rows = execute(connection, _EITHER, (*key, value)).fetchall()
    found = [(Serial(*row[:6]), int(row[6])) for row in rows]
    other = docket.owner(value)
    if not found and other is not None:
        found = [(Serial(value, other[2], other[1], other[3]), other[0])]
    return next((one for one in found if _is_of(one, key)), found[0] if found else None)


def _is_of(taken: tuple[Serial, int], key: SerialKey) -> bool:
    serial, tenant = taken
    return (tenant, serial.organisation, serial.kind, serial.local_number) == key


def claim(
    connection: Connection, docket: Docket, key: SerialKey, value: str, platform: str, ts_us: int
) -> Serial:
    """Write down that a document has a serial that somebody else has minted.

    Raises:
        Rejected: the document has another serial, or another document has this one (``conflict``).
    """
    other = owner(connection, docket, key[0], value)
    mine = of_document(connection, docket, key)
    if mine is not None and mine.value == value:
        return mine
    if mine is not None:
        raise Rejected("the document has another serial", code="conflict")
    if other is not None:
        raise _taken()
    return _kept(docket, key, value, platform, ts_us)


def _taken() -> Rejected:
    return Rejected("another document has this serial", code="conflict")


def _kept(docket: Docket, key: SerialKey, value: str, by: str, ts_us: int) -> Serial:
    tenant, organisation, kind, local = key
    docket.serials[key] = Serial(value, kind, organisation, local, by, ts_us)
    docket.values[value] = key
    docket.serial_rows.append((value, tenant, organisation, kind, local, by, ts_us))
    return Serial(value, kind, organisation, local, by, ts_us, fresh=True)
