"""Conditions: what a Transact must have searched, and what must be in the tables for that (R4 §3.1.0.5.1)."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.store.changes import Changes
from gateway.store.index import parameters, token_keys
from gateway.store.links import may_ask
from gateway.store.model import Change, Transact
from gateway.store.types import NUMBER

MOST_COMPARED = 4096
"""Rows that are looked through to spare writing them before a search."""


@dataclass(slots=True, frozen=True)
class Needs:
    """What a Transact needs of the transaction that it is part of.

    Attributes:
        searches: it has conditions.
        linked: it has conditional references, which are searched too.
        undo: rows of its own may be in the tables by the time that it fails.
    """

    searches: bool
    linked: bool
    undo: bool


def needs(transact: Transact) -> Needs:
    """Return what a Transact needs; looked at before anything of it is written."""
    linked = any(may_ask(change.body) for change in transact.changes if change.body)
    searches = linked or any(change.condition is not None for change in transact.changes)
    undo = linked or transact.joins or (searches and len(transact.changes) > 1)
    return Needs(searches, linked, undo)


def concerned(transact: Transact, tenant: int, waiting: Changes) -> bool:
    """Tell whether rows that wait to be written could alter what a Transact finds by its conditions.

    Most conditions name an identifier: where none of those rows files it, they need not be written first.
    """
    if not waiting.waiting():
        return False
    if waiting.superseded or len(waiting.postings.tokens) > MOST_COMPARED:
        return True
    filed = {row[0] for row in waiting.postings.tokens}
    for change in transact.changes:
        if change.condition is not None:
            keys = _identified(change, tenant)
            if not keys or not filed.isdisjoint(keys):
                return True
    return False


def _identified(change: Change, tenant: int) -> tuple[int, ...]:
    """Return where the identifier that a condition asks for is filed; nothing where it asks for none."""
    for name, value in change.condition or ():
        code = value.rpartition("|")[2]
        if name == "identifier" and code and not {",", "\\"} & set(value) and change.type in NUMBER:
            parameter = parameters(change.type).get(name)
            return token_keys(parameter, tenant, code) if parameter else ()
    return ()
