"""The inbox: rows of received messages, what became of them, and the reads that operators need."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection

from gateway.canonical import Issue, NotUnderstood, Outcome, Quarantined, Refused, Stored, Translation
from gateway.store.direct import execute, execute_many
from gateway.store.insert import Insert
from gateway.store.keys import signed64
from gateway.store.model import Receive, State

_INSERT = Insert(
    "INTO inbox (n, id, tenant, adapter, sender, received_us, state, reason, attempts, control_id, digest, "
    "repeat_key, content_type, charset, map_version, first_seq, versions, outcome, lineage, answer)",
    "(?,?,?,?,?,?,?,?,1,?,?,?,?,?,?,?,?,?,?,?)",
)
_RAW = Insert("INTO inbox_raw (n, meta, raw)", "(?,?,?)")
_SETTLE = (
    # A replay that changes nothing does not make one forget which versions the message wrote.
    "UPDATE inbox SET state = ?, reason = ?, map_version = ?, "
    "first_seq = CASE WHEN ? > 0 THEN ? ELSE first_seq END, versions = COALESCE(NULLIF(?, 0), versions), "
    "outcome = ?, lineage = ?, answer = ? WHERE n = ?"
)
_STATES: dict[type, State] = {
    Stored: "stored",
    Quarantined: "quarantined",
    Refused: "refused",
    NotUnderstood: "rejected",
}
ISSUE_FIELDS = ("severity", "code", "where", "rule", "text", "text_zh")


@dataclass(slots=True)
class Settled:
    """The columns that a settling writes."""

    state: State = "received"
    reason: str = ""
    map_version: str = ""
    first_seq: int = 0
    versions: int = 0
    outcome: str = ""
    lineage: bytes = b""
    answer: bytes | None = None


@dataclass(slots=True)
class Slot:
    """A message's place in the inbox. ``receive`` is set while its row is not yet inserted."""

    n: int
    state: State
    reason: str
    receive: Receive | None = None
    settled: Settled | None = None


def settled(
    outcome: Outcome, translation: Translation | None, first_seq: int, versions: int, answer: bytes
) -> Settled:
    """Return the columns for an outcome."""
    account: dict[str, Any] = {}
    if outcome.issues:
        account["issues"] = [_told(issue) for issue in outcome.issues]
    if translation is not None and translation.unmapped:
        account["unmapped"] = dict(translation.unmapped)
    if translation is not None and translation.gaps:
        account["gaps"] = [[*key, count] for key, count in translation.gaps.items()]
    return Settled(
        state=_STATES[type(outcome)],
        reason=outcome.reason if isinstance(outcome, Quarantined | NotUnderstood) else "",
        map_version=translation.map_version if translation else "",
        first_seq=first_seq,
        versions=versions,
        outcome=orjson.dumps(account).decode() if account else "",
        lineage=translation.lineage if translation else b"",
        answer=answer,
    )


def _told(issue: Issue) -> dict[str, str]:
    told = {name: getattr(issue, name) for name in ISSUE_FIELDS}
    return {name: value for name, value in told.items() if value}


def flush(connection: Connection, slots: Sequence[Slot]) -> None:
    """Insert new rows with what became of them in the same batch; update the others."""
    fresh = [slot for slot in slots if slot.receive is not None]
    if fresh:
        _INSERT.run(connection, [_insert(slot) for slot in fresh])
        _RAW.run(connection, [_raw(slot) for slot in fresh])
    known = [slot for slot in slots if slot.receive is None and slot.settled is not None]
    if known:
        execute_many(connection, _SETTLE, [_settle(slot) for slot in known])


def printable(text: str) -> str:
    """Return ``text`` without what SQL does not take: NUL, and the lone surrogates of undecodable bytes."""
    return text.encode("utf-8", "replace").decode().replace("\0", "?")


def _insert(slot: Slot) -> tuple[Any, ...]:
    assert slot.receive is not None
    receive, end = slot.receive, slot.settled or Settled()
    envelope = receive.envelope
    return (
        slot.n,
        envelope.id,
        envelope.tenant,
        envelope.adapter,
        envelope.sender,
        envelope.received_at,
        end.state,
        end.reason,
        printable(receive.control_id),
        receive.digest,
        signed64(receive.repeat_key),
        envelope.content_type,
        envelope.charset,
        end.map_version,
        end.first_seq,
        end.versions,
        end.outcome,
        end.lineage,
        end.answer,
    )


def _raw(slot: Slot) -> tuple[Any, ...]:
    assert slot.receive is not None
    envelope = slot.receive.envelope
    meta = json.dumps(dict(envelope.meta)) if envelope.meta else ""
    return slot.n, meta, envelope.raw


def _settle(slot: Slot) -> tuple[Any, ...]:
    end = slot.settled
    assert end is not None
    return (
        end.state,
        end.reason,
        end.map_version,
        end.versions,
        end.first_seq,
        end.versions,
        end.outcome,
        end.lineage,
        end.answer,
        slot.n,
    )


def last_n(connection: Connection) -> int:
    """Return the number of the newest message, 0 for an empty inbox."""
    return int(execute(connection, "SELECT COALESCE(MAX(n), 0) FROM inbox").fetchone()[0])


def bump_attempts(connection: Connection, ids: Sequence[str], by: int = 1) -> None:
    """Count one more try for each message, or one less."""
    if ids:
        text = "UPDATE inbox SET attempts = attempts + ? WHERE id = ?"
        execute_many(connection, text, [(by, id_) for id_ in ids])
