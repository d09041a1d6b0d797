"""Reads of the inbox: repeats, what is unfinished, and what operators ask for."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import Connection

from gateway.canonical import Envelope, Issue
from gateway.store.direct import execute
from gateway.store.inbox import ISSUE_FIELDS, printable
from gateway.store.keys import signed64
from gateway.store.model import AskRepeat, InboxEntry, InboxRow, Pending, Repeat
from gateway.store.types import NAME

_SOURCES = "SELECT v.seq, v.source FROM EACH(?) q CROSS JOIN version v WHERE v.seq = q.value"
_RUN = "SELECT n, first_seq, versions FROM inbox WHERE id = ? AND tenant = ?"
_WITH_BODY = "SELECT seq FROM version WHERE seq >= ? AND seq < ? AND LENGTH(body) > 0"
_REPEATS = (
    # The set decides the order of the join, or SQLite may walk all messages of a sender by inbox_sender.
    "SELECT i.repeat_key, i.tenant, i.sender, i.control_id, i.digest, i.received_us, i.id, i.state, i.answer "
    "FROM EACH(?) q CROSS JOIN inbox i WHERE i.repeat_key = q.value ORDER BY i.received_us"
)
_MOST_KEYS = 1000
_ROW = "id, tenant, adapter, sender, received_us, state, reason, attempts, control_id, map_version"


def find_repeats(connection: Connection, asked: Sequence[AskRepeat]) -> list[Repeat | None]:
    """Return, for each, the newest message that is the same, if it came at or after ``since_us``."""
    keys = sorted({signed64(one.repeat_key) for one in asked})
    found: dict[tuple[Any, ...], tuple[int, Repeat]] = {}
    for at in range(0, len(keys), _MOST_KEYS):
        rows = execute(connection, _REPEATS, (orjson.dumps(keys[at : at + _MOST_KEYS]).decode(),))
        for *key, received_us, id_, state, answer in rows.fetchall():
            found[tuple(key)] = received_us, Repeat(id_, state, answer)  # the newest comes last
    return [_repeat(found, one) for one in asked]


def _repeat(found: Mapping[tuple[Any, ...], tuple[int, Repeat]], one: AskRepeat) -> Repeat | None:
    key = signed64(one.repeat_key), one.tenant, one.sender, printable(one.control_id), one.digest
    received_us, repeat = found.get(key, (one.since_us - 1, None))
    return repeat if received_us >= one.since_us else None


def unsettled(connection: Connection, limit: int) -> list[Pending]:
    """Return received messages that were never settled, oldest first."""
    rows = execute(
        connection,
        "SELECT i.id, i.tenant, i.adapter, i.sender, i.received_us, i.content_type, i.charset, "
        "r.raw, r.meta, i.attempts, i.control_id FROM inbox i JOIN inbox_raw r ON r.n = i.n "
        "WHERE i.state = 'received' AND i.state <> 'stored' ORDER BY i.n LIMIT ?",
        (limit,),
    )
    return [Pending(envelope_of(*row[:9]), row[9], row[10]) for row in rows]


def envelope_of(
    id_: str,
    tenant: str,
    adapter: str,
    sender: str,
    received_us: int,
    content_type: str,
    charset: str,
    raw: bytes,
    meta: str,
) -> Envelope:
    """Return a kept message with its bytes, from the columns of both tables."""
    facts = json.loads(meta) if meta else {}
    return Envelope(id_, tenant, adapter, sender, received_us, content_type, charset, raw, facts)


def rows(
    connection: Connection,
    *,
    state: str | None,
    sender: str | None,
    tenant: str | None,
    limit: int,
    before: str | None,
) -> list[InboxRow]:
    """Return lines of the inbox, newest first, those older than the message ``before``."""
    where, values = ["1 = 1"], list[Any]()
    if state is not None:
        where.append("state = ?")
        values.append(state)
        if state != "stored":
            where.append("state <> 'stored'")  # spelt out, so that the partial index serves it
    for column, value in (("sender", sender), ("tenant", tenant)):
        if value is not None:
            where.append(f"{column} = ?")
            values.append(value)
    if before is not None:
        where.append("n < (SELECT n FROM inbox WHERE id = ?)")
        values.append(before)
    sql = f"SELECT {_ROW} FROM inbox WHERE {' AND '.join(where)} ORDER BY n DESC LIMIT ?"  # noqa: S608
    return [InboxRow(*row) for row in execute(connection, sql, (*values, limit))]


def show(connection: Connection, id_: str) -> InboxEntry | None:
    """Return everything that is known of one message."""
    row = execute(
        connection,
        f"SELECT {_ROW}, n, content_type, charset, first_seq, versions, outcome, lineage, answer "  # noqa: S608
        "FROM inbox WHERE id = ?",
        (id_,),
    ).fetchone()
    if row is None:
        return None
    line, (n, content_type, charset, first_seq, versions, outcome, lineage, answer) = (
        InboxRow(*row[:10]),
        row[10:],
    )
    raw, meta = execute(connection, "SELECT raw, meta FROM inbox_raw WHERE n = ?", (n,)).fetchone()
    account = json.loads(outcome) if outcome else {}
    envelope = envelope_of(
        line.id, line.tenant, line.adapter, line.sender, line.received_us, content_type, charset, raw, meta
    )
    return InboxEntry(
        line,
        envelope,
        answer,
        _refs(connection, first_seq, versions),
        tuple(_issue(issue) for issue in account.get("issues", ())),
        account.get("unmapped", {}),
        tuple((gap[0], gap[1], gap[2]) for gap in account.get("gaps", ())),
        lineage,
    )


def saying_only(connection: Connection, tenant: str, seqs: Collection[int]) -> list[tuple[int, str]]:
    """Return (n, id) of the messages that made versions among ``seqs`` and, as far as is left, no others.

    One that was converted several times, with versions in several places, is not among them: where all of
    them are is not known.
    """
    known, made = set(seqs), dict[str, set[int]]()
    for seq, source in execute(connection, _SOURCES, (json.dumps(sorted(known)),)).fetchall():
        made.setdefault(source, set()).add(seq)
    found = []
    for id_, own in sorted(made.items()):
        row = execute(connection, _RUN, (id_, tenant)).fetchone()
        if row is None:
            continue
        n, first, count = row
        whole = {one for (one,) in execute(connection, _WITH_BODY, (first, first + count)).fetchall()}
        if whole <= known and all(first <= seq < first + count for seq in own):
            found.append((n, id_))
    return found


def _issue(stored: dict[str, str]) -> Issue:
    return Issue(*(stored.get(name, "") for name in ISSUE_FIELDS))  # type: ignore[arg-type]


def _refs(connection: Connection, first_seq: int, versions: int) -> tuple[str, ...]:
    """A settling writes a run of sequence numbers, so its references need no column of their own."""
    found = execute(
        connection,
        "SELECT type, fhir_id, ver FROM version WHERE seq >= ? AND seq < ? ORDER BY seq",
        (first_seq, first_seq + versions),
    )
    return tuple(f"{NAME[type_]}/{id_}/_history/{ver}" for type_, id_, ver in found)
