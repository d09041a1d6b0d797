"""Alerts: what somebody has to look at: told once when it begins, once when it clears; rows stay."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from gateway.store.direct import execute
from gateway.store.session import Session

_LOG = logging.getLogger("qiao.alerts")

LONGEST = 500
"""Characters of a detail that are kept."""

_COLUMNS = "no, tenant, subject, kind, detail, begun_us, cleared_us"
_OPEN = "SELECT no FROM alert WHERE tenant = ? AND subject = ? AND kind = ? AND cleared_us = 0"
_BEGIN = (
    f"INSERT INTO alert ({_COLUMNS}) SELECT COALESCE(MAX(no), 0) + 1, ?, ?, ?, ?, ?, 0 FROM alert "  # noqa: S608
    "HAVING NOT EXISTS "
    "(SELECT 1 FROM alert WHERE tenant = ? AND subject = ? AND kind = ? AND cleared_us = 0) "
    "ON CONFLICT DO NOTHING"
)
_CLEAR = "UPDATE alert SET cleared_us = ? WHERE tenant = ? AND subject = ? AND kind = ? AND cleared_us = 0"


@dataclass(slots=True, frozen=True)
class Alert:
    """One trouble, from when it began to when it cleared.

    Attributes:
        tenant: whose; ``""`` for the whole gateway.
        subject: what is in trouble: ``"receiver:NAME"``, ``"evidence:mlps"``.
        kind: what is the matter: ``unreachable``, ``refused``, ``expired``, ...
        detail: in words, without patient data.
        begun_us: microseconds since 1970.
        cleared_us: 0 while it goes on.
    """

    no: int
    tenant: str
    subject: str
    kind: str
    detail: str
    begun_us: int
    cleared_us: int


class Alerts:
    """The table ``alert`` of a store; any thread. What begins and clears is logged too, once each."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def begin(self, tenant: str, subject: str, kind: str, detail: str, at_us: int) -> bool:
        """Say that there is trouble; False where that was said already."""
        with self._session.transaction() as connection:
            new = _begin(connection, tenant, subject, kind, detail[:LONGEST], at_us)
        if new:
            _LOG.warning("alert: %s of %s: %s: %s", subject, tenant or "the gateway", kind, detail)
        return new

    def clear(self, tenant: str, subject: str, kind: str, at_us: int) -> bool:
        """Say that it is over; False where there was none."""
        with self._session.transaction() as connection:
            gone = bool(execute(connection, _CLEAR, (max(at_us, 1), tenant, subject, kind)).rowcount)
        if gone:
            _LOG.warning("alert over: %s of %s: %s", subject, tenant or "the gateway", kind)
        return gone

    def is_open(self, tenant: str, subject: str, kind: str) -> bool:
        """Tell whether there is this trouble now."""
        with self._session.reading() as connection:
            return execute(connection, _OPEN, (tenant, subject, kind)).fetchone() is not None

    def find(self, *, tenant: str | None = None, now: bool = True, most: int = 1000) -> list[Alert]:
        """Return alerts, the newest first.

        Args:
            tenant: of one tenant; None: of all.
            now: only those that go on.
        """
        asked: list[Any] = [] if tenant is None else [tenant]
        where = ["1 = 1", *(["tenant = ?"] if asked else []), *(["cleared_us = 0"] if now else [])]
        sql = f"SELECT {_COLUMNS} FROM alert WHERE {' AND '.join(where)} ORDER BY no DESC LIMIT ?"  # noqa: S608
        with self._session.reading() as connection:
            return [_alert(row) for row in execute(connection, sql, (*asked, most)).fetchall()]


def _begin(connection: Connection, tenant: str, subject: str, kind: str, detail: str, at_us: int) -> bool:
    """Write an alert, unless it is open; another one may take the same number at the same time."""
    found = (tenant, subject, kind)
    while not execute(connection, _BEGIN, (*found, detail, at_us, *found)).rowcount:
        if execute(connection, _OPEN, found).fetchone() is not None:
            return False
    return True


def _alert(row: Sequence[Any]) -> Alert:
    return Alert(*row)
