"""What the store keeps of Subscriptions: how far it was looked through, events by number, and the standing.

The worker of ``gateway.feed.subscription`` reads new versions in commit order and writes the events that they
are, together with how far it got, in one transaction that only goes through from where the last one ended. So
an event number is given once, whatever dies in between, and whoever else looks at the same time.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from gateway.store.direct import execute
from gateway.store.insert import Insert
from gateway.store.method import METHODS
from gateway.store.model import Version
from gateway.store.session import Session
from gateway.store.tables import TENANT_SHIFT
from gateway.store.types import NAME, NUMBER


@dataclass(slots=True)
class Standing:
    """How one Subscription stands; ``Subscription.status`` is made true by it.

    Attributes:
        n: ``seq`` of the version that began it: its number in the store.
        tenant: number of the tenant.
        id: logical id of the Subscription.
        seq: of the version that says what it asks for.
        ver: newest version of the resource that is known.
        shown: status and error that the resource shows.
        status: ``requested``, ``active``, ``error`` or ``off``.
        error: why it does not work, or ``""``.
        greeted: the receiver has answered the handshake.
        number: of the newest event.
        delivered: number of the newest event that the receiver has taken.
        failures: attempts that failed in a row.
        since_us: when the first of them was.
        next_us: before which there is no other attempt.
        sent_us: when the receiver last took anything.
    """

    n: int
    tenant: int
    id: str
    seq: int
    ver: int
    shown: str
    status: str
    error: str = ""
    greeted: bool = False
    number: int = 0
    delivered: int = 0
    failures: int = 0
    since_us: int = 0
    next_us: int = 0
    sent_us: int = 0


@dataclass(slots=True, frozen=True)
class Step:
    """One version as the worker reads it: the version, the one before it, and who wrote it."""

    version: Version
    previous: int | None
    source: str


@dataclass(slots=True)
class Look:
    """What a look through new versions found.

    Attributes:
        tenant: number of the tenant.
        before: where the last recorded look ended.
        upto: where this one ended.
        events: ``Standing.n`` → versions that are events, in commit order.
        begun: Subscriptions that are new.
        changed: Subscriptions that have another definition or standing.
        ended: those that are deleted.
    """

    tenant: int
    before: int
    upto: int
    events: dict[int, list[int]]
    begun: list[Standing]
    changed: list[Standing]
    ended: list[int]

    @property
    def empty(self) -> bool:
        """Nothing but the place has changed."""
        return not (self.events or self.begun or self.changed or self.ended)


_STANDING = (
    "n, tenant, fhir_id, seq, ver, shown, status, error, greeted, number, delivered, failures, since_us, "
    "next_us, sent_us"
)
_EVENTS = Insert("INTO subscription_event (n, number, seq)", "(?, ?, ?)")
_STEP = "v.type, v.fhir_id, v.ver, v.seq, v.ts_us, v.method, v.body, v.prev_seq, v.source"


class Subscriptions:
    """The tables ``subscription``, ``subscription_event``, ``subscription_look`` of a store; any thread."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def clocks(self) -> list[tuple[str, int, int]]:
        """Return ``(tenant, its number, newest committed seq)`` of every tenant that has written."""
        with self._session.reading() as connection:
            rows = execute(connection, "SELECT tenant, no, last_seq FROM feed_clock ORDER BY no").fetchall()
        return [(row[0], row[1], row[2]) for row in rows]

    def tenant(self, name: str) -> int | None:
        """Return the number of a tenant, or None for one that has never written."""
        with self._session.reading() as connection:
            row = execute(connection, "SELECT no FROM feed_clock WHERE tenant = ?", (name,)).fetchone()
        return row[0] if row else None

    def looked(self, tenant: int) -> int:
        """Return the ``seq`` up to which a tenant's versions were looked at."""
        with self._session.reading() as connection:
            row = execute(
                connection, "SELECT seq FROM subscription_look WHERE tenant = ?", (tenant,)
            ).fetchone()
        return row[0] if row else tenant << TENANT_SHIFT

    def standings(self) -> list[Standing]:
        """Return every Subscription that is known."""
        with self._session.reading() as connection:
            rows = execute(connection, f"SELECT {_STANDING} FROM subscription ORDER BY n").fetchall()  # noqa: S608
        return [_standing(row) for row in rows]

    def find(self, tenant: int, id_: str) -> Standing | None:
        """Return how one Subscription stands, or None for one that nobody has looked at."""
        sql = f"SELECT {_STANDING} FROM subscription WHERE tenant = ? AND fhir_id = ?"  # noqa: S608
        with self._session.reading() as connection:
            row = execute(connection, sql, (tenant, id_)).fetchone()
        return _standing(row) if row else None

    def definition_after(self, after: int, upto: int) -> int | None:
        """Return the ``seq`` of the first version of a Subscription in ``(after, upto]``."""
        sql = "SELECT seq FROM version WHERE type = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT 1"
        with self._session.reading() as connection:
            row = execute(connection, sql, (NUMBER["Subscription"], after, upto)).fetchone()
        return row[0] if row else None

    def steps(self, types: Collection[str], after: int, upto: int, limit: int) -> list[Step]:
        """Return the versions of some types in ``(after, upto]`` in commit order, at most ``limit``."""
        with self._session.reading() as connection:
            return sorted(
                (step for type_ in types for step in _of_type(connection, NUMBER[type_], after, upto, limit)),
                key=lambda step: step.version.seq,
            )[:limit]

    def versions(self, seqs: Iterable[int]) -> dict[int, Step]:
        """Return versions by their ``seq``."""
        sql = f"SELECT {_STEP} FROM EACH(?) q CROSS JOIN version v WHERE v.seq = q.value"  # noqa: S608
        with self._session.reading() as connection:
            rows = execute(connection, sql, (json.dumps(list(seqs)),)).fetchall()
        return {row[3]: _step(row) for row in rows}

    def events(self, n: int, first: int, last: int, limit: int) -> list[tuple[int, int]]:
        """Return ``(number, seq)`` of the events from ``first`` to ``last``, at most ``limit``."""
        sql = (
            "SELECT number, seq FROM subscription_event WHERE n = ? AND number >= ? AND number <= ? "
            "ORDER BY number LIMIT ?"
        )
        with self._session.reading() as connection:
            return [(row[0], row[1]) for row in execute(connection, sql, (n, first, last, limit)).fetchall()]

    def record(self, look: Look) -> Mapping[int, int] | None:
        """Write what a look found, all or nothing; returns the newest event number by ``Standing.n``.

        Returns None where somebody else has recorded a look since: look again.
        """
        with self._session.transaction() as connection:
            if not _moved(connection, look):
                return None
            for standing in look.begun:
                _begin(connection, standing)
            for standing in look.changed:
                _save(connection, standing)
            for n in look.ended:
                execute(connection, "DELETE FROM subscription_event WHERE n = ?", (n,))
                execute(connection, "DELETE FROM subscription WHERE n = ?", (n,))
            return {n: _number(connection, n, seqs) for n, seqs in look.events.items() if n not in look.ended}

    def save(self, standings: Sequence[Standing]) -> None:
        """Write how deliveries went; the event numbers belong to :meth:`record`."""
        with self._session.transaction() as connection:
            for standing in standings:
                _save(connection, standing)


def _of_type(connection: Connection, type_: int, after: int, upto: int, limit: int) -> Iterable[Step]:
    sql = (
        f"SELECT {_STEP} FROM version v WHERE v.type = ? AND v.seq > ? AND v.seq <= ? "  # noqa: S608
        "ORDER BY v.seq LIMIT ?"
    )
    return map(_step, execute(connection, sql, (type_, after, upto, limit)).fetchall())


def _step(row: Sequence[object]) -> Step:
    type_, id_, ver, seq, ts_us, method, body, previous, source = row
    assert isinstance(type_, int) and isinstance(method, int)
    version = Version(NAME[type_], id_, ver, seq, ts_us, METHODS[method], body)  # type: ignore[arg-type]
    return Step(version, previous, source)  # type: ignore[arg-type]


def _standing(row: Sequence[object]) -> Standing:
    made = Standing(*row)  # type: ignore[arg-type]
    made.greeted = bool(made.greeted)
    return made


def _moved(connection: Connection, look: Look) -> bool:
    """Move the place on from where this look began; False where it is somewhere else."""
    start = look.tenant << TENANT_SHIFT
    insert = "INSERT INTO subscription_look (tenant, seq) VALUES (?, ?) ON CONFLICT DO NOTHING"
    execute(connection, insert, (look.tenant, start))
    update = "UPDATE subscription_look SET seq = ? WHERE tenant = ? AND seq = ?"
    return bool(execute(connection, update, (look.upto, look.tenant, look.before)).rowcount)


def _begin(connection: Connection, standing: Standing) -> None:
    sql = (
        f"INSERT INTO subscription ({_STANDING}) "  # noqa: S608
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    )
    at = standing
    values = (
        at.n, at.tenant, at.id, at.seq, at.ver, at.shown, at.status, at.error, int(at.greeted), at.number,
        at.delivered, at.failures, at.since_us, at.next_us, at.sent_us,
    )  # fmt: skip
    execute(connection, sql, values)


def _save(connection: Connection, standing: Standing) -> None:
    sql = (
        "UPDATE subscription SET seq = ?, ver = ?, shown = ?, status = ?, error = ?, greeted = ?, "
        "delivered = ?, failures = ?, since_us = ?, next_us = ?, sent_us = ? WHERE n = ?"
    )
    at = standing
    values = (
        at.seq, at.ver, at.shown, at.status, at.error, int(at.greeted), at.delivered, at.failures,
        at.since_us, at.next_us, at.sent_us, at.n,
    )  # fmt: skip
    execute(connection, sql, values)


def _number(connection: Connection, n: int, seqs: Sequence[int]) -> int:
    """Give events their numbers, in their order; return the newest."""
    sql = "UPDATE subscription SET number = number + ? WHERE n = ? RETURNING number"
    last: int = execute(connection, sql, (len(seqs), n)).fetchone()[0]
    _EVENTS.run(connection, [(n, number, seq) for number, seq in enumerate(seqs, last - len(seqs) + 1)])
    return last
