"""Superseded results: what a re-run or a memory that is sent again makes of a result that is there.

The earlier value stays, as the version before it; a final result that changes is ``amended`` (R4
ObservationStatus). An older word never goes over a newer one: a correction stands against the value that it
put right, of whatever time both are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from gateway.canonical import Draft, Resource
from gateway.store.desk import Desk

_RANK: Final = {"registered": 0, "unknown": 0, "partial": 1, "preliminary": 1, "final": 2, "appended": 3,
                "amended": 3, "corrected": 4, "cancelled": 4, "entered-in-error": 4}  # fmt: skip
_FINAL: Final = frozenset(("final", "appended", "amended", "corrected"))
_SAID: Final = ("value", "dataAbsentReason", "component")


def amended(desk: Desk, drafts: Sequence[Draft], event_us: int | None) -> list[Draft]:
    """Return the drafts of a message whose results go over those that are there.

    Args:
        event_us: when the results were measured, microseconds since 1970; None where nobody says.
    """
    return [_one(desk, draft, event_us) if draft.type == "Observation" else draft for draft in drafts]


def _one(desk: Desk, draft: Draft, event_us: int | None) -> Draft:
    stored = desk.read("Observation", draft.id)
    if stored is None or not draft.owns or said(stored) == said(draft.body):
        return draft
    before, now = str(stored.get("status", "")), str(draft.body.get("status", ""))
    at = desk.event_at("Observation", draft.id)
    older = at is not None and event_us is not None and event_us <= at
    if older and _RANK.get(now, 0) < _RANK.get(before, 0):
        return replace(draft, owns=False, mark=b"")
    if not older and before in _FINAL and now == "final":
        return replace(draft, body={**draft.body, "status": "amended"}, mark=b"")
    return draft


def said(body: Resource) -> Resource:
    """Return what a result says: its value, or why there is none."""
    return {name: value for name, value in body.items() if name.startswith(_SAID)}
