"""Spare: what a replayed message still may say about resources that newer messages have spoken about since.

A message that is replayed has been heard before. Where the state is newer, it only adds what the state never
had (a row that today's maps have and those of that day had not); what was there once and is gone was taken
away by a newer message and stays away. Of two with the same event time, the one that came later is newer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from gateway.canonical import Draft, Envelope, Resource, Translation
from gateway.store.body import resource
from gateway.store.direct import execute
from gateway.store.gone import marked, row_of, without
from gateway.store.identity import SUCCESSOR, survivor_known
from gateway.store.lookup import IdentKey
from gateway.store.merge import GATHERED, group
from gateway.store.method import DELETED
from gateway.store.types import NUMBER

_STATE = (
    f"SELECT c.seq, c.event_us, v.source, {DELETED}, v.body, v.event_us "  # noqa: S608
    "FROM current c JOIN version v ON v.seq = c.seq "
    "WHERE c.tenant = ? AND c.type = ? AND c.fhir_id = ?"
)
_BEFORE = (
    "WITH RECURSIVE chain(seq) AS (SELECT prev_seq FROM version WHERE seq = ? UNION ALL "  # noqa: S608
    "SELECT v.prev_seq FROM chain JOIN version v ON v.seq = chain.seq WHERE chain.seq IS NOT NULL) "
    f"SELECT v.body FROM chain JOIN version v ON v.seq = chain.seq WHERE NOT ({DELETED})"
)
_NAMES = frozenset(("resourceType", "id"))
_HOPS = 32


@dataclass(slots=True, frozen=True)
class _State:
    seq: int
    event_us: int | None
    source: str
    body: Resource
    made_us: int | None


def spared(
    connection: Connection,
    tenant: int,
    envelope: Envelope,
    translation: Translation,
    owner: Callable[[IdentKey], str | None],
) -> Translation:
    """Return a replayed message without what newer messages have overtaken.

    Args:
        owner: which resource an identifier belongs to now.
    """

    def after(state: Resource) -> str:
        """Return the id of what goes on for a resource that was merged, ``""`` for none."""
        known = survivor_known(state)
        if known is None:
            known = owner((tenant, NUMBER[state["resourceType"]], SUCCESSOR, state["id"]))
        return known or ""

    def one(draft: Draft) -> Draft:
        key = owner((tenant, NUMBER[draft.type], *draft.key)) if draft.key else None
        state = _living(connection, tenant, draft.type, key or draft.id, after)
        if state is None or not _overtaken(state, envelope, translation.event_at):
            return draft
        body = _additions(connection, draft, state, key or draft.id)
        body = without(body, marked(owner(row_of((tenant, NUMBER[draft.type], state.body["id"])))))
        return replace(draft, body=body, cleared=(), mark=b"")

    return replace(translation, drafts=[one(draft) for draft in translation.drafts])


def _living(
    connection: Connection, tenant: int, type_: str, id_: str, after: Callable[[Resource], str]
) -> _State | None:
    """Return the state of a resource, or of what goes on for it (Patient, Account, Encounter)."""
    for _ in range(_HOPS):
        row = execute(connection, _STATE, (tenant, NUMBER[type_], id_)).fetchone()
        if row is None or row[3]:
            return None
        state = _State(row[0], row[1], row[2], resource(row[4]), row[5])
        goes_on = after(state.body)
        if not goes_on:
            return state
        id_ = goes_on
    return None


def _overtaken(state: _State, envelope: Envelope, event_us: int | None) -> bool:
    if event_us is not None and event_us == state.event_us and (state.made_us or event_us) < event_us:
        return False  # an older one has added to it since, and speaks for no newer moment
    if event_us is None or state.event_us is None or event_us == state.event_us:
        return state.source > envelope.id  # ids sort by the time at which the messages came
    return event_us < state.event_us


def _additions(connection: Connection, draft: Draft, state: _State, said: str) -> Resource:
    """Return the draft with the elements that neither this state nor any before it has had.

    Args:
        said: the id that the draft stands for: nothing of one that was merged into another is added to that.
    """
    known = {group(name) for name in state.body}
    for body in _before(connection, state.seq):
        known |= {group(name) for name in body}
    joined = draft.type == "Patient" and any(
        link.get("type") == "replaces" for link in state.body.get("link", ())
    )
    if joined or state.body["id"] != said:  # it may speak of the one that was merged into this one
        known |= {group(name) for name in draft.body}
    known -= GATHERED.get(draft.type, frozenset())
    return {name: value for name, value in draft.body.items() if name in _NAMES or group(name) not in known}


def _before(connection: Connection, seq: int) -> Iterator[Resource]:
    for row in execute(connection, _BEFORE, (seq,)).fetchall():
        yield resource(row[0])
