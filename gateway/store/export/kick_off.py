"""What happens when an export is asked for: checks, and the job with its snapshot (Bulk Data Access 2.0)."""

from __future__ import annotations

import secrets

from sqlalchemy import Connection

from gateway.errors import Rejected
from gateway.store import clock, supervised_business
from gateway.store.export import filters, members, slices
from gateway.store.export.asked import Asked
from gateway.store.export.job import Job
from gateway.store.session import Session
from gateway.store.tables import TENANT_SHIFT


def check(session: Session, tenant: str, asked: Asked, zone: str) -> None:
    """Refuse what cannot be exported, before anything is written.

    Raises:
        Rejected: a filter that is none, no such Group, or a patient who is not there or not in it.
    """
    for type_, pairs in asked.filters:
        filters.check(type_, pairs, zone, asked.base)
    if asked.level == "system":
        return
    with session.reading() as connection:
        number = clock.tenant_number(connection, tenant) or 0
        newest = clock.last_seq(connection, tenant) or 0
        snapshot = _snapshot(connection, number, newest, asked.until_us)
        group = members.group(connection, number, asked.group, snapshot) if asked.level == "group" else None
        for id_ in asked.patients:
            there = slices.as_of(connection, number, "Patient", id_, snapshot)
            hidden = asked.supervised and not supervised_business.has(connection, number, "Patient", id_)
            if hidden or there is None or there[1] is None or (group is not None and id_ not in group):
                said = "names a patient who is not there, or not in the Group"
                raise Rejected(said, code="value", where="patient")


def job_of(connection: Connection, tenant: str, asked: Asked, client: str, now_us: int) -> Job:
    """Return a new job that sees what is committed now, inside a write transaction.

    The tenant's clock is moved to now first: whatever is committed later is later than ``transactionTime``.
    """
    number, newest, at_us = 0, 0, now_us
    if clock.tenant_number(connection, tenant) is not None:
        ticks = clock.take(connection, tenant)
        number, newest, at_us = ticks.no, ticks.seq, ticks.ts_us
    snapshot = _snapshot(connection, number, newest, asked.until_us)
    if asked.until_us is not None:
        at_us = min(at_us, asked.until_us)
    since = number << TENANT_SHIFT
    if asked.since_us is not None:
        since = slices.until(connection, since, snapshot, asked.since_us)
    return Job(
        id=secrets.token_hex(16),
        tenant=tenant,
        client=client,
        state="running",
        asked=asked,
        snapshot=snapshot,
        since=since,
        at_us=at_us,
        part=0,
        position=snapshot + 1,
        step=0,
        created_us=now_us,
        updated_us=now_us,
        expires_us=0,
    )


def _snapshot(connection: Connection, number: int, newest: int, until_us: int | None) -> int:
    """Return the newest sequence number that an export sees."""
    low = number << TENANT_SHIFT
    newest = max(newest, low)
    return newest if until_us is None else slices.until(connection, low, newest, until_us)
